"""Stops a worker on a signal, within a time limit, whatever its workflows do."""

import asyncio
import faulthandler
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn

FORCED = 75
"""The exit code of a worker that did not stop in time."""


class Leaving:
    """Ends this process some seconds after it began to stop, if it still runs.

    A workflow that never yields, or an activity that cannot be cancelled, would keep it running
    for ever. Another worker repeats the interrupted work, as after a crash.
    """

    def __init__(self, within_seconds: float) -> None:
        """Start the thread that waits; signal handlers are not changed before ``on_request``."""
        self._within = within_seconds
        # A signal handler may run anywhere, so it takes no lock: it writes one byte.
        self._told, self._tell = os.pipe()
        threading.Thread(target=self._wait, name="leaving", daemon=True).start()

    def on_request(self, stop: Callable[[], None]) -> None:
        """On SIGINT or SIGTERM begin to stop, and call ``stop`` in the running loop."""
        loop = asyncio.get_running_loop()

        # Do not use the loop: it may be what hangs.
        def asked(_number: int, _frame: FrameType | None) -> None:
            self.begin()
            loop.call_soon_threadsafe(stop)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, asked)

    def begin(self) -> None:
        """Start the time limit; a second call changes nothing."""
        os.write(self._tell, b".")

    def _wait(self) -> NoReturn:
        os.read(self._told, 1)
        time.sleep(self._within)
        # Do not use logging: what hangs may hold its locks.
        line = {"event": "left_by_force", "level": "error", "after_seconds": self._within}
        os.write(sys.stderr.fileno(), json.dumps(line).encode() + b"\n")
        faulthandler.dump_traceback(all_threads=True)
        os._exit(FORCED)
