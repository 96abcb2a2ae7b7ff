"""The command ``casework``: one module per group of commands, put together in ``app``.

Exit codes: 0 done; 1 refused, or a check that found a difference; 2 wrong usage, or surroundings
that must change first; 130 Ctrl-C; 141 nobody reads the output any more. Every expected failure is
one clear line, never a traceback. Modules that are slow to import are imported by the command that
needs them.
"""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command of this process's arguments."""
    try:
        from casework.cli.app import app  # noqa: PLC0415 - Ctrl-C may come while it is imported

        app()
    except KeyboardInterrupt:
        sys.exit(130)
