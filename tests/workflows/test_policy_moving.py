"""Running cases are moved to newer policy by order: each once, whatever fails on the way."""

import shutil
import sysconfig
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, cast

import pytest
from sqlalchemy import select
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import activities.policy_moves
import activities.telling
from bench.cases import DISTRICT, STEPS
from bench.cases import Office as Backend
from casework.domain.case.commands import Command
from casework.domain.case.facts import ORDERS, Actor
from casework.domain.kinds.application.commands import PolicyMove
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.orders import MoveToPolicy, Order
from casework.domain.policy import LimitName, Measure, Role, ServiceItem
from casework.domain.time.calendar import ZONE
from casework.local.devstack import temporal_server
from casework.messages.cases import Receipt, application_id
from casework.messages.orders import Approval, OrderReceipt, OrderStatus, order_id
from casework.messages.temporal import TASK_QUEUE
from casework.policy.catalogue import Catalogue, load_catalogue
from casework.policy.catalogue.offer import digest
from casework.policy.catalogue.sources import LettersFile
from casework.policy.letters import LetterPolicy, load_letters
from casework.policy.publishing.versions import catalogue_of
from casework.rehearsal.world import Office, open_office
from casework.security.proof.parts import Trust
from casework.store import queries
from casework.store.engine import Sessions
from casework.store.in_force import published
from casework.store.in_force.policy_moves import MOVES, MOVES_LIST, MovedCase
from casework.store.models import Cases, Notices, ServiceItems
from casework.store.register.courses import clock_rows
from casework.store.telling import Book
from casework.temporal import PolicyVersion, data_converter, register_search_attributes
from tests.examples import at_night
from tests.workflows.conftest import Bench, Handle
from tests.workflows.ordering import APPROVER, decide, order_of, propose, result, seeded
from workers.main import create_worker

TODAY = datetime.now(UTC).astimezone(ZONE).date()
HEAD = Actor(code="ja-h1", role=Role.HEAD, district=DISTRICT)
EARLY = ("--dynamic-config-value", "limit.historyCount.suggestContinueAsNew=30")
TRUST = Trust.new()
CASES = 7
SHORTER, LONGER = {LimitName.DECIDE: 10, LimitName.DELIVER: 3}, {LimitName.DECIDE: 60}


@dataclass
class Newer:
    """The installed catalogue, and on top what a new release of it says."""

    catalogue: Catalogue
    limits: dict[LimitName, int]

    def resolve(
        self, item: str, district: str, on: date, measures: tuple[Measure, ...] | None = None
    ) -> ServiceItem:
        old = self.catalogue.resolve(item, district, on, measures)
        limits = dict(old.limits)
        for name, amount in self.limits.items():
            limits[name] = replace(limits[name], amount=amount)
        new = replace(old, limits=limits)
        return replace(new, digest=digest(new))


@pytest.fixture
def release() -> Newer:
    """The release of the catalogue that the worker has by now."""
    return Newer(load_catalogue(), dict(SHORTER))


@pytest.fixture(autouse=True)
async def _prepared(sessions: Sessions) -> None:
    await seeded(sessions)


@pytest.fixture
async def office(
    register_url: str, release: Newer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Office]:
    """One that has read the catalogue of the test."""
    whole = replace(catalogue_of(None), catalogue=cast("Catalogue", release), letters=telling())
    monkeypatch.setattr(published, "catalogue_of", lambda _: whole)
    async with open_office(register_url) as office:
        yield office


def telling() -> LetterPolicy:
    """The letters of the catalogue, and by them people are told of a move."""
    letters = load_letters()
    entry = {"from": date(2020, 1, 1), "value": True, "reference": "示例", "mark": "source"}
    own = LettersFile.model_validate({"moves": {"*": [entry]}}, by_alias=True)
    common = letters.files[""].model_copy(update={"moves": own.moves})
    return replace(letters, files={**letters.files, "": common})


async def letters_of_move(sessions: Sessions) -> dict[str, int]:
    """How many letters tell of the move, by case."""
    query = select(Notices.case_no, Notices.seq).where(Notices.template == "policy_moved")
    async with sessions() as session:
        return Counter(case_no for case_no, _ in {*await session.execute(query.distinct())})


def moving(**changed: object) -> MoveToPolicy:
    plain = MoveToPolicy(district=DISTRICT, item="PTS_NEW", reason="新办法施行")
    return replace(plain, **changed)  # type: ignore[arg-type]


async def ordered(
    client: Client, content: MoveToPolicy, key: str, by: Actor = APPROVER
) -> OrderReceipt:
    """Propose, approve, and wait until each case has its outcome."""
    order = order_of(content, key)
    await propose(client, order)
    await decide(client, order, Approval(actor=by))
    return await result(client, order)


async def outcomes(sessions: Sessions, content: MoveToPolicy, key: str) -> dict[str, str]:
    async with sessions() as session:
        page = await MOVES.page(session, order_of(content, key).no, MOVES_LIST)
    return {row.case_no: row.code or row.outcome for row in page.rows}


async def moved_rows(sessions: Sessions, order: Order) -> tuple[MovedCase, ...]:
    async with sessions() as session:
        return (await MOVES.page(session, order.no, MOVES_LIST)).rows


def number(handle: Handle) -> str:
    return handle.id.split(".", 2)[2]


async def policies(sessions: Sessions) -> dict[str, str]:
    async with sessions() as session:
        found = await session.execute(select(Cases.case_no, Cases.policy))
        return {case_no: policy for case_no, policy in found}  # noqa: C416 - rows are no pairs


async def amount(sessions: Sessions, case_no: str, clock: str) -> int:
    async with sessions() as session:
        found = await clock_rows(session, case_no)
        return next(row.amount for row in found if row.clock == clock)


async def accepted(backend: Backend, count: int) -> list[Handle]:
    handles = [await backend.submit(each) for each in range(count)]
    for handle in handles:
        for verb, command in STEPS[:2]:
            await handle.execute_update(verb, command, result_type=Receipt)
    return handles


async def test_set_is_moved_and_nothing_else(bench: Bench, release: Newer) -> None:
    client, sessions = bench.environment.client, bench.sessions
    handles = await accepted(bench.backend, 3)
    one, two, apart = (number(each) for each in handles)
    content = moving(cases=(one, two, f"{DISTRICT}-0000-0000-0000"))
    receipt = await ordered(client, content, "k-1")
    assert (receipt.status, receipt.cases, receipt.done) == (OrderStatus.DONE, 3, 3)
    assert receipt.version is None, "nothing has come into force for anybody else"
    assert await outcomes(sessions, content, "k-1") == {
        one: "moved",
        two: "moved",
        f"{DISTRICT}-0000-0000-0000": "CASE_NOT_FOUND",
    }
    new = release.resolve("PTS_NEW", DISTRICT, TODAY).digest
    found = await policies(sessions)
    assert (found[one], found[two]) == (new, new)
    assert found[apart] != new
    assert await amount(sessions, one, "decide") == SHORTER[LimitName.DECIDE]
    assert await amount(sessions, apart, "decide") != SHORTER[LimitName.DECIDE]
    async with sessions() as session:
        assert await session.get(ServiceItems, new) is not None
    shown = (await handles[0].describe()).typed_search_attributes
    assert shown[PolicyVersion] == new
    assert (await bench.kinds(handles[0])).count("policy_moved") == 1
    assert "policy_moved" not in await bench.kinds(handles[2])
    await bench.rest(handles[0])
    await bench.rest(handles[1])
    assert await letters_of_move(sessions) == {one: 1, two: 1}


async def test_case_goes_on_by_its_new_policy_to_the_end(bench: Bench) -> None:
    client, sessions = bench.environment.client, bench.sessions
    (handle,) = await accepted(bench.backend, 1)
    await ordered(client, moving(), "k-1")
    for verb, command in STEPS[2:5]:
        await handle.execute_update(verb, command, result_type=Receipt)
    assert await amount(sessions, number(handle), "deliver") == SHORTER[LimitName.DELIVER]
    verb, command = STEPS[5]
    await handle.execute_update(verb, command, result_type=Receipt)
    assert (await handle.result()).stage == ApplicationStage.ARCHIVED


async def test_harm_needs_the_head(bench: Bench, release: Newer) -> None:
    release.limits = dict(LONGER)
    client, sessions = bench.environment.client, bench.sessions
    (handle,) = await accepted(bench.backend, 1)
    case_no = number(handle)
    before = await amount(sessions, case_no, "decide")
    await ordered(client, moving(), "k-1")
    assert await amount(sessions, case_no, "decide") == before, "保留原期限"
    order = order_of(moving(head_consents=True), "k-2")
    await propose(client, order)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await decide(client, order, Approval(actor=APPROVER))
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "HEAD_CONSENT_REQUIRED"
    await decide(client, order, Approval(actor=HEAD))
    await result(client, order)
    assert await outcomes(sessions, moving(head_consents=True), "k-2") == {case_no: "moved"}
    assert await amount(sessions, case_no, "decide") == LONGER[LimitName.DECIDE]


async def test_policy_of_a_day_to_come_is_refused_when_the_order_is_approved(
    bench: Bench,
) -> None:
    client = bench.environment.client
    order = order_of(moving(to=TODAY + timedelta(days=3)), "k-1")
    await propose(client, order)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await decide(client, order, Approval(actor=APPROVER))
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "DATE_IN_FUTURE"
    assert (await result(client, order)).status is OrderStatus.REFUSED


@pytest.mark.parametrize("by", [ORDERS, Actor(code="ja-h1", role=Role.HEAD, district=DISTRICT)])
async def test_nobody_moves_a_case_past_the_order(bench: Bench, release: Newer, by: Actor) -> None:
    (handle,) = await accepted(bench.backend, 1)
    item = release.resolve("PTS_NEW", DISTRICT, TODAY) if by != ORDERS else None
    command: Command = PolicyMove(actor=by, order="ZL-1", reason="新办法", item=item)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("move_policy", command, result_type=Receipt)
    assert isinstance(refused.value.cause, ApplicationError)
    expected = "POLICY_BY_ORDER_ONLY" if by == ORDERS else "ROLE_NOT_ALLOWED"
    assert refused.value.cause.type == expected


async def test_new_release_of_the_catalogue_changes_no_running_case(bench: Bench) -> None:
    (handle,) = await accepted(bench.backend, 1)
    before = await policies(bench.sessions)
    await bench.environment.sleep(timedelta(days=2))
    await handle.execute_update("review", STEPS[2][1], result_type=Receipt)
    assert await policies(bench.sessions) == before
    assert "policy_moved" not in await bench.kinds(handle)


# --- what fails on the way ---------------------------------------------------------------


@dataclass(frozen=True)
class Town:
    """A dev server on which cases sleep, and the office whose worker runs them."""

    client: Client
    office: Office
    sessions: Sessions

    def worker(self) -> Worker:
        return create_worker(self.client, self.office.parts, TRUST.verifier)

    async def cases(self, count: int = CASES) -> list[Handle]:
        return await accepted(Backend(self.client, TASK_QUEUE, "moving"), count)

    async def times_moved(self, handle: Handle) -> int:
        async with self.sessions() as session:
            events = await queries.timeline(session, number(handle))
        return [event.kind for event in events].count("policy_moved")


@pytest.fixture
async def town(office: Office, sessions: Sessions) -> AsyncIterator[Town]:
    async with temporal_server() as address:
        client = await Client.connect(
            address, data_converter=data_converter, interceptors=[TRUST.signing]
        )
        await register_search_attributes(client)
        yield Town(client, office, sessions)


@pytest.fixture
async def forgetful(office: Office, sessions: Sessions) -> AsyncIterator[Town]:
    """The same, on a server that soon asks workflows to continue as new."""
    async with await WorkflowEnvironment.start_local(
        data_converter=data_converter,
        interceptors=[TRUST.signing],
        dev_server_existing_path=shutil.which("temporal", path=sysconfig.get_path("scripts")),
        dev_server_extra_args=EARLY,
    ) as environment:
        await register_search_attributes(environment.client)
        yield Town(environment.client, office, sessions)


async def test_lost_outcomes_and_repeats_move_nobody_twice(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures, note = iter(range(2)), Book.note

    async def failing(*arguments: Any) -> None:
        if next(failures, None) is not None:
            raise ConnectionResetError("the register went away")
        await note(*arguments)

    monkeypatch.setattr(Book, "note", failing)
    monkeypatch.setattr(activities.telling, "UPDATES", 2)
    monkeypatch.setattr(activities.policy_moves, "MOST_AT_ONCE", 4)
    async with town.worker():
        handles = await town.cases()
        receipt = await ordered(town.client, moving(), "k-1")
        assert (receipt.cases, receipt.done) == (CASES, CASES)
        found = await outcomes(town.sessions, moving(), "k-1")
        assert found == {number(handle): "moved" for handle in handles}
        assert [await town.times_moved(handle) for handle in handles] == [1] * CASES


@at_night
async def test_worker_that_dies_midway_is_followed_by_one_that_goes_on(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By day test_order_rousing, whose cases are told by the same lines."""
    order, calls, note = order_of(moving(), "k-1"), iter(range(1)), Book.note
    with monkeypatch.context() as broken:

        async def dying(*arguments: Any) -> None:
            if next(calls, None) is None:
                raise ConnectionResetError("killed")
            await note(*arguments)

        broken.setattr(Book, "note", dying)
        broken.setattr(activities.telling, "UPDATES", 2)
        async with town.worker():
            handles = await town.cases()
            await propose(town.client, order)
            await decide(town.client, order, Approval(actor=APPROVER))
            while sum([await town.times_moved(handle) for handle in handles]) < 4:
                pass  # the second batch has been told, and its outcomes are never written
    written = [row.outcome for row in await moved_rows(town.sessions, order)]
    assert (written.count("moved"), written.count("waiting")) == (2, CASES - 2)
    async with town.worker():
        assert (await result(town.client, order)).done == CASES
        assert {row.outcome for row in await moved_rows(town.sessions, order)} == {"moved"}
        assert [await town.times_moved(handle) for handle in handles] == [1] * CASES


async def test_policy_and_progress_outlive_continue_as_new(
    forgetful: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = forgetful
    monkeypatch.setattr(activities.telling, "UPDATES", 1)
    monkeypatch.setattr(activities.policy_moves, "MOST_AT_ONCE", 1)
    async with town.worker():
        handles = await town.cases()
        receipt = await ordered(town.client, moving(), "k-1")
        assert (receipt.done, receipt.decided_by) == (CASES, APPROVER.code)
        order = order_id(order_of(moving(), "k-1").no)
        runs = [run async for run in town.client.list_workflows(f'WorkflowId="{order}"')]
        assert len(runs) > 1, "the history was never long enough"
        handle = handles[0]
        again = town.client.get_workflow_handle(application_id(number(handle)))
        for verb, command in STEPS[2:5]:
            await again.execute_update(verb, command, result_type=Receipt)
        first = (await again.describe()).raw_description.workflow_execution_info.first_run_id
        assert (await again.describe()).run_id != first, "the case never continued as new"
        case_no = number(handle)
        assert await amount(town.sessions, case_no, "deliver") == SHORTER[LimitName.DELIVER]


async def test_outcomes_say_who_was_not_moved_and_why(town: Town) -> None:
    client, sessions = town.client, town.sessions
    async with town.worker():
        first, gone, second = await town.cases(3)
        await ordered(client, moving(cases=(number(first),)), "k-1")
        await gone.terminate()
        content = moving(stage=ApplicationStage.REVIEW)
        receipt = await ordered(client, content, "k-2")
        assert (receipt.cases, receipt.done) == (3, 3)
        assert await outcomes(sessions, content, "k-2") == {
            number(first): "unchanged",
            number(gone): "gone",
            number(second): "moved",
        }
