"""Why a clock is due when it is: what moved its end, and each counted and each skipped day."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from casework.domain.policy import Unit
from casework.domain.time.calendar import ONE_DAY, Count, Days, EveryDay, WorkingCalendar, union
from casework.domain.time.clock import (
    Clock,
    Extension,
    Suspension,
    budget,
    due_on,
    full_on,
    is_provisional,
    ruling,
    shown,
)

# --- what moved the end --------------------------------------------------------------------
# What moved the end of a clock: each stretch in which it stood still, each extension, in order.
#
# One list for all of it, whoever ordered it: stops of §45, publicity, a late debtor, suspensions
# by order, measures, extensions. A clerk can add up ``days`` and comes to the due date.


STOPPED_BY = "行政许可法 §45"
LATE = "容缺材料逾期，办理停止"
"""Why the decision clock stands still while a debtor is late."""
ON_SHOW = "公示期间"
"""Why the decision clock stands still between approval and the end of publicity."""


class Source(StrEnum):
    """Where an entry comes from; the values are part of the API."""

    STOP = "stop"  # §45: hearing, appraisal …
    PUBLICITY = "publicity"
    LATE_DEBTOR = "late_debtor"
    ORDER = "order"
    MEASURE = "measure"
    OTHER = "other"  # as entered in the calculator
    EXTENSION = "extension"

    @property
    def label(self) -> str:
        """The words a clerk uses."""
        return _LABELS[self]


_LABELS = {
    Source.STOP: "法定中止",
    Source.PUBLICITY: "公示",
    Source.LATE_DEBTOR: "容缺材料逾期",
    Source.ORDER: "暂停指令",
    Source.MEASURE: "临时措施",
    Source.OTHER: "中止",
    Source.EXTENSION: "延长",
}

UNIT_NAMES = {
    Unit.WORKING_DAYS: "个工作日",
    Unit.CALENDAR_DAYS: "日",
    Unit.MONTHS: "个月",
    Unit.UNTIL: "日",
    Unit.WORKING_DAYS_BEFORE: "个工作日",
}


@dataclass(frozen=True, kw_only=True)
class LedgerEntry:
    """One entry, ``by`` whom, why, on what ``basis``; ``note`` says it all in Chinese.

    A stretch runs from ``first_on`` to ``lifted_on`` (None: not lifted yet), neither of which
    counts; ``days`` are the counted days that it took out: working days for a working-day clock,
    else calendar days. A day that two stretches cover is taken out by the one that began first, so
    that the sum is what all of them took out together, before a rest day rolls the limit forward.
    An extension has the day of its grant twice, and as ``days`` what it added in the clock's unit.
    """

    source: Source
    first_on: date
    lifted_on: date | None
    days: int
    by: str
    reason: str
    basis: str
    note: str

    @property
    def is_open(self) -> bool:
        return self.lifted_on is None


def ledger(clock: Clock, calendar: WorkingCalendar, on: date) -> tuple[LedgerEntry, ...]:
    """The entries by day. While the due date is unknown, days are taken out as far as ``on``."""
    clock = ruling(clock, calendar)
    entries = (*_stretches(clock, calendar, on), *(_extension(e, clock) for e in clock.extensions))
    return tuple(sorted(entries, key=lambda entry: entry.first_on))


def _stretches(clock: Clock, calendar: WorkingCalendar, on: date) -> Iterator[LedgerEntry]:
    days: Days = calendar if clock.unit is Unit.WORKING_DAYS else EveryDay()
    last = full_on(clock, calendar) or on
    stretches = [(stop.first_on, stop.lifted_on) for stop in clock.stops]
    left = [
        Count(days=days, started_on=clock.started_on, gaps=union(stretches[:n])).until(last)
        for n in range(len(stretches) + 1)
    ]
    for n, stop in enumerate(clock.stops):
        yield _stretch(stop, left[n] - left[n + 1], clock)


def _stretch(stop: Suspension, days: int, clock: Clock) -> LedgerEntry:
    source, basis = source_of(stop), shown(stop.basis)
    why = stop.reason if source.label in stop.reason else f"{source.label}：{stop.reason}"
    unit = UNIT_NAMES[Unit.WORKING_DAYS if clock.unit is Unit.WORKING_DAYS else Unit.UNTIL]
    end = f"至 {stop.lifted_on} 恢复，不计 {days} {unit}" if stop.lifted_on else "尚未恢复"
    return LedgerEntry(
        source=source,
        first_on=stop.first_on,
        lifted_on=stop.lifted_on,
        days=days,
        by=stop.by,
        reason=stop.reason,
        basis=basis,
        note=f"{why}，{stop.first_on} 起，{end}{_who(stop.by, basis)}",
    )


def _extension(extension: Extension, clock: Clock) -> LedgerEntry:
    basis = shown(extension.reference)
    return LedgerEntry(
        source=Source.EXTENSION,
        first_on=extension.on,
        lifted_on=extension.on,
        days=extension.amount,
        by=extension.by,
        reason=extension.reason,
        basis=basis,
        note=f"{Source.EXTENSION.label} {extension.amount} {UNIT_NAMES[clock.unit]}："
        f"{extension.reason}，{extension.on} 批准{_who(extension.by, basis)}",
    )


def _who(by: str, basis: str) -> str:
    parts = "，".join(filter(None, (by, basis and f"依据：{basis}")))
    return f"（{parts}）" if parts else ""


def source_of(stop: Suspension) -> Source:
    """Where a stretch comes from."""
    if stop.id:  # a measure stops the clocks that hang on it, whosever time they measure
        return Source.MEASURE if stop.clocks is None else Source.ORDER
    if stop.basis == STOPPED_BY:
        return Source.STOP
    return {LATE: Source.LATE_DEBTOR, ON_SHOW: Source.PUBLICITY}.get(stop.reason, Source.OTHER)


# --- day by day ----------------------------------------------------------------------------
# Why a clock is due when it is: each counted and each skipped day, with who and why.
#
# The walk goes day by day and shares no arithmetic with ``due_on``; the tests hold them together.


class ExplainedKind(StrEnum):
    START = "start"
    WORKING = "working"
    MAKE_UP = "make_up"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    CALENDAR_DAY = "calendar_day"
    SUSPENDED = "suspended"
    ROLLED = "rolled"  # after the budget is used up on a rest day (民法典 §203)

    @property
    def label(self) -> str:
        """The words a clerk uses."""
        return _DAYS[self]


_DAYS = {
    ExplainedKind.START: "起算",
    ExplainedKind.WORKING: "计入",
    ExplainedKind.MAKE_UP: "调休上班",
    ExplainedKind.WEEKEND: "周末",
    ExplainedKind.HOLIDAY: "放假",
    ExplainedKind.CALENDAR_DAY: "计入",
    ExplainedKind.SUSPENDED: "中止",
    ExplainedKind.ROLLED: "顺延",
}

COUNTED = frozenset({ExplainedKind.WORKING, ExplainedKind.MAKE_UP, ExplainedKind.CALENDAR_DAY})


@dataclass(frozen=True, kw_only=True)
class ExplainedDay:
    """One day. ``number`` is its place in the count; ``note`` is what a clerk reads, in Chinese.

    ``provisional``: the calendar decides the day, and the notice of its year is not out.
    """

    day: date
    counted: bool
    number: int | None
    kind: ExplainedKind
    note: str
    provisional: bool

    @property
    def words(self) -> str:
        """What the day is, in a few words that need no colour: 计入 第 3 日（暂定）."""
        number = "" if self.number is None else f" 第 {self.number} 日"
        return self.kind.label + number + ("（暂定）" if self.provisional else "")


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """``days`` run from the day of the event to ``due_on``, or as far as asked while it is unknown.

    Of what is to come before a day they run from that day back to ``due_on``.

    ``unsuspended_due_on`` is when the clock would be due had it never stood still,
    ``unextended_due_on`` had it never been extended (None: a suspension that is not lifted hides
    it). ``ledger``: each stretch in which it stood still and each extension.
    """

    due_on: date | None
    provisional: bool
    unsuspended_due_on: date
    unextended_due_on: date | None
    ledger: tuple[LedgerEntry, ...]
    days: tuple[ExplainedDay, ...]


def explain(clock: Clock, calendar: WorkingCalendar, on: date | None = None) -> Explanation:
    """The count day by day.

    While an open-ended suspension hides the due date, the days go up to ``on``, or, without it, up
    to the day on which that suspension began.
    """
    own, clock = clock, ruling(clock, calendar)
    due = due_on(clock, calendar)
    unsuspended = due_on(replace(own, suspensions=()), calendar)
    last = due or on or clock.gaps[-1][0]
    if clock.unit is Unit.WORKING_DAYS_BEFORE and clock.until is not None:
        days = tuple(_back(clock, calendar, clock.until, last))
    else:
        days = (_start(clock), *_walk(clock, calendar, last, due))
    return Explanation(
        due_on=due,
        provisional=due is not None and is_provisional(clock, calendar, due),
        unsuspended_due_on=unsuspended or clock.started_on,
        unextended_due_on=due_on(replace(own, extensions=()), calendar),
        ledger=ledger(clock, calendar, last),
        days=days,
    )


def _start(clock: Clock) -> ExplainedDay:
    length = (
        f"至 {clock.until} 止"
        if clock.until is not None
        else f"共 {clock.amount} {UNIT_NAMES[clock.unit]}"
    )
    basis = f"，依据：{clock.reference}" if clock.reference else ""
    return ExplainedDay(
        day=clock.started_on,
        counted=False,
        number=None,
        kind=ExplainedKind.START,
        note=f"起算日，不计入（民法典第二百零一条）；{clock.name}{length}{basis}",
        provisional=False,
    )


def _back(
    clock: Clock, calendar: WorkingCalendar, until: date, due: date
) -> Iterator[ExplainedDay]:
    """From the last day back: to a working day first, then as many working days as are asked."""
    basis = f"，依据：{clock.reference}" if clock.reference else ""
    length = f"其前第 {clock.amount} 个工作日" if clock.amount else "遇休息日提前"
    note = f"{clock.name}：自 {until} 起倒数，{length}{basis}"
    kind, number, day, is_worked = ExplainedKind.START, 0, until, calendar.is_working(until)
    while True:
        yield ExplainedDay(
            day=day,
            counted=kind in COUNTED,
            number=number if kind in COUNTED else None,
            kind=kind,
            note=note + ("，即为此日" if day == due else ""),
            provisional=calendar.is_provisional(day),
        )
        if day <= due:
            return
        day -= ONE_DAY
        kind = ExplainedKind(calendar.kind(day)) if is_worked else ExplainedKind.ROLLED
        number += kind in COUNTED
        is_worked = is_worked or calendar.is_working(day)
        note = _note(clock, calendar, day, kind, number)


def _walk(
    clock: Clock, calendar: WorkingCalendar, last: date, due: date | None
) -> Iterator[ExplainedDay]:
    total, number, day, all_stops = budget(clock), 0, clock.started_on, clock.stops
    while day < last:
        day += ONE_DAY
        stops = tuple(stop for stop in all_stops if stop.covers(day))
        if stops:
            kind = ExplainedKind.SUSPENDED
        elif number == total:
            kind = ExplainedKind.ROLLED
        elif clock.unit is Unit.WORKING_DAYS:
            kind = ExplainedKind(calendar.kind(day))
        else:
            kind = ExplainedKind.CALENDAR_DAY
        counted = kind in COUNTED
        number += counted
        by_calendar = clock.unit is Unit.WORKING_DAYS or (clock.rolls and number == total)
        note = _stop_note(stops, day) if stops else _note(clock, calendar, day, kind, number)
        yield ExplainedDay(
            day=day,
            counted=counted,
            number=number if counted else None,
            kind=kind,
            note=note + ("，期限届满" if day == due else ""),
            provisional=by_calendar and calendar.is_provisional(day),
        )


def _note(
    clock: Clock, calendar: WorkingCalendar, day: date, kind: ExplainedKind, number: int
) -> str:
    match kind:
        case ExplainedKind.ROLLED if clock.unit is Unit.WORKING_DAYS_BEFORE:
            return "最后一日为休息日，提前至其前一个工作日"
        case ExplainedKind.ROLLED:
            return "期限最后一日为休息日，顺延至其后第一个工作日（民法典第二百零三条）"
        case ExplainedKind.WEEKEND:
            return "周末，不计"
        case ExplainedKind.HOLIDAY:
            return f"放假，不计（{calendar.notice(day)}）"
        case ExplainedKind.MAKE_UP:
            worked = f"第 {number} 个工作日，调休上班（{calendar.notice(day)}）"
            return worked + _extension_note(clock, number)
        case ExplainedKind.WORKING:
            return f"第 {number} 个工作日" + _extension_note(clock, number)
        case _:
            return f"第 {number} 日" + _extension_note(clock, number)


def _stop_note(stops: tuple[Suspension, ...], day: date) -> str:
    notes = []
    for stop in stops:
        basis = shown(stop.basis)
        source = "，".join(filter(None, (stop.by, basis and f"依据：{basis}")))
        edges = {stop.lifted_on: "，恢复当日不计", stop.first_on: "，开始当日不计"}
        edge = edges.get(day, "，不计")
        notes.append(f"中止计算：{stop.reason}" + (f"（{source}）" if source else "") + edge)
    return "；".join(notes)


def _extension_note(clock: Clock, number: int) -> str:
    """Names the extension to which the counted day belongs; empty within the first budget."""
    granted = sorted(clock.extensions, key=lambda extension: extension.on)
    for place in reversed(range(len(granted))):
        if number > budget(replace(clock, extensions=tuple(granted[:place]))):
            extension = granted[place]
            reference = shown(extension.reference)
            basis = f"，依据：{reference}" if reference else ""
            return f"，延长期（{extension.on} {extension.by} 批准：{extension.reason}{basis}）"
    return ""
