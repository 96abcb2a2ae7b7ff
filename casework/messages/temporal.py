"""What every workflow shares with Temporal: the task queue, and how it says no."""

from temporalio.exceptions import ApplicationError

from casework.domain.errors import DomainError

TASK_QUEUE = "casework"


class RefusalError(ApplicationError):
    """Says no, with a stable code as ``type``, Chinese words and, if one is to blame, the field.

    Any SDK can read it, and so can whoever reads Temporal: nothing that somebody wrote may be in
    it. What a rule may say is tested (``tests/domain/hostile.py``).
    """

    def __init__(self, code: str, reason: str, field: str = "") -> None:
        super().__init__(reason, *([field] if field else []), type=code, non_retryable=True)

    @classmethod
    def of(cls, error: DomainError) -> "RefusalError":
        """The refusal of a rule."""
        return cls(error.code, error.message, error.field)
