"""Who is expected at a window on a day (当日预约), in the order in which they come."""

from dataclasses import dataclass
from datetime import date, datetime

from pydantic import TypeAdapter
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.store.access import seen_by
from casework.store.models import Appointments, Cases, Openings, Parties
from casework.store.paging import PAGE_SIZE, Order, Page, bounded
from casework.store.sealing.sealing import openers

_TABLE, _PARTIES = "appointments", "parties"


@dataclass(frozen=True, kw_only=True)
class VisitorRow:
    """One visit; of ``visitor`` the first character of the name is told, of a walk-in no ``at``."""

    case_no: str
    district: str
    day: date
    at: str
    until: str
    business: str
    stage: str
    visitor: str
    walk_in: bool
    answers: str
    about: str
    arrived_at: datetime | None
    served_at: datetime | None


VISITORS: Order[VisitorRow, tuple[date, str, str]] = Order(
    "visitors",
    lambda row: (row.day, row.at, row.case_no),
    TypeAdapter(tuple[date, str, str]),
)
_ORDER = (Appointments.day, Appointments.at, Appointments.case_no)


async def visitors(  # noqa: PLR0913 - the list, and one argument per filter
    session: AsyncSession,
    sight: Sight | None,
    *,
    day: date,
    district: str = "",
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[VisitorRow]:
    """The visitors of a day by time; raises `CursorError`."""
    size = bounded(size)
    query = (
        select(
            Appointments.case_no,
            Cases.district,
            Appointments.day,
            Appointments.at,
            Appointments.until,
            Appointments.business,
            Cases.stage,
            func.coalesce(Parties.name, "").label("name"),
            Appointments.walk_in,
            Appointments.answers,
            Appointments.about,
            Appointments.arrived_at,
            Appointments.served_at,
        )
        .join(Cases, Cases.case_no == Appointments.case_no)
        .join(Openings, Openings.case_no == Appointments.case_no)
        .outerjoin(
            Parties, (Parties.case_no == Appointments.case_no) & (Parties.role == "applicant")
        )
        .where(Appointments.day == day, *seen_by(sight))
    )
    if district:
        query = query.where(Cases.district == district)
    query = query.where(*VISITORS.following(_ORDER, after))
    query = query.order_by(*VISITORS.sorted(_ORDER)).limit(size + 1)
    found = (await session.execute(query)).mappings().all()
    own = await openers(session, (row["case_no"] for row in found))
    rows = []
    for row in found:
        case = own[row["case_no"]]
        told = case.row(_TABLE, row)
        stored = told.pop("name")
        name = "" if case.is_erased(stored) else case.text(stored, f"{_PARTIES}.name")
        rows.append(VisitorRow(**told, visitor=name[:1] + "*" * (len(name) - 1)))
    return VISITORS.page(rows, size)


@dataclass(frozen=True, kw_only=True)
class Booked:
    """Where an appointment is, and for what."""

    district: str
    office: str
    business: str


async def appointment_of(session: AsyncSession, case_no: str) -> Booked | None:
    """The appointment of that number; None if the register does not know it."""
    query = (
        select(Cases.district, Cases.office, Appointments.business)
        .join(Cases, Cases.case_no == Appointments.case_no)
        .where(Appointments.case_no == case_no)
    )
    found = (await session.execute(query)).mappings().one_or_none()
    return Booked(**found) if found else None
