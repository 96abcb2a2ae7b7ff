"""The only source of "now" in a workflow, and the wait for the next moment."""

from datetime import datetime, timedelta

from temporalio import workflow


def now(shift: timedelta) -> datetime:
    """The case's own time: the workflow's, moved by the rehearsal's shift (zero in earnest)."""
    return workflow.now() + shift


def until(moment: datetime, shift: timedelta) -> timedelta:
    """How long to wait for a moment of the case's time; never negative."""
    return max(moment - now(shift), timedelta())
