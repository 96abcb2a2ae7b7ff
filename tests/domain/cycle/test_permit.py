"""The year of a permit, and the points that live as long as it does."""

from datetime import date

import pytest

from casework.domain.case.commands import Command
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.commands import (
    ChangeEmployer,
    ConfirmPoints,
    Evaluate,
    RecordLeft,
    RenewPermit,
)
from casework.domain.kinds.cycle.state import CycleStage, Points, Verdict
from casework.domain.policy import Role
from tests.domain.cycle.desk import OTHER, PERMIT, CycleDesk, open_cycle


def year() -> CycleDesk:
    return open_cycle(PERMIT, "2025-10-15", ends_on="2026-10-15")


def renew(desk: CycleDesk, renewed_on: str, expires_on: str) -> None:
    desk.do(
        RenewPermit,
        Role.SYSTEM,
        renewed_on=date.fromisoformat(renewed_on),
        expires_on=date.fromisoformat(expires_on),
    )


def confirm(desk: CycleDesk) -> None:
    desk.do(ConfirmPoints, Role.OFFICER, reference="积分确认-1")


def refused(desk: CycleDesk) -> str:
    with pytest.raises(DomainError) as refusal:
        confirm(desk)
    return refusal.value.code


def test_the_holder_is_reminded_thirty_days_before() -> None:
    desk = year()
    desk.wait_until("2026-09-15")
    assert desk.days()[1:] == [("cycle_notified", date(2026, 9, 15))]
    assert desk.stage() is CycleStage.NOTIFIED


def test_renewed_before_the_national_day_the_points_open_after_it() -> None:
    desk = year()
    desk.wait_until("2026-09-29")
    renew(desk, "2026-09-29", "2027-10-15")
    case = desk.case
    assert (case.stage, case.number) == (CycleStage.ACTIVE, 2)
    assert (case.starts_on, case.ends_on) == (date(2026, 10, 15), date(2027, 10, 15))
    # 30 September, then 8 and 9 October.
    assert case.renewal_opens_on == date(2026, 10, 9)
    desk.wait_until("2026-10-08")
    with pytest.raises(DomainError, match="2026-10-09") as refusal:
        confirm(desk)
    assert refusal.value.code == "RENEWAL_NOT_OPEN"
    desk.wait_until("2026-10-09", "09:00")
    assert desk.days("renewal_opened") == [("renewal_opened", date(2026, 10, 9))]
    confirm(desk)
    assert (desk.case.points, desk.case.confirmed_on) == (Points.VALID, date(2026, 10, 9))
    assert refused(desk) == "ALREADY_CONFIRMED"


def test_it_is_open_from_the_first_minute_of_the_day() -> None:
    desk = year()
    desk.wait_until("2026-09-29")
    renew(desk, "2026-09-29", "2027-10-15")
    desk.wait_until("2026-10-08", "23:59")
    assert refused(desk) == "RENEWAL_NOT_OPEN"
    desk.wait_until("2026-10-09", "00:01")
    confirm(desk)
    assert desk.kinds()[-2:] == ["renewal_opened", "points_confirmed"]


def test_points_are_not_confirmed_for_a_permit_that_is_not_renewed() -> None:
    desk = year()
    assert refused(desk) == "PERMIT_NOT_RENEWED"


def test_an_expired_permit_suspends_the_points() -> None:
    desk = year()
    desk.wait_until("2026-10-15")
    assert desk.case.points is Points.VALID
    desk.wait_until("2026-10-16")
    assert (desk.stage(), desk.case.points) == (CycleStage.LAPSED, Points.SUSPENDED)
    assert getattr(desk.events[-1].body, "since", None) == date(2026, 10, 16)
    assert desk.case.is_open


def test_a_late_renewal_restores_them_and_the_year_counts_from_it() -> None:
    desk = year()
    desk.wait_until("2026-11-20")
    renew(desk, "2026-11-19", "2027-11-19")
    case = desk.case
    assert (case.stage, case.points) == (CycleStage.ACTIVE, Points.VALID)
    assert (case.starts_on, case.ends_on) == (date(2026, 11, 19), date(2027, 11, 19))
    assert getattr(desk.events[-1].body, "restored", False)
    assert desk.due("permit_notice") == date(2027, 10, 20)


def test_renewed_in_time_but_known_late_the_year_counts_from_the_end() -> None:
    desk = year()
    desk.wait_until("2026-10-26")
    renew(desk, "2026-10-12", "2027-10-15")
    assert desk.case.starts_on == date(2026, 10, 15)
    desk.wait_until("2026-10-26", "10:01")
    assert desk.kinds()[-1] == "renewal_opened", "the three working days are over already"
    confirm(desk)


def test_in_the_next_year_the_renewal_of_this_one_no_longer_helps() -> None:
    desk = year()
    desk.wait_until("2026-09-29")
    renew(desk, "2026-09-29", "2027-10-15")
    desk.wait_until("2027-10-20")
    assert desk.stage() is CycleStage.LAPSED
    assert refused(desk) == "PERMIT_NOT_RENEWED"


def test_the_same_renewal_told_twice_is_noted_once() -> None:
    desk = year()
    desk.wait_until("2026-09-29")
    renew(desk, "2026-09-29", "2027-10-15")
    seq = desk.case.seq
    renew(desk, "2026-09-29", "2027-10-15")
    assert desk.case.seq == seq


@pytest.mark.parametrize(
    ("renewed_on", "expires_on", "code"),
    [
        ("2026-09-30", "2027-10-15", "DATE_IN_FUTURE"),
        ("2026-09-29", "2026-10-15", "PERMIT_DATES"),
        ("2026-09-29", "2026-10-14", "PERMIT_DATES"),
    ],
)
def test_a_renewal_has_come_and_ends_later(renewed_on: str, expires_on: str, code: str) -> None:
    desk = year()
    desk.wait_until("2026-09-29")
    with pytest.raises(DomainError) as refusal:
        renew(desk, renewed_on, expires_on)
    assert refusal.value.code == code


def test_a_permit_ends_after_it_begins() -> None:
    with pytest.raises(DomainError) as refusal:
        open_cycle(PERMIT, "2025-10-15", ends_on="2025-10-15")
    assert refusal.value.code == "CYCLE_DATES"


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        (Evaluate, {"verdict": Verdict.QUALIFIED, "text": "合格"}),
        (ChangeEmployer, {"employer": OTHER, "changed_on": date(2025, 10, 15)}),
        (RecordLeft, {"left_on": date(2025, 10, 15), "reason": "离开"}),
    ],
)
def test_a_permit_knows_no_employer(verb: type[Command], fields: dict[str, object]) -> None:
    with pytest.raises(DomainError) as refusal:
        year().do(verb, Role.SYSTEM, **fields)
    assert refusal.value.code == "NOT_OF_THIS_CYCLE"
