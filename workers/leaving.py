"""How a worker leaves: asked by a signal, and gone in time whatever its workflows do."""

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
"""The exit code of a worker that did not get done with leaving in time."""


class Leaving:
    """Ends this process some seconds after it began to leave, if it is still there.

    A workflow that never yields, or an activity that does not let itself be cancelled, would keep
    it for ever. What is cut off is repeated by another worker, as after a crash.
    """

    def __init__(self, within_seconds: float) -> None:
        """Start the thread that waits; signals are not touched before ``on_request``."""
        self._within = within_seconds
        # A signal handler may run anywhere, so it takes no lock: it writes one byte.
        self._told, self._tell = os.pipe()
        threading.Thread(target=self._wait, name="leaving", daemon=True).start()

    def on_request(self, stop: Callable[[], None]) -> None:
        """At SIGINT or SIGTERM begin to leave, and call ``stop`` in the running loop."""
        loop = asyncio.get_running_loop()

        # Not by the loop, which may be what hangs.
        def asked(_number: int, _frame: FrameType | None) -> None:
            self.begin()
            loop.call_soon_threadsafe(stop)

        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, asked)

    def begin(self) -> None:
        """From now on the time runs; beginning again changes nothing."""
        os.write(self._tell, b".")

    def _wait(self) -> NoReturn:
        os.read(self._told, 1)
        time.sleep(self._within)
        # Past logging, whose locks may be held by what hangs.
        line = {"event": "left_by_force", "level": "error", "after_seconds": self._within}
        os.write(sys.stderr.fileno(), json.dumps(line).encode() + b"\n")
        faulthandler.dump_traceback(all_threads=True)
        os._exit(FORCED)
