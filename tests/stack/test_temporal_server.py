import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.common import SearchAttributePair, TypedSearchAttributes

from casework import temporal
from casework.local.devstack import temporal_server
from casework.local.devstack.layout import Layout
from casework.local.devstack.processes import gone, read_record
from casework.local.devstack.temporal_server import server_part
from casework.messages.temporal import TASK_QUEUE
from casework.settings import Settings

EVERY_ATTRIBUTE = TypedSearchAttributes(
    [
        SearchAttributePair(temporal.CaseStage, "accepted"),
        SearchAttributePair(temporal.CaseItem, "PTS_NEW"),
        SearchAttributePair(temporal.District, "310115"),
        SearchAttributePair(temporal.Channel, "online"),
        SearchAttributePair(temporal.Card, "yellow"),
        SearchAttributePair(temporal.Holder, "clerk-7"),
        SearchAttributePair(temporal.Team, "T1"),
        SearchAttributePair(temporal.PolicyVersion, "2026-01"),
        SearchAttributePair(temporal.GreenChannel, True),
        SearchAttributePair(temporal.OpenDebts, 2),
        SearchAttributePair(temporal.DueOn, datetime(2026, 9, 24, tzinfo=UTC)),
    ]
)


async def test_killed_server_keeps_runs_and_search_attributes(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with temporal_server(home) as target:
        client = await Client.connect(target)
        await temporal.register_search_attributes(client)
        await temporal.register_search_attributes(client)
        await client.start_workflow(
            "Application",
            id="app.310115.1",
            task_queue=TASK_QUEUE,
            search_attributes=EVERY_ATTRIBUTE,
        )
        record = read_record(home / "run", "temporal")
        assert record is not None
        os.kill(record.pid, signal.SIGKILL)
        await gone(record)
    async with temporal_server(home) as target:
        monkeypatch.setenv("TEMPORAL_ADDRESS", target)
        client = await temporal.connect(Settings(home=home))
        described = await client.get_workflow_handle("app.310115.1").describe()
        assert described.status is WorkflowExecutionStatus.RUNNING
        kept = described.typed_search_attributes
        assert len(EVERY_ATTRIBUTE) == len(temporal.SEARCH_ATTRIBUTES)
        assert all(kept[pair.key] == pair.value for pair in EVERY_ATTRIBUTE)
        assert await client.count_workflows("OpenDebts > 1 AND Card = 'yellow'")


async def test_standard_variables_choose_the_cluster(
    monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    settings = Settings(home=home, temporal_port=7999)
    assert temporal.target(settings) == "127.0.0.1:7999"
    assert temporal.namespace() == "default"
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example:7233")
    monkeypatch.setenv("TEMPORAL_NAMESPACE", "talent")
    assert temporal.target(settings) == "temporal.example:7233"
    assert temporal.namespace() == "talent"


def test_chinese_text_travels_as_utf8() -> None:
    text = "容缺受理"
    (payload,) = temporal.data_converter.payload_converter.to_payloads([text])
    assert text.encode() in payload.data


def test_the_web_ui_is_told_where_what_is_sealed_is_opened(tmp_path: Path) -> None:
    layout, codec = Layout(tmp_path), "http://127.0.0.1:8080/codec"
    told = server_part(layout, port=1, ui_port=2, ui_codec=codec).command
    assert told[told.index("--ui-codec-endpoint") + 1] == codec
    assert "--ui-codec-endpoint" not in server_part(layout, port=1, ui_port=2).command
