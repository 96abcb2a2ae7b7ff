"""One whole local stack, started by the command a newcomer types, on ports of its own."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.local.devstack import free_port
from casework.settings import Settings
from tests.e2e.town_hall import TownHall


def _settings(home: Path) -> Settings:
    return Settings(
        home=home,
        api_port=free_port(),
        api_probe_port=free_port(),
        temporal_port=free_port(),
        ui_port=free_port(),
        town_port=free_port(),
        town_smtp_port=free_port(),
        issuer_port=free_port(),
    )


def casework(settings: Settings, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "casework", *words],
        env=settings.child_environment() | {"COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def hall() -> Iterator[TownHall]:
    with tempfile.TemporaryDirectory(prefix="casework-e2e-") as folder:
        Path(folder).chmod(0o711)
        settings = _settings(Path(folder) / "home")
        started = casework(settings, "up", "--detach")
        try:
            assert started.returncode == 0, started.stdout + started.stderr
            yield TownHall(settings=settings, welcome=started.stdout)
        finally:
            casework(settings, "down")
