"""The one way a rule says no."""


class DomainError(Exception):
    """A command is refused: ``code`` is stable and English, ``message`` is for the officer.

    ``field`` names what has to be put right, where one field is to blame.
    """

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field
