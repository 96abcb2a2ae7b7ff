"""What keeps the local stack from standing, said in one line for an engineer."""


class StackError(Exception):
    """A reason to stop; ``exit_code`` 2 means the surroundings must change, 1 that a part broke."""

    def __init__(self, message: str, *, exit_code: int = 2) -> None:
        """Take the one line that the engineer reads."""
        super().__init__(message)
        self.exit_code = exit_code


class AlreadyRunningError(StackError):
    """Another supervisor holds this home."""


class PartFailedError(StackError):
    """A part died too often or never became ready; the line names its log."""

    def __init__(self, message: str) -> None:
        """Take the one line that the engineer reads."""
        super().__init__(message, exit_code=1)
