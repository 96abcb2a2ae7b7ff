"""The command ``casework``: one module per group of commands, put together in ``app``.

Exit codes: 0 done; 1 refused, or a check that found a difference; 2 wrong usage, or surroundings
that must change first; 130 Ctrl-C; 141 nobody reads the output any more. Every expected failure is
one clear line, never a traceback. Modules that are slow to import are imported by the command that
needs them.
"""

import atexit
import gc
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

__all__ = ["importing", "main"]

_NATIVE_PART = "temporalio.bridge.temporal_sdk_bridge"


@contextmanager
def importing() -> Iterator[None]:
    """What is imported meanwhile stays to the end of the process, and is no garbage.

    To look through it again and again is a fifth of starting a part, a sixth of a short command.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def main() -> None:
    """Run the command of this process's arguments, and end the process."""
    code: int | str | None = 0
    try:
        with importing():
            from casework.cli.app import app  # noqa: PLC0415 - Ctrl-C may come meanwhile
        app()
    except KeyboardInterrupt:
        code = 130
    except SystemExit as end:
        code = end.code
    if isinstance(code, str) or _NATIVE_PART not in sys.modules:
        sys.exit(code)
    _end(code or 0)


def _end(code: int) -> NoReturn:
    """End the process, and not the interpreter first.

    The native part of the SDK has threads that may call Python until the very end. An interpreter
    that is being taken down aborts the process then: exit code 134 after a command that was done.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - there is no other way to have them run
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # nobody reads it any more
            stream.flush()
    os._exit(code)
