"""Regenerates a register that was lost, or restored from yesterday, from Temporal's histories.

``workers.told`` reads what each workflow has told the register; ``casework.store.register`` writes
again what is missing. Needs Temporal, the key ring and the secrets of the cases, but no worker.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.exc import IntegrityError
from temporalio.api.common.v1 import WorkflowExecution as Named
from temporalio.api.workflowservice.v1 import GetWorkflowExecutionHistoryReverseRequest
from temporalio.client import Client, WorkflowExecution
from temporalio.service import RPCError

from activities.notices import SendNotice
from casework.domain.case.kind import KNOWN
from casework.domain.errors import DomainError
from casework.messages import absences, orders
from casework.messages.absences import AbsenceEnded, AbsenceNoted
from casework.messages.cases import GiveWay
from casework.messages.entry import Entry, Recorded
from casework.messages.orders import ApplyOrder, Booking, OrderReceipt
from casework.security.keys.errors import ErasedError
from casework.store.engine import Sessions
from casework.store.register.absences import Absence, end_absence, find_absence, record_absence
from casework.store.register.recording import CaseTakenError, EntryGapError
from casework.store.restoring import (
    CasePast,
    OrderPast,
    Regained,
    ToldLetter,
    let_feed_leap,
    regain_case,
    regain_order,
)
from workers.told import Deed, past

PUTS_IN_FORCE = "orders.apply"
"""The activity that can be repeated; others put orders in force that have to be given again."""
_REFUSED = " refused: "


@dataclass(kw_only=True)
class Restored:
    """What was regenerated, and what could not be: workflow id → why, in English.

    ``again``: numbers of orders that the register lacks and that have to be given again.
    """

    looked_at: int = 0
    cases: list[Regained] = field(default_factory=list)
    orders: list[str] = field(default_factory=list)
    absences: int = 0
    again: list[str] = field(default_factory=list)
    left: dict[str, str] = field(default_factory=dict)

    @property
    def anything(self) -> bool:
        """Whether the register lacked anything."""
        return bool(self.cases or self.orders or self.absences or self.again or self.left)


async def restore(
    client: Client,
    sessions: Sessions,
    *,
    only: str = "",
    since: datetime | None = None,
    write: bool = True,
) -> Restored:
    """Have the register learn what it lacks: orders, absences, then cases; a repeat finds nothing.

    ``only``: the number of one case or order. ``since``: what has not moved since the backup was
    taken is passed over. May be broken off, and run again.

    Raises:
        RPCError: Temporal does not answer.
    """
    restored = Restored()
    await _orders(client, sessions, restored, only=only, write=write)
    await _absences(client, sessions, restored, only=only, write=write)
    await _cases(client, sessions, restored, only=only, since=since, write=write)
    return restored


async def _deeds(
    client: Client, restored: Restored, workflow_id: str, *, after: int = 0
) -> Sequence[Deed] | None:
    """What a workflow has done; None if that cannot be read, which is noted."""
    try:
        found = await past(client, workflow_id, after=after)
    except RPCError:
        raise
    except Exception as error:  # noqa: BLE001 - one history that does not replay stops no other
        restored.left[workflow_id] = f"its history cannot be read: {type(error).__name__}"
        return None
    if found is None:
        return None
    if not found.whole:
        restored.left[workflow_id] = "Temporal keeps its earlier runs no more"
    return found.deeds


async def _ids(client: Client, types: Sequence[str], only: str) -> AsyncIterator[WorkflowExecution]:
    """The newest run of each workflow of these types, oldest first; or of ``only``."""
    names = ", ".join(f"'{each}'" for each in types)
    newest: dict[str, WorkflowExecution] = {}
    async for each in client.list_workflows(f"WorkflowType IN ({names})"):
        if only and each.id.rpartition(".")[2] != only:
            continue
        known = newest.get(each.id)
        if known is None or known.start_time < each.start_time:
            newest[each.id] = each
    for each in sorted(newest.values(), key=lambda each: (each.start_time, each.id)):
        yield each


# --- orders and absences -------------------------------------------------------------------


async def _orders(
    client: Client, sessions: Sessions, restored: Restored, *, only: str, write: bool
) -> None:
    pasts = []
    async for each in _ids(client, [orders.WORKFLOW], only):
        deeds = await _deeds(client, restored, each.id)
        if deeds:
            pasts.append((each.id, order_past(deeds)))
    for workflow_id, known in sorted(pasts, key=lambda each: (each[1].version, each[0])):
        try:
            if await regain_order(sessions, known, write=write):
                (restored.again if known.again else restored.orders).append(known.no)
        except (DomainError, IntegrityError) as error:
            code = error.code if isinstance(error, DomainError) else "its version is another's"
            restored.left[workflow_id] = f"the register refuses the order: {code}"
            restored.again.append(known.no)


def order_past(deeds: Sequence[Deed]) -> OrderPast:
    """What an order's workflow has told, from its deeds."""
    done = [each for each in deeds if each.problem is None]
    bookings = [each.argument for each in done if isinstance(each.argument, Booking)]
    applied = [each for each in done if isinstance(each.argument, ApplyOrder)]
    no = bookings[0].order.no if bookings else ""
    for each in applied:
        receipt = each.result
        if each.activity == PUTS_IN_FORCE and isinstance(receipt, OrderReceipt) and receipt.version:
            return OrderPast(
                no=no,
                bookings=bookings,
                order=each.argument.order,
                approved_by=each.argument.approved_by,
                at=each.argument.at,
                version=receipt.version,
            )
    return OrderPast(no=no, bookings=bookings, again=bool(applied))


async def _absences(
    client: Client, sessions: Sessions, restored: Restored, *, only: str, write: bool
) -> None:
    async for each in _ids(client, [absences.WORKFLOW], only):
        for deed in await _deeds(client, restored, each.id) or ():
            if deed.problem is None:
                restored.absences += await _regain_absence(sessions, deed.argument, write=write)


async def _regain_absence(sessions: Sessions, told: object, *, write: bool) -> bool:
    async with sessions.begin() as session:
        if isinstance(told, AbsenceNoted):
            lacking = await find_absence(session, told.id) is None
            if lacking and write:
                absence = Absence(
                    id=told.id,
                    officer=told.officer,
                    first_on=told.first_on,
                    last_on=told.last_on,
                    reason=told.reason,
                    recorded_by=told.recorded_by,
                    recorded_at=told.at,
                )
                await record_absence(session, absence)
            return lacking
        if isinstance(told, AbsenceEnded):
            known = await find_absence(session, told.id)
            lacking = known is None or known.ended_on is None
            if lacking and write:
                await end_absence(session, told.id, told.ended_on)
            return lacking
    return False


# --- cases ---------------------------------------------------------------------------------


async def _cases(  # noqa: PLR0913 - as `restore`
    client: Client,
    sessions: Sessions,
    restored: Restored,
    *,
    only: str,
    since: datetime | None,
    write: bool,
) -> None:
    types = sorted({kind.workflow for kind in KNOWN.values()})
    leapt = False
    async for each in _ids(client, types, only):
        if since is not None and await _moved_at(client, each) < since:
            continue
        restored.looked_at += 1
        deeds = await _deeds(client, restored, each.id)
        if not deeds:
            continue
        known = case_past(each.id.rpartition(".")[2], deeds)
        try:
            lacking = await regain_case(sessions, known, write=False)
            if not lacking.anything:
                continue
            if write:
                if lacking.last and not leapt:
                    await let_feed_leap(sessions)
                    leapt = True
                lacking = await regain_case(sessions, known)
        except (CaseTakenError, EntryGapError) as error:
            restored.left[each.id] = str(error)
        except ErasedError:
            restored.left[each.id] = "its person has been erased"
        else:
            restored.cases.append(lacking)


async def _moved_at(client: Client, run: WorkflowExecution) -> datetime:
    """When the last event of a run happened."""
    found = await client.workflow_service.get_workflow_execution_history_reverse(
        GetWorkflowExecutionHistoryReverseRequest(
            namespace=client.namespace,
            execution=Named(workflow_id=run.id, run_id=run.run_id),
            maximum_page_size=1,
        )
    )
    last = found.history.events[0].event_time.ToDatetime()
    return last.replace(tzinfo=run.start_time.tzinfo)


def case_past(case_no: str, deeds: Sequence[Deed]) -> CasePast:
    """What a case's workflow has told, from its deeds."""
    ways = [
        each.argument.other
        for each in deeds
        if isinstance(each.argument, GiveWay)
        and each.problem is None
        and (each.result or not each.argument.other)
    ]
    return CasePast(
        case_no=case_no,
        entries=tuple(
            each.argument
            for each in deeds
            if isinstance(each.argument, Entry) and each.result == Recorded.WRITTEN
        ),
        letters=tuple(_letters(deeds).values()),
        gives_way_to=ways[-1] if ways else None,
    )


def _letters(deeds: Sequence[Deed]) -> Mapping[str, ToldLetter]:
    """By key what became of a letter last: one that was refused may have gone out later."""
    letters: dict[str, ToldLetter] = {}
    for each in deeds:
        notice = each.argument
        if not isinstance(notice, SendNotice):
            continue
        problem = "" if each.problem is None else each.problem[1].partition(_REFUSED)[2]
        if each.problem is not None and not problem:
            continue  # it waits for the seal, and is tried again
        letters[notice.key] = ToldLetter(
            key=notice.key,
            seq=notice.seq,
            template=notice.template,
            recipient=notice.recipient,
            channel=notice.channel,
            at=each.at,
            reference="" if each.result is None else each.result.reference,
            problem=problem,
            instead=bool(notice.instead_of or notice.again),
            letter=None if each.result is None else each.result.letter,
        )
    return letters
