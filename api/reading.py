"""What the register says about one case. Personal data are always masked."""

from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter

from api.answers import problem_responses
from api.bodies import CaseNo
from api.checks import no_case
from api.guard import Caller, require_reader
from api.in_force import calendar_of
from api.parts import Here
from casework.domain.calendar import WorkingCalendar
from casework.domain.case import Case, Stage
from casework.domain.clock import Clock, read
from casework.domain.explanation import explain
from casework.domain.facts import Actor, local_date
from casework.domain.in_force import imposed
from casework.domain.projection import ClockRow
from casework.due import day_row, ledger_row
from casework.messages import InForceQuestion
from casework.store.in_force import read_in_force
from casework.store.queries import CaseView, EventView, case_view, clocks, state, timeline

router = APIRouter(
    prefix="/applications/{case_no}",
    tags=["查阅"],
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)


@dataclass(frozen=True, kw_only=True)
class CaseAnswer(CaseView):
    """A case as it stands; ``tasks`` are the open ones."""

    stage_label: str


@dataclass(frozen=True, kw_only=True)
class Timeline:
    """Everything that has happened, in order."""

    case_no: str
    items: tuple[EventView, ...]


@dataclass(frozen=True, kw_only=True)
class ClockList:
    """The clocks, running and ended."""

    case_no: str
    items: tuple[ClockRow, ...]


@dataclass(frozen=True, kw_only=True)
class ClockExplained:
    """A clock as it stands today, and why.

    ``unsuspended_due_on``: due had it never stood still; ``unextended_due_on``: had it never been
    extended, null while a suspension hides it. ``mark`` tells law from proposal. ``ledger``: each
    stretch in which it stood still and each extension; ``explanation``: each counted and each
    skipped day.
    """

    clock: str
    name: str
    unit: str
    amount: int
    started_on: date
    ended_on: date | None
    due_on: date | None
    provisional: bool
    unsuspended_due_on: date
    unextended_due_on: date | None
    paused: bool
    used: int
    remaining: int
    overdue_days: int
    reference: str
    mark: str
    ledger: list[dict[str, Any]]
    explanation: list[dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class ExplainedCase:
    """Each clock of a case, explained."""

    case_no: str
    clocks: list[ClockExplained]


@router.get("", summary="办件")
async def case(case_no: CaseNo, actor: Caller, here: Here) -> CaseAnswer:
    """The case as it stands: stage, clocks' next due date, tasks, debts, cards, notices."""
    _require_reader(actor, case_no)
    async with here.register.reading() as session:
        view = await case_view(session, case_no)
    if view is None:
        raise no_case()
    return CaseAnswer(**vars(view), stage_label=Stage(view.stage).label)


@router.get("/timeline", summary="办理经过")
async def events(case_no: CaseNo, actor: Caller, here: Here) -> Timeline:
    """Every event: what, when, by whom, why."""
    _require_reader(actor, case_no)
    async with here.register.reading() as session:
        found = await timeline(session, case_no)
    if not found:
        raise no_case()
    return Timeline(case_no=case_no, items=found)


@router.get("/clocks", summary="计时")
async def running(case_no: CaseNo, actor: Caller, here: Here) -> ClockList:
    """The clocks with their due dates."""
    _require_reader(actor, case_no)
    async with here.register.reading() as session:
        found = await clocks(session, case_no)
    if not found:
        raise no_case()
    return ClockList(case_no=case_no, items=found)


@router.get("/explanation", summary="计时说明（逐日）")
async def explanation(case_no: CaseNo, actor: Caller, here: Here) -> ExplainedCase:
    """Why each clock is due when it is, day by day, under what is in force now.

    A case that has not noticed a new order yet is explained as it will find itself.
    """
    _require_reader(actor, case_no)
    async with here.register.reading() as session:
        found = await state(session, case_no)
        if found is None:
            raise no_case()
        in_force = await read_in_force(session, _question(found))
        calendar = await calendar_of(session, found.district, here)
    today = local_date(here.now())
    return ExplainedCase(
        case_no=case_no,
        clocks=[_explained(clock, calendar, today) for clock in imposed(found, in_force).clocks],
    )


def _question(case: Case) -> InForceQuestion:
    return InForceQuestion(
        case_no=case.case_no,
        district=case.district,
        office=case.office,
        item=case.item,
        received_on=local_date(case.received_at),
        calendar_version=0,
    )


def _explained(clock: Clock, calendar: WorkingCalendar, today: date) -> ClockExplained:
    explained = explain(clock, calendar, max(today, clock.started_on))
    reading = read(clock, calendar, max(today, clock.started_on))
    return ClockExplained(
        clock=clock.id,
        name=clock.name,
        unit=clock.unit,
        amount=clock.amount + sum(extension.amount for extension in clock.extensions),
        started_on=clock.started_on,
        ended_on=clock.ended_on,
        due_on=explained.due_on,
        provisional=explained.provisional,
        unsuspended_due_on=explained.unsuspended_due_on,
        unextended_due_on=explained.unextended_due_on,
        paused=reading.is_paused,
        used=reading.used,
        remaining=reading.remaining,
        overdue_days=reading.overdue_days,
        reference=clock.reference,
        mark=clock.mark,
        ledger=[ledger_row(entry) for entry in explained.ledger],
        explanation=[day_row(day) for day in explained.days],
    )


def _require_reader(actor: Actor, case_no: str) -> None:
    require_reader(actor, case_no.partition("-")[0])
