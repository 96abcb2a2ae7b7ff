"""Appointments: what can be booked when, what the measure asks, and what becomes of a visit."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.events import TimeNoted
from casework.domain.case.in_force import InForce
from casework.domain.errors import DomainError
from casework.domain.kinds.appointment.commands import (
    CancelAppointment,
    MoveAppointment,
    NoteArrival,
    ServeVisitor,
)
from casework.domain.kinds.appointment.opening import AppointmentForm
from casework.domain.kinds.appointment.slots import (
    AppointmentPolicy,
    Session,
    last_day,
    next_free,
    require_slot,
    slots,
)
from casework.domain.kinds.appointment.state import Answer, AppointmentStage
from casework.domain.policy import Mark, Measure, Role
from casework.domain.time.calendar import local_date, opening
from casework.domain.time.clock import Stopped, Suspension
from tests.domain.appointment import (
    BOOKED,
    CALENDAR,
    JINGAN,
    PUDONG,
    given_appointment,
    opened,
    policy_of,
)
from tests.domain.desk import at

S = AppointmentStage
ONLY = Measure(
    effect="APPOINTMENT_ONLY",
    reference="公告",
    mark=Mark.SOURCE,
    since=date(2026, 9, 1),
    until=date(2026, 9, 30),
    name="窗口预约错峰",
)
UNDER = InForce(measures=(ONLY,))
NO = (Answer(code="left_city_14d", said_yes=False),)


def closed(first: str, lifted: str | None = None) -> Suspension:
    return Suspension(
        id="closed",
        first_on=date.fromisoformat(first),
        lifted_on=date.fromisoformat(lifted) if lifted else None,
        reason="大楼封闭",
        clocks=Stopped.APPLICANT,
        channels=("window",),
    )


def refusal(form: AppointmentForm, day: str = "2026-09-17", **how: object) -> str:
    with pytest.raises(DomainError) as refused:
        opened(form, day, **how)  # type: ignore[arg-type]  # as `opened` has them
    return refused.value.code


@pytest.mark.parametrize(
    ("day", "time", "code"),
    [
        ("2026-09-16", "10:00", "SLOT_OVER"),
        ("2026-09-17", "09:00", "SLOT_OVER"),  # it is ten o'clock
        ("2026-09-19", "09:00", "SLOT_CLOSED"),  # Saturday
        ("2026-09-25", "09:00", "SLOT_CLOSED"),  # a holiday, though a Friday
        ("2026-09-22", "09:30", "SLOT_UNKNOWN"),
        ("2026-10-22", "09:00", "SLOT_TOO_FAR"),
    ],
)
def test_what_cannot_be_booked_is_refused_with_the_reason(day: str, time: str, code: str) -> None:
    assert refusal(replace(BOOKED, day=date.fromisoformat(day), at=time)) == code


def test_a_working_sunday_can_be_booked_and_its_eve_is_friday() -> None:
    this = given_appointment(replace(BOOKED, day=date(2026, 9, 20)), "2026-09-16")
    this.wait_until("2026-09-18", "09:05")
    assert [name for name, _ in this.notices] == ["appointment_booked", "appointment_reminder"]
    assert this.notices[-1][1]["when"] == "9月20日（周日）10:00—11:00"


def test_under_the_measure_nobody_simply_comes_and_everybody_is_asked() -> None:
    walk_in = AppointmentForm(business="points", walk_in=True)
    assert refusal(walk_in, in_force=UNDER) == "APPOINTMENT_NEEDED"
    assert opened(walk_in, "2026-10-08", in_force=UNDER).session is None  # it has ended
    assert refusal(BOOKED, in_force=UNDER) == "FIELD_REQUIRED"
    kept = opened(replace(BOOKED, answers=NO), in_force=UNDER)
    assert kept.form.answers == NO
    # What nobody asks is not kept.
    assert opened(replace(BOOKED, answers=NO)).form.answers == ()


@pytest.mark.parametrize(
    ("source", "walk_in", "channel"),
    [
        ("booking-form", False, "online"),
        ("portal", False, "online"),
        ("portal", True, "window"),
        ("window", False, "window"),
    ],
)
def test_who_books_on_the_web_does_not_come_by_the_counter(
    source: str, walk_in: bool, channel: str
) -> None:
    form = AppointmentForm(business="points", walk_in=True) if walk_in else BOOKED
    assert opened(form, source=source).channel == channel


def test_a_visitor_has_to_be_reached() -> None:
    assert refusal(BOOKED, visitor=None) == "FIELD_REQUIRED"
    assert refusal(replace(BOOKED, business="nothing")) == "BUSINESS_UNKNOWN"


def test_a_visit_from_booking_to_its_end() -> None:
    this = given_appointment()
    assert this.tasks() == {}
    with pytest.raises(DomainError) as early:
        this.do(NoteArrival, Role.OFFICER)
    assert early.value.code == "NOT_TODAY"
    this.wait_until("2026-09-22", "09:55")
    this.do(NoteArrival, Role.OFFICER)
    assert this.tasks() == {"receive_visitor": "ja-o1"}
    this.do(ServeVisitor, Role.OFFICER, note="材料已收")
    assert this.stands_at(S.SERVED)
    assert this.case.keep_until == date(2026, 10, 22)
    assert not this.case.is_open
    assert this.rebuilt() == this.case


def test_until_midnight_somebody_may_still_come() -> None:
    this = given_appointment()
    this.wait_until("2026-09-22", "23:59")
    assert this.stands_at(S.BOOKED)
    this.wait_until("2026-09-23", "00:01")
    assert this.stands_at(S.MISSED)
    assert not this.case.takes_place
    assert this.notices[-1][0] == "appointment_missed"


def test_a_closed_window_gives_the_place_back_and_the_office_a_task() -> None:
    this = given_appointment()
    this.apply(TimeNoted(suspensions=(closed("2026-09-21"),), pinned=()))
    assert this.stands_at(S.TO_MOVE)
    assert this.tasks() == {"offer_slot": "ja-o1"}
    assert not this.case.takes_place
    assert this.notices[-1][1]["reason"] == "大楼封闭"
    with pytest.raises(DomainError) as shut:
        this.do(MoveAppointment, Role.OFFICER, day=date(2026, 9, 23), at="10:00", reason="x")
    assert shut.value.code == "SLOT_CLOSED"
    this.apply(TimeNoted(suspensions=(closed("2026-09-21", "2026-09-22"),), pinned=()))
    this.do(MoveAppointment, Role.OFFICER, day=date(2026, 9, 22), at="13:30", reason="恢复")
    assert (this.case.stage, this.case.at, this.case.moves) == (S.BOOKED, "13:30", 1)
    assert this.case.takes_place
    # The day before was Monday: nobody was reminded while there was no slot.
    this.wait_until("2026-09-23", "00:01")
    assert this.stands_at(S.MISSED)


def test_a_suspension_that_keeps_the_window_open_changes_nothing() -> None:
    this = given_appointment()
    other = replace(closed("2026-09-21"), channels=("post",))
    this.apply(TimeNoted(suspensions=(other, closed("2026-09-23")), pinned=()))
    assert this.stands_at(S.BOOKED)


def test_who_cancels_gives_the_place_back() -> None:
    this = given_appointment()
    this.do(CancelAppointment, Role.OFFICER, reason="来电取消")
    assert (this.case.stage, this.case.takes_place) == (S.CANCELLED, False)


# --- which slots there are ---------------------------------------------------------------------

NOW = at("2026-09-17")
WINDOWS = st.lists(
    st.builds(
        Session,
        at=st.sampled_from(["08:30", "09:00", "10:00", "13:30", "16:00"]),
        until=st.just("17:00"),
        places=st.integers(1, 5),
        weekdays=st.lists(st.integers(1, 7), max_size=3, unique=True).map(tuple),
    ),
    unique_by=lambda session: session.at,
    max_size=4,
).map(tuple)
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 11, 30)).map(  # noqa: DTZ001 - made aware
    lambda naive: naive.replace(tzinfo=NOW.tzinfo)
)
CLOSURES = st.lists(
    st.builds(
        lambda first, days: closed(
            (date(2026, 1, 1) + timedelta(days=first)).isoformat(),
            (date(2026, 1, 1) + timedelta(days=first + days)).isoformat(),
        ),
        st.integers(0, 340),
        st.integers(0, 30),
    ),
    max_size=3,
)


@given(windows=WINDOWS, now=INSTANTS, stops=CLOSURES, ahead=st.integers(0, 15), data=st.data())
def test_what_is_offered_is_what_can_be_booked(
    windows: tuple[Session, ...],
    now: datetime,
    stops: list[Suspension],
    ahead: int,
    data: st.DataObject,
) -> None:
    policy: AppointmentPolicy = replace(
        policy_of(JINGAN, "2026-01-05"), sessions=windows, days_ahead=ahead
    )
    how = {"now": now, "calendar": CALENDAR}
    taken = {
        (local_date(now) + timedelta(days=day), session.at, "points"): number
        for session in windows
        for day, number in data.draw(
            st.dictionaries(st.integers(0, 20), st.integers(0, 6), max_size=3)
        ).items()
    }
    offered = list(slots(policy, now, "points", calendar=CALENDAR, suspensions=stops, taken=taken))
    assert offered == sorted(offered, key=lambda slot: (slot.day, slot.at))
    found = {(slot.day, slot.at): slot for slot in offered}
    # A naive reading, day by day: every day and every session, by the rule of booking alone.
    day = local_date(now) - timedelta(days=1)
    while day <= last_day(policy, local_date(now), CALENDAR) + timedelta(days=2):
        for session in windows:
            try:
                require_slot(policy, day, session.at, "points", in_force=stops, **how)  # type: ignore[arg-type]  # as it has them
                bookable = True
            except DomainError:
                bookable = False
            assert bookable is ((day, session.at) in found)
            shut = any(s.first_on <= day < (s.lifted_on or date.max) for s in stops)
            right_day = not session.weekdays or day.isoweekday() in session.weekdays
            assert bookable is (
                CALENDAR.is_working(day)
                and not shut
                and right_day
                and opening(day, session.at) > now
                and day <= last_day(policy, local_date(now), CALENDAR)
            )
        day += timedelta(days=1)
    for slot in offered:
        used = taken.get((slot.day, slot.at, "points"), 0)
        assert slot.free == max(0, slot.places - used)
    free = [slot for slot in offered if slot.free]
    assert next_free(offered) == (free[0] if free else None)


def test_businesses_that_share_a_window_share_its_places() -> None:
    policy = policy_of(PUDONG, "2026-09-17")
    monday = date(2026, 9, 21)
    taken = {(monday, "16:30", "points"): 2, (monday, "16:30", "talent"): 1}

    def free(business: str) -> dict[tuple[date, str], int]:
        found = slots(policy, NOW, business, calendar=CALENDAR, suspensions=(), taken=taken)
        return {(slot.day, slot.at): slot.free for slot in found}

    assert free("points")[monday, "16:30"] == 0
    assert free("settlement")[monday, "16:30"] == 1
    assert (date(2026, 9, 22), "16:30") not in free("settlement")
    assert free("consult")[monday, "15:00"] == 10
