"""A round of visits: drawn on its day, visited, done; cards where it is not."""

from datetime import date
from typing import Any

import pytest

from casework.domain.errors import DomainError
from casework.domain.kinds.round.commands import RecordVisit
from casework.domain.kinds.round.events import SampleDrawn
from casework.domain.kinds.round.shown import lines, visit_rows
from casework.domain.kinds.round.state import Means, Round, RoundStage, Visit
from casework.domain.policy import Role
from casework.domain.time.clock import due_on
from tests.domain.rating.unfolding import Unfolding
from tests.domain.round.begun import begun_round, drawn_round


def visit(this: Unfolding[Round], request: str, **changed: Any) -> None:
    said: dict[str, Any] = {"means": Means.PHONE, "reached": True, "opinion": "满意"} | changed
    this.do(RecordVisit, Role.SPECIALIST, request=request, **said)


def refusal(this: Unfolding[Round], request: str) -> str:
    with pytest.raises(DomainError) as refused:
        visit(this, request)
    assert refused.value.message
    return refused.value.code


def test_the_draw_is_asked_for_once_on_its_day() -> None:
    this = begun_round()
    this.wait_until("2026-11-18")
    assert [event.body.kind for event in this.events] == ["round_begun"]
    this.wait_until("2026-11-19")
    assert [event.body.kind for event in this.events] == ["round_begun", "draw_asked"]
    this.wait_until("2026-12-16")
    assert this.events[-1].body.kind == "draw_asked"
    assert this.stands_at(RoundStage.PLANNED)


def test_a_round_begun_late_asks_for_the_draw_at_once() -> None:
    this = begun_round(begun_on="2026-12-01")
    this.wait_until("2026-12-01")
    assert this.events[-1].body.kind == "draw_asked"
    assert this.events[-1].at.date() == date(2026, 12, 1)


def test_a_quarter_without_a_round() -> None:
    """Yellow on the tenth working day before 2026-12-31, red on that day."""
    this = drawn_round("r-1", "r-2")
    this.wait_until("2027-01-31")
    assert this.cards() == [
        ("round_warning", "yellow", date(2026, 12, 17)),
        ("round", "red", date(2026, 12, 31)),
    ]
    assert this.stands_at(RoundStage.VISITING), "it stays to be made"


def test_a_quarter_in_which_not_even_the_draw_came_off() -> None:
    this = begun_round()
    this.wait_until("2027-01-31")
    assert [rung for _, rung, _ in this.cards()] == ["yellow", "red"]


def test_a_round_made_in_time_gives_no_card() -> None:
    this = drawn_round("r-1", "r-2")
    this.wait_until("2026-12-01")
    visit(this, "r-1")
    assert this.stands_at(RoundStage.VISITING)
    visit(this, "r-2", means=Means.WECHAT, reached=False, opinion="")
    assert this.stands_at(RoundStage.DONE)
    assert this.case.closed_at == this.now
    assert this.case.is_done
    this.wait_until("2027-01-31")
    assert this.cards() == []


def test_a_round_made_late_takes_back_the_yellow_card_only() -> None:
    this = drawn_round("r-1")
    this.wait_until("2026-12-31")
    visit(this, "r-1")
    open_cards = [card.id for card in this.case.cards if card.cleared_at is None]
    assert open_cards == ["round:red"]


def test_each_request_of_the_sample_is_a_task_of_the_specialist() -> None:
    this = drawn_round("r-1", "r-2")
    tasks = [(task.about, task.holder, task.clock) for task in this.case.open_tasks]
    assert tasks == [("r-1", "yb-specialist-a", "round"), ("r-2", "yb-specialist-a", "round")]
    visit(this, "r-1")
    assert [task.about for task in this.case.open_tasks] == ["r-2"]


def test_nobody_came_in_that_time() -> None:
    this = drawn_round()
    assert this.stands_at(RoundStage.PLANNED)
    again = this.case.clock("draw")
    warning = this.case.clock("round_warning")
    assert again is not None
    assert warning is not None
    assert due_on(again, this.calendar) == due_on(warning, this.calendar)

    this.wait_until("2026-12-17")
    this.apply(SampleDrawn(population=0, visits=()))

    assert this.stands_at(RoundStage.EMPTY)
    assert not this.case.running
    assert this.case.card == "none"


def test_who_comes_after_an_empty_draw_is_drawn_on_the_day_of_the_warning() -> None:
    this = drawn_round()
    this.wait_until("2026-12-17")
    visits = (Visit(request="r-1", talent="talent-of-r-1"),)
    this.apply(SampleDrawn(population=1, visits=visits))
    assert this.stands_at(RoundStage.VISITING)
    visit(this, "r-1")
    assert this.stands_at(RoundStage.DONE)


def test_a_visit_is_recorded_once_and_only_of_the_sample() -> None:
    assert refusal(begun_round(), "r-1") == "WRONG_STAGE"
    this = drawn_round("r-1", "r-2")
    visit(this, "r-1")
    assert refusal(this, "r-1") == "ALREADY_VISITED"
    assert refusal(this, "r-3") == "NOT_IN_SAMPLE"


def test_the_register_and_the_supervisor_see_what_came_of_it() -> None:
    this = drawn_round("r-1", "r-2")
    visit(this, "r-1", means=Means.QQ)
    made, open_ = visit_rows(this.case)
    assert (made.request, made.talent, made.means) == ("r-1", "talent-of-r-1", "qq")
    assert (made.reached, made.opinion, made.recorded_by) == (True, "满意", "yb-specialist-a")
    assert made.recorded_at == this.now
    assert (open_.means, open_.reached, open_.recorded_at) == ("", None, None)
    text = "\n".join(lines(this.case, this.calendar))
    assert "自 40 件服务申请中抽取 2 件，已回访 1 件，联系上 1 件" in text
    assert "| r-1 | QQ | 已联系上 |" in text
    assert "| r-2 | — | 待回访 |" in text
    assert "talent-of" not in text


def test_the_register_rebuilds_the_same_state() -> None:
    this = drawn_round("r-1")
    visit(this, "r-1")
    assert this.rebuilt() == this.case
