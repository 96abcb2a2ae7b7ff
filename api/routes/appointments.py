"""Appointments of a window (预约): which slots are free, who comes on a day, and how one is booked.

Opening, listing and showing an appointment are those of every kind (`api.routes.of_kind`). Here is
what needs the register before: whether a place is free, and where the next one is.
"""

from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field

from api.access.guard import Caller, listed_district, sight_of
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.export import exported
from api.routes.in_force import in_force_for
from api.routes.lists import Code, Listing, PageQuery, readable
from api.routes.opening import by_the_desk
from api.routes.routers import with_token
from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.opening import StartCase
from casework.domain.errors import DomainError
from casework.domain.kinds.appointment.commands import MoveAppointment
from casework.domain.kinds.appointment.opening import StartAppointment
from casework.domain.kinds.appointment.slots import (
    AppointmentPolicy,
    Question,
    Slot,
    last_day,
    next_free,
    slots,
)
from casework.domain.kinds.registry import CaseKind, stage_label
from casework.domain.time.calendar import local_date
from casework.filing.bodies import District
from casework.messages.cases import InForceQuestion
from casework.store.queries.appointments import VisitorRow, appointment_of, visitors
from casework.store.register.places import Place, SlotFullError, hold, is_full, let_go, taken

router = with_token(
    tags=["appointments"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY)
)

_NO_CALENDAR = -1  # no calendar has this version
_TELLS_THE_NEXT = frozenset(
    {
        "APPOINTMENT_NEEDED",
        "SLOT_CLOSED",
        "SLOT_FULL",
        "SLOT_OVER",
        "SLOT_TOO_FAR",
        "SLOT_UNKNOWN",
    }
)
"""The refusals that name the next free slot."""


@dataclass(frozen=True, kw_only=True)
class Offered:
    """The slots that an office offers now for a business, in order of time, and its questions."""

    policy: AppointmentPolicy
    in_force: InForce
    slots: tuple[Slot, ...]

    def asked(self, day: date) -> tuple[Question, ...]:
        """Return the questions to a visitor of that day."""
        return self.policy.asked(self.in_force.measures, day)


async def offered(district: str, business: str, here: Parts) -> Offered:
    """The slots of an office that can be booked now, full ones among them.

    Raises:
        DomainError: no such district, or business (``BUSINESS_UNKNOWN``).
    """
    now, desk = here.now(), here.desk
    today = local_date(now)
    policy = desk.services.of_kind(CaseKind.APPOINTMENT, district, today)
    office = desk.catalogue.office(district)
    meant = policy.business(business) if isinstance(policy, AppointmentPolicy) else None
    if meant is None or not isinstance(policy, AppointmentPolicy):
        raise DomainError("BUSINESS_UNKNOWN", "没有此预约业务，请从所列业务中选择", "business")
    question = InForceQuestion(
        case_no="",
        district=district,
        office=office,
        item=meant.item or policy.code,
        received_on=today,
        calendar_version=_NO_CALENDAR,
        needed_until=today.year + 1,
        on=today,
    )
    in_force = await in_force_for(question, here)
    calendar = desk.calendar_of(in_force, today, 1)
    last = last_day(policy, today, calendar)
    async with here.register.reading() as session:
        places = await taken(session, district, office, today, last)
    found = slots(
        policy,
        now,
        business,
        calendar=calendar,
        suspensions=in_force.suspensions,
        taken=places,
    )
    return Offered(policy=policy, in_force=in_force, slots=tuple(found))


async def _with_the_next(
    refused: DomainError, district: str, business: str, here: Parts
) -> DomainError:
    """The refusal, with the next slot that is free where that helps."""
    if refused.code not in _TELLS_THE_NEXT:
        return refused
    free = next_free((await offered(district, business, here)).slots)
    hint = f"最近可约：{free.label}" if free else "近期没有可约的时段"
    return DomainError(refused.code, f"{refused.message}；{hint}", refused.field)


async def booked(body: Any, actor: Actor, now: datetime, here: Parts) -> StartCase:  # noqa: ANN401 - the kind's body
    """The start of an appointment.

    A full slot is refused here with the next free one; of two who take the last place at once, the
    register refuses one while recording.

    Raises:
        DomainError: as ``open_appointment``; ``SLOT_FULL``.
    """
    try:
        start = await by_the_desk(body, actor, now, here)
        await _require_free(start, here)
    except DomainError as refused:
        raise await _with_the_next(refused, body.district, body.business, here) from None
    return start


async def _require_free(start: StartCase, here: Parts) -> None:
    if not isinstance(start, StartAppointment) or start.session is None:
        return
    place = Place(
        district=start.district,
        office=start.office,
        day=start.form.day or local_date(here.now()),
        at=start.session.at,
        places=start.session.places,
        businesses=start.session.businesses,
    )
    async with here.register.reading() as session:
        if await is_full(session, place, start.case_no):
            raise DomainError("SLOT_FULL", str(SlotFullError(place)))


async def held_for(
    command: MoveAppointment, case_no: str, here: Parts, *, takes_effect: bool
) -> MoveAppointment:
    """Take the place to which an appointment is moved, until the move is recorded.

    Unless the move ``takes_effect`` the place is asked for alike, and not kept.

    Raises:
        DomainError: ``SLOT_FULL``, with the next free slot.
    """
    async with here.register.reading() as session:
        known = await appointment_of(session, case_no)
    if known is None:
        return command  # the case itself refuses it
    policy = here.desk.services.of_kind(
        CaseKind.APPOINTMENT, known.district, local_date(here.now())
    )
    session_of_day = (
        policy.session(command.day, command.at, known.business)
        if isinstance(policy, AppointmentPolicy)
        else None
    )
    if session_of_day is None:
        return command
    place = Place(
        district=known.district,
        office=known.office,
        day=command.day,
        at=command.at,
        places=session_of_day.places,
        businesses=session_of_day.businesses,
    )
    try:
        taking = here.register.writing if takes_effect else here.register.trying
        async with taking() as session:
            await hold(session, place, case_no, known.business)
    except SlotFullError as full:
        refused = DomainError("SLOT_FULL", str(full))
        raise await _with_the_next(refused, known.district, known.business, here) from None
    return command


async def given_back(command: Command, case_no: str, here: Parts) -> None:
    """Give back the place of a move that was refused."""
    if isinstance(command, MoveAppointment):
        async with here.register.writing() as session:
            await let_go(session, case_no)


# --- what is free ----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class SlotItem:
    """A slot; ``free``: how many of its ``places`` are left."""

    day: date
    at: str
    until: str
    places: int
    free: int
    label: str


@dataclass(frozen=True, kw_only=True)
class QuestionItem:
    """A question to a visitor of the first of these days, to be answered yes or no."""

    code: str
    text: str


@dataclass(frozen=True, kw_only=True)
class BusinessItem:
    """A business for which somebody can come."""

    code: str
    name: str


class Slots(BaseModel):
    """What can be booked now, in order of time; full slots are among them."""

    items: list[SlotItem]
    questions: list[QuestionItem]
    businesses: list[BusinessItem]


class SlotsQuery(BaseModel):
    """Of which office, and for what business."""

    model_config = ConfigDict(extra="forbid")

    district: District
    business: Annotated[Code, Field(description="业务代码")]


@router.get("/slots", summary="可预约的时段")
async def free_slots(asked: Annotated[SlotsQuery, Query()], _: Caller, here: Here) -> Slots:
    """The slots of an office: working days only, and none while its window is closed."""
    found = await offered(asked.district, asked.business, here)
    first = found.slots[0].day if found.slots else local_date(here.now())
    return Slots(
        items=[
            SlotItem(
                day=each.day,
                at=each.at,
                until=each.until,
                places=each.places,
                free=each.free,
                label=each.label,
            )
            for each in found.slots
        ],
        questions=[QuestionItem(code=q.code, text=q.text) for q in found.asked(first)],
        businesses=[BusinessItem(code=b.code, name=b.name) for b in found.policy.businesses],
    )


# --- who comes -------------------------------------------------------------------------------


class VisitorQuery(PageQuery):
    """Of a day, by default today."""

    district: District | None = None
    day: Annotated[date | None, Field(description="到访日期，缺省为当日")] = None


@dataclass(frozen=True, kw_only=True)
class VisitorItem(VisitorRow):
    """A visit with the words that a clerk reads."""

    business_name: str
    stage_label: str


@router.get("/visitors", summary="当日预约")
@exported("预约")
async def visitors_of_day(
    asked: Annotated[VisitorQuery, Query()], actor: Caller, here: Here
) -> Listing[VisitorItem]:
    """Who is expected at the window on a day, by time; whoever walked in comes first."""
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await visitors(
                session,
                sight_of(actor),
                day=asked.day or local_date(here.now()),
                district=listed_district(actor, asked.district),
                after=asked.cursor,
                size=asked.size,
            )
    names = _businesses(here)
    return Listing(
        items=[
            VisitorItem(
                **vars(row),
                business_name=names.get(row.business, row.business),
                stage_label=stage_label(row.stage),
            )
            for row in page.rows
        ],
        next_cursor=page.next or None,
    )


def _businesses(here: Parts) -> dict[str, str]:
    """Code → name; the file names them for every office alike."""
    return here.desk.services.businesses()
