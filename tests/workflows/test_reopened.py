"""Temporal is lost, and the register is left: its cases are started again, and go on."""

import asyncio
import base64
import json
import shutil
import sysconfig
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import func, select, update
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment

from bench.cases import STEPS, Office
from casework.domain.case.events import Event
from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.case.opening import Reopened, StartCase
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.messages.temporal import TASK_QUEUE
from casework.policy.sharing import load_sharing
from casework.rehearsal.rest import come_to_rest
from casework.rehearsal.world import Office as Rooms
from casework.security.proof.assertion import speaker_of
from casework.security.proof.parts import RIGHTS, Trust
from casework.security.proof.speaking import REOPENS, start_refusal
from casework.store.engine import Sessions
from casework.store.models import Events, Notices, Openings
from casework.store.register.cases import state, stored_events
from casework.store.register.rebuild import rebuild
from casework.temporal import data_converter, register_search_attributes
from casework.trial.case import start_of
from tests.examples import is_night
from tests.store.emptied import UNGUARDED
from tests.store.lost_register import taken_down
from tests.workflows.conftest import Handle
from tests.workflows.test_growth import answer
from workers.held import held
from workers.main import create_worker
from workers.reopening import Reopening, StillRunningError, own_fields, reopen

STOPPED = (0, 1, 2, 3, 4, 5) if is_night() else (1, 5)
"""How many acts each case has seen when Temporal is lost."""


@asynccontextmanager
async def temporal(office: Rooms) -> AsyncIterator[Client]:
    """An empty Temporal with a worker: what it holds is gone when it ends."""
    trust = Trust.new()
    async with await WorkflowEnvironment.start_local(
        data_converter=data_converter,
        interceptors=[trust.signing],
        dev_server_existing_path=shutil.which("temporal", path=sysconfig.get_path("scripts")),
    ) as environment:
        await register_search_attributes(environment.client)
        async with create_worker(environment.client, office.parts, trust.verifier):
            yield environment.client


async def _opened(client: Client, number: int, run: str) -> Handle:
    opened = await Office(client, TASK_QUEUE, run).submit(number)
    return client.get_workflow_handle(opened.id)


def _number(handle: Handle) -> str:
    return handle.id.split(".", 2)[2]


async def _act(handle: Handle, first: int, last: int | None = None) -> None:
    for verb, command in STEPS[first:last]:
        assert await answer(handle, verb, command) == ""


async def _reopen(client: Client, sessions: Sessions, **asked: Any) -> Reopening:
    return await reopen(
        client, sessions, sharing=load_sharing(), spread=timedelta(hours=2), **asked
    )


async def _story(sessions: Sessions, handle: Handle) -> dict[str, list[dict[str, Any]]]:
    """All that the register has of a case, but numbers, times and hashes."""
    number = _number(handle)
    mine: dict[str, list[dict[str, Any]]] = {}
    for name, rows in (await taken_down(sessions)).items():
        if name in {"events", "tasks", "cards", "notices", "clocks", "materials", "debts", "cases"}:
            mine[name] = [
                {k: v for k, v in row.items() if isinstance(v, str | int) and k not in OTHERWISE}
                for row in rows
                if row.get("case_no") == number
            ]
    return {
        name: sorted((_plain(row, number) for row in rows), key=repr) for name, rows in mine.items()
    }


OTHERWISE = {"hash", "place", "recorded_at", "queued_at", "case_no", "secret", "reference"}
SEALED = "~"


def _plain(row: dict[str, Any], number: str) -> dict[str, Any]:
    return {key: str(value).replace(number, "NO") for key, value in row.items()}


async def test_cases_go_on_where_they_stood_and_nothing_is_sent_twice(
    office: Rooms, sessions: Sessions
) -> None:
    """Beside each case another one that has lost nothing."""
    async with temporal(office) as client:
        whole = [await _opened(client, n, "whole") for n in STOPPED]
        for handle in whole:
            await _act(handle, 0)
            await handle.result()
        lost = [await _opened(client, n, "lost") for n in STOPPED]
        for handle, acts in zip(lost, STOPPED, strict=True):
            await _act(handle, 0, acts)
        with pytest.raises(StillRunningError):
            await _reopen(client, sessions)
    async with temporal(office) as client:
        first = await _reopen(client, sessions, only=_number(lost[0]))
        assert (first.cases, first.left) == ([_number(lost[0])], {})
        rest = await _reopen(client, sessions)
        assert sorted(rest.cases) == sorted(_number(each) for each in lost[1:])
        assert (rest.running, rest.left, (await _reopen(client, sessions)).cases) == (1, {}, [])
        again = [client.get_workflow_handle(each.id) for each in lost]
        await come_to_rest(again, within=timedelta(seconds=60))
        for each in again:  # what `casework doctor` compares
            holds = await held(client, each.id)
            assert holds is not None
            assert holds.seq == await _last(sessions, _number(each))
        for handle, acts in zip(again, STOPPED, strict=True):
            await _act(handle, acts)
            await handle.result()
    for one, other in zip(whole, lost, strict=True):
        before, after = await _story(sessions, one), await _story(sessions, other)
        assert before == after
        assert all(before[name] for name in ("events", "notices", "cases"))
    async with sessions() as session:
        assert not await session.scalar(select(func.count()).where(Notices.status != "sent"))
    assert not (await rebuild(sessions, write=False)).differences


async def _last(sessions: Sessions, number: str) -> int:
    async with sessions() as session:
        return len(await stored_events(session, number))


async def test_what_fell_due_meanwhile_has_its_own_day_and_what_had_not_gone_goes_once(
    office: Rooms, sessions: Sessions
) -> None:
    async with temporal(office) as client:
        handle = await _opened(client, 1, "late")
        await _act(handle, 0, 2)
        number = _number(handle)
        async with sessions() as session:
            before = await state(session, number)
    assert before is not None
    away = timedelta(days=60)  # of the case, without Temporal
    async with sessions.begin() as session:
        await session.execute(UNGUARDED)
        last = select(Notices.key).where(Notices.case_no == number).order_by(Notices.seq.desc())
        key = await session.scalar(last.limit(1))
        unsent = update(Notices).where(Notices.key == key)
        await session.execute(unsent.values(status="queued", reference="", at=None))
        late = update(Openings).where(Openings.case_no == number).values(rehearsal=away)
        await session.execute(late)
    async with temporal(office) as client:
        done = await _reopen(client, sessions)
        assert (done.cases, done.letters) == ([number], 1)
        again = client.get_workflow_handle(handle.id)
        async with asyncio.timeout(30):
            while await _last(sessions, number) == before.seq:
                await asyncio.sleep(0.05)
            await come_to_rest([again], within=timedelta(seconds=30))
        async with sessions() as session:
            found = await stored_events(session, number)
            status = await session.scalar(select(Notices.status).where(Notices.key == key))
    assert status == "sent"
    new = found[before.seq :]
    assert [each.seq for each in new] == list(range(before.seq + 1, found[-1].seq + 1))
    days = [local_date(each.at) for each in new if each.actor == CLOCKWORK]
    first = local_date(found[before.seq - 1].at)
    assert any(first < each < first + away for each in days)


async def test_events_that_were_altered_begin_no_case(office: Rooms, sessions: Sessions) -> None:
    async with temporal(office) as client:
        handle = await _opened(client, 1, "altered")
        async with sessions.begin() as session:
            await session.execute(UNGUARDED)
            of_case = Events.case_no == _number(handle)
            await session.execute(update(Events).where(of_case).values(title="改动"))
    async with temporal(office) as client:
        done = await _reopen(client, sessions)
        assert (done.cases, list(done.left)) == ([], [_number(handle)])


def test_only_the_key_of_reopening_begins_a_case_in_the_middle() -> None:
    own = Reopened(by=REOPENS)
    start, _ = _recorded("application")
    case: Case = evolve(None, Event(seq=1, at=AT, actor=CLOCKWORK, body=start.first_event(AT)))
    resumed = replace(start, resumed=case)
    other = replace(own, by=Actor(code="casework", role=Role.SYSTEM))
    wrong = (
        resumed,
        replace(resumed, reopened=other),
        replace(start, reopened=own),
        replace(resumed, case_no="310106-0000-0000-0000", reopened=own),
    )
    for each in wrong:
        refused = start_refusal(each)
        assert refused is not None
        assert refused.code == "START_RESUMES"
    assert start_refusal(replace(resumed, reopened=own)) is None
    assert speaker_of(replace(resumed, reopened=own)) == REOPENS
    for part, rights in RIGHTS.items():
        assert rights.cover(REOPENS) == (part in {"api", REOPENS.code})


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_kind_begins_again_with_what_its_first_event_says(kind: CaseKind) -> None:
    start, message = _recorded(kind)
    said: Any = start.first_event(AT)
    common = {each.name: getattr(start, each.name) for each in fields(StartCase)}
    again = message(**common | own_fields(message, said, common))
    sent = TypeAdapter(message).validate_json(TypeAdapter(message).dump_json(again))
    if (
        isinstance(sent, StartCycle) and kind == CaseKind.TALENT_CYCLE
    ):  # its end follows from its beginning
        sent = replace(sent, ends_on=None)
    first = sent.first_event(AT)
    told = {each.name for each in fields(said)} - BEGUN_ANEW
    assert {n: getattr(first, n) for n in told} == {n: getattr(said, n) for n in told}


AT = datetime(2026, 9, 16, 2, tzinfo=UTC)
HISTORIES = Path(__file__).parent.parent / "replay/histories"
BEGUN_ANEW = frozenset({"at", "until", "places", "businesses", "ends_on", "degrees", "clocks"})
"""What the first event has from what no start needs again: it is in the state."""


def _recorded(kind: str) -> tuple[StartCase, type[StartCase]]:
    """The start of a recorded case of that kind."""
    message = start_of(CaseKind(kind))
    for file in sorted(HISTORIES.glob("*.json")):
        events = json.loads(file.read_text(encoding="utf-8"))["events"]
        begun = events[0]["workflowExecutionStartedEventAttributes"]
        if begun["workflowType"]["name"] != KINDS[CaseKind(kind)].workflow:
            continue
        data = base64.b64decode(begun["input"]["payloads"][0]["data"])
        start = TypeAdapter(message).validate_json(data)
        if start.kind == kind and start.resumed is None:
            return start, message
    raise LookupError(kind)
