"""What moved the end of a clock: each stretch in which it stood still, each extension, in order.

One list for all of it, whoever ordered it: stops of §45, publicity, a late debtor, suspensions by
order, measures, extensions. A clerk can add up ``days`` and comes to the due date.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from casework.domain.policy import Unit
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import Clock, Extension, Suspension, full_on, ruling
from casework.domain.time.counting import Count, Days, EveryDay, union
from casework.domain.time.limits import shown

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
