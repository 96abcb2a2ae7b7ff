"""Nothing that is sent to a workflow can jam it: unreadable, unproved or unknown, of every kind.

All of it goes to a real server, sealed and signed as in production; afterwards every case does its
work, under this worker and the next one, and its history replays.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.converter import DataConverter
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Worker

from bench.cases import STEPS, Office
from bench.service import Platform
from casework.domain.case.commands import Command, Reassign
from casework.domain.case.facts import Actor
from casework.domain.case.opening import StartCase
from casework.domain.case.state import Post
from casework.domain.kinds.application.commands import ArchiveArrived
from casework.domain.kinds.appointment.opening import AppointmentForm, StartAppointment
from casework.domain.kinds.appointment.slots import AppointmentPolicy
from casework.domain.kinds.incoming_mail.opening import MailForm, StartIncomingMail
from casework.domain.kinds.parcel.opening import ParcelForm, StartParcel
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.kinds.ticket.opening import StartTicket
from casework.domain.kinds.ticket.state import TicketSource
from casework.domain.kinds.wage.opening import StartWageComplaint
from casework.domain.kinds.walkthrough.opening import StartWalkthrough
from casework.domain.mail import MailVerdict
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE
from casework.local.devstack import temporal_server
from casework.messages.absences import RecordAbsence, StartAbsence, absence_id
from casework.messages.cases import Receipt, application_id, number_of
from casework.messages.orders import Rejection, order_id
from casework.messages.schedules import SendDigests
from casework.messages.temporal import TASK_QUEUE
from casework.policy.calendars import load_calendar
from casework.security import unreadable as limits
from casework.security.keys.codec import SealingCodec
from casework.security.keys.vault import Vault
from casework.security.proof.assertion import HEADER
from casework.security.proof.parts import Trust
from casework.security.proof.verifying import Verifier
from casework.settings import Settings
from casework.store import queries
from casework.store.engine import Sessions, create_engine, sessions
from casework.store.in_force import seed
from casework.store.register.cases import state
from casework.store.sealing.ring_vault import RingVault
from casework.temporal import (
    SharedPayloadConverter,
    converter_for,
    register_search_attributes,
    sealed_converter,
)
from tests.domain.walkthrough import form_of
from tests.examples import is_night
from tests.security.poison import Attacker, Payloads, forged, unreadable
from tests.store.emptied import empty
from tests.workflows.ordering import APPROVER, PROPOSER, opening, order_of, propose
from workers.main import WORKFLOWS, Parts, build_parts, create_replayer, create_worker
from workflows.case import REFUSALS_A_DAY

Handle = WorkflowHandle[Any, Any]
OFFICER = Actor(code="ja-s1", role=Role.SUPERVISOR, district="310106")
ARRIVED = ArchiveArrived(actor=Actor(code="archive", role=Role.SYSTEM))
UNKNOWN = ("no_such_signal", "无此消息", "x" * 900)
UNKNOWN_SENT = 12
A_SHARE = 6
JSON = {"not a number", "huge", "a reference", "the SDK's own"}
"""What is readable where nothing is expected."""
PROOFS = {
    *("PROOF_MISSING", "PROOF_INVALID", "PROOF_OTHER_CASE"),
    *("PROOF_OTHER_COMMAND", "PROOF_REPLAYED"),
}


@dataclass(frozen=True, kw_only=True)
class Application:
    """A case under attack: what it is, and an act of somebody who may do it."""

    kind: CaseKind
    handle: Handle
    act: tuple[str, Command]

    @property
    def number(self) -> str:
        return self.handle.id.rpartition(".")[2]

    @property
    def facts(self) -> list[str]:
        """The names of its signals, but for those that nobody knows."""
        return [*sorted(KINDS[self.kind].signals), "look_again"]


@dataclass(frozen=True, kw_only=True)
class Town:
    """A server, a register, and those who work and attack there."""

    client: Client
    attacker: Attacker
    parts: Parts
    verifier: Verifier
    workers: Client
    sessions: Sessions
    vault: Vault

    def worker(self) -> AbstractAsyncContextManager[Worker]:
        return create_worker(self.workers, self.parts, self.verifier)

    async def sealed(self, number: str, message: object = "某某") -> Payload:
        (payload,) = await converter_for(self.client, number).encode([message])
        return payload

    async def poison(self, number: str) -> Payloads:
        others = await self.sealed("app.310106.310106-0000-0000-0000")
        return unreadable(await self.sealed(number), others)

    async def events(self, case: Application) -> Sequence[queries.EventView]:
        async with self.sessions() as session:
            return await queries.timeline(session, case.number)

    async def codes(self, case: Application) -> list[str]:
        events = await self.events(case)
        return [each.body["code"] for each in events if each.kind == "message_refused"]

    async def recorded(self, case: Application, count: int) -> list[str]:
        while len(codes := await self.codes(case)) < count:
            await asyncio.sleep(0.05)
        return codes

    async def replays(self, *handles: Handle) -> None:
        """As a worker of tomorrow would do it."""
        replayer = create_replayer(sealed_converter(self.vault))
        for handle in handles:
            await replayer.replay_workflow(await handle.fetch_history())


@pytest.fixture(scope="module")
async def town(register_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    trust, now = Trust.new(), datetime.now(UTC)
    folder: Path = tmp_path_factory.mktemp("poison")
    configured = Settings(home=folder, database_url=register_url)

    def open_vault() -> RingVault:
        return RingVault.open(configured, lambda: create_engine(register_url), at=now)

    async with AsyncExitStack() as stack:
        ours = await stack.enter_async_context(aclosing(open_vault()))
        theirs = await stack.enter_async_context(aclosing(open_vault()))
        address = await stack.enter_async_context(temporal_server())

        async def client(vault: Vault) -> Client:
            converter = sealed_converter(vault)
            return await Client.connect(
                address, data_converter=converter, interceptors=[trust.signing]
            )

        engine = create_engine(register_url)
        stack.push_async_callback(engine.dispose)
        await empty(engine)
        opened = sessions(engine, ours)
        async with opened.begin() as session:
            await seed(session, load_calendar(), ())
        ourselves = await client(ours)
        await register_search_attributes(ourselves)
        yield Town(
            client=ourselves,
            attacker=Attacker(client=ourselves),
            parts=await stack.enter_async_context(build_parts(configured, theirs)),
            verifier=trust.verifier,
            workers=await client(theirs),
            sessions=opened,
            vault=ours,
        )


def today() -> date:
    return datetime.now(ZONE).date()


async def cases(town: Town, run: str) -> list[Application]:
    """One of each kind, begun as backends and the API begin it."""
    platform = Platform(client=town.client, task_queue=TASK_QUEUE, run=run)
    on = today()
    quarter = f"{on.year}Q{(on.month + 2) // 3}"
    application = await Office(town.client, TASK_QUEUE, run).submit(1)
    talent = platform.talent(f"{run}-t", on)
    talent_handle = await platform.open(talent)
    async with town.sessions() as session:
        begun: Any = await state(session, talent.case_no)
    starts: dict[CaseKind, StartCase] = {
        CaseKind.PERMIT_CYCLE: platform.permit(f"{run}-p", on, on + timedelta(days=364)),
        CaseKind.REQUEST: platform.request(f"{run}-r", on, begun.standing),
        CaseKind.RATING: platform.rating(f"{run}-g", on, talent.case_no, Grade.DISSATISFIED),
        CaseKind.VISITS: platform.round(quarter, on),
        CaseKind.TICKET: ticket(platform, f"{run}-d", on),
        CaseKind.INCOMING_MAIL: mail(platform, f"{run}-m", on),
        CaseKind.PARCEL: parcel(platform, f"{run}-q", on),
        CaseKind.APPOINTMENT: visit(platform, f"{run}-a", on),
        CaseKind.WALKTHROUGH: walk(platform, f"{run}-w", on),
        CaseKind.WAGE: complaint(platform, f"{run}-w", on),
    }
    handles = await asyncio.gather(*(platform.open(start) for start in starts.values()))
    found = [
        Application(kind=CaseKind.APPLICATION, handle=application, act=STEPS[0]),
        Application(kind=CaseKind.TALENT_CYCLE, handle=talent_handle, act=reassigned(talent)),
    ]
    return found + [
        Application(kind=kind, handle=handle, act=reassigned(start))
        for (kind, start), handle in zip(starts.items(), handles, strict=True)
    ]


def ticket(platform: Platform, name: str, on: date) -> StartTicket:
    """At the centre of 静安; platforms have no tickets."""
    common = platform._common(CaseKind.TICKET, name, on) | {"district": "310106"}
    common["case_no"] = number_of(CaseKind.TICKET, "310106", common["source"], common["reference"])
    return StartTicket(
        by_date=True,
        **common,
        item=platform.services.of_kind(CaseKind.TICKET, "310106", on),
        posts={
            Role.OFFICER: Post(holder="ja-o1", backup="ja-o2"),
            Role.SUPERVISOR: Post(holder="ja-s1"),
        },
        came_by=TicketSource.HOTLINE_12345,
        subject_matter="积分申请提交两周未有回音",
    )


def mail(platform: Platform, name: str, on: date) -> StartIncomingMail:
    """In the mailbox of 静安."""
    kind = CaseKind.INCOMING_MAIL
    common = platform._common(kind, name, on) | {
        "district": "310106",
        "source": "mail",
        "submitted_by": Actor(code="mail", role=Role.SYSTEM),
    }
    common["case_no"] = number_of(kind, "310106", common["source"], common["reference"])
    return StartIncomingMail(
        by_date=True,
        **common,
        item=platform.services.of_kind(kind, "310106", on),
        posts={
            Role.OFFICER: Post(holder="ja-o1", backup="ja-o2"),
            Role.SUPERVISOR: Post(holder="ja-s1"),
        },
        mail=MailForm(mailbox="points", verdict=MailVerdict.TRIAGE, subject="积分材料"),
    )


def parcel(platform: Platform, name: str, on: date) -> StartParcel:
    """Registered in 静安."""
    kind = CaseKind.PARCEL
    common = platform._common(kind, name, on) | {
        "district": "310106",
        "source": "post",
        "submitted_by": Actor(code="post", role=Role.SYSTEM),
    }
    common["case_no"] = number_of(kind, "310106", common["source"], common["reference"])
    return StartParcel(
        by_date=True,
        **common,
        item=platform.services.of_kind(kind, "310106", on),
        posts={
            Role.OFFICER: Post(holder="ja-o1", backup="ja-o2"),
            Role.SUPERVISOR: Post(holder="ja-s1"),
        },
        parcel=ParcelForm(courier="EMS", clue="张三", contents=("复印件",)),
    )


def visit(platform: Platform, name: str, on: date) -> StartAppointment:
    """Somebody has come to the window of 静安."""
    kind = CaseKind.APPOINTMENT
    common = platform._common(kind, name, on) | {"district": "310106"}
    common["case_no"] = number_of(kind, "310106", common["source"], common["reference"])
    policy = platform.services.of_kind(kind, "310106", on)
    assert isinstance(policy, AppointmentPolicy)
    return StartAppointment(
        by_date=True,
        **common,
        item=policy,
        posts={
            Role.OFFICER: Post(holder="ja-o1", backup="ja-o2"),
            Role.SUPERVISOR: Post(holder="ja-s1"),
        },
        form=AppointmentForm(business="points", walk_in=True),
    )


def walk(platform: Platform, name: str, on: date) -> StartWalkthrough:
    """A leader has walked in 静安."""
    kind = CaseKind.WALKTHROUGH
    common = platform._common(kind, name, on) | {"district": "310106"}
    common["case_no"] = number_of(kind, "310106", common["source"], common["reference"])
    return StartWalkthrough(
        by_date=True,
        **common,
        item=platform.services.of_kind(kind, "310106", on),
        posts={
            Role.OFFICER: Post(holder="ja-o1", backup="ja-o2"),
            Role.SUPERVISOR: Post(holder="ja-s1"),
        },
        form=form_of(on),
    )


def complaint(platform: Platform, name: str, on: date) -> StartWageComplaint:
    """Somebody of 静安 has not been paid."""
    kind = CaseKind.WAGE
    common = platform._common(kind, name, on) | {"district": "310106"}
    common["case_no"] = number_of(kind, "310106", common["source"], common["reference"])
    return StartWageComplaint(
        by_date=True,
        **common,
        item=platform.services.of_kind(kind, "310106", on),
        posts={
            Role.OFFICER: Post(holder="ja-o1", backup="ja-o2"),
            Role.SUPERVISOR: Post(holder="ja-s1"),
        },
        statement="三个月工资未付",
        owed=812_000,
        last_unpaid_on=on,
        employer_name="丙丁公司",
    )


def reassigned(start: StartCase) -> tuple[str, Command]:
    role = next(role for role in (Role.SPECIALIST, Role.OFFICER) if role in start.posts)
    actor = Actor(
        code=start.posts[Role.SUPERVISOR].holder, role=Role.SUPERVISOR, district=start.district
    )
    to = start.posts[role].backup
    return "reassign", Reassign(actor=actor, role=role, to=to, reason="改派")


class Shares:
    """In ``make test`` each name gets some of what there is, all names all; at night each gets all.

    Fewer names than it takes for that get all, too.
    """

    def __init__(self) -> None:
        self._at = 0

    def of(self, poison: Payloads, *, enough: int) -> Payloads:
        if is_night() or enough * A_SHARE < len(poison):
            return poison
        labels = list(islice(cycle(poison), self._at, self._at + A_SHARE))
        self._at += A_SHARE
        return {label: poison[label] for label in labels}


async def proof_of_something_else(town: Town, case: Application) -> str:
    """As anybody reads it in a history."""
    history = await case.handle.fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes
    return str(json.loads(started.header.fields[HEADER].data))


async def send_signals(town: Town, case: Application, headers: Sequence[Payload | None]) -> int:
    """Everything unreadable under every name; how many of them must be recorded."""
    number, poison = case.handle.id, await town.poison(case.handle.id)
    proofs, shares, sent = cycle(headers), Shares(), 0
    for name in case.facts:
        for label, each in shares.of(poison, enough=len(case.facts)).items():
            await town.attacker.signal(number, name, each, proof=next(proofs))
            sent += not (name == "look_again" and label in JSON)
        if name != "look_again":
            await town.attacker.signal(number, name, proof=next(proofs))
            await town.attacker.signal(number, name, *list(poison.values())[:3])
            sent += 2
    for name, each in islice(zip(cycle(UNKNOWN), cycle(poison.values())), UNKNOWN_SENT):
        await town.attacker.signal(number, name, each, proof=next(proofs))
    return sent


async def send_updates(
    town: Town, case: Application, headers: Sequence[Payload | None]
) -> list[str]:
    """Each payload under some verb and each verb with some payloads; how each was refused."""
    number, poison = case.handle.id, list((await town.poison(case.handle.id)).values())
    verbs = [*KINDS[case.kind].verbs, "submit"]
    rounds = max(len(poison), len(verbs))
    pairs = islice(zip(cycle(verbs), cycle(poison), cycle(headers)), rounds)
    refused = [
        await town.attacker.update(number, verb, each, proof=proof) for verb, each, proof in pairs
    ]
    refused += [await town.attacker.update(number, verb) for verb in verbs[:2]]
    refused += [await town.attacker.update(number, verb, *poison[:2]) for verb in verbs[:2]]
    return refused


async def test_every_kind_of_case_stays_healthy(town: Town) -> None:
    async with town.worker():
        under_attack = await cases(town, "attacked")
        headers = list(forged(await proof_of_something_else(town, under_attack[1])).values())

        async def attack(case: Application) -> tuple[int, list[str]]:
            sent = await send_signals(town, case, headers)
            return sent, await send_updates(town, case, headers)

        attacked = await asyncio.gather(*map(attack, under_attack))
        for case, (sent, refused) in zip(under_attack, attacked, strict=True):
            assert set(refused) == {"UNREADABLE"}, case.kind
            unread = min(REFUSALS_A_DAY, sent)
            codes = await town.recorded(case, unread + UNKNOWN_SENT)
            counted = {"UNREADABLE": unread, "UNKNOWN_MESSAGE": UNKNOWN_SENT}
            assert Counter(codes) == counted, case.kind
            assert await town.attacker.update(case.handle.id, "no_such") == "UNKNOWN_MESSAGE"
            await queried(town, case)
    async with town.worker():  # which has nothing in its cache
        acted = await asyncio.gather(*(act(case) for case in under_attack))
    for case, receipt in zip(under_attack, acted, strict=True):
        assert (await town.events(case))[-1].seq >= receipt.seq
        assert "某某" not in str([event.body for event in await town.events(case)])
    await town.replays(*(case.handle for case in under_attack))
    for case in under_attack:
        assert not await failed_tasks(case.handle), case.kind


async def queried(town: Town, case: Application) -> None:
    """Whatever is asked, there is an answer, if only that of an error."""
    for each in list((await town.poison(case.handle.id)).values())[:6]:
        with pytest.raises(RPCError):
            await town.attacker.query(case.handle.id, "no_such_query", each)
        await town.attacker.query(case.handle.id, "__temporal_workflow_metadata", each)


async def act(case: Application) -> Receipt:
    verb, command = case.act
    receipt: Receipt = await case.handle.execute_update(verb, command, result_type=Receipt)
    return receipt


async def act_when_it_can(case: Application) -> Receipt:
    """The act, once Temporal has repeated the task that failed; until then it refuses updates."""
    while True:
        try:
            return await act(case)
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
            await asyncio.sleep(0.05)


async def failed_tasks(handle: Handle) -> int:
    history = await handle.fetch_history()
    return sum(each.HasField("workflow_task_failed_event_attributes") for each in history.events)


async def test_a_case_that_an_older_release_was_stopped_by_goes_on(town: Town) -> None:
    older = DataConverter(
        payload_converter_class=SharedPayloadConverter, payload_codec=SealingCodec(town.vault)
    )
    config = town.workers.config()
    config["data_converter"] = older
    without = Client(**config)
    async with create_worker(without, town.parts, town.verifier):
        handle = await Office(town.client, TASK_QUEUE, "older").submit(61)
        case = Application(kind=CaseKind.APPLICATION, handle=handle, act=STEPS[0])
        broken = (await town.poison(handle.id))["a bit flipped"]
        await town.attacker.signal(handle.id, "archive_arrived", broken)
        while not await failed_tasks(handle):
            await asyncio.sleep(0.05)
    async with town.worker():
        while not await town.codes(case):  # Temporal repeats the task by itself
            await asyncio.sleep(0.05)
        assert (await act_when_it_can(case)).stage == "ready"
    assert await town.codes(case) == ["UNREADABLE"]
    await town.replays(handle)


async def test_what_schedules_begin_needs_no_proof(town: Town) -> None:
    """Nobody signs for a schedule; a digest that is refused reaches no officer."""
    monday = datetime(2026, 11, 23, 10, tzinfo=ZONE)  # within business: nobody waits for it
    digests = SendDigests(rehearsal=monday - datetime.now(UTC))
    (wanted,) = await town.client.data_converter.encode([digests])
    async with town.worker():
        await town.attacker.start("CardDigests", "card-digests-by-schedule", wanted)
        handle = town.client.get_workflow_handle("card-digests-by-schedule")
        assert {told["sent"] for told in await handle.result()} == {0}


async def test_a_message_is_believed_by_no_other_header(town: Town) -> None:
    async with town.worker():
        office = Office(town.client, TASK_QUEUE, "forged")
        handle, other = await office.submit(11), await office.submit(12)
        case = Application(kind=CaseKind.APPLICATION, handle=handle, act=STEPS[0])
        stolen = Application(kind=CaseKind.APPLICATION, handle=other, act=STEPS[0])
        headers = forged(await proof_of_something_else(town, stolen))
        fact, (verb, command) = await town.sealed(handle.id, ARRIVED), case.act
        decided = await town.sealed(handle.id, command)
        for header in headers.values():
            await town.attacker.signal(handle.id, "archive_arrived", fact, proof=header)
        refused = {
            label: await town.attacker.update(handle.id, verb, decided, proof=header)
            for label, header in headers.items()
        }
        assert set(refused.values()) <= PROOFS, refused
        assert set(await town.recorded(case, len(headers))) <= PROOFS
        assert (await act(case)).stage == "ready"
    await town.replays(handle)
    assert not await failed_tasks(handle)


async def test_what_is_refused_is_recorded_so_often_and_no_more(town: Town) -> None:
    async with town.worker():
        handle = await Office(town.client, TASK_QUEUE, "flooded").submit(21)
        case = Application(kind=CaseKind.APPLICATION, handle=handle, act=STEPS[0])
        broken = (await town.poison(handle.id))["a bit flipped"]
        for _ in range(REFUSALS_A_DAY + 20):
            await town.attacker.signal(handle.id, "archive_arrived", broken)
            await town.attacker.signal(handle.id, "no_such_signal")
        await town.attacker.signal(
            handle.id, "archive_arrived", await town.sealed(handle.id, ARRIVED)
        )
        await act(case)
        counted = Counter(await town.recorded(case, 2 * REFUSALS_A_DAY + 1))
        assert counted.pop("PROOF_MISSING") == 1, "it hides nothing of another sort"
        assert set(counted.values()) == {REFUSALS_A_DAY}
        last = [each for each in await town.events(case) if each.kind == "message_refused"][-2]
        assert "不再逐条登记" in last.body["reason"]
    await town.replays(handle)


async def test_a_start_that_cannot_be_read_or_proved_ends_at_once(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "TYPE_MAY_COME_WITHIN", timedelta())
    known = [vars(each)["__temporal_workflow_definition"].name for each in WORKFLOWS]
    kinds = [name or "NoSuchType" for name in known]
    async with town.worker():
        stolen = await Office(town.client, TASK_QUEUE, "stolen").submit(31)
        case = Application(kind=CaseKind.APPLICATION, handle=stolen, act=STEPS[0])
        headers = cycle(forged(await proof_of_something_else(town, case)).values())
        begun: list[tuple[str, Handle]] = []
        shares = Shares()
        for kind in kinds:
            number = f"app.310106.{kind}"
            poison = await town.poison(number)
            inputs = [[each] for each in shares.of(poison, enough=len(kinds)).values()]
            for at, each in enumerate([*inputs, [], list(poison.values())[:2]]):
                own = f"{number}-{at}"
                await town.attacker.start(kind, own, *each, proof=next(headers))
                begun.append((kind, town.client.get_workflow_handle(own)))
        for kind, handle in begun:
            code = "UNKNOWN_MESSAGE" if kind == "NoSuchType" else "UNREADABLE"
            assert await failure_of(handle) == code, handle.id


async def test_a_start_is_believed_by_no_other_header(town: Town) -> None:
    async with town.worker():
        office = Office(town.client, TASK_QUEUE, "not-proved")
        case = Application(kind=CaseKind.APPLICATION, handle=await office.submit(41), act=STEPS[0])
        headers = forged(await proof_of_something_else(town, case))
        for at, header in enumerate(headers.values()):
            start = office.opening(50 + at)
            number = application_id(start.case_no)
            await town.attacker.start(
                "Application", number, await town.sealed(number, start), proof=header
            )
            handle = town.client.get_workflow_handle(number)
            assert await failure_of(handle) == "START_NOT_PROVED"
            async with town.sessions() as session:
                assert not await queries.timeline(session, start.case_no)


async def failure_of(handle: Handle) -> str | None:
    with pytest.raises(WorkflowFailureError) as failed:
        await handle.result()
    assert isinstance(failed.value.cause, ApplicationError)
    assert not await failed_tasks(handle)
    return failed.value.cause.type


async def test_a_memo_that_cannot_be_opened_jams_no_start(town: Town) -> None:
    async with town.worker():
        for at, memo in enumerate((await town.poison("order.memo")).values()):
            number = f"order.memo-{at}"
            await town.attacker.start("Order", number, memo=memo)
            assert await failure_of(town.client.get_workflow_handle(number)) == "UNREADABLE"


async def test_other_workflows_stay_healthy(town: Town) -> None:
    async with town.worker():
        order = order_of(opening(today() + timedelta(days=30)), "poisoned")
        await propose(town.client, order)
        absence = StartAbsence(
            id="poisoned",
            officer="ja-o1",
            first_on=today() + timedelta(days=30),
            last_on=today() + timedelta(days=31),
            reason="年休假",
            recorded_by=PROPOSER,
        )
        away: Handle = await town.client.start_workflow(
            "Absence", absence, id=absence_id(absence.id), task_queue=TASK_QUEUE
        )
        ordered = town.client.get_workflow_handle(order_id(order.no))
        for handle, verbs in (
            (ordered, ("approve", "reject", "propose")),
            (away, ("end", "record")),
        ):
            for each in (await town.poison(handle.id)).values():
                await town.attacker.signal(handle.id, "no_such_signal", each)
                for verb in verbs:
                    assert await town.attacker.update(handle.id, verb, each) == "UNREADABLE"
                assert await town.attacker.update(handle.id, "no_such", each) == "UNKNOWN_MESSAGE"
    async with town.worker():
        message = RecordAbsence(
            officer=absence.officer, first_on=absence.first_on, last_on=absence.last_on
        )
        await ordered.execute_update("reject", Rejection(actor=APPROVER, reason="重复"))
        assert await away.execute_update("record", message) == absence.id
    await town.replays(ordered, away)
    assert not await failed_tasks(away)
