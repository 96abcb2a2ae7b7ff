"""A rehearsal as production runs: a time-skipping server, the register, and all activities."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, delete, exists, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.opening import Party, StartCase
from casework.domain.errors import DomainError
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.rating.opening import Rateable
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.orders import Order
from casework.domain.staff import StaffPost
from casework.domain.talent import Standing
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.local.devstack import StackError
from casework.messages import absences, orders
from casework.messages.absences import RecordAbsence, StartAbsence, absence_id
from casework.messages.cases import InForceQuestion, Outcome, Receipt, Submit
from casework.messages.entry import make_entry
from casework.messages.orders import Approval, OrderReceipt, Proposal, StartOrder, order_id
from casework.messages.outreach import outreach_id
from casework.messages.temporal import TASK_QUEUE, order_of_work
from casework.policy.catalogue import Catalogue
from casework.rehearsal.engine import (
    SILENT,
    Declared,
    Finished,
    PlayedCase,
)
from casework.rehearsal.registry import Registry
from casework.rehearsal.rest import come_to_rest, raise_if_broken
from casework.rehearsal.seen import LOOK_AGAIN, Seen, look
from casework.rehearsal.world import Office, time_skipping
from casework.store.engine import Sessions
from casework.store.in_force import catalogue_measures, read_in_force, seed
from casework.store.models import (
    CalendarDays,
    CalendarYears,
    CreditRecords,
    Model,
    Openings,
    StaffPosts,
)
from casework.store.queries.case import rateable
from casework.store.queries.of_one_kind import standing, talent_party
from casework.store.register.recording import record
from casework.store.register.shares import Relation, declare_relation
from casework.store.register.staff import as_row
from casework.trial.case import CASE_CLOSED, BrokenError, RefusalError


@dataclass(frozen=True, kw_only=True)
class CaseTime:
    """The time of the cases: that of the server, moved by the ``shift`` of the rehearsal.

    The time-skipping server begins at the present and knows no past.
    """

    environment: WorkflowEnvironment
    shift: timedelta

    async def now(self) -> datetime:
        """The case's time, aware."""
        return await self.environment.get_current_time() + self.shift

    async def pass_until(self, moment: datetime) -> None:
        """Skip to that moment; whatever fires on the way has fired. Nothing, if it is over."""
        left = moment - await self.now()
        if left > timedelta():
            await self.environment.sleep(left)


_CALENDAR = (CalendarDays.__table__, CalendarYears.__table__)
_UNGUARDED = text("SET LOCAL session_replication_role = replica")
"""What is recorded refuses deletion; a rehearsal's own database may forget it all the same."""


async def start_afresh(sessions: Sessions, catalogue: Catalogue, calendar: WorkingCalendar) -> None:
    """Forget earlier rehearsals and their orders, and begin with the catalogue's own rules.

    Raises:
        StackError: a case in the register is a real one; orders of a rehearsal would bend it.
    """
    async with sessions.begin() as session:
        if await session.scalar(select(exists().where(Openings.rehearsal == timedelta()))):
            raise StackError("the register holds real cases: rehearsals need one of their own")
        # 14,000 days are made anew only where an order has changed them.
        bent = select(
            exists().where(or_(CalendarYears.version > 0, CalendarYears.calendar != "CN"))
        )
        kept = () if await session.scalar(bent) else _CALENDAR
        await session.execute(_UNGUARDED)
        for table in _emptied(kept):
            await session.execute(delete(table))
        await seed(session, calendar, catalogue_measures(catalogue))


def _emptied(kept: Iterable[object]) -> list[Table]:
    """All tables but those kept, whatever refers to another before that other."""
    return [table for table in reversed(Model.metadata.sorted_tables) if table not in set(kept)]


async def histories(client: Client, handle: WorkflowHandle[Any, Any]) -> tuple[str, ...]:
    """The history of each run as JSON, the first run first."""
    found: list[str] = []
    run: WorkflowHandle[Any, Any] | None = handle
    while run is not None:
        history = await run.fetch_history()
        found.append(history.to_json())
        begun = history.events[0].workflow_execution_started_event_attributes
        before = begun.continued_execution_run_id
        run = client.get_workflow_handle(handle.id, run_id=before) if before else None
    return tuple(reversed(found))


ANSWER_WITHIN = timedelta(seconds=30)


@dataclass(frozen=True, kw_only=True)
class TemporalEngine:
    """Made by ``temporal_engine``; ``handles`` are the workflows that may have something to do."""

    time: CaseTime
    sessions: Sessions
    registry: Registry
    reference: str
    handles: list[WorkflowHandle[Any, Any]] = field(default_factory=list)
    late: list[Declared] = field(default_factory=list)

    @property
    def shift(self) -> timedelta:
        """What the workflows add to the server's time."""
        return self.time.shift

    # --- time ----------------------------------------------------------------------------

    async def now(self) -> datetime:
        """The server's time, shifted."""
        return await self.time.now()

    async def pass_until(self, moment: datetime) -> None:
        """Skip to that moment; whatever fires on the way has fired."""
        for declared in [each for each in self.late if each.at <= moment]:
            self.late.remove(declared)
            await self.time.pass_until(declared.at)
            await self._declare([declared])
            for handle in self.handles:
                if handle.id.startswith("app."):
                    with suppress(RPCError):
                        await handle.signal(LOOK_AGAIN)
            await self.come_to_rest()
        await self.time.pass_until(moment)

    async def staff(self, posts: Sequence[StaffPost], declared: Sequence[Declared]) -> None:
        """Bring in who holds posts, and who declares which relation when."""
        async with self.sessions.begin() as session:
            for post in posts:
                row = as_row(post) | {"origin": "rehearsal", "version": 1}
                await session.execute(insert(StaffPosts).values(row).on_conflict_do_nothing())
        now = await self.now()
        await self._declare([each for each in declared if each.at <= now])
        self.late.extend(each for each in declared if each.at > now)
        self.late.sort(key=lambda each: each.at)

    async def _declare(self, declared: Sequence[Declared]) -> None:
        async with self.sessions.begin() as session:
            for each in declared:
                relation = Relation(
                    id=f"{each.officer}-{each.subject}",
                    officer=each.officer,
                    kind="related",
                    declared_by=each.officer,
                    declared_at=each.at,
                )
                await declare_relation(session, relation, each.subject)

    async def come_to_rest(self) -> None:
        """Return once nothing is under way; raises BrokenError, TimeoutError."""
        await come_to_rest(self.handles, within=ANSWER_WITHIN)

    async def cause_of(self, error: Exception) -> Exception:
        """Why nothing moves any more, where a workflow can tell."""
        if not isinstance(error, SILENT):
            return error
        try:
            await raise_if_broken(self.handles)
        except (BrokenError, RPCError) as found:
            return found
        return error

    # --- cases ---------------------------------------------------------------------------

    async def submit(self, start: StartCase) -> None:
        """Open the case; it is in the register when this returns.

        Raises:
            BrokenError: its workflow keeps failing; TimeoutError.
            DomainError: ``SLOT_FULL``, the register has no place for it.
        """
        about = workflow_id(start.kind, start.case_no)
        operation: WithStartWorkflowOperation[object, Outcome] = WithStartWorkflowOperation(
            KINDS[CaseKind(start.kind)].workflow,
            start,
            id=about,
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            result_type=Outcome,
            priority=order_of_work(start.kind),
        )
        handle = self._workflow(about)
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                await self._client.execute_update_with_start_workflow(
                    "submit",
                    Submit(content=start.content),
                    start_workflow_operation=operation,
                    result_type=Receipt,
                )
        except SILENT:
            await raise_if_broken([handle])
            raise
        except WorkflowUpdateFailedError as error:
            refusal = _refusal_of(error)
            if refusal.code != "SLOT_FULL":
                raise
            raise DomainError(refusal.code, refusal.reason) from None
        self.handles.append(handle)

    async def do(self, case: PlayedCase, verb: str, command: Command) -> RefusalError | None:
        """Send the update; return why it was refused, if it was."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
                receipt = await self._of(case).execute_update(verb, command, result_type=Receipt)
        except WorkflowUpdateFailedError as error:
            return _refusal_of(error)
        except RPCError as error:
            return _closed(error)
        return (
            RefusalError(code=receipt.refused, reason=receipt.reason) if receipt.refused else None
        )

    async def signal(self, case: PlayedCase, fact: str, command: Command) -> RefusalError | None:
        """Send the signal; what becomes of it, the register tells, unless the case is closed."""
        try:
            await self._of(case).signal(fact, command)
        except RPCError as error:
            return _closed(error)
        return None

    async def look(self, case_no: str, order_no: str) -> Seen:
        """Read the register."""
        today = local_date(await self.now())
        return await look(self.sessions, case_no, today, order_no)

    async def catch_up(self, case: PlayedCase) -> None:
        """Tell the case to look; if it is closed, nothing falls due any more."""
        try:
            await self._of(case).signal(LOOK_AGAIN)
        except RPCError as error:
            _closed(error)

    async def histories(self, case: PlayedCase) -> tuple[str, ...]:
        """The history of each run as JSON, the first first."""
        return await histories(self._client, self._of(case))

    # --- what is decided for many --------------------------------------------------------

    async def order(
        self, order: Order, district: str, approver: Actor, cities: tuple[str, ...] = ()
    ) -> str:
        """Propose and approve the order; return once all of it is done."""
        start = StartOrder(order=order, district=district, cities=cities, rehearsal=self.shift)
        environment = self.time.environment
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            handle = await self._propose(start)
            try:
                receipt = await handle.execute_update(
                    "approve", Approval(actor=approver), result_type=OrderReceipt
                )
            except WorkflowUpdateFailedError as error:
                refusal = _refusal_of(error)
                raise DomainError(refusal.code, refusal.reason) from error
            # To wait for a result would let time pass.
            with environment.auto_time_skipping_disabled():
                await handle.result()
        if getattr(order.content, "outreach", ""):
            self.handles.append(self._workflow(outreach_id(order.no)))
        return receipt.about or order.no

    async def _propose(self, start: StartOrder) -> WorkflowHandle[object, OrderReceipt]:
        operation: WithStartWorkflowOperation[object, OrderReceipt] = WithStartWorkflowOperation(
            orders.WORKFLOW,
            start,
            id=order_id(start.order.no),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            result_type=OrderReceipt,
        )
        await self._client.execute_update_with_start_workflow(
            "propose",
            Proposal(content=start.order.content),
            start_workflow_operation=operation,
            result_type=OrderReceipt,
        )
        return await operation.workflow_handle()

    async def absence(self, start: StartAbsence) -> None:
        """Record the absence; return once it is in the register."""
        operation: WithStartWorkflowOperation[object, object] = WithStartWorkflowOperation(
            absences.WORKFLOW,
            start,
            id=absence_id(start.id),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        said = RecordAbsence(officer=start.officer, first_on=start.first_on, last_on=start.last_on)
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            await self._client.execute_update_with_start_workflow(
                "record", said, start_workflow_operation=operation
            )
        self.handles.append(self._workflow(absence_id(start.id)))

    # --- what openings ask the register --------------------------------------------------

    async def in_force(self, question: InForceQuestion) -> InForce:
        """Read the register."""
        async with self.sessions() as session:
            return await read_in_force(session, question)

    async def standing(self, talent: str) -> Standing | None:
        """Read the register."""
        async with self.sessions() as session:
            return await standing(session, talent)

    async def party(self, case_no: str, role: str) -> Party | None:
        """Read the register."""
        async with self.sessions() as session:
            return await talent_party(session, case_no, role)

    async def rateable(self, case_no: str) -> Rateable | None:
        """Read the register."""
        async with self.sessions() as session:
            return await rateable(session, case_no)

    async def bar_from_deferral(self, start: StartApplication) -> None:
        """Write an earlier case with an unrepaired breach."""
        earlier = f"{start.reference} earlier"
        opening = Openings(
            case_no=earlier,
            district=start.district,
            source=start.source,
            reference=earlier,
            content="",
            subject=start.subject,
            rehearsal=start.rehearsal,
            started_by_run="",
        )
        breach = CreditRecords(
            id=f"{earlier}:1",
            case_no=earlier,
            seq=1,
            material="personnel_file",
            recorded_at=start.received_at,
            reason="此前的容缺失信",
        )
        async with self.sessions.begin() as session:
            session.add(opening)
            await session.flush()
            session.add(breach)

    async def add_finished(self, cases: Sequence[Finished]) -> None:
        """Record them as their workflows would have."""
        calendar = self.registry.calendar
        async with self.sessions.begin() as session:
            for opening, case, events in cases:
                entry = make_entry(
                    events, case=case, before=None, calendar=calendar, opening=opening
                )
                await record(session, entry)

    @property
    def _client(self) -> Any:  # noqa: ANN401 - its overloads do not know names in place of types
        return self.time.environment.client

    def _workflow(self, about: str) -> WorkflowHandle[Any, Any]:
        # By id alone: a long life goes on in further runs.
        return self.time.environment.client.get_workflow_handle(about)

    def _of(self, case: PlayedCase) -> WorkflowHandle[Any, Any]:
        return self._workflow(workflow_id(case.kind, case.case_no))


@asynccontextmanager
async def temporal_engine(
    office: Office, registry: Registry, begins_at: datetime
) -> AsyncIterator[TemporalEngine]:
    """A fresh server, and a register in which nothing is left of earlier rehearsals.

    Raises StackError.
    """
    await start_afresh(office.sessions, registry.catalogue, registry.calendar)
    async with time_skipping(office) as environment:
        now = await environment.get_current_time()
        yield TemporalEngine(
            time=CaseTime(environment=environment, shift=begins_at - now),
            sessions=office.sessions,
            registry=registry,
            # The outside parties may remember the same scenario from before.
            reference=f" {now:%Y%m%d%H%M%S%f}",
        )


def _closed(error: RPCError) -> RefusalError:
    if error.status is not RPCStatusCode.NOT_FOUND:
        raise error
    return RefusalError(code=CASE_CLOSED, reason="本件已办结")


def _refusal_of(error: WorkflowUpdateFailedError) -> RefusalError:
    """Why an update was refused; raises what is no refusal, BrokenError for a faulty program."""
    if not isinstance(error.cause, ApplicationError):
        raise error
    code = error.cause.type or ""
    if code == "INTERNAL" or not code.isupper():  # an exception of the program, not a rule
        raise BrokenError(f"{code}: {error.cause.message}") from error
    return RefusalError(code=code, reason=error.cause.message)
