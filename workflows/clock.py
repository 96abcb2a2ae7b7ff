"""The only source of "now" in a workflow, and the wait for the next moment."""

from datetime import datetime, timedelta

from temporalio import workflow

LONGEST_WAIT = timedelta(days=36_500)


def now(shift: timedelta) -> datetime:
    """The case's own time: the workflow's, moved by the rehearsal's shift (zero in earnest)."""
    return workflow.now() + shift


def until(moment: datetime, shift: timedelta) -> timedelta:
    """How long to wait for a moment of the case's time; never negative.

    A wait that no server can measure is cut short: who waits looks, and waits again.
    """
    return min(max(moment - now(shift), timedelta()), LONGEST_WAIT)
