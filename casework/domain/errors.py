"""The one way a rule says no."""


class DomainError(Exception):
    """A command is refused: ``code`` is stable and English, ``message`` is for the officer.

    ``field`` names what has to be put right, where one field is to blame. Both travel in plain
    text: they say what the rule wants, and nothing that anybody has written, a code included.
    """

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
