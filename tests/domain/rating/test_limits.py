"""The days of a poor rating: 1, 5 and 15 working days around the National Day holiday."""

from datetime import date

import pytest

from casework.domain.case.commands import TakeUp
from casework.domain.errors import DomainError
from casework.domain.kinds.rating.commands import ContactRater, MarkComplex, VerifyRating
from casework.domain.kinds.rating.state import Rating
from casework.domain.policy import Role
from casework.domain.time.clock import due_on
from tests.domain.rating.given import CALENDAR, given_rating

CONTACT_YELLOW = ("rate_contact", "yellow", date(2026, 9, 28))
CONTACT_RED = ("rate_contact", "red", date(2026, 9, 29))
BLUE = ("rate_settle", "blue", date(2026, 9, 30))
YELLOW = ("rate_settle", "yellow", date(2026, 10, 8))
RED = ("rate_settle", "red", date(2026, 10, 10))


def due(case: Rating, kind: str) -> date | None:
    clock = case.clock(kind)
    assert clock is not None
    return due_on(clock, CALENDAR)


def test_both_limits_count_from_the_day_of_rating() -> None:
    rating = given_rating(day="2026-09-24")
    assert due(rating.case, "rate_contact") == date(2026, 9, 28)
    assert due(rating.case, "rate_settle") == date(2026, 10, 9)


def test_a_hard_case_has_fifteen_days_from_the_same_day() -> None:
    rating = given_rating(day="2026-09-24")
    rating.wait_until("2026-09-30")
    rating.do(MarkComplex, Role.SUPERVISOR, reason="涉及多个部门")
    assert due(rating.case, "rate_settle") == date(2026, 10, 22)
    assert rating.case.complex


def test_nobody_does_anything_and_each_card_comes_on_its_day() -> None:
    rating = given_rating(day="2026-09-24")
    rating.wait_until("2026-10-30")
    assert rating.cards() == [CONTACT_YELLOW, CONTACT_RED, BLUE, YELLOW, RED]


def test_a_contact_in_vain_keeps_its_limit_running() -> None:
    rating = given_rating(day="2026-09-24")
    rating.wait_until("2026-09-24", "16:00")
    rating.do(ContactRater, Role.SPECIALIST, reached=False)
    rating.wait_until("2026-09-29")
    assert rating.cards() == [CONTACT_YELLOW, CONTACT_RED]
    assert rating.case.contacted_at is None
    rating.do(ContactRater, Role.SPECIALIST, reached=True)
    assert rating.case.clock("rate_contact") is None
    assert rating.case.card == "red", "only a supervisor's reason clears it"


def test_a_contact_in_time_leaves_only_the_limit_of_settlement() -> None:
    rating = given_rating(day="2026-09-24")
    rating.do(ContactRater, Role.SPECIALIST, reached=True)
    rating.wait_until("2026-10-30")
    assert rating.cards() == [BLUE, YELLOW, RED]


def test_a_hard_case_has_a_ladder_of_its_own() -> None:
    rating = given_rating(day="2026-09-24")
    rating.do(ContactRater, Role.SPECIALIST, reached=True)
    rating.wait_until("2026-10-08")
    rating.do(MarkComplex, Role.SUPERVISOR, reason="涉及多个部门")
    assert rating.case.card == "none", "the yellow card was one of the short limit"
    rating.wait_until("2026-10-30")
    assert rating.cards()[2:] == [
        ("rate_settle#2", "blue", date(2026, 10, 13)),
        ("rate_settle#2", "yellow", date(2026, 10, 21)),
        ("rate_settle#2", "red", date(2026, 10, 23)),
    ]


@pytest.mark.parametrize(
    ("day", "already", "code"),
    [("2026-09-30", True, "ALREADY_COMPLEX"), ("2026-10-10", False, "TOO_LATE")],
)
def test_a_case_is_made_hard_once_and_in_time(day: str, already: bool, code: str) -> None:
    rating = given_rating(day="2026-09-24")
    if already:
        rating.do(MarkComplex, Role.SUPERVISOR, reason="涉及多个部门")
    rating.wait_until(day)
    with pytest.raises(DomainError) as refused:
        rating.do(MarkComplex, Role.SUPERVISOR, reason="涉及多个部门")
    assert refused.value.code == code


def test_who_does_not_react_is_stood_in_for() -> None:
    rating = given_rating(day="2026-09-24")
    rating.do(ContactRater, Role.SPECIALIST, reached=True)
    assert rating.tasks() == {"settle_rating": "yb-specialist-a"}
    rating.wait_until("2026-09-30")
    assert rating.tasks() == {"settle_rating": "yb-specialist-b"}, "half of the five days"
    rating.wait_until("2026-10-08")
    assert rating.tasks() == {"settle_rating": "yb-supervisor-a"}, "the day before the last"


@pytest.mark.parametrize("by_verifying", [False, True])
def test_who_reacts_keeps_the_task(by_verifying: bool) -> None:
    rating = given_rating(day="2026-09-24")
    rating.do(ContactRater, Role.SPECIALIST, reached=True)
    if by_verifying:
        rating.do(VerifyRating, Role.SPECIALIST, justified=True, finding="确有延误")
    else:
        rating.do(TakeUp, Role.SPECIALIST, task="settle_rating#1")
    rating.wait_until("2026-10-30")
    assert rating.tasks() == {"settle_rating": "yb-specialist-a"}


def test_a_call_in_vain_is_a_reaction_too() -> None:
    rating = given_rating(day="2026-09-24")
    rating.do(ContactRater, Role.SPECIALIST, reached=False)
    rating.wait_until("2026-09-29")
    assert rating.tasks()["contact_rater"] == "yb-specialist-a"
