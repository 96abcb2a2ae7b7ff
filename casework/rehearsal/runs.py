"""The histories of a case: one for each run of its workflow."""

from typing import Any

from temporalio.client import Client, WorkflowHandle


async def histories(client: Client, handle: WorkflowHandle[Any, Any]) -> tuple[str, ...]:
    """The history of each run as JSON, the first run first."""
    found: list[str] = []
    run: WorkflowHandle[Any, Any] | None = handle
    while run is not None:
        history = await run.fetch_history()
        found.append(history.to_json())
        begun = history.events[0].workflow_execution_started_event_attributes
        before = begun.continued_execution_run_id
        run = client.get_workflow_handle(handle.id, run_id=before) if before else None
    return tuple(reversed(found))
