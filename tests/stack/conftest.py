import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from casework.local.devstack import free_port
from casework.local.devstack.layout import Layout
from casework.settings import Settings


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder whose parents are open, as a checkout's usually are."""
    folder = Path(tempfile.mkdtemp(prefix="cw-")).resolve()
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder of the stack."""
    with open_folder() as folder:
        yield folder


@pytest.fixture
def layout(home: Path) -> Layout:
    layout = Layout(home)
    layout.prepare()
    return layout


@pytest.fixture
def settings(home: Path) -> Settings:
    return Settings(
        home=home,
        api_port=free_port(),
        api_probe_port=free_port(),
        worker_metrics_address=f"127.0.0.1:{free_port()}",
        temporal_port=free_port(),
        ui_port=free_port(),
        town_port=free_port(),
        town_smtp_port=free_port(),
        lmtp_port=free_port(),
        issuer_port=free_port(),
    )


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    """Wait for what another process will bring about; the test's timeout is the limit."""

    async def wait(condition: Callable[[], bool]) -> None:
        while not condition():
            await asyncio.sleep(0.02)

    return wait
