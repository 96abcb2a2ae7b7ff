"""A角, B角, the supervisor: a task of a request is never without somebody who reacts (§6.6.2b)."""

import pytest

from casework.domain.case.commands import Reassign, TakeUp
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.request.commands import AcceptRequest, FeedBack
from casework.domain.kinds.request.state import RequestStage
from casework.domain.policy import Role
from casework.domain.talent import TalentClass
from tests.domain.request.desk import SCHOOLS, Desk, open_desk

A, B = SCHOOLS.liaison.holder, SCHOOLS.liaison.backup


def handling() -> Desk:
    """Accepted on 2026-09-14: blue on 09-20 (a worked Sunday), yellow 09-24, due 09-28."""
    desk = open_desk(TalentClass.E)
    desk.do(AcceptRequest, Role.SPECIALIST)
    return desk


def test_the_specialists_task_goes_to_b_at_blue_and_to_the_supervisor_at_yellow() -> None:
    desk = open_desk(TalentClass.E)  # five days from 2026-09-14: half on the 17th, due on the 20th
    desk.wait_until("2026-09-16")
    assert desk.task(TaskKind.ACCEPT).holder == "yz-a"
    desk.wait_until("2026-09-17")
    assert desk.task(TaskKind.ACCEPT).holder == "yz-b"
    assert desk.kinds()[-2:] == ["rung_reached", "task_handed_over"]
    desk.wait_until("2026-09-18")
    assert desk.task(TaskKind.ACCEPT).holder == "yz-sup-a"
    assert ("request_notice", "yellow", "2026-09-18") in desk.cards()


def test_the_liaisons_task_goes_to_b_at_blue_and_to_the_supervisor_at_yellow() -> None:
    desk = handling()
    desk.wait_until("2026-09-19", "23:59")
    assert desk.task(TaskKind.HANDLE).holder == A
    desk.wait_until("2026-09-20", "00:00")
    assert (desk.task(TaskKind.HANDLE).holder, desk.task(TaskKind.HANDLE).backup) == (B, A)
    desk.wait_until("2026-09-24")
    assert desk.task(TaskKind.HANDLE).holder == "yz-sup-a"


def test_who_has_taken_a_task_up_keeps_it() -> None:
    desk = handling()
    task = desk.task(TaskKind.HANDLE).id
    with pytest.raises(DomainError) as refused:
        desk.do(TakeUp, Role.LIAISON, code=B, task=task)
    assert refused.value.code == "NOT_YOUR_TASK"
    desk.do(TakeUp, Role.LIAISON, task=task)
    desk.wait_until("2026-09-28")
    assert desk.task(TaskKind.HANDLE).holder == A
    assert ("handle", "yellow", "2026-09-24") in desk.cards()


def test_b_who_has_it_feeds_back_and_so_may_a_who_is_back() -> None:
    for code in (A, B):
        desk = handling()
        desk.wait_until("2026-09-24")
        desk.do(FeedBack, Role.LIAISON, code=code, result="已安排入学")
        assert desk.case.stage is RequestStage.COMPLETED


def test_a_on_leave_and_b_gets_it_at_once() -> None:
    desk = open_desk(TalentClass.E)
    desk.absent("yz-a")
    assert desk.task(TaskKind.ACCEPT).holder == "yz-b"
    desk.absent("yz-a", "yz-b")
    assert desk.task(TaskKind.ACCEPT).holder == "yz-sup-a"


def test_with_both_absent_the_new_task_is_the_supervisors_from_the_first() -> None:
    desk = handling()
    desk.absent(A, B)
    assert desk.task(TaskKind.HANDLE).holder == "yz-sup-a"
    other = open_desk(TalentClass.E)
    other.absent("yz-sup-a", "yz-a", "yz-b")
    assert other.task(TaskKind.ACCEPT).holder == "yz-sup-b"


def test_an_absence_of_somebody_else_moves_nothing() -> None:
    desk = handling()
    before = desk.case
    desk.absent("municipal-education-a")
    assert desk.case == before


def test_who_the_supervisor_has_put_there_feeds_back() -> None:
    desk = handling()
    desk.do(Reassign, Role.SUPERVISOR, role=Role.LIAISON, to="liaison-c", reason="人员调整")
    with pytest.raises(DomainError) as refused:
        desk.do(FeedBack, Role.LIAISON, code=A, result="已安排入学")
    assert refused.value.code == "NOT_YOUR_TASK"
    desk.do(FeedBack, Role.LIAISON, code="liaison-c", result="已安排入学")
    assert desk.case.stage is RequestStage.COMPLETED
