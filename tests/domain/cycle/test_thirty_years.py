"""Thirty years under one number: every timer on the day that a second method finds."""

from collections.abc import Iterator
from datetime import date, timedelta

from casework.domain.kinds.cycle.commands import ConfirmPoints, Evaluate, RenewPermit, Verify
from casework.domain.kinds.cycle.state import CycleStage, Verdict
from casework.domain.policy import Role
from tests.domain.cycle.almanac import Almanac, almanac, months_on
from tests.domain.cycle.desk import PERMIT, CycleDesk, open_cycle

Entry = tuple[str, date]
MOST_EVENTS = 500  # of one run, so that its history stays short


def days(number: int) -> timedelta:
    return timedelta(days=number)


def how(number: int) -> str:
    """Each third employer is early, each third silent."""
    return ("in_time", "early", "silent")[number % 3]


def talent_table(starts_on: date, renewals: int, known: Almanac) -> Iterator[Entry]:
    yield "cycle_begun", starts_on
    for number in range(renewals):
        ends_on = months_on(starts_on, 36 * (number + 1))
        yield "cycle_notified", known.eve(months_on(ends_on, -3))
        if how(number) == "early":
            yield "evaluation_given", ends_on - days(50)
            yield "window_opened", ends_on - days(30)
            yield "evaluation_taken_up", ends_on - days(30)
            yield "cycle_renewed", ends_on - days(20)
            continue
        opened = [("window_opened", ends_on - days(30))]
        reminded = [
            (f"employer_reminded:{ahead}", known.eve(ends_on - days(ahead)))
            for ahead in ((30, 15) if how(number) == "in_time" else (30, 15, 7, 1))
        ]
        yield from sorted(opened + reminded, key=lambda entry: entry[1])
        if how(number) == "in_time":
            yield "evaluation_given", ends_on - days(10)
            yield "cycle_renewed", ends_on - days(3)
            continue
        over = known.rolled(ends_on) + days(1)  # at 00:00, whatever day that is
        yield "rung_reached", over
        yield "task_handed_over", over  # nobody took up the call to the employer
        yield "cycle_expired", over
        yield "cycle_renewed", over + days(5)


def live_talent(desk: CycleDesk, number: int, known: Almanac) -> None:
    ends_on = desk.case.ends_on
    heard, decided = {
        "in_time": (ends_on - days(10), ends_on - days(3)),
        "early": (ends_on - days(50), ends_on - days(20)),
        "silent": (None, known.rolled(ends_on) + days(6)),
    }[how(number)]
    if heard is not None:
        desk.wait_until(heard)
        desk.do(Evaluate, Role.EMPLOYER, verdict=Verdict.QUALIFIED, text="合格")
    desk.wait_until(decided)
    desk.do(Verify, Role.SPECIALIST, passed=True)


def test_ten_renewals_under_one_number_each_timer_on_its_day() -> None:
    desk = open_cycle()
    known, case_no = almanac(desk.calendar), desk.case.case_no
    seen = 0
    for number in range(10):
        live_talent(desk, number, known)
        assert desk.case.number == number + 2
        assert len(desk.events) - seen < MOST_EVENTS
        seen = len(desk.events)
    assert desk.days() == list(talent_table(date(2025, 3, 17), 10, known))
    assert (desk.case.starts_on, desk.case.ends_on) == (date(2055, 3, 17), date(2058, 3, 17))
    assert desk.case.case_no == case_no
    assert desk.case.open_tasks == ()
    ids = [clock.id for clock in desk.case.clocks]
    assert len(ids) == len(set(ids)), "no clock is taken for another"


def permit_table(starts_on: date, renewals: int, known: Almanac) -> Iterator[Entry]:
    yield "cycle_begun", starts_on
    ends_on = months_on(starts_on, 12)
    for number in range(renewals):
        yield "cycle_notified", known.eve(ends_on - days(30))
        renewed_on = ends_on - days(10)
        if number % 5 == 4:
            yield "points_suspended", ends_on + days(1)
            renewed_on = ends_on + days(40)
        yield "cycle_renewed", renewed_on
        yield "renewal_opened", known.after(renewed_on, 3)
        yield "points_confirmed", known.after(renewed_on, 3)
        ends_on = months_on(max(ends_on, renewed_on), 12)


def test_thirty_permits_with_every_fifth_renewed_late() -> None:
    desk = open_cycle(PERMIT, "2025-10-15")
    known = almanac(desk.calendar)
    for number in range(30):
        ends_on = desk.case.ends_on
        renewed_on = ends_on + days(40) if number % 5 == 4 else ends_on - days(10)
        desk.wait_until(renewed_on)
        assert (desk.stage() is CycleStage.LAPSED) == (number % 5 == 4)
        expires_on = months_on(max(ends_on, renewed_on), 12)
        desk.do(RenewPermit, Role.SYSTEM, renewed_on=renewed_on, expires_on=expires_on)
        desk.wait_until(known.after(renewed_on, 3))
        desk.do(ConfirmPoints, Role.SYSTEM, reference=f"积分确认-{number}")
    assert desk.days() == list(permit_table(date(2025, 10, 15), 30, known))
    assert desk.case.number == 31
