"""The doctor looks at a real register and a real Temporal, in which illnesses were prepared."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from temporalio import workflow
from temporalio.client import Client
from temporalio.worker import Worker

from casework.doctor.illnesses import Seen, diagnose
from casework.doctor.looking import look
from casework.domain.kinds.registry import workflow_id
from casework.messages.schedules import CALENDAR_WATCH, SCHEDULES
from casework.security.keys.ring import init_ring
from casework.settings import Settings
from casework.store.engine import Sessions
from tests.api.live import Backend

PATIENCE = 60
NOT_IN_TESTS = {"schedule_missing", "calendar_missing"}
"""A worker of the tests makes no schedules; the calendar hangs on the day."""

SICK = """
UPDATE armings SET wakes_at = now() - interval '1 hour' WHERE case_no = :case;
UPDATE armings SET wakes_at = NULL WHERE case_no = :other;
INSERT INTO notices (key, case_no, seq, template, recipient, channel, status, queued_at) VALUES
    ('a', :case, 1, 't', 'applicant', 'email', 'refused', now()),
    ('b', :case, 1, 't', 'applicant', 'email', 'queued', now() - interval '1 hour');
INSERT INTO orders (no, kind, status, body, district, proposed_by, proposed_at) VALUES
    ('ZL-X', 'x', 'proposed', '{}', '', 'sh-u1', now() - interval '9 days');
INSERT INTO master_keys (id) VALUES ('gone');
INSERT INTO catalogue_versions (number, digest, first_on, proposed_by, at) VALUES
    (99, repeat('0', 64), now(), 'sh-u1', now());
INSERT INTO staff_posts (id, person, role, city, district, share, rank, since, origin, version)
    VALUES ('x', 'sz-o1', 'officer', '440300', '', 100, 1, '2026-01-01', '', 1);
INSERT INTO tasks
    (case_no, task, district, kind, about, role, holder, backup, opened_at, closed_by) VALUES
    (:case, 'resolve_trouble#1', '310106', 'resolve_trouble', '', '', '', '', now(), '')
"""


@workflow.defn(name="Application", sandboxed=False)
class Stumbling:
    """An application on a queue of its own whose tasks fail."""

    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("a bug")


@pytest.fixture
def own(settings: Settings, tmp_path: Path) -> Settings:
    """The settings, with a key ring."""
    file = tmp_path / "ring.json"
    init_ring(file, at=datetime.now(UTC))
    return settings.model_copy(update={"key_ring_file": file})


@pytest.fixture
async def schedules(temporal: Client) -> AsyncIterator[None]:
    """All schedules; they are taken away again."""
    for each in SCHEDULES:
        await each.keep(temporal)
    yield
    for each in SCHEDULES:
        await temporal.get_schedule_handle(each.name).delete()


def codes(seen: Seen) -> dict[str, tuple[str, ...]]:
    return {each.code: each.about for each in diagnose(seen)}


async def test_a_case_on_its_way_is_no_illness(
    own: Settings, sessions: Sessions, temporal: Client, backend: Backend
) -> None:
    await backend.case()
    seen = await look(own, sessions, temporal, datetime.now(UTC))
    assert set(codes(seen)) <= NOT_IN_TESTS


async def test_who_does_not_answer_is_named(own: Settings, issuer: object) -> None:
    seen = await look(own, None, None, datetime.now(UTC))
    assert set(codes(seen)) == {"register_away", "temporal_away"}
    elsewhere = own.model_copy(update={"oidc_issuer": "http://127.0.0.1:9"})
    seen = await look(elsewhere, None, None, datetime.now(UTC))
    assert "issuer_away" in codes(seen)


async def test_what_is_wrong_in_the_register_is_named(
    own: Settings, sessions: Sessions, temporal: Client, backend: Backend
) -> None:
    case_no = await backend.case()
    other = await backend.case()
    named = {"case": case_no, "other": other}
    async with sessions.begin() as session:
        for statement in SICK.strip().split(";\n"):
            mentioned = {name: no for name, no in named.items() if f":{name}" in statement}
            await session.execute(text(statement), mentioned)
    found = codes(await look(own, sessions, temporal, datetime.now(UTC)))
    assert set(found) - NOT_IN_TESTS == {
        "overslept",
        "armed_late",
        "letters_refused",
        "letters_waiting",
        "order_waiting",
        "key_missing",
        "catalogue_lost",
        "city_without_superior",
        "cases_in_trouble",
    }
    assert found["overslept"] == found["cases_in_trouble"] == (case_no,)
    assert found["armed_late"] == (other,)
    assert found["key_missing"] == ("gone",)
    assert found["order_waiting"] == ("ZL-X",)
    # What has no digest a day later should have one; what has no migration is asked nothing else.
    tomorrow = datetime.now(UTC) + timedelta(days=2)
    assert {"digest_late", "clocks_differ"} <= set(codes(await look(own, sessions, None, tomorrow)))


async def test_what_is_wrong_in_temporal_is_named(
    own: Settings, sessions: Sessions, temporal: Client, backend: Backend, schedules: None
) -> None:
    case_no = await backend.case()
    await temporal.get_workflow_handle(workflow_id("application", case_no)).terminate()
    await temporal.get_schedule_handle(CALENDAR_WATCH.name).pause()
    strange = "app.310106.310106-0000-0000-0000"
    stumbling = Worker(temporal, task_queue="stumbling", workflows=[Stumbling])
    async with stumbling:
        await temporal.start_workflow("Application", id=strange, task_queue="stumbling")
        await _listed(
            temporal, f"WorkflowId = '{strange}' AND TemporalReportedProblems IS NOT NULL"
        )
        seen = await look(own, sessions, temporal, datetime.now(UTC))
        await temporal.get_workflow_handle(strange).terminate()
    found = codes(seen)
    assert set(found) - NOT_IN_TESTS == {"workflow_missing", "schedule_paused", "workflows_stuck"}
    assert found["workflow_missing"] == (case_no,)
    assert found["workflows_stuck"] == (strange,)
    assert found["schedule_paused"] == (CALENDAR_WATCH.name,)
    assert "schedule_missing" not in found


async def test_nobody_who_works_and_a_workflow_that_nobody_knows(
    own: Settings, sessions: Sessions, temporal: Client
) -> None:
    strange = "app.310106.310106-0000-0000-0001"
    await temporal.start_workflow("Application", id=strange, task_queue="nowhere")
    await _listed(temporal, f"WorkflowId = '{strange}'")
    # By then no worker has polled lately.
    seen = await look(own, sessions, temporal, datetime.now(UTC) + timedelta(hours=1))
    await temporal.get_workflow_handle(strange).terminate()
    found = codes(seen)
    assert found["case_missing"] == (strange,)
    assert "no_worker" in found


async def _listed(client: Client, query: str) -> None:
    """Wait until Temporal lists a workflow: its lists come a little late."""
    async with asyncio.timeout(PATIENCE):
        while not (await client.count_workflows(query)).count:
            await asyncio.sleep(0.5)
