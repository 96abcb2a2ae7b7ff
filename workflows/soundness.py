"""What keeps a rule that breaks from stopping a case for ever.

An exception that nobody foresaw would fail the workflow task, again and again, until a release
mends the rule. Here it is an outcome instead: nothing of what was attempted has happened, and the
case goes on. That it broke is marked in the history, so that a run replays as it went although the
rule has been mended meanwhile; nothing is marked as long as nothing breaks.
"""

from collections.abc import Callable
from types import TracebackType
from typing import TypeVar

from temporalio import workflow
from temporalio.exceptions import TemporalError

from casework.domain.errors import DomainError
from casework.messages.temporal import RefusalError

INTERNAL = "INTERNAL"
"""The code of what broke inside; stable."""
DECIDING, PASSING_TIME, TAKING_NOTE = "rules", "time", "notes"
"""What of a case's own was being attempted, as ``TroubleMet.effect``."""

T = TypeVar("T")


class BrokenRuleError(Exception):
    """A rule broke; nothing of the attempt has happened."""


class Soundness:
    """Attempts what may break. One for each run: attempts are told apart by their number."""

    def __init__(self) -> None:
        self._attempts = 0

    def attempt(self, deed: Callable[[], T], *, may_refuse: bool) -> T:
        """Return what ``deed`` returns; it must not wait.

        Raises:
            DomainError: the deed was refused, if it may be.
            BrokenRuleError: it broke, now or when it was first attempted.
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
                raise  # on replay, what did not break before; another release is needed
            report(error)
            raise BrokenRuleError from None


def report(error: Exception) -> None:
    """Log what broke and where, without what it was about, for that may name a person."""
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
    """What a caller is told of something that broke inside."""
    return RefusalError(INTERNAL, "系统内部错误，本次操作未生效，已转人工处理")
