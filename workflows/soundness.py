"""Keeps a case going when a rule fails with an unexpected exception.

Such an exception would fail the workflow task again and again, until a release fixes the rule. Here
it becomes an outcome: nothing of the attempt has happened, and the case goes on. A marker in the
history records the failure, so that the run replays in the same way after the rule was fixed; as
long as no rule fails, there are no markers.
"""

from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import TemporalError

from casework.domain.errors import DomainError
from casework.messages.temporal import RefusalError

INTERNAL = "INTERNAL"
"""The code of an internal failure; stable."""
DECIDING, PASSING_TIME, TAKING_NOTE, SHARING = "rules", "time", "notes", "sharing"
"""What was being attempted, as ``TroubleMet.effect``."""

T = TypeVar("T")


class BrokenRuleError(Exception):
    """A rule failed with an exception; nothing of the attempt has happened."""


class Soundness:
    """Runs attempts that may fail. There is one for each run; it numbers the attempts."""

    def __init__(self) -> None:
        self._attempts = 0

    def attempt(self, deed: Callable[[], T], *, may_refuse: bool) -> T:
        """Return what ``deed`` returns; it must not wait.

        Raises:
            DomainError: the deed was refused, if it may be.
            BrokenRuleError: it failed, now or when it was first attempted.
        """
        self._attempts += 1
        mark = f"broke-{self._attempts}"
        if workflow.unsafe.is_replaying() and workflow.patched(mark):
            raise BrokenRuleError
        try:
            return deed()
        except TemporalError:
            raise
        except Exception as error:
            if may_refuse and isinstance(error, DomainError):
                raise
            if not workflow.patched(mark):
                raise  # failed on replay only; another release is needed
            report(error)
            raise BrokenRuleError from None


def report(error: Exception) -> None:
    """Log the type and place of a failure, without its message, which may name a person."""
    workflow.logger.error(
        "rule_broke", extra={"error": type(error).__name__, "where": _where(error.__traceback__)}
    )


def _where(trace: TracebackType | None) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f"{trace.tb_frame.f_globals.get('__name__', '')}:{trace.tb_lineno}"


def failure() -> RefusalError:
    """Return the refusal for a caller after an internal failure."""
    return RefusalError(INTERNAL, "系统内部错误，本次操作未生效，已转人工处理")
