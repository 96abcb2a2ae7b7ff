"""Which running workflows are replayed before a release is rolled out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecution, WorkflowHistory
from temporalio.converter import PayloadCodec

from casework import temporal
from casework.security.keys.errors import UnknownKeyError
from tests.examples import examples
from tests.replay.test_replay import HISTORIES, recorded
from workers.checking import check_histories, spread

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Running:
    id: str
    workflow_type: str
    start_time: datetime
    run_id: str = "run"


def runs(types: list[str]) -> list[WorkflowExecution]:
    return [
        cast("WorkflowExecution", Running(f"{type_}.{n}", type_, BEGAN + timedelta(hours=n)))
        for n, type_ in enumerate(types)
    ]


@examples(100)
@given(
    types=st.lists(st.sampled_from(["Application", "Order", "Ticket"]), max_size=60),
    sample=st.integers(1, 12),
)
def test_each_type_is_asked_from_its_oldest_to_its_newest(types: list[str], sample: int) -> None:
    found = runs(types)
    chosen = spread(reversed(found), sample)
    assert len(chosen) == len({each.id for each in chosen})
    for type_ in set(types):
        all_of = [each for each in found if each.workflow_type == type_]
        own = [each for each in chosen if each.workflow_type == type_]
        assert len(own) == min(sample, len(all_of))
        assert all_of[-1] in own
        if sample > 1:
            assert all_of[0] in own


class Namespace:
    """Two recorded runs, of which this release does one otherwise."""

    namespace = "default"

    def __init__(self) -> None:
        self.data_converter = temporal.data_converter
        self.histories = {"app.a": recorded(HISTORIES[0]), "app.b": recorded(HISTORIES[0])}
        events = self.histories["app.b"].events
        scheduled = (each.activity_task_scheduled_event_attributes for each in events)
        next(a for a in scheduled if a.activity_type.name).activity_type.name = "notices.other"
        self.asked = ""

    async def list_workflows(self, query: str) -> Any:
        assert "Running" in query
        for number, id_ in enumerate(self.histories):
            yield Running(id_, "Application", BEGAN + timedelta(hours=number))

    def get_workflow_handle(self, workflow_id: str, *, run_id: str) -> "Namespace":
        del run_id
        self.asked = workflow_id
        return self

    async def fetch_history(self) -> WorkflowHistory:
        return self.histories[self.asked]


@pytest.fixture
def namespace() -> Client:
    return cast("Client", Namespace())


async def test_what_this_release_does_otherwise_is_named(namespace: Client) -> None:
    checked = await check_histories(namespace, 9)
    assert checked.replayed == 1
    assert set(checked.differing) == {"app.b"}
    assert not checked.unread


class Locked(PayloadCodec):
    """The key is in no ring here."""

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return list(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:  # noqa: ARG002 - the SDK's
        raise UnknownKeyError("k-lost")


async def test_what_nobody_here_can_read_says_nothing_of_the_release(namespace: Client) -> None:
    locked = replace(temporal.data_converter, payload_codec=Locked())
    cast("Namespace", namespace).data_converter = locked
    checked = await check_histories(namespace, 9)
    assert (checked.replayed, checked.differing) == (0, {})
    assert set(checked.unread) == {"app.a", "app.b"}
