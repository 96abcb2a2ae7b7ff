"""Not passed: reasons, an objection, and somebody else who decides on it."""

from datetime import date

import pytest

from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.commands import DecideObjection, Evaluate, RaiseObjection, Verify
from casework.domain.kinds.cycle.state import CycleStage, Verdict
from casework.domain.policy import Role
from casework.domain.talent import StandingStatus
from tests.domain.cycle.desk import CycleDesk, officer, open_cycle


def failed(role: Role = Role.SPECIALIST, verified_on: str = "2028-03-03") -> CycleDesk:
    desk = open_cycle()
    desk.wait_until("2028-03-01")
    desk.do(Evaluate, Role.EMPLOYER, verdict=Verdict.NOT_QUALIFIED, text="未履行约定任务")
    desk.wait_until(verified_on)
    desk.do(Verify, role, passed=False, reason="未履行约定任务")
    return desk


def objected(role: Role = Role.SPECIALIST) -> CycleDesk:
    desk = failed(role)
    desk.wait_until("2028-03-10")
    desk.do(RaiseObjection, Role.TALENT, reason="任务已经完成")
    return desk


def decide(desk: CycleDesk, *, upheld: bool, role: Role = Role.REVIEWER) -> None:
    desk.do(DecideObjection, role, upheld=upheld, reason="复核意见")


def test_not_passed_needs_a_reason() -> None:
    desk = open_cycle()
    desk.wait_until("2028-03-01")
    desk.do(Evaluate, Role.EMPLOYER, verdict=Verdict.NOT_QUALIFIED, text="未履行")
    with pytest.raises(DomainError) as refusal:
        desk.do(Verify, Role.SPECIALIST, passed=False)
    assert (refusal.value.code, refusal.value.field) == ("FIELD_REQUIRED", "reason")


def test_a_bad_opinion_alone_ends_nothing() -> None:
    desk = open_cycle()
    desk.wait_until("2028-03-01")
    desk.do(Evaluate, Role.EMPLOYER, verdict=Verdict.NOT_QUALIFIED, text="未履行")
    assert desk.stage() is CycleStage.VERIFYING
    desk.do(Verify, Role.SPECIALIST, passed=True, reason="数据与意见不符，经核实合格")
    assert desk.case.number == 2


def test_without_an_objection_the_decision_stands_when_the_time_is_over() -> None:
    desk = failed()
    assert desk.due("objection") == date(2028, 3, 20)  # the 15th day is Saturday the 18th
    desk.wait_until("2028-03-20")
    assert desk.stage() is CycleStage.OBJECTION
    desk.wait_until("2028-03-21")
    assert desk.stage() is CycleStage.ENDED
    assert desk.case.served_until == date(2028, 3, 21), "served until it was final"
    assert desk.case.standing.status is StandingStatus.ENDED


def test_an_objection_stops_the_time_for_one_and_is_for_somebody_else() -> None:
    desk = objected()
    assert desk.due("objection") is None
    assert desk.holds(TaskKind.DECIDE_OBJECTION) == "yb-reviewer-a"
    desk.wait_until("2028-03-21")
    assert (desk.stage(), desk.case.on_hold) == (CycleStage.OBJECTION, True)


def test_an_upheld_objection_renews() -> None:
    desk = objected()
    decide(desk, upheld=True)
    case = desk.case
    assert (case.stage, case.number, case.starts_on) == (CycleStage.ACTIVE, 2, date(2028, 3, 17))
    assert (case.objection, case.verified_by, case.open_tasks) == ("", "", ())


def test_one_that_is_not_upheld_ends_the_service_with_the_cycle() -> None:
    desk = objected()
    decide(desk, upheld=False)
    assert desk.stage() is CycleStage.ENDED
    assert desk.case.served_until == date(2028, 3, 17), "the three years are served"
    assert desk.case.credential is not None
    assert desk.case.credential.void_on == date(2028, 3, 18)


def test_decided_after_the_end_it_ends_with_the_decision() -> None:
    desk = objected()
    desk.wait_until("2028-03-28")
    decide(desk, upheld=False, role=Role.SUPERVISOR)
    assert desk.case.served_until == date(2028, 3, 28)


def test_who_has_verified_does_not_decide_on_the_objection() -> None:
    desk = objected(Role.REVIEWER)
    assert desk.holds(TaskKind.DECIDE_OBJECTION) == "yb-reviewer-b"
    with pytest.raises(DomainError) as refusal:
        decide(desk, upheld=True)
    assert refusal.value.code == "FOUR_EYES"
    other = officer(Role.REVIEWER, backup=True)
    desk.do(DecideObjection, other, upheld=True, reason="复核意见")
    assert desk.case.number == 2


def test_an_objection_is_made_once_and_decided_if_made() -> None:
    desk = failed()
    with pytest.raises(DomainError) as refusal:
        decide(desk, upheld=True)
    assert refusal.value.code == "NO_OBJECTION"
    desk = objected()
    with pytest.raises(DomainError) as refusal:
        desk.do(RaiseObjection, Role.EMPLOYER, reason="再次提出")
    assert refusal.value.code == "ALREADY_OBJECTED"
