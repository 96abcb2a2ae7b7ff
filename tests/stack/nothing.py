"""A workflow that does nothing: it gives a worker something to ask for."""

from temporalio import workflow


@workflow.defn(name="Nothing")
class NothingWorkflow:
    """Does nothing."""

    @workflow.run
    async def run(self) -> None:
        """Do nothing."""
