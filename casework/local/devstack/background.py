"""``casework up --detach`` and ``casework down``: the stack without a terminal."""

import asyncio
import subprocess
import time
from pathlib import Path

from rich.console import Console

from casework.local.devstack import preflight
from casework.local.devstack.composition import COMMAND, SUPERVISOR
from casework.local.devstack.errors import StackError
from casework.local.devstack.foreground import CLAIMS, stop_leftovers
from casework.local.devstack.layout import Layout
from casework.local.devstack.processes import read_record, stop
from casework.local.devstack.status import READY
from casework.settings import Settings

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
        preflight.require_room(layout.home)
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
