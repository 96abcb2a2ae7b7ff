"""The command ``casework``: one module per group of commands, put together in ``app``.

Exit codes: 0 done; 1 refused, or a check that found a difference; 2 wrong usage, or surroundings
that must change first. Every expected failure is one clear line, never a traceback. Modules that
are slow to import are imported by the command that needs them.
"""

from casework.cli.app import main

__all__ = ["main"]
