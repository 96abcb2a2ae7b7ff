"""What Temporal holds of a case is read from its history alone."""

import json
from functools import cache
from pathlib import Path

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from casework.temporal import data_converter
from tests.replay.test_replay import HISTORIES, recorded
from workers.held import last_seq

TAKEN = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED
TASK = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED


def told(history: WorkflowHistory) -> int:
    """The number that a run tells when it has ended; 0 if it tells none."""
    ended = history.events[-1].workflow_execution_completed_event_attributes
    result = json.loads(ended.result.payloads[0].data or b"null") if ended.result.payloads else None
    return int(result.get("seq", 0)) if isinstance(result, dict) else 0


@cache
def ended() -> list[Path]:
    """The runs that tell one; to read them all takes a second, and only these tests need it."""
    return [file for file in HISTORIES if told(recorded(file))]


@pytest.mark.parametrize("place", range(0, 64, 9))
async def test_the_last_event_of_a_run_that_has_ended_is_the_one_it_tells(place: int) -> None:
    history = recorded(ended()[place])
    assert await last_seq(history, data_converter) == told(history)


async def test_what_no_task_has_taken_is_not_held() -> None:
    """A history that stops where the task that takes its last message was begun."""
    history = recorded(ended()[0])
    taken = max(n for n, each in enumerate(history.events) if each.event_type == TAKEN)
    last = max(n for n, each in enumerate(history.events[:taken]) if each.event_type == TASK)
    cut = WorkflowHistory(history.workflow_id, list(history.events)[:last])
    assert 0 < await last_seq(cut, data_converter) < told(history)
