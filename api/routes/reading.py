"""Everything that the register has about one case; personal data are always masked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter
from pydantic import TypeAdapter

from api.access.guard import Caller, may, permit, sight_of
from api.edge.problems import no_case
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.in_force import calendar_of
from api.routes.same_person import SamePersonItem, same_person, told, told_clock, told_events
from casework.domain.authority import Action
from casework.domain.case.in_force import imposed
from casework.domain.case.projection import ClockRow
from casework.domain.case.state import Card, Case
from casework.domain.kinds.application.state import Line
from casework.domain.kinds.registry import CaseKind, stage_label
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, read
from casework.domain.time.explanation import explain
from casework.due import day_row, ledger_row
from casework.filing.bodies import CaseNo
from casework.messages.cases import InForceQuestion
from casework.store.in_force import read_in_force
from casework.store.queries import CaseView, EventView, case_view, clocks, state, timeline

_CARDS = TypeAdapter(tuple[Card, ...])
_DEBTS = TypeAdapter(tuple[Line, ...])
ADDRESSES = ("applications", "cases")
"""Cases of every kind can be read at either address."""

router = APIRouter(
    tags=["reading"],
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)


@dataclass(frozen=True, kw_only=True)
class CaseAnswer(CaseView):
    """The present state of a case of any kind; ``tasks`` are the open ones.

    ``same_person``: the other open applications of the same person and item, for staff only.
    """

    kind_label: str
    stage_label: str
    same_person: tuple[SamePersonItem, ...] = ()


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
    """A clock with its due date today, and the reasons.

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


async def case(case_no: CaseNo, actor: Caller, here: Here) -> CaseAnswer:
    """The present state of the case: stage, clocks' next due date, tasks, debts, cards, notices."""
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        view = await case_view(session, case_no)
        if view is None:
            raise no_case()
        others = await same_person(session, view, sight_of(actor))
    return CaseAnswer(
        **members_of(told(view, actor)),
        kind_label=CaseKind(view.kind).label,
        stage_label=stage_label(view.stage),
        same_person=others,
    )


async def events(case_no: CaseNo, actor: Caller, here: Here) -> Timeline:
    """Every event: what, when, by whom, why."""
    async with here.register.reading() as session:
        known = await permit(session, actor, Action.READ, case_no)
        found = await timeline(session, case_no)
    if not found:
        raise no_case()
    notes = may(actor, Action.READ_NOTES, known)
    return Timeline(case_no=case_no, items=told_events(found, actor, notes=notes))


async def running(case_no: CaseNo, actor: Caller, here: Here) -> ClockList:
    """The clocks with their due dates."""
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        found = await clocks(session, case_no)
    items = tuple(row for row in found if told_clock(row.clock, actor))
    return ClockList(case_no=case_no, items=items)


async def explanation(case_no: CaseNo, actor: Caller, here: Here) -> ExplainedCase:
    """Why each clock is due when it is, day by day, under what is in force now.

    A case that has not noticed a new order yet is explained as it will find itself.
    """
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        found = await state(session, case_no)
        if found is None:
            raise no_case()
        in_force = await read_in_force(session, _question(found))
        calendar = await calendar_of(session, found.district, here)
    today = local_date(here.now())
    return ExplainedCase(
        case_no=case_no,
        clocks=[
            _explained(clock, calendar, today)
            for clock in imposed(found, in_force).clocks
            if told_clock(clock.id, actor)
        ],
    )


_READINGS: tuple[tuple[str, str, Callable[..., Awaitable[Any]]], ...] = (
    ("", "办件", case),
    ("/timeline", "办理经过", events),
    ("/clocks", "计时", running),
    ("/explanation", "计时说明（逐日）", explanation),
)
for _address in ADDRESSES:
    for _path, _summary, _reading in _READINGS:
        router.add_api_route(
            f"/{_address}/{{case_no}}{_path}", _reading, methods=["GET"], summary=_summary
        )


def members_of(view: CaseView) -> dict[str, Any]:
    """Return the members of a view, with texts of the register turned into their enum values."""
    return vars(view) | {
        "cards": _CARDS.validate_python([vars(card) for card in view.cards]),
        "debts": _DEBTS.validate_python([vars(line) for line in view.debts]),
    }


def _question(case: Case) -> InForceQuestion:
    return InForceQuestion(
        case_no=case.case_no,
        district=case.district,
        office=case.office,
        item=case.item,
        received_on=local_date(case.reckoned_from),
        calendar_version=0,
        needed_until=case.reckoned_until,
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
