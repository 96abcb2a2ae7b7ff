"""Every recorded history replays with the production sandbox and converter.

A history of what has landed is never recorded again: guard the change by ``workflow.patched``.
"""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory

from workers.main import create_replayer

HISTORIES = sorted((Path(__file__).parent / "histories").glob("*.json"))


def recorded(file: Path) -> WorkflowHistory:
    return WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("file", HISTORIES, ids=lambda file: file.stem)
async def test_history_replays(file: Path) -> None:
    await create_replayer().replay_workflow(recorded(file))


def test_there_are_histories_of_many_paths() -> None:
    assert len(HISTORIES) >= 8


async def test_a_changed_procedure_does_not_replay() -> None:
    """The replayer sees a difference: another activity in the place of the first is refused."""
    history = recorded(HISTORIES[0])
    scheduled = (event.activity_task_scheduled_event_attributes for event in history.events)
    next(a for a in scheduled if a.activity_type.name).activity_type.name = "notices.other"
    result = await create_replayer().replay_workflow(history, raise_on_replay_failure=False)
    assert result.replay_failure is not None
