"""The local stack with faults between its parts: a full disk, a bad network, clocks that are wrong.

Worker, API and mail server reach PostgreSQL and Temporal through proxies, everybody else directly.
Its files, those of PostgreSQL and Temporal too, are on a small file system where we may make one.
"""

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from casework import __version__
from casework.local.devstack import free_port
from casework.local.devstack.composition import COMMAND, compose
from casework.local.devstack.layout import Layout
from casework.local.devstack.part import ApplicationStage, Part, tcp_answers
from casework.local.devstack.postgres import DATABASE, SUPERUSER, create_cluster
from casework.local.devstack.supervised import Stack
from casework.settings import LOOPBACK, Settings
from tests.chaos.proxy import Proxy, proxy
from tests.e2e.town_hall import PATIENCE, TownHall, stack_settings
from workers.rollout import make_current, routing

CANARY = f"{__version__}+canary"
"""The release of the second worker: the same code under another number."""
MAILBOX = {"name": "points", "district": "310113", "purpose": "points", "address": "p@example.org"}
_FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
HAS_FAKETIME = _FAKETIME.exists()
_MOUNT, _UNMOUNT = shutil.which("mount") or "", shutil.which("umount") or ""
_DISK = "1500m"
_AS_CANARY = (
    f"import casework; casework.__version__ = {CANARY!r}; from casework.cli import main; main()"
)
_CLOCKED = ("worker", "canary", "api")


@dataclass(frozen=True, kw_only=True)
class Shaken:
    """A running stack and what can be done to it; ``lacking``: kinds of faults, and why not."""

    hall: TownHall
    networks: dict[str, Proxy]
    clocks: dict[str, Path]
    disk: Path | None
    lacking: dict[str, str]


@asynccontextmanager
async def shaken_stack(*, disk: bool = True, clocks: bool = True) -> AsyncIterator[Shaken]:
    """Run the stack until the end of the block; without ``disk`` and ``clocks`` these keep well."""
    lacking: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        folder, is_small = stack.enter_context(_folder(small=disk))
        if not is_small:
            lacking["disk full"] = "no file system of its own (needs root and mount)"
        if not clocks or not HAS_FAKETIME:
            lacking["clock stepped"] = "no libfaketime (apt-get install libfaketime)"
        settings = _settings(folder)
        layout = Layout(settings.home)
        layout.prepare()
        stack.enter_context(layout.claim("stack", "postgres", "temporal"))
        socket = str((await create_cluster(layout.home)).sockets / ".s.PGSQL.5432")
        networks = {
            "postgres": await stack.enter_async_context(
                proxy(lambda: asyncio.open_unix_connection(socket))
            ),
            "temporal": await stack.enter_async_context(
                proxy(lambda: asyncio.open_connection(LOOPBACK, settings.temporal_port))
            ),
        }
        times = {} if "clock stepped" in lacking else {n: folder / f"{n}.time" for n in _CLOCKED}
        for file in times.values():
            step(file, 0)
        stages = await compose(settings, layout, lambda _: None)
        running = Stack(_shaken(stages, settings, networks, times), layout)
        hall = TownHall(settings=settings, welcome="")
        await stack.enter_async_context(_held(running, hall))
        yield Shaken(
            hall=hall,
            networks=networks,
            clocks=times,
            disk=None if "disk full" in lacking else settings.home,
            lacking=lacking,
        )


def step(clock: Path, seconds: float) -> None:
    """Let the clock of a part be so many seconds ahead of ours, or behind."""
    clock.write_text(f"{seconds:+.0f}")


def _settings(folder: Path) -> Settings:
    mailboxes = folder / "mailboxes.json"
    mailboxes.write_text(json.dumps([MAILBOX]))
    changed = {"mailboxes_file": mailboxes, "lmtp_port": free_port(), "worker_versioning": True}
    return stack_settings(folder / "home").model_copy(update=changed)


@contextmanager
def _folder(*, small: bool) -> Iterator[tuple[Path, bool]]:
    """A folder that is thrown away, and whether its ``home`` is a small file system of its own.

    What the supervisor writes lies beside: it has to outlive the full disk, and start the parts.
    """
    with tempfile.TemporaryDirectory(prefix="casework-chaos-") as name:
        folder, home = Path(name), Path(name, "home")
        folder.chmod(0o711)  # PostgreSQL may run as another user
        home.mkdir(mode=0o711)
        is_small = small and not os.geteuid() and _mounted(home)
        for own in ("run", "logs"):
            (folder / own).mkdir(mode=0o700)
            (home / own).symlink_to(folder / own)
        try:
            yield folder, is_small
        finally:
            if is_small:  # lazily: a part that was killed may still have a file open
                subprocess.run((_UNMOUNT, "--lazy", home), check=True)  # noqa: S603


def _mounted(home: Path) -> bool:
    words = ("-t", "tmpfs", "-o", f"size={_DISK},mode=0711", "tmpfs", home)
    return (
        bool(_MOUNT and _UNMOUNT)
        and not subprocess.run(  # noqa: S603
            (_MOUNT, *words), capture_output=True, check=False
        ).returncode
    )


def _shaken(
    stages: list[ApplicationStage],
    settings: Settings,
    networks: dict[str, Proxy],
    times: dict[str, Path],
) -> list[ApplicationStage]:
    """The stages, their last with a second worker and a mail server, each behind the proxies."""
    *before, last = stages
    (worker, api) = last.parts
    metrics = {"CASEWORK_WORKER_METRICS_ADDRESS": f"{LOOPBACK}:{free_port()}"}
    canary = replace(
        worker,
        name="canary",
        command=(COMMAND[0], "-c", _AS_CANARY, "worker"),
        environment={**(worker.environment or {}), **metrics},
    )
    mail = Part(
        name="mail",
        command=(*COMMAND, "mail", "serve"),
        environment=settings.child_environment(),
        ready=tcp_answers(settings.lmtp_port),
    )
    ways = {
        "CASEWORK_DATABASE_URL": (
            f"postgresql://{SUPERUSER}@{LOOPBACK}:{networks['postgres'].port}/{DATABASE}"
        ),
        "TEMPORAL_ADDRESS": f"{LOOPBACK}:{networks['temporal'].port}",
    }

    def reaching(part: Part) -> Part:
        environment = {**(part.environment or {}), **ways}
        if part.name in times:
            environment |= {
                "LD_PRELOAD": str(_FAKETIME),
                "FAKETIME_TIMESTAMP_FILE": str(times[part.name]),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            }
        return replace(part, environment=environment)

    parts = tuple(map(reaching, (worker, api, canary, mail)))
    return [*before, replace(last, parts=parts)]


@asynccontextmanager
async def _held(running: Stack, hall: TownHall) -> AsyncIterator[None]:
    """The stack, its tasks routed to the first worker; a part that is given up ends the block."""
    up = asyncio.Event()

    async def ready() -> None:
        up.set()

    async with asyncio.TaskGroup() as group:
        life = group.create_task(running.hold(ready))
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await up.wait()
        await _route(hall)
        yield
        life.cancel()


async def _route(hall: TownHall) -> None:
    async with asyncio.timeout(PATIENCE.total_seconds()), hall.temporal() as client:
        while not {__version__, CANARY} <= set((await routing(client)).builds):
            await asyncio.sleep(0.2)
        await make_current(client, __version__)
