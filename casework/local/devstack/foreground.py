"""``casework up``: the stack in the foreground."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager

from rich.console import Console
from rich.live import Live

from casework.local.devstack import composition, preflight
from casework.local.devstack.display import LiveLine, status_table
from casework.local.devstack.errors import AlreadyRunningError, StackError
from casework.local.devstack.layout import Layout
from casework.local.devstack.part import ApplicationStage
from casework.local.devstack.processes import ProcessRecord, forget, leftovers, stop
from casework.local.devstack.stack import Stack
from casework.local.devstack.status import READY, status
from casework.settings import Settings

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
    preflight.require_python()
    preflight.require_room(layout.home)
    layout.prepare()
    with layout.claim(*CLAIMS), _recorded(layout) as record, ExitStack() as shown:
        await stop_leftovers(layout, say)
        preflight.require_ports(composition.ports(settings))
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
