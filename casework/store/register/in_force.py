"""What is in force, as rows: suspensions, measures, calendar; and what a case is told of it.

Measures are those of the catalogue, and those that orders start or end. The calendar has its years
as notices have them, and an index of days.
"""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import (
    Boolean,
    Date,
    ScalarSelect,
    Select,
    Subquery,
    Text,
    any_,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    or_,
    select,
    text,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by, insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.in_force import InForce
from casework.domain.orders import keys_of
from casework.domain.policy import Mark, Measure, city_of
from casework.domain.time.calendar import SATURDAY, CalendarYear, WorkingCalendar
from casework.domain.time.clock import Stopped, Suspension
from casework.messages.cases import InForceQuestion
from casework.policy.catalogue import Catalogue
from casework.store.engine import take_order_turn
from casework.store.models import CalendarDays, CalendarYears, Changes, Measures, Suspensions
from casework.store.register.absences import absent_on, kept_apart
from casework.store.register.staff import departed

COUNTRY = "CN"
"""The calendar of everybody."""
_YEARS_BEFORE, _YEARS_AFTER, _YEARS_BEYOND = 1, 6, 3


async def read_in_force(session: AsyncSession, question: InForceQuestion) -> InForce:
    """What is in force for a case, with the calendar only where it is not the one the case has.

    One statement, so that version and contents are of one moment.
    """
    asked = {
        "keys": list(keys_of(question.district, question.office, question.case_no)),
        "case_no": question.case_no,
        "city": city_of(question.district),
        "district": question.district,
        "item": question.item,
        "received_on": question.received_on,
        "day": question.on,
    }
    found = (await session.execute(_IN_FORCE, asked)).one()
    suspensions = _SUSPENSIONS.validate_json(found.suspensions)
    measures = _MEASURES.validate_json(found.measures)
    needed = max(needed_until(suspensions, measures), question.needed_until)
    return InForce(
        version=found.version,
        suspensions=suspensions,
        measures=measures,
        calendar_version=found.calendar,
        calendar=await _news(session, question, found.calendar, needed),
        apart=_CODES.validate_json(found.apart),
        absent=_CODES.validate_json(found.absent),
    )


_SUSPENSIONS = TypeAdapter(tuple[Suspension, ...])
_MEASURES = TypeAdapter(tuple[Measure, ...])
_CODES = TypeAdapter(tuple[str, ...])


def _listed(rows: Subquery, *order: str) -> ScalarSelect[str]:
    """The rows in their order as a JSON list: of objects, or of codes where that is all."""
    row = func.to_jsonb(literal_column(rows.name) if len(rows.c) > 1 else rows.c[order[0]])
    listed = func.jsonb_agg(aggregate_order_by(row, *(rows.c[name] for name in order)))
    return select(func.coalesce(cast(listed, Text), "[]")).select_from(rows).scalar_subquery()


def _in_force() -> Select[Any]:
    """Built once: to build these queries takes longer than to run them."""
    suspensions, measures, changes, years = (
        each.__table__.c for each in (Suspensions, Measures, Changes, CalendarYears)
    )
    district, day, item = (
        bindparam("district", type_=Text),
        bindparam("day", type_=Date),
        bindparam("item", type_=Text),
    )
    keys = any_(bindparam("keys", type_=ARRAY(Text)))
    over = suspensions.lifted_on < bindparam("received_on", type_=Date)
    bearing = select(*(suspensions[field.name] for field in fields(Suspension))).where(
        suspensions.key == keys, over.is_not(True)
    )
    of_item = or_(item == "", func.jsonb_exists(measures["items"], item))
    dated = select(*(measures[field.name] for field in fields(Measure))).where(
        measures.district == district, of_item
    )
    apart = kept_apart(bindparam("case_no", type_=Text))
    away = union(absent_on(day), departed(bindparam("city", type_=Text), district, day))
    newest = select(func.coalesce(func.max(changes.version), 0)).where(changes.key == keys)
    calendar = select(func.coalesce(func.max(years.version), 0)).where(
        years.calendar.in_((COUNTRY, district))
    )
    return select(
        newest.scalar_subquery().label("version"),
        calendar.scalar_subquery().label("calendar"),
        _listed(bearing.subquery("bearing"), "first_on", "id").label("suspensions"),
        _listed(dated.subquery("dated"), "id").label("measures"),
        _listed(apart.subquery("apart"), "officer").label("apart"),
        _listed(away.subquery("away"), "officer").label("absent"),
    )


_IN_FORCE = _in_force()


async def current_version(session: AsyncSession, keys: Collection[str]) -> int:
    """The version of the last order that concerned one of the keys, 0 if none did."""
    query = select(func.max(Changes.version)).where(Changes.key.in_(keys))
    return await session.scalar(query) or 0


def as_suspension(row: Suspensions) -> Suspension:
    """A row as the domain has it."""
    return Suspension(
        id=row.id,
        first_on=row.first_on,
        lifted_on=row.lifted_on,
        reason=row.reason,
        basis=row.basis,
        by=row.by,
        clocks=Stopped(row.clocks),
        channels=row.channels,
    )


def needed_until(suspensions: tuple[Suspension, ...], measures: tuple[Measure, ...]) -> int:
    """The last year in which a case may have to count for what ends late; 0 if nothing does."""
    ends = (*(stop.lifted_on for stop in suspensions), *(m.until for m in measures))
    return max((day.year + _YEARS_BEYOND for day in ends if day is not None), default=0)


async def _news(
    session: AsyncSession, question: InForceQuestion, known: int, needed: int
) -> WorkingCalendar | None:
    """The calendar, if it is another than the one the case has, or goes on longer."""
    another = known != question.calendar_version
    if not another and needed <= question.calendar_until:
        return None
    calendar, _ = await read_calendar(
        session, question.district, years=years_of(question.received_on, needed)
    )
    if not calendar.years:
        return None  # nothing has been seeded yet
    return calendar if another or calendar.years[-1].year > question.calendar_until else None


def years_of(received_on: date, needed: int) -> range:
    """The years of the calendar of a case: it may wait long for its last file."""
    received = received_on.year
    return range(received - _YEARS_BEFORE, max(received + _YEARS_AFTER, needed) + 1)


_YEAR = TypeAdapter(CalendarYear)
_DAYS = text(
    """
    INSERT INTO calendar_days (calendar, day, working, nth)
    SELECT :calendar, :first + (n - 1)::int, working,
           count(*) FILTER (WHERE working) OVER (ORDER BY n)
    FROM unnest(:working) WITH ORDINALITY AS days (working, n)
    """
).bindparams(bindparam("first", type_=Date), bindparam("working", type_=ARRAY(Boolean)))


async def read_calendar(
    session: AsyncSession, district: str = "", *, years: range | None = None
) -> tuple[WorkingCalendar, int]:
    """The calendar of a district with its version; all years, unless told which.

    A district without days of its own has everybody's. Empty while nothing has been seeded.
    """
    own = CalendarYears.calendar != COUNTRY
    query = select(CalendarYears.body, CalendarYears.version, own).where(
        CalendarYears.calendar.in_({COUNTRY, district})
    )
    if years is not None:
        query = query.where(CalendarYears.year.between(years.start, years.stop - 1))
    found = (await session.execute(query.order_by(CalendarYears.year, own))).all()
    own_last = ((_YEAR.validate_python(body), is_own) for body, _, is_own in found)
    return merged(own_last), max((row.version for row in found), default=0)


def merged(years: Iterable[tuple[CalendarYear, bool]]) -> WorkingCalendar:
    """Everybody's years in order, each followed by the district's own days in it (True), if any."""
    whole: dict[int, CalendarYear] = {}
    for year, is_own in years:
        whole[year.year] = overlaid(whole[year.year], year) if is_own else year
    return WorkingCalendar(tuple(whole.values()))


async def calendar_version(session: AsyncSession, district: str) -> int:
    """The version of the newest year in a district's calendar, 0 for that of the catalogue."""
    query = select(func.max(CalendarYears.version))
    return await session.scalar(query.where(CalendarYears.calendar.in_({COUNTRY, district}))) or 0


def overlaid(year: CalendarYear, own: CalendarYear) -> CalendarYear:
    """A year with a district's own days in place of what it says of them.

    ``make_up`` of the district are the days it works, be they weekend or holiday; ``off`` are those
    on which it does not. Whether the year is provisional is for its own notice to say.
    """
    worked, free = set(own.make_up), set(own.off)
    off = (set(year.off) - worked) | {day for day in free if day.weekday() < SATURDAY}
    make_up = (set(year.make_up) - free) | {day for day in worked if day.weekday() >= SATURDAY}
    return replace(
        year,
        off=tuple(sorted(off)),
        make_up=tuple(sorted(make_up)),
        notice=f"{year.notice}；{own.notice}",
    )


async def write_years(
    session: AsyncSession, calendar: str, years: Iterable[CalendarYear], version: int
) -> None:
    """Put years in the place of those that are there, and make the index of days anew."""
    for year in years:
        row = {
            "body": _YEAR.dump_python(year, mode="json"),
            "notice": year.notice,
            "provisional": year.provisional,
            "version": version,
        }
        written = insert(CalendarYears).values(calendar=calendar, year=year.year, **row)
        await session.execute(
            written.on_conflict_do_update(
                index_elements=[CalendarYears.calendar, CalendarYears.year], set_=row
            )
        )
    own = select(CalendarYears.calendar).where(CalendarYears.calendar != COUNTRY).distinct()
    others = (await session.scalars(own)).all() if calendar == COUNTRY else [calendar]
    for name in {calendar, *others}:
        await _write_days(session, name)


async def _write_days(session: AsyncSession, calendar: str) -> None:
    whole, _ = await read_calendar(session, calendar)
    first, last = date(whole.years[0].year, 1, 1), date(whole.years[-1].year, 12, 31)
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    await session.execute(delete(CalendarDays).where(CalendarDays.calendar == calendar))
    await session.execute(
        _DAYS,
        {"calendar": calendar, "first": first, "working": [whole.is_working(day) for day in days]},
    )


CATALOGUE = "catalogue"
"""The ``origin`` of a measure that no order has touched."""


@dataclass(frozen=True, kw_only=True)
class MeasureRow:
    """A measure in one district; ``until`` is its last day, ``id`` as ``measure_id`` makes it."""

    id: str
    effect: str
    name: str
    district: str
    items: tuple[str, ...]
    since: date
    until: date | None
    online_accepted_from: date | None
    reference: str
    mark: str
    channels: tuple[str, ...] = ()

    @property
    def measure(self) -> Measure:
        """The measure as a case knows it."""
        return Measure(
            id=self.id,
            effect=self.effect,
            name=self.name,
            since=self.since,
            until=self.until,
            online_accepted_from=self.online_accepted_from,
            reference=self.reference,
            mark=Mark(self.mark),
            channels=self.channels,
        )

    def meets(self, other: "MeasureRow") -> bool:
        """Whether both would hold for one item on one day, which no effect may twice."""
        return (
            (self.effect, self.district) == (other.effect, other.district)
            and not set(self.items).isdisjoint(other.items)
            and self.since <= (other.until or date.max)
            and other.since <= (self.until or date.max)
        )


COLUMNS = tuple(Measures.__table__.c[field.name] for field in fields(MeasureRow))


def measure_id(effect: str, district: str, since: date, number: int = 1) -> str:
    """``<EFFECT>.<district>.<YYYYMMDD>``, and ``.2`` for the second that begins on the same day."""
    plain = f"{effect}.{district}.{since:%Y%m%d}"
    return plain if number == 1 else f"{plain}.{number}"


def catalogue_measures(catalogue: Catalogue) -> tuple[MeasureRow, ...]:
    """The measures of the catalogue, one row for each window and district."""
    return tuple(
        MeasureRow(
            id=window.measure.id,
            effect=window.measure.effect,
            name=window.measure.name,
            district=window.district,
            items=window.items,
            since=window.measure.since,
            until=window.measure.until,
            online_accepted_from=window.measure.online_accepted_from,
            reference=window.measure.reference,
            mark=window.measure.mark,
            channels=window.measure.channels,
        )
        for window in catalogue.measures()
    )


async def measures_of(session: AsyncSession, district: str, item: str = "") -> list[MeasureRow]:
    """The measures of a district (for an item), of any date, by id."""
    query = select(*COLUMNS).where(Measures.district == district).order_by(Measures.id)
    rows = [MeasureRow(**row) for row in (await session.execute(query)).mappings()]
    return [row for row in rows if not item or item in row.items]


# --- what the catalogue puts in force ------------------------------------------------------
# What the catalogue's files put in force, brought into the register once.


_NOT = object()


@dataclass(frozen=True, kw_only=True)
class Seeded:
    """What the files say otherwise than the register, which only an order may bring in line.

    ``years`` and ``measures`` are the files'; ``gone`` are ids of measures that the files have no
    more. What an order has set is the order's: it is not compared, but for provisional years, which
    a release computes.
    """

    years: tuple[CalendarYear, ...] = ()
    measures: tuple[MeasureRow, ...] = ()
    gone: tuple[str, ...] = ()


async def seed(
    session: AsyncSession, calendar: WorkingCalendar, measures: Iterable[MeasureRow]
) -> Seeded:
    """Fill what is empty, as version 0; of what is filled, only say what differs."""
    rows = {row.id: row for row in measures}
    years, known = await _known_years(session), await _known_measures(session)
    if not years or not known:
        await take_order_turn(session)  # of two workers that start at once, the second waits
        years, known = await _known_years(session), await _known_measures(session)
    if not years:
        await write_years(session, COUNTRY, calendar.years, version=0)
        years = {year.year: year for year in calendar.years}
    if not known and rows:
        values = [asdict(row) | {"origin": CATALOGUE, "version": 0} for row in rows.values()]
        await session.execute(insert(Measures).values(values))
        known = dict(rows)
    return Seeded(
        years=tuple(y for y in calendar.years if years.get(y.year, _NOT) not in (y, None)),
        measures=tuple(m for m in rows.values() if known.get(m.id, _NOT) not in (m, None)),
        gone=tuple(sorted(number for number, row in known.items() if row and number not in rows)),
    )


async def _known_years(session: AsyncSession) -> dict[int, CalendarYear | None]:
    """The years of everybody's calendar; None for one whose notice an order has brought."""
    query = select(CalendarYears.body, CalendarYears.version)
    found = await session.execute(query.where(CalendarYears.calendar == COUNTRY))
    years = [(_YEAR.validate_python(body), version) for body, version in found]
    return {y.year: y if y.provisional or not version else None for y, version in years}


async def _known_measures(session: AsyncSession) -> dict[str, MeasureRow | None]:
    """All measures by id; None for one that an order has set."""
    found = (await session.execute(select(*COLUMNS, Measures.origin))).mappings()
    return {
        row["id"]: MeasureRow(**{name: value for name, value in row.items() if name != "origin"})
        if row["origin"] == CATALOGUE
        else None
        for row in found
    }
