"""What is in force in a rehearsal without a register: orders, the calendar, who is absent."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from casework.domain.case.in_force import InForce
from casework.domain.orders import (
    ChangeSuspension,
    Content,
    EndMeasure,
    ImportCalendar,
    LiftSuspension,
    OpenSuspension,
    Reach,
    Scope,
    StartMeasure,
    keys_of,
)
from casework.domain.policy import city_of
from casework.domain.time.calendar import CalendarYear, WorkingCalendar
from casework.domain.time.clock import Stopped, Suspension
from casework.messages.absences import StartAbsence
from casework.messages.cases import InForceQuestion
from casework.store.in_force import calendar_orders, measure_orders, suspension_orders
from casework.store.in_force.applying import require_calendar
from casework.store.in_force.not_backwards import KEPT, RESTED, last_day, rest_turned, stretch_kept
from casework.store.in_force.order_book import Stamp
from casework.store.register.in_force import COUNTRY, MeasureRow, merged, needed_until, years_of


@dataclass(frozen=True, kw_only=True)
class Imposed:
    """A suspension, and how far it reaches."""

    reach: Reach
    stop: Suspension


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where a clock runs, and since when: of those an order looks for days of rest to keep."""

    district: str
    started_on: date


@dataclass(kw_only=True)
class Rules:
    """Begins with what the catalogue says; each order that is applied has the next version.

    ``years`` are by calendar (``CN``, or a district) and year, with the version that set them;
    ``changes`` the last version that concerned a key.
    """

    years: dict[str, dict[int, tuple[CalendarYear, int]]]
    measures: dict[str, MeasureRow]
    suspensions: dict[str, Imposed] = field(default_factory=dict)
    absences: list[StartAbsence] = field(default_factory=list)
    changes: dict[str, int] = field(default_factory=dict)
    version: int = 0

    @classmethod
    def of(cls, calendar: WorkingCalendar, measures: Iterable[MeasureRow]) -> "Rules":
        """What the catalogue's files put in force."""
        return cls(
            years={COUNTRY: {year.year: (year, 0) for year in calendar.years}},
            measures={row.id: row for row in measures},
        )

    # --- what a case is told -------------------------------------------------------------

    def read(self, question: InForceQuestion) -> InForce:
        """What is in force for a case, with the calendar only where it has another one."""
        keys = keys_of(question.district, question.office, question.case_no)
        stops = tuple(self._suspensions(keys, question.received_on))
        measures = tuple(row.measure for row in self.measures_of(question.district, question.item))
        needed = max(needed_until(stops, measures), question.needed_until)
        known = self._calendar_version(question.district)
        return InForce(
            version=self.version_of(keys),
            suspensions=stops,
            measures=measures,
            calendar_version=known,
            calendar=self._news(question, known, needed),
            absent=self.absent(question.on) if question.on else (),
        )

    def _news(self, question: InForceQuestion, known: int, needed: int) -> WorkingCalendar | None:
        another = known != question.calendar_version
        if not another and needed <= question.calendar_until:
            return None
        calendar = self.calendar(question.district, years_of(question.received_on, needed))
        if not calendar.years:
            return None
        return calendar if another or calendar.years[-1].year > question.calendar_until else None

    def version_of(self, keys: Collection[str]) -> int:
        """The version of the last order that concerned one of the keys, 0 if none did."""
        return max((self.changes.get(key, 0) for key in keys), default=0)

    def calendar(self, district: str, years: range | None = None) -> WorkingCalendar:
        """The calendar of a district; all years, unless told which."""
        found = [
            (year, name != COUNTRY)
            for name in dict.fromkeys((COUNTRY, district))
            for number, (year, _) in self.years.get(name, {}).items()
            if years is None or number in years
        ]
        return merged(sorted(found, key=lambda each: (each[0].year, each[1])))

    def measures_of(self, district: str, item: str = "") -> list[MeasureRow]:
        """The measures of a district (for an item), of any date, by id."""
        rows = (self.measures[number] for number in sorted(self.measures))
        return [r for r in rows if r.district == district and (not item or item in r.items)]

    def absent(self, on: date) -> tuple[str, ...]:
        """Who is absent on that day, each once, by code."""
        away = {each.officer for each in self.absences if each.first_on <= on <= each.last_on}
        return tuple(sorted(away))

    def _suspensions(self, keys: Collection[str], since: date) -> Iterator[Suspension]:
        known = (each.stop for each in self.suspensions.values() if each.reach.key in keys)
        for stop in sorted(known, key=lambda stop: (stop.first_on, stop.id)):
            if stop.lifted_on is None or stop.lifted_on >= since:
                yield stop

    def _calendar_version(self, district: str) -> int:
        names = (COUNTRY, district)
        versions = (version for name in names for _, version in self.years.get(name, {}).values())
        return max(versions, default=0)

    # --- what an order changes -----------------------------------------------------------

    def apply(
        self, content: Content, stamp: Stamp, *, cases: Collection[str], running: Collection[Run]
    ) -> str:
        """Bring an order into force; the id of the suspension or measure that it is about.

        ``cases`` are the numbers that there are, ``running`` the clocks.

        Raises:
            DomainError: as the register refuses it.
        """
        known = sorted({number for years in self.years.values() for number in years})
        require_calendar(content, tuple(known))
        match content:
            case OpenSuspension():
                key, about = self._open(content, stamp, cases), stamp.order
            case ChangeSuspension() | LiftSuspension():
                key, about = self._change(content, stamp), content.suspension
            case StartMeasure():
                about, key = self._start(content), content.district
            case EndMeasure():
                key, about = self._end(content, stamp), content.measure
            case ImportCalendar():
                self._import(content, stamp, running)
                key, about = content.district, ""
            case _:
                raise TypeError(content.kind)
        self.version = self.changes[key] = stamp.version
        return about

    def _open(self, content: OpenSuspension, stamp: Stamp, cases: Collection[str]) -> str:
        reach = content.reach
        suspension_orders.require_place(reach, is_case=reach.key in cases)
        suspension_orders.require_order(content.first_on, content)
        stop = Suspension(
            id=stamp.order,
            first_on=content.first_on,
            lifted_on=content.lifted_on,
            reason=content.reason,
            basis=content.basis,
            by=stamp.by,
            clocks=content.clocks,
            channels=content.channels,
        )
        self.suspensions[stop.id] = Imposed(reach=reach, stop=stop)
        return reach.key

    def _change(self, content: ChangeSuspension | LiftSuspension, stamp: Stamp) -> str:
        known = self.suspensions.get(content.suspension)
        if known is None:
            raise suspension_orders.unknown()
        before = known.stop
        suspension_orders.require_order(before.first_on, content)
        suspension_orders.require_not_over(before.lifted_on, stamp.on)
        kept = stretch_kept(before, content, stamp.on)
        if kept is not None:
            reason = f"{KEPT}（{before.reason}）"
            self._keep(known.reach, [kept], before.clocks or Stopped.BOTH, reason, stamp)
        changed = replace(before, **suspension_orders.changed(content))
        self.suspensions[before.id] = replace(known, stop=changed)
        return known.reach.key

    def _start(self, content: StartMeasure) -> str:
        names = (m.name for m in self.measures.values() if m.effect == content.effect and m.name)
        row = measure_orders.started(content, self.measures.keys(), next(names, ""))
        measure_orders.require_alone(row, self.measures_of(row.district))
        self.measures[row.id] = row
        return row.id

    def _end(self, content: EndMeasure, stamp: Stamp) -> str:
        before = self.measures.get(content.measure)
        if before is None:
            raise measure_orders.unknown()
        measure_orders.require_order(before.since, content.until)
        row = replace(before, until=last_day(content.until, before.until, stamp.on))
        measure_orders.require_alone(row, self.measures_of(row.district))
        self.measures[row.id] = row
        return row.district

    def _import(self, content: ImportCalendar, stamp: Stamp, running: Collection[Run]) -> None:
        calendar_orders.check(content, sorted(self.years[COUNTRY]))
        before = self.calendar(content.district)
        year = replace(content.year, provisional=False)
        own = self.years.setdefault(content.district or COUNTRY, {})
        own[year.year] = (year, stamp.version)
        reached = [run for run in running if content.district in {"", run.district}]
        if not reached:
            return
        began = min(run.started_on for run in reached)
        after = self.calendar(content.district)
        turned = rest_turned(before, after, year.year, began, stamp.on)
        days = [(day, day) for day in turned]
        if content.district:
            reaches = [Reach(scope=Scope.DISTRICT, key=content.district)]
        else:
            cities = sorted({city_of(run.district) for run in reached})
            reaches = [Reach(scope=Scope.CITY, key=city) for city in cities]
        for reach in reaches:
            self._keep(reach, days, Stopped.BOTH, RESTED, stamp)

    def _keep(
        self,
        reach: Reach,
        days: Iterable[tuple[date, date]],
        clocks: Stopped,
        reason: str,
        stamp: Stamp,
    ) -> None:
        """What an order would take back of days gone by stays stopped."""
        for first_on, lifted_on in days:
            stop = Suspension(
                id=f"{stamp.order}.{reach.key}.{first_on:%Y%m%d}",
                first_on=first_on,
                lifted_on=lifted_on,
                reason=reason,
                basis=f"指令 {stamp.order}，{stamp.on} 批准",
                by=stamp.by,
                clocks=clocks,
            )
            self.suspensions[stop.id] = Imposed(reach=reach, stop=stop)
