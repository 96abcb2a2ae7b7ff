"""``casework up``, in the foreground or detached, ``casework status`` and ``casework down``."""

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import psutil
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from casework.local.devstack import composition
from casework.local.devstack.composition import COMMAND, SUPERVISOR, part_names
from casework.local.devstack.layout import Layout
from casework.local.devstack.part import AlreadyRunningError, ApplicationStage, StackError
from casework.local.devstack.processes import ProcessRecord, forget, leftovers, read_record, stop
from casework.local.devstack.supervised import Stack, Supervised
from casework.settings import LOOPBACK, Settings

Say = Callable[[str], None]

Compose = Callable[[Settings, Layout, Say], Awaitable[list[ApplicationStage]]]

OnReady = Callable[[Settings], Awaitable[None]]

CLAIMS = ("stack", "postgres", "temporal")

_STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_STOP_SECONDS = 120.0


async def up(
    settings: Settings,
    console: Console,
    on_ready: OnReady,
    *,
    compose: Compose = composition.compose,
) -> int:
    """Run the stack until Ctrl-C or SIGTERM; return the exit code.

    0: stopped as asked, or it was running already (its status is shown). 1: a part failed for
    good. 2: the surroundings must change. Each failure is one line. What a killed stack left
    running is stopped first, and its data is taken up again. ``on_ready`` is awaited once all
    parts are ready, before the live line begins; what it raises stops the stack and is raised.
    """

    def say(line: str) -> None:
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    try:
        await _until_asked_to_stop(_run(settings, console, say, on_ready, compose), say)
    except AlreadyRunningError as error:
        say(str(error))
        console.print(status_table(status(settings)))
    except StackError as error:
        say(str(error))
        return error.exit_code
    return 0


async def _run(
    settings: Settings, console: Console, say: Say, on_ready: OnReady, compose: Compose
) -> None:
    layout = Layout(settings.home)
    require_python()
    require_room(layout.home)
    layout.prepare()
    with layout.claim(*CLAIMS), _recorded(layout) as record, ExitStack() as shown:
        await stop_leftovers(layout, say)
        require_ports(composition.ports(settings))
        stack = Stack(await compose(settings, layout, say), layout, say)

        async def settle() -> None:
            await on_ready(settings)
            record.in_state(READY).write(layout.run)
            if console.is_terminal:
                line = LiveLine(stack.parts)
                shown.enter_context(
                    Live(line, console=console, refresh_per_second=1, transient=True)
                )

        await stack.hold(settle)


async def stop_leftovers(layout: Layout, say: Say) -> None:
    """Stop the parts that a killed supervisor left; the home must be claimed."""
    for record in leftovers(layout.run):
        if record.pid != os.getpid():
            say(f"stopping {record.name} (pid {record.pid}), left by a stack that was killed")
            await stop(record)


@contextmanager
def _recorded(layout: Layout) -> Iterator[ProcessRecord]:
    record = ProcessRecord.of(
        os.getpid(),
        name=composition.SUPERVISOR,
        stop_signal=signal.SIGTERM,
        grace_seconds=_STOP_SECONDS,
    )
    record.write(layout.run)
    try:
        yield record
    finally:
        forget(layout.run, record.name)


async def _until_asked_to_stop(work: Coroutine[None, None, None], say: Say) -> None:
    """Await the work; the first stop signal cancels it, and later ones do not disturb the end."""
    loop = asyncio.get_running_loop()
    task = loop.create_task(work)
    asked = asyncio.Event()
    for number in _STOP_SIGNALS:
        loop.add_signal_handler(number, asked.set)
    request = loop.create_task(asked.wait())
    try:
        await asyncio.wait({task, request}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            say("stopping")
            task.cancel()
        (outcome,) = await asyncio.gather(task, return_exceptions=True)
        if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
            raise outcome
        say("stopped; `casework up` goes on where it was")
    finally:
        request.cancel()
        for number in _STOP_SIGNALS:
            loop.remove_signal_handler(number)


_POLL_SECONDS = 0.1

_INTERRUPTED = 130


def up_detached(
    settings: Settings,
    console: Console | None = None,
    *,
    command: tuple[str, ...] = (*COMMAND, "up"),
) -> int:
    """Run `up` in the background; return 0 once it is ready, else its exit code.

    Its output goes to ``logs/stack.log`` and, until it is ready, to the console as well: the one
    line of a failure is the last one shown.
    """
    console = console or Console()
    layout = Layout(settings.home)
    try:
        require_room(layout.home)
        layout.prepare()
    except StackError as error:
        return _refuse(console, error)
    with open(layout.open_log("stack"), "ab") as log:  # noqa: PTH123 - a descriptor, not a path
        shown = log.tell()
        supervisor = subprocess.Popen(  # noqa: S603 - our own command
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=settings.child_environment(),
            start_new_session=True,
        )
    try:
        while (code := supervisor.poll()) is None and not _ready(layout, supervisor.pid):
            shown = _pass_on(layout.log("stack"), shown, console)
            time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        code = _INTERRUPTED
    _pass_on(layout.log("stack"), shown, console)
    if code is None:
        console.print("runs in the background: `casework status`, `casework down`")
    return code or 0


def down(settings: Settings, console: Console | None = None) -> int:
    """Stop the stack, or what a killed one left; return 0 when nothing of it runs any more."""
    return asyncio.run(_down(Layout(settings.home), console or Console()))


async def _down(layout: Layout, console: Console) -> int:
    if not layout.run.exists():
        console.print(f"nothing runs in {layout.home}", highlight=False, soft_wrap=True)
        return 0
    try:
        if supervisor := read_record(layout.run, SUPERVISOR):
            await stop(supervisor)
        with layout.claim(*CLAIMS):
            await stop_leftovers(layout, console.print)
    except StackError as error:
        return _refuse(console, error)
    console.print("stopped; `casework up` goes on where it was")
    return 0


def _ready(layout: Layout, pid: int) -> bool:
    record = read_record(layout.run, SUPERVISOR)
    return record is not None and record.pid == pid and record.state == READY


def _pass_on(log: Path, shown: int, console: Console) -> int:
    with log.open("rb") as text:
        text.seek(shown)
        fresh = text.read()
    # As they are: the lines are laid out already.
    console.file.write(fresh.decode(errors="replace"))
    console.file.flush()
    return shown + len(fresh)


def _refuse(console: Console, error: StackError) -> int:
    console.print(str(error), markup=False, highlight=False, soft_wrap=True)
    return error.exit_code


OLDEST_PYTHON = (3, 11)

ROOM_BYTES = 500 * 1000 * 1000


def require_python(version: tuple[int, ...] = sys.version_info[:3]) -> None:
    """Refuse an interpreter that is too old."""
    if version < OLDEST_PYTHON:
        wanted, found = (".".join(map(str, v)) for v in (OLDEST_PYTHON, version))
        raise StackError(f"Casework needs Python {wanted} or newer, this is {found}")


def require_room(home: Path, room_bytes: int = ROOM_BYTES) -> None:
    """Refuse a disk that is nearly full; nothing of the home need exist yet."""
    existing = next(folder for folder in (home, *home.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if free < room_bytes:
        raise StackError(
            f"the disk of {existing} has {free // 1_000_000} MB free, the stack wants "
            f"{room_bytes // 1_000_000} MB: make room or set CASEWORK_HOME"
        )


def require_ports(ports: Mapping[str, int], host: str = LOOPBACK) -> None:
    """Refuse ports that somebody listens on; ``ports`` by the variable that sets them."""
    taken = [
        f"port {port} is taken{_holder(port)}: free it or set {variable}"
        for variable, port in ports.items()
        if not _free(host, port)
    ]
    if taken:
        raise StackError("; ".join(taken))


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        # As servers do it: connections of a server just stopped are no hindrance.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def _holder(port: int) -> str:
    with contextlib.suppress(psutil.Error, OSError):
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr
            if listens and listens.port == port and connection.pid:
                return f" by {psutil.Process(connection.pid).name()} (pid {connection.pid})"
    return ""


STOPPED = "stopped"

READY = "ready"


@dataclass(frozen=True, kw_only=True)
class PartStatus:
    """One part: ``since`` in UTC, ``state`` as in ``PartState``."""

    name: str
    state: str
    ready: bool
    pid: int | None
    since: datetime | None
    restarts: int
    url: str
    log: str


def status(settings: Settings) -> list[PartStatus]:
    """Return the supervisor and its parts, in the order they start. Needs nothing to run."""
    return [_status(name, settings) for name in (SUPERVISOR, *part_names(settings))]


def _status(name: str, settings: Settings) -> PartStatus:
    layout = Layout(settings.home)
    record = read_record(layout.run, name)
    living = record is not None and record.living() is not None
    state = record.state if record and living else STOPPED
    return PartStatus(
        name=name,
        state=state,
        ready=state == READY,
        pid=record.pid if record and living else None,
        since=record.since if record and living else None,
        restarts=record.restarts if record and living else 0,
        url=_url(name, settings),
        log=str(layout.log("stack" if name == SUPERVISOR else name)),
    )


def _url(name: str, settings: Settings) -> str:
    match name:
        case "api":
            return f"{settings.api_local_url}/docs"
        case "temporal":
            return settings.ui_url
        case "issuer":
            return settings.local_issuer
        case "town":
            return f"http://127.0.0.1:{settings.town_port}"
        case _:
            return ""


_STYLES = {READY: "green", STOPPED: "red"}


class LiveLine:
    """One line with every part and its state; drawn anew at each refresh."""

    def __init__(self, parts: Iterable[Supervised]) -> None:
        """Begin to count the time the stack has been up."""
        self._parts = list(parts)
        self._began = time.monotonic()

    def __rich__(self) -> Text:
        """Draw the line."""
        up = timedelta(seconds=int(time.monotonic() - self._began))
        line = Text(f"up {up}", no_wrap=True)
        for member in self._parts:
            restarts = f" (restarted {member.restarts}x)" if member.restarts else ""
            line.append("  ● ", style=_STYLES.get(member.state, "yellow"))
            shown = "" if member.state == READY else f" {member.state}"
            line.append(f"{member.part.name}{shown}{restarts}")
        return line.append("  Ctrl-C stops", style="dim")


def status_table(statuses: Iterable[PartStatus]) -> Table:
    """Return the parts as a table for `casework status`."""
    table = Table("part", "state", "pid", "since", "restarts", "address", "log")
    for part in statuses:
        table.add_row(
            part.name,
            Text(part.state, style=_STYLES.get(part.state, "yellow")),
            str(part.pid or ""),
            f"{part.since.astimezone():%Y-%m-%d %H:%M:%S}" if part.since else "",
            str(part.restarts or ""),
            Text(part.url, overflow="fold"),
            Text(part.log, overflow="fold"),
        )
    return table
