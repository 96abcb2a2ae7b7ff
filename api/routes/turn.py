"""Whose turn it is in a case, what is wanted, which dates lie ahead, and how it came out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from http import HTTPStatus

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import Caller, may, permit, sight_of
from api.edge.problems import no_case
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.in_force import calendar_of
from api.routes.reading import as_it_stands, in_force_question
from api.routes.same_person import told_clock
from casework.domain.authority import Action, Concern
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import imposed
from casework.domain.case.kind import Party, Wanted, kind_of_case
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.case.turn import (
    DateAhead,
    Result,
    Turn,
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
from casework.store.register.cases import stored_events

router = APIRouter(tags=["reading"])


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

    ``acts``: what the caller may do with a case of their own, and the case takes as it stands.
    ``may_rate``: finished, theirs, and not rated yet.
    """

    case_no: str
    kind: CaseKind
    path: str
    item_name: str
    result: ResultItem | None
    acts: tuple[ActItem, ...]
    may_rate: bool
    rated: bool


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
    async with here.register.reading() as session:
        known = await permit(session, actor, Action.READ, case_no)
        events = await stored_events(session, case_no)
        if not events:
            raise no_case()
        found, stands = await standing(session, events, actor, here)
        acts = await _acts(session, found, actor, known, here)
        rated = await is_rated(session, case_no)
        finished = await _is_finished(session, case_no)
    kind = case_kind(found)
    return TurnAnswer(
        case_no=case_no,
        kind=kind,
        path=KINDS[kind].path,
        item_name=found.item_name,
        **vars(stands),
        result=_result_item(result(found, events)),
        acts=acts,
        may_rate=finished and not rated and may(actor, Action.RATE, known),
        rated=rated,
    )


async def standing(
    session: AsyncSession, events: Sequence[Event], actor: Actor, here: Parts
) -> tuple[Case, Standing]:
    """A case as its events lead to it, and what the caller may read of where it stands.

    Under the orders and the calendar that are in force now.
    """
    today = local_date(here.now())
    first: Case = evolve(None, events[0])
    found = reduce(evolve, events[1:], first)
    found = imposed(found, await read_in_force(session, in_force_question(found)))
    calendar = await calendar_of(session, found.district, here)
    return found, Standing(
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


async def _acts(
    session: AsyncSession, case: Case, actor: Actor, known: Concern, here: Parts
) -> tuple[ActItem, ...]:
    if not sight_of(actor).is_own:
        return ()
    verbs = kind_of_case(case).verbs
    allowed = [
        verb
        for verb, command in verbs.items()
        if actor.role in command.roles and may(actor, verb, known)
    ]
    stands, facts = await as_it_stands(session, case, actor, here)
    return tuple(ActItem(verb=v, label=verbs[v].label) for v in open_to(stands, allowed, facts))
