"""A rehearsal that its own machinery has ended: nothing is known of the rule."""

from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError

from casework.rehearsal.faults import Place

SILENT = (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError)
"""Nothing answers; of an update that is given up, the client raises its own."""


class BrokenError(RuntimeError):
    """The engine failed; the message, in whatever language it was met, is for the engineers."""


class StoppedError(RuntimeError):
    """The engine failed at the ``place`` of a scenario; the cause says with what."""

    def __init__(self, place: Place) -> None:
        super().__init__("the rehearsal was stopped")
        self.place = place
