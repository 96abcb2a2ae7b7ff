"""A full case, and a register that shows more than Temporal holds: on a real server, for real."""

import asyncio
import json
import shutil
import sysconfig
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from typer.testing import CliRunner, Result

from api.edge.problems import ProblemError
from api.parts.link import Link
from bench.cases import DISTRICT, STEPS, Office
from casework.cli.app import app
from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.kinds.application.commands import MaterialsReceived
from casework.domain.kinds.application.events import Withdrawn
from casework.domain.policy import MaterialForm, Role
from casework.messages.cases import Receipt
from casework.messages.entry import make_entry
from casework.messages.temporal import TASK_QUEUE
from casework.policy.calendars import load_calendar
from casework.rehearsal.world import Office as Rooms
from casework.security.proof.parts import Trust
from casework.store import queries
from casework.store.engine import Sessions
from casework.store.register.cases import state
from casework.store.register.recording import Written, again, record, shown, take_back
from casework.temporal import data_converter, register_search_attributes, signal_once
from tests.workflows.conftest import Handle
from workers.held import Held, held
from workers.main import create_worker

EARLY = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=40")
PORTAL = Actor(code="bench", role=Role.SYSTEM, district=DISTRICT)


@dataclass(frozen=True)
class Town:
    """A server over a real register; its worker runs while `working` is open."""

    client: Client
    sessions: Sessions
    rooms: Rooms
    trust: Trust

    def working(self) -> AbstractAsyncContextManager[Worker]:
        return create_worker(self.client, self.rooms.parts, self.trust.verifier)

    async def open(self, number: int) -> Handle:
        opened = await Office(self.client, TASK_QUEUE, "growth").submit(number)
        return self.client.get_workflow_handle(opened.id)

    async def holds(self, handle: Handle) -> Held:
        found = await held(self.client, handle.id)
        assert found is not None
        return found

    async def kinds(self, handle: Handle) -> list[str]:
        async with self.sessions() as session:
            return [each.kind for each in await queries.timeline(session, number_of(handle))]


def number_of(handle: Handle) -> str:
    return handle.id.split(".", 2)[2]


@pytest.fixture
async def town(office: Rooms, sessions: Sessions) -> AsyncIterator[Town]:
    trust = Trust.new()
    async with await WorkflowEnvironment.start_local(
        data_converter=data_converter,
        interceptors=[trust.signing],
        dev_server_existing_path=shutil.which("temporal", path=sysconfig.get_path("scripts")),
        dev_server_extra_args=EARLY,
    ) as environment:
        await register_search_attributes(environment.client)
        yield Town(environment.client, sessions, office, trust)


def scans(first: int, count: int = 200) -> MaterialsReceived:
    materials = tuple(
        ReceivedMaterial(
            code="labour_contract", form=MaterialForm.ELECTRONIC, sha256=f"{first + n:064x}"
        )
        for n in range(count)
    )
    return MaterialsReceived(actor=PORTAL, materials=materials)


async def answer(handle: Handle, verb: str, command: Command) -> str:
    """The code with which an update is refused; empty if it was taken."""
    try:
        await handle.execute_update(verb, command, result_type=Receipt)
    except WorkflowUpdateFailedError as failed:
        assert isinstance(failed.cause, ApplicationError)
        return failed.cause.type or ""
    return ""


async def test_no_message_fills_a_case_so_that_it_cannot_be_decided(town: Town) -> None:
    async with town.working():
        handle = await town.open(1)
        assert await answer(handle, "materials_received", scans(0, 2000)) == "OUT_OF_BOUNDS"
        twice = replace(scans(0), materials=scans(0, 1).materials * 2)
        assert await answer(handle, "materials_received", twice) == "OUT_OF_BOUNDS"
        codes = [await answer(handle, "materials_received", scans(n * 200)) for n in range(18)]
        assert set(codes) == {"", "CASE_FULL"}
        assert codes == sorted(codes)  # once full, always full
        for message in (scans(0), scans(0, 2000)):
            await signal_once(
                town.client, handle.id, "materials_received", message, request_id=f"{id(message)}"
            )
        for verb, command in STEPS:
            assert await answer(handle, verb, command) == ""
        await handle.result()
    kinds = await town.kinds(handle)
    assert kinds.count("message_refused") == 2
    assert kinds[-1] == "archived"
    described = await handle.describe()
    assert described.raw_description.workflow_execution_info.first_run_id != described.run_id
    async with town.sessions() as session:
        shown_last = (await shown(session, number_of(handle)))[0].seq
    assert (await town.holds(handle)).seq == shown_last == len(kinds)


async def never_taken(town: Town, handle: Handle, *, at: datetime | None = None) -> Case:
    """A withdrawal that a worker recorded and that Temporal never took."""
    async with town.sessions.begin() as session:
        before = await state(session, number_of(handle))
        assert before is not None
        event = Event(
            seq=before.seq + 1,
            at=at or before.stage_since + timedelta(seconds=1),
            actor=Actor(code="ja-o1", role=Role.OFFICER, district=DISTRICT),
            body=Withdrawn(reason="另有安排"),
        )
        case = evolve(before, event)
        entry = make_entry([event], case=case, before=before, calendar=load_calendar())
        assert await record(session, entry) is Written.NEW
    return case


async def test_what_temporal_never_took_is_found_and_taken_back(town: Town) -> None:
    async with town.working():
        handle = await town.open(1)
    await never_taken(town, handle)
    assert (await town.kinds(handle))[-1] == "withdrawn"
    holds = await town.holds(handle)  # no worker runs
    async with town.sessions.begin() as session:
        (case,) = await shown(session, number_of(handle))
        assert (holds.seq, holds.deciding) == (case.seq - 1, False)
        assert await again(session, case)
        await take_back(session, case, holds.seq)
    assert "withdrawn" not in await town.kinds(handle)
    async with town.sessions() as session:
        seen = await queries.case_view(session, number_of(handle))
    assert seen is not None
    assert (seen.stage, seen.last_seq) == ("pre_review", holds.seq)
    async with town.working():
        assert await answer(handle, *STEPS[0]) == ""
    assert (await town.kinds(handle))[-1] == "pre_review_passed"
    assert (await town.holds(handle)).seq == len(await town.kinds(handle))


async def test_the_commands_see_what_temporal_never_took(
    town: Town, register_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("CASEWORK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CASEWORK_DATABASE_URL", register_url)
    monkeypatch.setenv("TEMPORAL_ADDRESS", town.client.service_client.config.target_host)
    monkeypatch.setenv("NO_COLOR", "1")
    async with town.working():
        handle = await town.open(1)

    async def run(*words: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, words)

    number = number_of(handle)
    sound = await run("register", "rebuild", number, "--check")
    assert sound.exit_code == 0, sound.output
    last = await never_taken(town, handle)
    told = f"{number}: events {last.seq} to {last.seq} are not held by Temporal"
    seen = await run("register", "rebuild", number, "--check")
    assert (seen.exit_code, told in seen.stdout) == (1, True), seen.output
    audited = await run("audit", "verify", "--json")
    assert audited.exit_code == 1
    (finding,) = json.loads(audited.stdout)["findings"]
    assert (finding["kind"], finding["seq"], finding["until"]) == ("not_held", last.seq, last.seq)
    assert (await run("register", "rebuild", number)).exit_code == 0
    assert (await run("register", "rebuild", number, "--check")).exit_code == 0
    assert (await run("audit", "verify")).exit_code == 0
    assert "withdrawn" not in await town.kinds(handle)


async def test_what_temporal_takes_from_nobody_is_no_fault_of_temporal(town: Town) -> None:
    async def connect() -> Client:
        return town.client

    link = Link(connect, answer_within=timedelta(seconds=5))
    handle = await town.client.start_workflow("Nobody", id="app.x", task_queue="nobody")
    for megabytes in (3, 5):
        with pytest.raises(ProblemError) as refused:
            await link.tell(handle.id, "unknown", "x" * megabytes * 1024 * 1024, "key")
        assert (refused.value.status, refused.value.code) == (413, "MESSAGE_TOO_LARGE")
    with pytest.raises(ProblemError) as refused:
        await link.tell(handle.id, "x" * 3000, "x", "key")
    assert (refused.value.status, refused.value.code) == (422, "MESSAGE_REFUSED")


async def test_the_next_event_of_a_case_takes_the_place_of_what_temporal_never_took(
    town: Town,
) -> None:
    """Whatever time the other says to be of: it is not what Temporal holds."""
    async with town.working():
        handle = await town.open(1)
        last = await never_taken(town, handle, at=datetime.max.replace(year=2100, tzinfo=UTC))
        assert await answer(handle, *STEPS[0]) == ""
    kinds = await town.kinds(handle)
    assert "withdrawn" not in kinds
    assert kinds[last.seq - 1] == "pre_review_passed"
