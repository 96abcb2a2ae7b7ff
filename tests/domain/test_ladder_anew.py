"""A card belongs to a clock and a due date: what becomes of the ladder when the date moves."""

from dataclasses import replace
from datetime import date

import pytest

from casework.domain.case.events import TimeNoted
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    Extend,
    PreReview,
    PreReviewOutcome,
    ResumeClock,
    Review,
    StopClock,
    StopKind,
)
from casework.domain.kinds.request.commands import AcceptRequest, ExtendHandling
from casework.domain.policy import Role
from casework.domain.talent import TalentClass
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Stopped, Suspension
from tests.domain.desk import Desk, at, open_desk
from tests.domain.request.desk import open_desk as open_request

DUE = date(2026, 10, 16)
"""Twenty working days from 2026-09-14: 15..18, Sun 20, 21..24, 28..30, 10-08..10, 10-12..16."""


def reviewed() -> Desk:
    """Received, accepted and reviewed on 2026-09-14; only the decision is open."""
    desk = open_desk("PTS_REN", day="2026-09-14", claims={"permit_renewed_on": "2026-09-01"})
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    desk.do(Review, Role.REVIEWER)
    return desk


def extend(desk: Desk, working_days: int = 10) -> None:
    desk.do(Extend, Role.HEAD, working_days=working_days, reason="情况复杂")


def given(desk: Desk) -> list[tuple[str, date, date | None]]:
    return [(card.rung, local_date(card.given_at), card.due_on) for card in desk.case.cards]


def suspended(desk: Desk, first_on: str, lifted_on: str | None) -> None:
    stop = Suspension(
        id="order-1",
        first_on=date.fromisoformat(first_on),
        lifted_on=date.fromisoformat(lifted_on) if lifted_on else None,
        reason="封控",
        clocks=Stopped.BOTH,
    )
    desk.apply(TimeNoted(suspensions=(stop,), pinned=()))


def test_each_rung_comes_at_the_first_minute_of_its_day() -> None:
    desk = reviewed()
    for before, then, rung in (
        ("2026-09-27", "2026-09-28", "blue"),
        ("2026-10-14", "2026-10-15", "yellow"),
        ("2026-10-16", "2026-10-17", "red"),  # a Saturday
    ):
        seen = desk.case.card
        desk.wait_until(at(before, "23:59"))
        assert desk.case.card == seen
        desk.wait_until(at(then, "00:00"))
        assert desk.case.card == rung
    assert {due for _, _, due in given(desk)} == {DUE}


def test_extended_in_time_no_half_that_was_over_by_then_is_told_of() -> None:
    """The half of thirty days was the fifteenth, 10-10; it was extended on 10-14."""
    desk = reviewed()
    desk.wait_until(at("2026-10-14"))
    extend(desk)
    desk.wait_until(at("2026-10-28", "23:59"))
    assert desk.case.card == "none"
    assert [rung for rung, _, _ in given(desk)] == ["blue"]


def test_extended_early_the_half_of_the_longer_limit_comes() -> None:
    desk = reviewed()
    desk.wait_until(at("2026-09-30"))
    extend(desk)
    assert desk.case.card == "none"
    desk.wait_until(at("2026-10-09", "23:59"))
    assert desk.case.card == "none"
    desk.wait_until(at("2026-10-10", "00:00"))
    assert given(desk)[-1] == ("blue", date(2026, 10, 10), date(2026, 10, 30)), "a Saturday, worked"


def test_extended_after_yellow_there_is_another_yellow_and_red_for_the_new_date() -> None:
    desk = reviewed()
    desk.wait_until(at("2026-10-16", "23:00"))
    assert desk.case.card == "yellow"
    extend(desk)
    assert desk.case.card == "none"
    desk.wait_until(at("2026-10-31", "00:00"))
    new = date(2026, 10, 30)
    assert given(desk)[-2:] == [
        ("yellow", date(2026, 10, 29), new),
        ("red", date(2026, 10, 31), new),
    ]


@pytest.mark.parametrize("moment", [("2026-10-17", "00:00"), ("2026-10-18", "12:00")])
def test_nothing_is_extended_from_the_first_minute_after_it(moment: tuple[str, str]) -> None:
    desk = reviewed()
    desk.wait_until(at(*moment))
    with pytest.raises(DomainError) as refused:
        extend(desk)
    assert refused.value.code == "TOO_LATE"


def test_a_request_is_extended_by_the_same_rules() -> None:
    """Ten working days from 2026-09-14: due on the 28th, the half on the 20th."""
    desk = open_request(TalentClass.E)
    desk.do(AcceptRequest, Role.SPECIALIST)
    desk.wait_until("2026-09-22")  # the half of fourteen, the seventh, is over on this day
    desk.do(ExtendHandling, Role.SUPERVISOR, working_days=4, reason="学位协调")
    assert desk.case.card == "none"
    desk.wait_until("2026-10-07", "23:59")
    assert desk.case.card == "none"
    desk.wait_until("2026-10-10", "00:00")  # due on 10-09: 29, 30 September, 8, 9 October
    assert [card for card in desk.cards() if card[0] == "handle"][1:] == [
        ("handle", "yellow", "2026-10-08"),
        ("handle", "red", "2026-10-10"),
    ]


def test_a_suspension_entered_late_withdraws_red_too_and_the_ladder_comes_again() -> None:
    desk = reviewed()
    desk.wait_until(at("2026-10-19"))
    assert desk.case.card == "red"
    suspended(desk, "2026-10-15", "2026-10-20")  # two days are left: 10-21, 10-22
    assert desk.case.card == "none"
    withdrawn = desk.case.cards[-1]
    assert withdrawn.cleared_by == "clock"
    assert "2026-10-22" in withdrawn.reason
    desk.wait_until(at("2026-10-23", "00:00"))
    assert [(rung, day) for rung, day, _ in given(desk)][-2:] == [
        ("yellow", date(2026, 10, 21)),
        ("red", date(2026, 10, 23)),
    ]


def test_a_suspension_without_end_takes_the_cards_back_and_nothing_comes() -> None:
    desk = reviewed()
    desk.wait_until(at("2026-10-15"))
    suspended(desk, "2026-10-15", None)
    assert desk.case.card == "none"
    desk.wait_until(at("2027-03-01"))
    assert desk.case.card == "none"


def test_half_of_the_time_stays_used_while_a_clock_stands_still() -> None:
    desk = reviewed()
    desk.wait_until(at("2026-09-29"))
    desk.do(StopClock, Role.REVIEWER, stop=StopKind.HEARING, reason="听证")
    desk.wait_until(at("2026-10-12"))
    assert desk.case.card == "blue"
    desk.do(ResumeClock, Role.REVIEWER, reason="听证结束")
    assert given(desk) == [("blue", date(2026, 9, 28), DUE)]
    assert desk.case.card == "blue"


def test_what_has_run_out_stays_so_under_a_suspension_that_begins_later() -> None:
    desk = reviewed()
    suspended(desk, "2026-10-17", "2026-11-20")
    desk.wait_until(at("2026-10-17", "00:00"))
    assert desk.case.card == "red"
    assert given(desk)[-1] == ("red", date(2026, 10, 17), DUE)


def test_stopped_on_the_last_day_and_resumed_the_warning_comes_again() -> None:
    desk = reviewed()
    desk.wait_until(at("2026-10-16", "15:00"))
    desk.do(StopClock, Role.REVIEWER, stop=StopKind.HEARING, reason="听证")
    assert desk.case.card == "none"
    desk.wait_until(at("2026-10-26"))
    desk.do(ResumeClock, Role.REVIEWER, reason="听证结束")
    # One day is left, that after the resumption. Its eve is the day itself: yellow at once.
    assert desk.case.clock("decide") is not None
    desk.wait_until(at("2026-10-28", "00:00"))
    assert given(desk)[-1] == ("red", date(2026, 10, 28), date(2026, 10, 27))


def test_a_red_card_given_for_the_same_instant_again_stands_once() -> None:
    desk = reviewed()
    desk.wait_until(at("2026-10-17", "09:00"))
    stop = replace(desk.case.cards[-1])
    suspended(desk, "2026-10-15", "2026-10-20")
    desk.apply(TimeNoted(suspensions=(), pinned=()))  # it was an error
    desk.wait_until(at("2026-10-19", "09:00"))
    red = [card for card in desk.case.cards if card.id == stop.id]
    assert [(card.given_at, card.cleared_at) for card in red] == [(stop.given_at, None)]


def another_calendar(desk: Desk, *, off: str = "", make_up: str = "") -> None:
    """A notice for 2026 comes late: another day off, or another one worked."""
    years = tuple(
        replace(
            year,
            off=tuple(sorted({*year.off, *map(date.fromisoformat, off.split())})),
            make_up=tuple(sorted({*year.make_up, *map(date.fromisoformat, make_up.split())})),
        )
        if year.year == 2026
        else year
        for year in desk.calendar.years
    )
    desk.calendar = WorkingCalendar(years)
    desk.apply(TimeNoted(suspensions=(), pinned=(), calendar_version=1))


def test_due_a_day_sooner_the_warning_is_for_the_last_day_itself() -> None:
    """Sunday 10-11 is worked after all, it turns out on the day before the last: due today."""
    desk = reviewed()
    desk.wait_until(at("2026-10-15", "12:00"))
    another_calendar(desk, make_up="2026-10-11")
    desk.wait_until(at("2026-10-15", "12:01"))
    assert desk.case.card == "yellow"
    assert given(desk)[-1] == ("yellow", date(2026, 10, 14), date(2026, 10, 15))
    desk.wait_until(at("2026-10-16", "00:00"))
    assert given(desk)[-1] == ("red", date(2026, 10, 16), date(2026, 10, 15))


def test_what_turns_out_to_be_overdue_gets_its_red_card() -> None:
    desk = reviewed()
    desk.wait_until(at("2026-10-15", "12:00"))
    another_calendar(desk, make_up="2026-10-11 2026-09-26 2026-09-27")
    desk.wait_until(at("2026-10-15", "12:01"))
    assert desk.case.card == "red"
    assert given(desk)[-1] == ("red", date(2026, 10, 14), date(2026, 10, 13))


def test_due_a_day_later_red_goes_and_the_warning_stands_for_the_new_date() -> None:
    """Friday 10-16 is off after all, it turns out on Saturday: due on Monday, warned of before."""
    desk = reviewed()
    desk.wait_until(at("2026-10-17", "12:00"))
    another_calendar(desk, off="2026-10-16")
    desk.wait_until(at("2026-10-17", "12:01"))
    assert desk.case.card == "yellow"
    assert given(desk)[-1] == ("yellow", date(2026, 10, 15), date(2026, 10, 19))
    desk.wait_until(at("2026-10-20", "00:00"))
    assert given(desk)[-1] == ("red", date(2026, 10, 20), date(2026, 10, 19))
