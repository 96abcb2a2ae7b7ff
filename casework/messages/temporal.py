"""What all workflows share with Temporal: the task queue, and the form of a refusal."""

from temporalio.common import Priority
from temporalio.exceptions import ApplicationError

from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS, CaseKind

TASK_QUEUE = "casework"

URGENT, ORDINARY, GIVING_WAY = (Priority(priority_key=key) for key in (1, 3, 4))
"""The order in which workers take what waits. One who is told nothing is ``ORDINARY``."""


def order_of_work(kind: str) -> Priority:
    """The place of a case's tasks among those of others, for whoever starts its workflow.

    It belongs to the workflow for ever. When thousands of cycles wake together, an officer's act
    on an application does not wait behind them.
    """
    return GIVING_WAY if KINDS[CaseKind(kind)].gives_way else ORDINARY


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
