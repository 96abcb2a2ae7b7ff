"""The tables of talent services: talents, requests, ratings and visits, and who is absent.

All but ``absences`` follow from the events, as ``cases`` does; their columns bear the names of the
rows in ``casework.domain``.
"""

from datetime import date, datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import CaseNo, Key, Model


class Talents(Model):
    """How a talent, or the holder of a permit, stands."""

    __tablename__ = "talents"

    case_no: Mapped[CaseNo]
    cycle: Mapped[str]
    number: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    letter: Mapped[str] = mapped_column(index=True)
    score: Mapped[int | None]
    employer: Mapped[str] = mapped_column(index=True)
    credential_kind: Mapped[str]
    credential_code: Mapped[str]
    credential_void_on: Mapped[date | None]
    status: Mapped[str] = mapped_column(index=True)
    served_until: Mapped[date | None]
    points: Mapped[str]
    renewed_on: Mapped[date | None]
    renewal_opens_on: Mapped[date | None]
    confirmed_on: Mapped[date | None]


# Not unique: what a card office did twice is a fact, and no workflow may stand still over it. That
# no case is opened with the code of another is for the recorder to see to.
Index(
    "talents_credential_idx",
    Talents.credential_code,
    postgresql_where=Talents.credential_code != "",
)


class Appointments(Model):
    """Visits of a window; ``takes_place``: it counts among those for whom its slot has places."""

    __tablename__ = "appointments"

    case_no: Mapped[CaseNo]
    business: Mapped[str]
    day: Mapped[date] = mapped_column(index=True)
    at: Mapped[str]
    until: Mapped[str]
    places: Mapped[int]
    businesses: Mapped[str]
    takes_place: Mapped[bool]
    walk_in: Mapped[bool]
    about: Mapped[str]
    answers: Mapped[str]
    keep_until: Mapped[date] = mapped_column(index=True)
    arrived_at: Mapped[datetime | None]
    served_at: Mapped[datetime | None]
    moves: Mapped[int]


class PlaceHolds(Model):
    """A place that a move of an appointment has taken, until the move is recorded."""

    __tablename__ = "place_holds"

    case_no: Mapped[CaseNo]
    district: Mapped[str]
    office: Mapped[str]
    day: Mapped[date] = mapped_column(index=True)
    at: Mapped[str]
    business: Mapped[str]


class Requests(Model):
    """What a service request is about; ``talent`` is the number of the talent's cycle."""

    __tablename__ = "requests"

    case_no: Mapped[CaseNo]
    talent: Mapped[str] = mapped_column(index=True)
    letter: Mapped[str]
    mode: Mapped[str]
    need: Mapped[str]
    level: Mapped[str]
    body: Mapped[str] = mapped_column(index=True)
    result: Mapped[str]
    transferred_to: Mapped[str]


class Ratings(Model):
    """Ratings, one of each case."""

    __tablename__ = "ratings"

    case_no: Mapped[CaseNo]
    rated: Mapped[str] = mapped_column(unique=True)
    grade: Mapped[int] = mapped_column(index=True)
    named: Mapped[bool]
    comment: Mapped[str]
    complex: Mapped[bool]
    contacted_at: Mapped[datetime | None]
    justified: Mapped[bool | None]
    settlement: Mapped[str]
    satisfied: Mapped[bool | None]
    struck: Mapped[bool]


class Visits(Model):
    """The sample of each round of visits; ``request`` is the number of the request asked about."""

    __tablename__ = "visits"

    case_no: Mapped[CaseNo]
    request: Mapped[Key]
    talent: Mapped[str]
    means: Mapped[str]
    reached: Mapped[bool | None]
    opinion: Mapped[str]
    recorded_at: Mapped[datetime | None]
    recorded_by: Mapped[str]


class Absences(Model):
    """When officers are away; one who is back before ``last_on`` is there from ``ended_on`` on."""

    __tablename__ = "absences"

    id: Mapped[Key]
    officer: Mapped[str] = mapped_column(index=True)
    first_on: Mapped[date]
    last_on: Mapped[date]
    reason: Mapped[str]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]
    ended_on: Mapped[date | None]


Index("absences_days_idx", Absences.last_on, Absences.first_on)
