"""Nothing that is sent to a workflow can jam it: unreadable, unproved or unknown, of every kind.

All of it goes to a real server, sealed and signed as in production; afterwards every case does its
work, under this worker and the next one, and its history replays.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError
from temporalio.worker import Worker

from bench.cases import STEPS, Office
from bench.service import Platform
from casework import unreadable as limits
from casework.absences import RecordAbsence, StartAbsence, absence_id
from casework.calendars import load_calendar
from casework.devstack import temporal_server
from casework.domain.commands import ArchiveArrived, Command, Reassign
from casework.domain.facts import Actor
from casework.domain.kinds import KINDS, CaseKind, workflow_id
from casework.domain.policy import Role
from casework.domain.talent import Standing
from casework.domain.ticket.state import Grade
from casework.keys.vault import RingVault, Vault
from casework.messages import Receipt, StartCase
from casework.orders import Rejection, order_id
from casework.proof.assertion import HEADER
from casework.proof.in_memory import Trust
from casework.proof.verifying import Verifier
from casework.settings import Settings
from casework.store import queries
from casework.store.engine import Sessions, create_engine, sessions
from casework.store.in_force import seed
from casework.store.stored_events import state
from casework.temporal import (
    TASK_QUEUE,
    converter_for,
    register_search_attributes,
    sealed_converter,
)
from tests.security.poison import Attacker, Payloads, forged, unreadable
from tests.store.emptied import empty
from tests.workflows.ordering import PROPOSER, opening, order_of, propose
from workers.main import WORKFLOWS, Parts, build_parts, create_replayer, create_worker
from workflows.case import REFUSALS_A_DAY

Handle = WorkflowHandle[Any, Any]
OFFICER = Actor(code="ja-s1", role=Role.SUPERVISOR, district="310106")
ARRIVED = ArchiveArrived(actor=Actor(code="archive", role=Role.SYSTEM))
PROOFS = {
    *("PROOF_MISSING", "PROOF_INVALID", "PROOF_OTHER_CASE"),
    *("PROOF_OTHER_COMMAND", "PROOF_REPLAYED"),
}


@dataclass(frozen=True, kw_only=True)
class Case:
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
        return [*sorted(KINDS[self.kind].facts), "look_again"]


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

    async def events(self, case: Case) -> list[queries.EventView]:
        async with self.sessions() as session:
            return await queries.timeline(session, case.number)

    async def codes(self, case: Case) -> list[str]:
        events = await self.events(case)
        return [each.body["code"] for each in events if each.kind == "message_refused"]

    async def recorded(self, case: Case, count: int) -> list[str]:
        while len(codes := await self.codes(case)) < count:
            await asyncio.sleep(0.05)
        return codes

    async def replays(self, *handles: Handle) -> None:
        """As a worker of tomorrow would do it."""
        replayer = create_replayer(sealed_converter(self.vault))
        for handle in handles:
            await replayer.replay_workflow(await handle.fetch_history())


@pytest.fixture(scope="module")
async def town(
    register_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    trust, now = Trust.new(), datetime.now(UTC)
    folder: Path = tmp_path_factory.mktemp("poison")
    settings = Settings(home=folder, database_url=register_url)

    def open_vault() -> RingVault:
        return RingVault.open(settings, lambda: create_engine(register_url), at=now)

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
            parts=await stack.enter_async_context(build_parts(settings, theirs)),
            verifier=trust.verifier,
            workers=await client(theirs),
            sessions=opened,
            vault=ours,
        )


def today() -> date:
    return datetime.now(limits_zone()).date()


def limits_zone() -> Any:
    from casework.domain.calendar import ZONE

    return ZONE


async def cases(town: Town, run: str) -> list[Case]:
    """One of each kind, begun as backends and the API begin it."""
    platform = Platform(client=town.client, task_queue=TASK_QUEUE, run=run)
    on = today()
    application = await Office(town.client, TASK_QUEUE, run).submit(1)
    standing = Standing(talent="", version=0, letter=None) if False else None
    talent = platform.talent(f"{run}-t", on)
    talent_handle = await platform.open(talent)
    async with town.sessions() as session:
        cycle_state: Any = await state(session, talent.case_no)
    standing = cycle_state.standing
    starts: dict[CaseKind, StartCase] = {
        CaseKind.PERMIT_CYCLE: platform.permit(f"{run}-p", on, on + timedelta(days=364)),
        CaseKind.REQUEST: platform.request(f"{run}-r", on, standing),
        CaseKind.RATING: platform.rating(f"{run}-g", on, talent.case_no, Grade.DISSATISFIED),
        CaseKind.VISITS: platform.round("2026Q4", on),
    }
    handles = await asyncio.gather(*(platform.open(start) for start in starts.values()))
    found = [
        Case(kind=CaseKind.APPLICATION, handle=application, act=STEPS[0]),
        Case(kind=CaseKind.TALENT_CYCLE, handle=talent_handle, act=reassigned(talent)),
    ]
    return found + [
        Case(kind=kind, handle=handle, act=reassigned(start))
        for (kind, start), handle in zip(starts.items(), handles, strict=True)
    ]


def reassigned(start: StartCase) -> tuple[str, Command]:
    role = next(role for role in (Role.SPECIALIST, Role.OFFICER) if role in start.posts)
    actor = Actor(
        code=start.posts[Role.SUPERVISOR].holder, role=Role.SUPERVISOR, district=start.district
    )
    to = start.posts[role].backup
    return "reassign", Reassign(actor=actor, role=role, to=to, reason="改派")


async def test_x(town: Town) -> None:
    async with town.worker():
        for case in await cases(town, "x"):
            poison = await town.poison(case.handle.id)
            names = case.facts
            sent = 0
            for name in names:
                for label, each in poison.items():
                    await town.attacker.signal(case.handle.id, name, each)
                    sent += 1
            print(case.kind, sent)
            verb, command = case.act
            receipt = await case.handle.execute_update(verb, command, result_type=Receipt)
            codes = await town.codes(case)
            print(receipt, len(codes), set(codes))
