"""Timeouts and retries have names and live here; call sites invent no numbers."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import Priority, RetryPolicy

REGISTER = workflow.LocalActivityConfig(
    start_to_close_timeout=timedelta(seconds=5),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(milliseconds=200), maximum_interval=timedelta(seconds=30)
    ),
    # With the register away, the wait soon becomes a durable timer: the update is then accepted
    # for good, and the officer can be told so.
    local_retry_threshold=timedelta(seconds=1),
)
"""One transaction in the register; repeated until it is there."""

OUTSIDE = workflow.ActivityConfig(
    start_to_close_timeout=timedelta(seconds=30),
    retry_policy=RetryPolicy(
        initial_interval=timedelta(seconds=1), maximum_interval=timedelta(minutes=10)
    ),
)
"""A call to an outside party; repeated until done or refused for good."""

ORDINARY = Priority(priority_key=3)
GREEN = Priority(priority_key=1)
"""The green channel changes the order of work, nothing else."""
