"""Everything that the register has about one case; personal data are always masked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Any

from fastapi import Response
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import Caller, may, permit, sight_of
from api.edge.problems import no_case
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.one_case import OneCase, reading
from api.routes.routers import with_token
from api.routes.same_person import (
    SamePersonItem,
    same_person,
    told,
    told_clock,
    told_events,
    told_tasks,
)
from api.routes.seen import TAGGED, tag
from casework.domain.authority import Action, acts_of
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import imposed
from casework.domain.case.kind import kind_of_case
from casework.domain.case.projection import ClockRow
from casework.domain.case.state import Card
from casework.domain.kinds.application.state import Line
from casework.domain.kinds.registry import CaseKind, stage_label
from casework.domain.policy import Role
from casework.domain.sharing import Bar, Way
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, read
from casework.domain.time.explanation import explain
from casework.due import day_row, ledger_row
from casework.filing.bodies import CaseNo
from casework.policy.authority import load_authority
from casework.store.queries import CaseView, EventView, case_view, clocks, timeline
from casework.store.register.shares import shares_of

_CARDS = TypeAdapter(tuple[Card, ...])
_DEBTS = TypeAdapter(tuple[Line, ...])
ADDRESSES = ("applications", "cases")
"""Cases of every kind can be read at either address."""

router = with_token(
    tags=["reading"],
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)


@dataclass(frozen=True, kw_only=True)
class PassedItem:
    """Somebody who did not come into question, by code, and why."""

    person: str
    why: Bar
    why_label: str


@dataclass(frozen=True, kw_only=True)
class ShareItem:
    """Why somebody has a role of a case (为什么是我); ``considered``: how many could have had it.

    Without a holder it is the ``team``'s, or, by hand, for the supervisor to give. Who has it by
    now, after a claim or a re-assignment, the case says.
    """

    role: Role
    role_label: str
    holder: str
    backup: str
    team: str
    way: Way
    way_label: str
    reason: str
    remark: str
    considered: int
    passed: tuple[PassedItem, ...]
    at: datetime


@dataclass(frozen=True, kw_only=True)
class CaseAnswer(CaseView):
    """The present state of a case of any kind; ``tasks`` are the open ones.

    ``same_person``: the other open applications of the same person and item, for staff only;
    ``shares``: who has it and why, for staff only, too.
    """

    kind_label: str
    stage_label: str
    same_person: tuple[SamePersonItem, ...] = ()
    shares: tuple[ShareItem, ...] = ()


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
class ShareList:
    """The last choice for each role that was shared out; none where posts are held as listed."""

    case_no: str
    items: tuple[ShareItem, ...]


@dataclass(frozen=True, kw_only=True)
class CaseAct:
    """A verb of the case, under its name in the address (``pre-review``).

    ``may``: whether the caller may do it now, and if not, ``code`` and ``why_not``. ``tasks``: the
    open tasks that it completes. ``who``: the posts that may at all. ``when``: the stages at which
    it can be done; empty: at any.
    """

    verb: str
    path: str
    label: str
    may: bool
    code: str
    why_not: str
    tasks: tuple[str, ...]
    who: tuple[str, ...]
    when: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ActList:
    """What can be done with a case, and what cannot, as far as can be said before it is tried."""

    case_no: str
    items: tuple[CaseAct, ...]


@dataclass(frozen=True, kw_only=True)
class ExplainedCase:
    """Each clock of a case, explained."""

    case_no: str
    clocks: list[ClockExplained]


async def case(case_no: CaseNo, actor: Caller, here: Here, response: Response) -> CaseAnswer:
    """The present state of the case: stage, clocks' next due date, tasks, debts, cards, notices."""
    async with reading(case_no, actor, here) as one:
        found = await told_case(one)
    response.headers["ETag"] = tag(found.last_seq)
    return found


async def told_case(one: OneCase) -> CaseAnswer:
    """What its page shows, as the caller may read it."""
    view = await case_view(one.session, one.case_no)
    if view is None:
        raise no_case()
    others = await same_person(one.session, view, sight_of(one.actor))
    shares = await _told_shares(one.session, one.case_no, one.actor)
    return CaseAnswer(
        **members_of(told(view, one.actor)),
        kind_label=CaseKind(view.kind).label,
        stage_label=stage_label(view.stage),
        same_person=others,
        shares=shares,
    )


async def events(case_no: CaseNo, actor: Caller, here: Here) -> Timeline:
    """Every event: what, when, by whom, why."""
    async with reading(case_no, actor, here) as one:
        return await told_timeline(one)


async def told_timeline(one: OneCase) -> Timeline:
    """What has happened, as far as the caller may read it."""
    found = await timeline(one.session, one.case_no)
    if not found:
        raise no_case()
    notes = may(one.actor, Action.READ_NOTES, one.known)
    return Timeline(case_no=one.case_no, items=told_events(found, one.actor, notes=notes))


async def running(case_no: CaseNo, actor: Caller, here: Here) -> ClockList:
    """The clocks with their due dates."""
    async with reading(case_no, actor, here) as one:
        return await told_clocks(one)


async def told_clocks(one: OneCase) -> ClockList:
    """The clocks that the caller may know of."""
    found = await clocks(one.session, one.case_no)
    items = tuple(row for row in found if told_clock(row.clock, one.actor))
    return ClockList(case_no=one.case_no, items=items)


async def shares(case_no: CaseNo, actor: Caller, here: Here) -> ShareList:
    """Who has which role of the case, and why: way, reason, who did not come into question."""
    async with here.register.reading() as session:
        await permit(session, actor, Action.READ, case_no)
        if await case_view(session, case_no) is None:
            raise no_case()
        found = await _told_shares(session, case_no, actor)
    return ShareList(case_no=case_no, items=found)


async def _told_shares(session: AsyncSession, case_no: str, actor: Actor) -> tuple[ShareItem, ...]:
    """For staff only: people outside need not know who knows whom, or has how much to do."""
    sight = sight_of(actor)
    if sight.is_own or sight.is_of_sources:
        return ()
    found = await shares_of(session, case_no)
    return tuple(
        ShareItem(
            role=role,
            role_label=role.label,
            holder=choice.holder,
            backup=choice.backup,
            team=choice.team,
            way=choice.way,
            way_label=choice.way.label,
            reason=choice.reason,
            remark=choice.remark,
            considered=choice.considered,
            passed=tuple(
                PassedItem(person=each.person, why=each.bar, why_label=each.bar.label)
                for each in choice.passed
            ),
            at=at,
        )
        for role, choice, at in found
    )


@router.get(
    "/cases/{case_no}/acts",
    summary="可以办理的操作",
    responses=problem_responses(HTTPStatus.GONE),
)
async def acts(case_no: CaseNo, actor: Caller, here: Here) -> ActList:
    """Every verb: whether the caller may do it now, or else why not, who may, and at which stage.

    The rules of the case are asked. What will be typed, and what follows, a dry run tells.
    410 ``CASE_ERASED``: the person was erased.
    """
    async with reading(case_no, actor, here) as one:
        return await told_acts(one)


async def told_acts(one: OneCase) -> ActList:
    """Every verb as it stands for the caller."""
    case, facts = await one.as_it_stands()
    kind, case_no = kind_of_case(case), one.case_no
    told_of = told_tasks(case.open_tasks, one.actor)
    return ActList(
        case_no=case_no,
        items=tuple(
            CaseAct(
                verb=each.verb.replace("_", "-"),
                path=f"/v1/{kind.path}/{case_no}/{each.verb.replace('_', '-')}",
                label=each.label,
                may=each.refused is None,
                code=each.refused.code if each.refused else "",
                why_not=each.refused.message if each.refused else "",
                tasks=each.tasks,
                who=tuple(role.label for role in each.roles),
                when=tuple(stage.label for stage in each.stages),
            )
            for each in acts_of(load_authority(), await one.concern(), case, facts, told_of)
        ),
    )


async def explanation(case_no: CaseNo, actor: Caller, here: Here) -> ExplainedCase:
    """Why each clock is due when it is, day by day, under what is in force now.

    A case that has not noticed a new order yet is explained as it will find itself.
    """
    async with reading(case_no, actor, here) as one:
        found, in_force, calendar = await one.recorded(), await one.in_force(), await one.calendar()
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
    ("/shares", "分办说明（为什么是我）", shares),
    ("/explanation", "计时说明（逐日）", explanation),
)
for _address in ADDRESSES:
    for _path, _summary, _reading in _READINGS:
        router.add_api_route(
            f"/{_address}/{{case_no}}{_path}",
            _reading,
            methods=["GET"],
            summary=_summary,
            responses=TAGGED if _reading is case else None,
        )


def members_of(view: CaseView) -> dict[str, Any]:
    """Return the members of a view, with texts of the register turned into their enum values."""
    return vars(view) | {
        "cards": _CARDS.validate_python([vars(card) for card in view.cards]),
        "debts": _DEBTS.validate_python([vars(line) for line in view.debts]),
    }


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
