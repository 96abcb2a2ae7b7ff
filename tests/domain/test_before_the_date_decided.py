"""Cases of before the date decided: they replay under the rules that they were run by.

There, what runs out takes effect at the start of business of the next working day on which its
clock is not paused; each rung is given once, whatever becomes of the due date.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from casework.domain.case.commands import Command, TakeUp
from casework.domain.case.events import TimeNoted
from casework.domain.case.passing_time import date_decides
from casework.domain.case.procedure import come_up_to
from casework.domain.case.state import Task, TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    Approve,
    Extend,
    PreReview,
    PreReviewOutcome,
    Review,
    Supplement,
)
from casework.domain.policy import Role
from casework.domain.time.clock import Stopped, Suspension
from tests.domain.desk import ALL_FILES, Desk, actor, at, files, open_desk

COMPLETE = (*ALL_FILES, "sealed_copies")
MORE: dict[str, Any] = {"working_days": 10, "reason": "情况复杂"}


def old_desk(
    item: str = "PTS_NEW", *, day: str = "2026-09-14", have: tuple[str, ...] = COMPLETE
) -> Desk:
    """A case that was begun before the date decided."""
    desk = open_desk(item, day=day, have=have, claims={"permit_renewed_on": "2026-09-01"})
    desk.case = replace(desk.case, by_date=False)
    return desk


def accepted() -> Desk:
    """On 2026-09-14; the decision is due on Friday 2026-10-16."""
    desk = old_desk("PTS_REN")
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    return desk


def supplementing() -> Desk:
    """Told on 2022-03-10 what is missing; the fifteenth working day is 2022-03-31."""
    desk = old_desk(day="2022-03-10", have=ALL_FILES)
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.FAULTY)
    return desk


def refusal(desk: Desk, command: type[Command], role: Role, **fields: Any) -> str:
    with pytest.raises(DomainError) as refused:
        desk.do(command, role, **fields)
    return refused.value.code


def test_the_hour_of_acceptance_by_silence_is_the_start_of_business() -> None:
    desk = old_desk()
    desk.wait_until(at("2026-09-21", "08:59"))  # due on Sunday 2026-09-20, which is worked
    assert not desk.case.deemed_accepted
    desk.wait_until(at("2026-09-21", "09:00"))
    assert desk.case.deemed_accepted
    assert [e.at for e in desk.events if e.body.kind == "accepted"] == [at("2026-09-21", "09:00")]


def test_what_ran_out_on_a_friday_takes_effect_on_monday() -> None:
    desk = accepted()
    desk.wait_until(at("2026-10-19", "08:59"))
    assert desk.case.card == "yellow"
    desk.wait_until(at("2026-10-19", "09:00"))
    assert ("decide", "red", date(2026, 10, 19)) in desk.cards()


def test_decided_on_the_saturday_after_it_shows_no_red_card() -> None:
    desk = accepted()
    desk.do(Review, Role.REVIEWER)
    desk.wait_until(at("2026-10-17", "11:00"))
    desk.do(Approve, Role.HEAD)
    assert not [card for card in desk.cards() if card[:2] == ("decide", "red")]


def test_what_ran_out_on_the_eve_of_a_suspension_takes_effect_after_it() -> None:
    desk = supplementing()
    stop = Suspension(
        id="order-1",
        first_on=date(2022, 4, 1),
        lifted_on=date(2022, 6, 1),
        reason="封控",
        clocks=Stopped.APPLICANT,
    )
    desk.apply(TimeNoted(suspensions=(stop,), pinned=()))
    desk.wait_until(at("2022-06-01", "08:59"))
    assert "lapsed" not in desk.kinds()
    desk.wait_until(at("2022-06-01", "09:00"))
    assert desk.kinds()[-1] == "lapsed"


def test_what_is_overdue_and_has_its_red_card_is_not_extended() -> None:
    desk = accepted()
    desk.wait_until(at("2026-10-19", "09:00"))
    assert refusal(desk, Extend, Role.HEAD, **MORE) == "ALREADY_OVERDUE"


def test_a_rung_is_given_once_whatever_becomes_of_the_due_date() -> None:
    desk = accepted()
    desk.do(Review, Role.REVIEWER)
    desk.wait_until(at("2026-10-15"))
    assert ("decide", "yellow", date(2026, 10, 15)) in desk.cards()
    desk.do(Extend, Role.HEAD, **MORE)
    assert desk.case.card == "none"
    desk.wait_until(at("2026-11-02", "09:00"))
    given = [card for card in desk.cards() if card[0] == "decide"]
    assert [rung for _, rung, _ in given] == ["blue", "yellow", "red"]
    assert "decide:yellow" in desk.case.rungs
    assert "cards_withdrawn" not in desk.kinds()


def test_silence_after_a_complete_supplement_only_gives_cards() -> None:
    desk = old_desk(have=ALL_FILES)
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.FAULTY)
    desk.do(Supplement, Role.APPLICANT, materials=files("sealed_copies"))
    assert desk.case.clock("silence") is None
    desk.wait_until(at("2026-12-01"))
    assert desk.case.accepted_on is None
    assert [rung for _, rung, _ in desk.cards()] == ["yellow"]


def test_no_task_goes_on_by_itself() -> None:
    desk = accepted()
    desk.wait_until(at("2026-12-01"))
    assert review_of(desk).holder == "ja-reviewer-a"
    assert "task_handed_over" not in desk.kinds()


def test_nothing_has_run_out_until_the_case_notices() -> None:
    desk = accepted()
    facts = replace(desk.facts(actor(Role.HEAD)), at=at("2026-12-01"))
    assert come_up_to(desk.case, facts) is desk.case


def test_one_that_is_told_goes_by_the_date_from_then_on() -> None:
    """On the Saturday after the due date, with a yellow card: the red one is of that midnight."""
    desk = accepted()
    desk.wait_until(at("2026-10-17", "11:00"))
    assert desk.case.card == "yellow"
    desk.apply(date_decides(desk.case, desk.calendar))
    assert desk.case.card == "yellow"
    desk.wait_until(at("2026-10-17", "11:00"))
    assert [card for card in desk.cards() if card[:2] == ("decide", "red")] == [
        ("decide", "red", date(2026, 10, 17))
    ]
    given = [card for card in desk.cards() if card[0] == "decide"]
    assert [rung for _, rung, _ in given] == ["blue", "yellow", "red"], "none is given twice"
    assert refusal(desk, Extend, Role.HEAD, **MORE) == "TOO_LATE"


def test_told_in_time_it_gets_its_ladder_anew_when_the_due_date_moves() -> None:
    desk = accepted()
    desk.do(Review, Role.REVIEWER)
    desk.wait_until(at("2026-10-15"))
    desk.apply(date_decides(desk.case, desk.calendar))
    desk.do(Extend, Role.HEAD, **MORE)
    assert desk.case.card == "none"
    desk.wait_until(at("2026-10-29", "00:00"))
    assert ("decide", "yellow", date(2026, 10, 29)) in desk.cards()
    desk.wait_until(at("2026-10-31", "00:00"))
    assert ("decide", "red", date(2026, 10, 31)) in desk.cards()


def test_told_it_hands_its_tasks_on_as_others_do() -> None:
    """The review step is due on 2026-09-24, half of it on the 20th."""
    desk, other = accepted(), accepted()
    for told in (desk, other):
        told.apply(date_decides(told.case, told.calendar))
    other.do(TakeUp, Role.REVIEWER, task=review_of(other).id)
    for told, holder in ((desk, "ja-reviewer-b"), (other, "ja-reviewer-a")):
        told.wait_until(at("2026-09-19", "23:59"))
        assert review_of(told).holder == "ja-reviewer-a"
        told.wait_until(at("2026-09-21", "00:00"))
        assert review_of(told).holder == holder


def review_of(desk: Desk) -> Task:
    return next(task for task in desk.case.open_tasks if task.kind is TaskKind.REVIEW)


def test_a_reminder_is_sent_once_also_by_one_that_is_told_after_it() -> None:
    desk = supplementing()
    desk.wait_until(at("2022-03-30", "10:00"))
    desk.apply(date_decides(desk.case, desk.calendar))
    desk.wait_until(at("2022-04-01", "00:00"))
    assert desk.kinds().count("rung_reached") == 1
    assert desk.kinds()[-1] == "lapsed"
