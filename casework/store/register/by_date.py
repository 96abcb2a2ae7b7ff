"""How a case stands by the date, where its workflow has not noticed yet.

Timers are spread over the hours before the start of business; the date decides from 00:00. With
each entry a case says how it will stand when its next moment has come (``Armings.ahead``). From
the day on which one of its clocks fires, lists and searches show that. The day is the server's in
Shanghai, shifted like the case's own time in a rehearsal.
"""

from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    Text,
    and_,
    case,
    cast,
    false,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute

from casework.store.models import Armings, Cases, Clocks, Courses, Openings
from casework.store.register.courses import RUNNING

_ZONE = "Asia/Shanghai"
_FIRING = (
    select(func.min(Courses.fires_on).label("fires_on"))
    .join(Clocks, Clocks.course == Courses.id)
    .where(Clocks.case_no == Cases.case_no, RUNNING)
    .correlate(Cases)
    .lateral("firing")
)
"""The next day on which a clock of the case fires, looked up once for a row."""
_FIRES_ON = _FIRING.c.fires_on
_TODAY: ColumnElement[date] = cast(func.timezone(_ZONE, func.now()), Date)
_TODAY_OF_CASE: ColumnElement[date] = cast(
    func.timezone(_ZONE, func.now() + Openings.rehearsal), Date
)

TURNED: ColumnElement[bool] = func.coalesce(
    and_(Armings.ahead.is_not(None), _FIRES_ON <= _TODAY_OF_CASE), false()
)
"""Whether a case of a query that is ``joined`` stands as ``ahead``."""


def joined(query: Select[*tuple[Any, ...]]) -> Select[Any]:
    """A query of cases with what ``TURNED`` needs: their openings, armings and firing days."""
    query = query.join(Openings, Openings.case_no == Cases.case_no)
    query = query.outerjoin(Armings, Armings.case_no == Cases.case_no)
    return query.outerjoin(_FIRING, true())


def ahead(name: str) -> ColumnElement[str]:
    """A word of how the case will stand."""
    word: ColumnElement[str] = Armings.ahead[name].astext
    return word


def by_date(recorded: InstrumentedAttribute[str]) -> ColumnElement[str]:
    """The word of that column as it stands by the date."""
    return case((TURNED, cast(ahead(recorded.key), Text)), else_=recorded)


def closed_at(recorded: InstrumentedAttribute[Any]) -> ColumnElement[Any]:
    """When the case was closed: recorded, or at the beginning of the day on which it turned."""
    midnight = func.timezone(_ZONE, func.date_trunc("day", cast(_FIRES_ON, Date)))
    gone = and_(TURNED, Armings.ahead["closed"].astext == "true")
    return case((gone, midnight), else_=recorded)


def is_by_date(recorded: InstrumentedAttribute[str], value: str) -> ColumnElement[bool]:
    """Whether the column has that value by the date; for lists too small to need an index."""
    return or_(and_(recorded == value, ~TURNED), and_(TURNED, ahead(recorded.key) == value))


def turned(*columns: ColumnElement[Any]) -> Select[Any]:
    """The numbers of the cases that stand as ``ahead``: a clock of theirs has fired unnoticed.

    They are few but in the hours before the start of business. ``columns`` are wanted beside.
    """
    query = select(Armings.case_no, *columns).join(Clocks, Clocks.case_no == Armings.case_no)
    query = query.join(Courses, Courses.id == Clocks.course)
    return query.join(Openings, Openings.case_no == Armings.case_no).where(
        RUNNING,
        Courses.fires_on <= _TODAY,  # the index's; a rehearsal's own day may be an earlier one
        Courses.fires_on <= _TODAY_OF_CASE,
        Armings.ahead.is_not(None),
    )
