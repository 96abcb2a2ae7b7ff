"""The places of an office's slots: who takes one, in one transaction of the register.

Whoever wants a place of a slot waits for whoever else does, and then counts. So a slot is never
over-booked, however many book at once and by however many processes.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, delete, func, select, union_all
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.appointment.slots import Taken
from casework.store.models import Appointments, Cases, PlaceHolds

SETTLED = frozenset(
    {
        "appointment_moved",
        "appointment_was_cancelled",
        "appointment_was_missed",
        "appointment_window_closed",
    }
)
"""The events after which a place that a move has taken is told by the appointment itself."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A place of a slot; ``businesses`` share its ``places``, empty: all do."""

    district: str
    office: str
    day: date
    at: str
    places: int
    businesses: tuple[str, ...] = ()


class SlotFullError(Exception):
    """All places of the slot are taken; its text is in Chinese."""

    def __init__(self, place: Place) -> None:
        super().__init__(f"{place.day} {place.at} 的时段已约满，请另选时段")


async def require_place(session: AsyncSession, place: Place, case_no: str) -> None:
    """Return if a place is free for the case; nobody else takes one before the transaction ends.

    Raises:
        SlotFullError: none is.
    """
    name = f"slot:{place.district}:{place.office}:{place.day}:{place.at}"
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
    # What others have committed while this waited is seen by the next statement.
    if await is_full(session, place, case_no):
        raise SlotFullError(place)


async def is_full(session: AsyncSession, place: Place, case_no: str) -> bool:
    """Whether others have all places of the slot, as far as anybody knows who does not wait."""
    wanted = _taken(place.district, place.office, place.day, place.day).subquery()
    query = select(func.count(func.distinct(wanted.c.case_no))).where(
        wanted.c.at == place.at, wanted.c.case_no != case_no
    )
    if place.businesses:
        query = query.where(wanted.c.business.in_(place.businesses))
    return (await session.scalar(query) or 0) >= place.places


async def hold(session: AsyncSession, place: Place, case_no: str, business: str) -> None:
    """Take a place for a move, until that is recorded; the last one of a case counts.

    Raises:
        SlotFullError: none is free.
    """
    await require_place(session, place, case_no)
    wanted: dict[str, Any] = {
        "district": place.district,
        "office": place.office,
        "day": place.day,
        "at": place.at,
        "business": business,
    }
    taking = insert(PlaceHolds).values(case_no=case_no, **wanted)
    await session.execute(
        taking.on_conflict_do_update(index_elements=[PlaceHolds.case_no], set_=wanted)
    )


async def let_go(session: AsyncSession, case_no: str) -> None:
    """Give back the place that a move has taken: it is recorded, or was refused."""
    await session.execute(delete(PlaceHolds).where(PlaceHolds.case_no == case_no))


async def taken(
    session: AsyncSession, district: str, office: str, first: date, last: date
) -> Taken:
    """How many places are taken of an office's slots from ``first`` to ``last``."""
    found = _taken(district, office, first, last).subquery()
    places = (found.c.day, found.c.at, found.c.business)
    query = select(*places, func.count(func.distinct(found.c.case_no))).group_by(*places)
    return {
        (day, at, business): number for day, at, business, number in await session.execute(query)
    }


def _taken(district: str, office: str, first: date, last: date) -> Select[Any]:
    """Who takes a place, by slot; twice where a move is recorded and not let go yet."""
    columns = ("case_no", "day", "at", "business")
    booked = (
        select(*(getattr(Appointments, name) for name in columns))
        .join(Cases, Cases.case_no == Appointments.case_no)
        .where(Cases.district == district, Cases.office == office)
        .where(Appointments.day.between(first, last), Appointments.takes_place)
    )
    held = select(*(getattr(PlaceHolds, name) for name in columns)).where(
        PlaceHolds.district == district,
        PlaceHolds.office == office,
        PlaceHolds.day.between(first, last),
    )
    both = union_all(booked, held).subquery()
    return select(both)
