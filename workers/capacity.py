"""How much a worker takes on at once, and how long a workflow may compute before it is interrupted.

Python runs one thread at a time, so tasks taken beside each other take as long together as one
after the other, and each of them is late. With the SDK's 100, a morning's timers are all begun, all
overrun the ten seconds for which the server waits, and all begin again: docs/performance.md has the
figures.
"""

from temporalio.worker import Worker

INTERRUPTED_AFTER_SECONDS = 30
"""Three times as long as the server waits for a task: what takes longer is not a slow machine."""

_AS_THE_SDK_HAS_IT = 2


def be_patient(worker: Worker) -> None:
    """Interrupt a workflow that does not yield after ``INTERRUPTED_AFTER_SECONDS``, not after two.

    The SDK goes by the wall clock, so that a busy machine alone sets it off; and the interruption
    strikes wherever the thread happens to be, in a callback of the garbage collector for one. There
    is no option for it.

    Raises:
        RuntimeError: this version of the SDK keeps the limit elsewhere.
    """
    workflows = worker._workflow_worker  # noqa: SLF001 - there is no other way
    if getattr(workflows, "_deadlock_timeout_seconds", None) != _AS_THE_SDK_HAS_IT:
        raise RuntimeError("this temporalio keeps its deadlock time-out elsewhere: look there")
    workflows._deadlock_timeout_seconds = INTERRUPTED_AFTER_SECONDS  # type: ignore[union-attr]  # noqa: SLF001
