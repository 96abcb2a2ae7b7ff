"""How a command ends badly but as expected: a line for the reader and an exit code."""

REFUSED = 1
UNUSABLE = 2


class CommandError(Exception):
    """The command ends with ``exit_code``; the message is what the reader is told."""

    exit_code = REFUSED


class RefusedError(CommandError):
    """The answer is no, or a check found a difference."""


class UnusableError(CommandError):
    """Wrong usage, or something around us must change first."""

    exit_code = UNUSABLE
