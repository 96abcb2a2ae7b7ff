"""What all workflows share with Temporal: the task queue, and the form of a refusal."""

from temporalio.exceptions import ApplicationError

from casework.domain.errors import DomainError

TASK_QUEUE = "casework"


class RefusalError(ApplicationError):
    """A refusal: a stable code as ``type``, a Chinese text and, if one is wrong, the field.

    Any SDK can read it, and so can anybody who reads Temporal: it must not contain anything that
    a person wrote. ``tests/domain/hostile.py`` tests this for the rules.
    """

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(reason, *([field] if field else []), type=code, non_retryable=True)

    @classmethod
    def of(cls, error: DomainError) -> "RefusalError":
        """Make it from the refusal of a rule."""
        return cls(error.code, error.message, error.field)
