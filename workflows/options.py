"""Timeouts, retries and waits of activities, by name, for all workflows."""

from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy


def in_register(summary: str) -> workflow.LocalActivityConfig:
    """One short transaction in the register, repeated until it is done.

    If the register is unavailable, the wait soon becomes a durable timer: the update is then
    accepted for good, and the officer can be told so.
    """
    return workflow.LocalActivityConfig(
        start_to_close_timeout=timedelta(seconds=5),
        retry_policy=RetryPolicy(
            initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30)
        ),
        local_retry_threshold=timedelta(seconds=1),
        summary=summary,
    )


def outside(summary: str, priority: Priority) -> workflow.ActivityConfig:
    """A call to an outside party, repeated until it is done or refused for good."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(seconds=30),
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=10)
        ),
        summary=summary,
        priority=priority,
    )


def for_many(summary: str) -> workflow.ActivityConfig:
    """A change of the register that may concern each case, repeated until it is done."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(minutes=2),
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
        ),
        summary=summary,
    )


def one_by_one(summary: str) -> workflow.ActivityConfig:
    """Case after case, at a limited rate; a missing heartbeat shows that the worker died."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(minutes=30),
        heartbeat_timeout=timedelta(seconds=30),
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
        ),
        summary=summary,
    )


def fetching(summary: str) -> workflow.ActivityConfig:
    """Taking what lies in a mailbox: asked again and again while its server is away."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(minutes=30),
        heartbeat_timeout=timedelta(minutes=5),
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=5)
        ),
        summary=summary,
    )


def told_on(summary: str) -> workflow.ActivityConfig:
    """Telling a receiver on and on: it says itself when it is to be tried again."""
    return workflow.ActivityConfig(
        start_to_close_timeout=timedelta(minutes=30),
        heartbeat_timeout=timedelta(seconds=20),
        cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
        retry_policy=RetryPolicy(
            initial_interval=timedelta(seconds=1), maximum_interval=timedelta(seconds=30)
        ),
        summary=summary,
    )


def outside_within(left: timedelta, summary: str, priority: Priority) -> workflow.ActivityConfig:
    """A call to an outside party that is useless after this time."""
    config = outside(summary, priority)
    config["schedule_to_close_timeout"] = left
    return config


# --- the case's own time -------------------------------------------------------------------
# The only source of "now" in a workflow, and the wait for the next moment.


LONGEST_WAIT = timedelta(days=36_500)


def now(shift: timedelta) -> datetime:
    """Return the case's time: the workflow's, plus the shift of a rehearsal (otherwise zero)."""
    return workflow.now() + shift


def until(moment: datetime, shift: timedelta) -> timedelta:
    """Return how long to wait for a moment of the case's time; never negative.

    A wait too long for a server is cut short: the caller checks the time, and waits again.
    """
    return min(max(moment - now(shift), timedelta()), LONGEST_WAIT)
