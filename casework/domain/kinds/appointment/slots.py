"""Which slots an office offers (错峰): its policy, the working calendar and what closes its window.

A slot is a stretch of one day for which so many may book. Nothing is stored of a slot that nobody
has booked: it follows from the policy, so that a closed office's slots are offered again as soon as
the suspension ends. Sources: domain.md §B.1.4 ``APPT`` and §C.6 ``APPOINTMENT_ONLY``; source 001.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.bounds import Few, Number, Word
from casework.domain.case.in_force import InForce
from casework.domain.errors import DomainError
from casework.domain.policy import Channel, Mark, Measure, Policy
from casework.domain.time.calendar import ONE_DAY, WorkingCalendar, local_date, opening
from casework.domain.time.clock import Suspension
from casework.domain.time.suspension import closed_channels

BY_APPOINTMENT = "APPOINTMENT_ONLY"
"""The effect of the measure under which nobody simply comes to the window."""
ALWAYS = ""

Taken = Mapping[tuple[date, str, str], int]
"""How many places are taken, by day, beginning of the slot, and business."""


@dataclass(frozen=True, kw_only=True)
class Session:
    """A stretch of every working day, from ``at`` to ``until`` (``HH:MM``), with its places.

    ``businesses``: the codes for which it is, and which share its places; empty: all of them.
    Sessions that begin together have none in common. ``weekdays``: ISO, 1 is Monday;
    empty: every working day, working weekends (调休) among them.
    """

    at: Word
    until: Word
    places: Number
    businesses: Few[Word] = ()
    weekdays: Few[Number] = ()

    def is_for(self, business: str, day: date) -> bool:
        """Whether it is held for that business on a working day."""
        right_day = not self.weekdays or day.isoweekday() in self.weekdays
        return right_day and self.takes(business)

    def takes(self, business: str) -> bool:
        """Whether somebody who comes for that business takes one of its places."""
        return not self.businesses or business in self.businesses

    def taken(self, taken: Taken, day: date) -> int:
        """How many of its places are taken on a day."""
        return sum(
            number
            for (on, at, business), number in taken.items()
            if (on, at) == (day, self.at) and self.takes(business)
        )


@dataclass(frozen=True, kw_only=True)
class Business:
    """What somebody comes for; the measures on ``item`` bear on it. Empty: none does."""

    code: str
    name: str
    item: str = ""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What a visitor is asked: to be answered yes or no.

    ``under``: the effect of the measure while which is in force it is asked; empty: always.
    """

    code: str
    text: str
    under: str = ALWAYS


@dataclass(frozen=True, kw_only=True)
class AppointmentPolicy(Policy):
    """How an office gives appointments; ``days_ahead`` working days from today can be booked.

    ``reference`` and ``mark`` are those of the sessions.
    """

    sessions: tuple[Session, ...] = ()
    days_ahead: int = 0
    businesses: tuple[Business, ...] = ()
    questions: tuple[Question, ...] = ()
    reference: str = ""
    mark: Mark = Mark.PROPOSAL

    def business(self, code: str) -> Business | None:
        """The business of that code; None if the office knows none."""
        return next((each for each in self.businesses if each.code == code), None)

    def session(self, day: date, at: str, business: str) -> Session | None:
        """The session that begins then, if it is held for that business on a working day."""
        found = (each for each in self.sessions if each.at == at)
        return next((each for each in found if each.is_for(business, day)), None)

    def asked(self, measures: Iterable[Measure], day: date) -> tuple[Question, ...]:
        """What is asked of whoever comes on that day."""
        effects = {measure.effect for measure in measures if measure.holds(day)}
        return tuple(each for each in self.questions if not each.under or each.under in effects)


@dataclass(frozen=True, kw_only=True)
class Slot:
    """A session of one day, and how many of its places are free."""

    day: date
    at: str
    until: str
    places: int
    free: int

    @property
    def label(self) -> str:
        """The words of a clerk."""
        return label_of(self.day, self.at, self.until)


def label_of(day: date, at: str, until: str) -> str:
    """Day and time as a clerk and a visitor read them."""
    return f"{day.month}月{day.day}日（周{'一二三四五六日'[day.weekday()]}）{at}—{until}"


def closed_by(day: date, suspensions: Iterable[Suspension]) -> Suspension | None:
    """What keeps the window closed on that day; on the day of lifting it is open again."""
    return closed_channels(suspensions, day).get(Channel.WINDOW)


def last_day(policy: AppointmentPolicy, today: date, calendar: WorkingCalendar) -> date:
    """The last day that can be booked today."""
    return calendar.shift(today, policy.days_ahead) if policy.days_ahead else today


def slots(  # noqa: PLR0913 - whose, when, under what, what is taken
    policy: AppointmentPolicy,
    now: datetime,
    business: str,
    *,
    calendar: WorkingCalendar,
    suspensions: Collection[Suspension],
    taken: Taken,
) -> Iterator[Slot]:
    """All slots that can be booked now, full ones among them, in order of time."""
    today = local_date(now)
    day, last = today, last_day(policy, today, calendar)
    while day <= last:
        if calendar.is_working(day) and closed_by(day, suspensions) is None:
            for each in sorted(policy.sessions, key=lambda session: session.at):
                if each.is_for(business, day) and opening(day, each.at) > now:
                    free = max(0, each.places - each.taken(taken, day))
                    yield Slot(day=day, at=each.at, until=each.until, places=each.places, free=free)
        day += ONE_DAY


def next_free(found: Iterable[Slot]) -> Slot | None:
    """The first slot with a free place."""
    return next((slot for slot in found if slot.free), None)


def require_slot(  # noqa: PLR0913 - what is wanted, when, under what
    policy: AppointmentPolicy,
    day: date,
    at: str,
    business: str,
    *,
    now: datetime,
    calendar: WorkingCalendar,
    in_force: Collection[Suspension],
) -> Session:
    """The session that is wanted, if it can be booked now; whether a place is free is not known.

    Raises:
        DomainError: ``SLOT_CLOSED``, a rest day, or the window is closed then; ``SLOT_OVER``, it
            has begun; ``SLOT_TOO_FAR``; ``SLOT_UNKNOWN``, none begins then for that business.
    """
    today = local_date(now)
    if day < today:
        raise _over(day, at)
    if day > last_day(policy, today, calendar):
        raise DomainError(
            "SLOT_TOO_FAR", f"只能预约今后 {policy.days_ahead} 个工作日以内的时段", "day"
        )
    if not calendar.is_working(day):
        raise DomainError("SLOT_CLOSED", f"{day} 是休息日，窗口不办公", "day")
    if stop := closed_by(day, in_force):
        raise DomainError("SLOT_CLOSED", f"{day} 窗口暂停办理：{stop.reason}", "day")
    session = policy.session(day, at, business)
    if session is None:
        raise DomainError("SLOT_UNKNOWN", f"{day} 没有 {at} 开始的该业务预约时段", "at")
    if opening(day, at) <= now:
        raise _over(day, at)
    return session


def _over(day: date, at: str) -> DomainError:
    return DomainError("SLOT_OVER", f"{day} {at} 的时段已经开始或者已过，请选择以后的时段", "day")


def only_by_appointment(in_force: InForce, day: date) -> Measure | None:
    """The measure that keeps the window for those who have booked; None: anybody may come."""
    held = (each for each in in_force.measures if each.effect == BY_APPOINTMENT)
    return next((each for each in held if each.holds(day)), None)
