"""A case goes to another district: posts and tasks change, number and limits do not."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from casework.domain.case.events import TimeNoted
from casework.domain.case.in_force import InForce, imposed
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.projection import rows
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import PreReview, PreReviewOutcome
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE
from casework.domain.time.clock import Stopped, Suspension, due_on
from tests.domain.desk import POSTS, Desk, at, open_desk

XUHUI = "310104"
THERE = {
    role: Post(holder=f"xh-{role}-a", backup=f"xh-{role}-b")
    for role in POSTS
    if role is not Role.SUPERIOR
} | {Role.SUPERIOR: POSTS[Role.SUPERIOR]}


def transfer(desk: Desk, **changed: object) -> None:
    said: dict[str, Any] = {
        "to_district": XUHUI,
        "reason": "单位迁址",
        "office": "徐汇窗口",
        "posts": THERE,
    }
    desk.do(JurisdictionTransfer, Role.SUPERIOR, **(said | changed))


def stop(*, lifted_on: date | None = None) -> Suspension:
    return Suspension(
        id="order-1",
        first_on=date(2026, 9, 17),
        lifted_on=lifted_on,
        reason="封控",
        clocks=Stopped.BOTH,
    )


def test_tasks_go_to_the_posts_there_and_limits_run_on() -> None:
    desk = open_desk()
    before = desk.case
    desk.now = at("2026-09-17")
    transfer(desk)
    case = desk.case
    assert (case.case_no, case.stage, case.clocks) == (before.case_no, before.stage, before.clocks)
    assert (case.district, case.office) == (XUHUI, "徐汇窗口")
    assert (case.holder, case.open_tasks[0].held_since) == ("xh-officer-a", desk.now)
    entry = case.transfers[0]
    assert (entry.from_district, entry.to_district, entry.seq) == ("310106", XUHUI, case.seq)
    assert desk.effects[-1].template == "jurisdiction_transferred"


def test_what_stood_still_stays_counted_and_no_longer_than_the_day_of_the_transfer() -> None:
    desk = open_desk()
    desk.now = at("2026-09-17")
    desk.apply(TimeNoted(suspensions=(stop(),), pinned=()))
    before = desk.case.clock("notice")
    assert before is not None
    assert due_on(before, desk.calendar) is None
    desk.now = at("2026-09-18")
    transfer(desk)
    # What is in force there says nothing of the stop: it must hold without the order.
    after = imposed(desk.case, InForce()).clock("notice")
    assert after is not None
    assert [(s.id, s.first_on, s.lifted_on) for s in after.suspensions] == [
        ("", date(2026, 9, 17), date(2026, 9, 18))
    ]
    # Plain it was due on 09-22; 09-17 and 09-18 do not count, 09-20 is a worked Sunday.
    assert due_on(after, desk.calendar) == date(2026, 9, 24)


def test_each_row_that_names_the_district_is_written_again() -> None:
    desk = open_desk()
    before = desk.case
    desk.now = at("2026-09-17")
    transfer(desk)
    changed = rows(desk.case, desk.calendar, before)
    assert {row.clock for row in changed["clocks"]} == {clock.id for clock in desk.case.running}
    assert {row.task for row in changed["tasks"]} == {task.id for task in desk.case.tasks}
    assert changed["transfers"] == desk.case.transfers
    assert rows(desk.case, desk.calendar, desk.case)["transfers"] == ()


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"to_district": "310106"}, "SAME_DISTRICT"),
        ({"reason": " "}, "FIELD_REQUIRED"),
        ({"posts": {}}, "NO_POSTS"),
    ],
)
def test_a_transfer_that_makes_no_sense_is_refused(changed: dict[str, object], code: str) -> None:
    with pytest.raises(DomainError) as refused:
        transfer(open_desk(), **changed)
    assert refused.value.code == code


def test_what_is_decided_stays() -> None:
    desk = open_desk()
    desk.case = replace(desk.case, decided_on=desk.now.astimezone(ZONE).date())
    with pytest.raises(DomainError) as refused:
        transfer(desk)
    assert refused.value.code == "TRANSFER_TOO_LATE"


def test_who_was_there_may_go_on_nowhere() -> None:
    desk = open_desk()
    transfer(desk)
    with pytest.raises(DomainError) as refused:
        desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    assert refused.value.code == "OTHER_DISTRICT"
