"""No test stands still for ever.

pytest-timeout raises an exception in whatever runs when the time is over. In a background task of
the event loop that ends the task, and the test waits on. It also forgets its limit as soon as a
test has failed, and then nothing limits the tear-down. Two more limits follow from that of a test:

- What pytest runs in the event loop (a test, the set-up or tear-down of a fixture) is cancelled a
  little before the signal, and again until it ends. The test fails, the run goes on.
- A process that stands still in spite of that ends and shows what its threads did. xdist names the
  test and goes on in a new process. Servers that the old process had started are left running.

A test without a limit, by ``timeout(0)`` or ``--timeout=0``, has neither; but what is closed after
the last test is limited, whichever it was.
"""

import asyncio
import faulthandler
import os
import sys
from collections.abc import Callable, Coroutine, Generator
from contextvars import Context
from time import monotonic
from typing import Any

import pytest

_SHARE = 0.9
"""Of the limit of a test, for its set-up and its body."""

_TEARDOWN_SHARE = 0.25
"""Of the limit of a test, for each coroutine that takes down a fixture."""

_CLOSING = 5
"""Times the patience, for all that the last test closes when it has no limit itself."""

_AGAIN_SHARE = 0.05
"""Of the limit of a test: how long a coroutine that has been cancelled may go on."""

_LATE_SHARE = 0.1
"""Of the time after which a process ends, how much later it may be: a timer is a thread."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(
        "standstill",
        "Seconds past the limit of a test after which its process ends.",
        default="60",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Standstill(float(config.getini("standstill"))))


class _Standstill:
    def __init__(self, patience: float) -> None:
        self._patience = patience
        # Before output is captured, and open until the process has ended.
        self._stderr = os.dup(2)
        self._limit: float | None = None
        self._body_ends = 0.0
        self._process_ends: float | None = None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        self._limit = None
        try:
            return (yield)
        finally:
            if nextitem is None:
                self._end_after(self._patience)  # the end of the process
            elif item.get_closest_marker("timeout") or nextitem.get_closest_marker("timeout"):
                self._never_end()  # the next one may have another limit, or none

    @pytest.hookimpl(wrapper=True)
    def pytest_timeout_set_timer(self, settings: Any) -> Generator[None, object, object]:
        self._limit = settings.timeout
        self._body_ends = monotonic() + settings.timeout * _SHARE
        self._end_after(settings.timeout + self._patience)
        return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(
        self, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        if self._limit is not None:  # anew: pytest forgets it when a test has failed
            self._end_after(self._limit + self._patience)
        elif nextitem is None:
            self._end_after(_CLOSING * self._patience)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self) -> Generator[None, object, object]:
        value = yield
        if isinstance(value, asyncio.Runner):
            # pytest-asyncio runs everything by the runner of the session.
            value.run = self._limited(value.run)  # type: ignore[method-assign]
        return value

    def _end_after(self, seconds: float) -> None:
        """End the process in so many seconds or a little later, unless told anew meanwhile."""
        soonest, latest = (monotonic() + seconds * share for share in (1, 1 + _LATE_SHARE))
        if self._process_ends is None or not soonest <= self._process_ends <= latest:
            self._process_ends = latest
            after = seconds * (1 + _LATE_SHARE)
            faulthandler.dump_traceback_later(after, file=self._stderr, exit=True)

    def _never_end(self) -> None:
        self._process_ends = None
        faulthandler.cancel_dump_traceback_later()

    def _limited(self, run: Callable[..., Any]) -> Callable[..., Any]:
        def limited(coro: Coroutine[Any, Any, Any], *, context: Context | None = None) -> Any:
            __tracebackhide__ = True
            if self._limit is not None:
                seconds = max(self._body_ends - monotonic(), self._limit * _TEARDOWN_SHARE)
                coro = self._within(seconds, self._limit * _AGAIN_SHARE, coro)
            return run(coro, context=context)

        return limited

    async def _within(self, seconds: float, again: float, coro: Coroutine[Any, Any, Any]) -> Any:
        __tracebackhide__ = True
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        over = False
        timer: asyncio.TimerHandle

        def cancel() -> None:
            nonlocal over, timer
            if over:  # it does not heed: where it stands must outlive the process
                os.write(self._stderr, _standing(task).encode())
            else:
                over = True
                sys.stderr.writelines(map(_standing, asyncio.all_tasks()))
            task.cancel()
            timer = loop.call_later(again, cancel)

        timer = loop.call_later(seconds, cancel)
        try:
            value = await coro
        except BaseException as error:
            if over:
                raise _too_long(seconds) from error
            raise
        finally:
            timer.cancel()
        if over:
            raise _too_long(seconds)
        return value


def _too_long(seconds: float) -> BaseException:
    return pytest.fail.Exception(f"cancelled: it was still running after {seconds:.1f} s")


def _standing(task: asyncio.Task[Any]) -> str:
    """What a task awaits, from its coroutine inwards."""
    lines = [f"task {task.get_name()}\n"]
    coro: Any = task.get_coro()
    while (frame := getattr(coro, "cr_frame", None)) is not None:
        code = frame.f_code
        lines.append(f'  File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}\n')
        coro = coro.cr_await
    return "".join(lines)
