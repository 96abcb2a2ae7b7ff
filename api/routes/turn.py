"""Whose turn it is in a case, what is wanted, which dates lie ahead, and how it came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from http import HTTPStatus

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import Caller, may, sight_of
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.one_case import OneCase, in_force_question, reading
from api.routes.routers import with_token
from api.routes.same_person import told_clock
from casework.domain.authority import INSIDE, Action, Concern
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor, Occasion
from casework.domain.case.in_force import imposed
from casework.domain.case.kind import Party, Wanted, kind_of_case
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.case.turn import (
    DateAhead,
    Result,
    Turn,
    beside,
    dates_ahead,
    open_to,
    result,
    turn,
    wanted,
)
from casework.domain.errors import DomainError
from casework.domain.kinds.rating.opening import require_rateable
from casework.domain.kinds.registry import KINDS, CaseKind, case_kind
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.filing.bodies import CaseNo
from casework.store.in_force import read_in_force
from casework.store.queries import is_rated, rateable

router = with_token(tags=["reading"])


@dataclass(frozen=True, kw_only=True)
class TurnItem:
    """Who acts next: `sentence` says it whole, the other members say it apart."""

    sentence: str
    party: Party
    party_label: str
    who: str
    what: str
    clock: str
    until: date | None
    left: int
    overdue: int
    paused: bool
    provisional: bool


@dataclass(frozen=True, kw_only=True)
class WantedItem:
    """What applicant or employer still has to bring or do.

    ``material``: the code under which a file is handed in, empty where none is. ``fault``: the code
    by which it can be answered with a statement. ``verb``: the act that brings it, empty: at the
    counter or by post. ``until``: the last day, null while none is known.
    """

    text: str
    material: str
    fault: str
    verb: str
    until: date | None


@dataclass(frozen=True, kw_only=True)
class ResultItem:
    """How the case came out, by event ``seq``, and why."""

    label: str
    reason: str
    advice: str
    seq: int
    on: date


@dataclass(frozen=True, kw_only=True)
class ActItem:
    """An act that the caller may try now; the case itself decides."""

    verb: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a case stands; it names no person and no officer.

    ``seq``: the last event that this rests on.
    """

    stage: str
    stage_label: str
    seq: int
    turn: TurnItem
    wanted: tuple[WantedItem, ...]
    dates: tuple[DateAhead, ...]


@dataclass(frozen=True, kw_only=True)
class TurnAnswer(Standing):
    """What the first screen of a case shows.

    ``beside``: what goes on meanwhile, a sentence each: checks that are left, what a request lacks
    and, for colleagues only, what others have to do or were asked. ``acts``: what the caller may do
    with a case of their own, and the case takes as it stands. ``may_rate``: finished, theirs, and
    not rated yet.
    """

    case_no: str
    kind: CaseKind
    path: str
    item_name: str
    result: ResultItem | None
    acts: tuple[ActItem, ...]
    may_rate: bool
    rated: bool
    beside: tuple[str, ...] = ()


@router.get(
    "/cases/{case_no}/turn",
    summary="轮到谁",
    responses=problem_responses(
        HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
)
async def turn_of(case_no: CaseNo, actor: Caller, here: Here) -> TurnAnswer:
    """Whose turn it is, for what and until when, in one sentence; and what belongs beside it.

    As the case has recorded it, under the orders and the calendar in force now; what ran out since
    follows when the case wakes. 410 ``CASE_ERASED``: the person was erased.
    """
    async with reading(case_no, actor, here) as one:
        return await told_turn(one)


async def told_turn(one: OneCase) -> TurnAnswer:
    """Where the case stands, for the caller."""
    actor = one.actor
    events, recorded = await one.events(), await one.recorded()
    found = imposed(recorded, await one.in_force())
    as_now, facts = await one.as_it_stands()
    rated = await is_rated(one.session, one.case_no)
    finished = await _is_finished(one.session, one.case_no)
    kind = case_kind(found)
    return TurnAnswer(
        case_no=one.case_no,
        kind=kind,
        path=KINDS[kind].path,
        item_name=found.item_name,
        **vars(_standing(found, await one.calendar(), actor, one.here)),
        result=_result_item(result(found, events)),
        acts=_acts(as_now, facts, actor, one.known),
        may_rate=finished and not rated and may(actor, Action.RATE, one.known),
        rated=rated,
        beside=_beside(found, as_now, facts, actor),
    )


def _beside(recorded: Case, as_now: Case, facts: Occasion, actor: Actor) -> tuple[str, ...]:
    tasks = recorded.open_tasks if actor.role in INSIDE else ()
    left = kind_of_case(as_now).meanwhile(as_now, facts)
    return beside(recorded, tasks, left, facts.calendar, facts.today)


async def standing(
    session: AsyncSession, events: Sequence[Event], actor: Actor, here: Parts
) -> tuple[Case, Standing]:
    """A case as its events lead to it, and what the caller may read of where it stands.

    Under the orders and the calendar that are in force now.
    """
    first: Case = evolve(None, events[0])
    found = reduce(evolve, events[1:], first)
    found = imposed(found, await read_in_force(session, in_force_question(found)))
    calendar = await here.calendar_of(session, found.district)
    return found, _standing(found, calendar, actor, here)


def _standing(found: Case, calendar: WorkingCalendar, actor: Actor, here: Parts) -> Standing:
    today = local_date(here.now())
    return Standing(
        stage=found.stage,
        stage_label=found.stage.label,
        seq=found.seq,
        turn=_turn_item(turn(found, calendar, today)),
        wanted=tuple(_wanted_item(each, found, calendar, today, here) for each in wanted(found)),
        dates=dates_ahead(
            (clock for clock in found.clocks if told_clock(clock.id, actor)), calendar, today
        ),
    )


async def _is_finished(session: AsyncSession, case_no: str) -> bool:
    case = await rateable(session, case_no)
    try:
        if case is not None:
            require_rateable(case)
    except DomainError:
        return False
    return case is not None


def _result_item(found: Result | None) -> ResultItem | None:
    if found is None:
        return None
    return ResultItem(**vars(found.outcome), seq=found.seq, on=found.on)


def _turn_item(found: Turn) -> TurnItem:
    told = {name: value for name, value in vars(found).items() if name != "task"}
    return TurnItem(sentence=found.sentence, party_label=found.party.label, **told)


def _wanted_item(
    each: Wanted, case: Case, calendar: WorkingCalendar, today: date, here: Parts
) -> WantedItem:
    clock = case.clock(each.clock)
    ahead = dates_ahead((clock,) if clock else (), calendar, today)
    a_fact = each.about in here.desk.catalogue.facts()
    return WantedItem(
        text=each.text,
        material="" if a_fact else each.about,
        fault=each.fault,
        verb=each.verb,
        until=ahead[0].on if ahead else None,
    )


def _acts(case: Case, facts: Occasion, actor: Actor, known: Concern) -> tuple[ActItem, ...]:
    if not sight_of(actor).is_own:
        return ()
    verbs = kind_of_case(case).verbs
    allowed = [
        verb
        for verb, command in verbs.items()
        if actor.role in command.roles and may(actor, verb, known)
    ]
    return tuple(ActItem(verb=v, label=verbs[v].label) for v in open_to(case, allowed, facts))
