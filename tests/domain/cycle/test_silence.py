"""Nobody evaluates, or nobody decides: neither renewed nor ended."""

from datetime import date

from casework.domain.case.letters import EffectKind
from casework.domain.case.state import TaskKind
from casework.domain.kinds.cycle.commands import Evaluate, Verify
from casework.domain.kinds.cycle.state import CycleStage, Verdict
from casework.domain.policy import Role
from casework.domain.talent import StandingStatus
from tests.domain.cycle.almanac import almanac
from tests.domain.cycle.desk import CycleDesk, open_cycle


def silent() -> CycleDesk:
    """The last day, 2028-03-17, was a Friday."""
    desk = open_cycle()
    desk.wait_until("2028-03-18", "00:00")
    return desk


def test_a_silent_employer_neither_renews_nor_ends_the_cycle() -> None:
    desk = silent()
    case = desk.case
    assert desk.days("cycle_expired") == [("cycle_expired", date(2028, 3, 18))], "on a Saturday"
    assert (case.stage, case.silent, case.on_hold) == (CycleStage.VERIFYING, True, True)
    assert case.standing.status is StandingStatus.ON_HOLD
    assert case.served_until is None
    assert desk.holds(TaskKind.VERIFY) == "yb-specialist-a"
    assert not desk.holds(TaskKind.REMIND_EMPLOYER)
    kinds = [effect.kind for effect in desk.effects]
    assert EffectKind.DATA_CHECK in kinds
    assert EffectKind.TELL_REQUESTS in kinds


def test_a_person_decides_within_twenty_working_days_of_the_last_day() -> None:
    desk = silent()
    assert desk.due("verify") == almanac(desk.calendar).after(date(2028, 3, 17), 20)


def test_the_last_day_rolls_for_the_employer_and_the_verification_counts_from_there() -> None:
    desk = open_cycle(starts_on="2025-03-18")  # until Saturday 2028-03-18
    desk.wait_until("2028-03-20")
    assert desk.stage() is CycleStage.WINDOW, "the employer may still hand in on Monday"
    desk.wait_until("2028-03-21")
    assert desk.case.on_hold
    assert desk.due("verify") == almanac(desk.calendar).after(date(2028, 3, 20), 20)


def test_an_unanswered_opinion_gives_the_specialist_a_yellow_card() -> None:
    desk = silent()
    assert [(c.clock, c.rung, c.holder) for c in desk.case.cards] == [
        ("opinion", "yellow", "yb-specialist-a")
    ]


def test_a_verification_not_taken_up_goes_to_b_and_then_to_the_supervisor() -> None:
    desk = silent()
    desk.wait_until("2028-04-05")
    assert desk.holds(TaskKind.VERIFY) == "yb-specialist-b"
    desk.wait_until(desk.due("verify") or "")
    assert desk.holds(TaskKind.VERIFY) == "yb-supervisor-a"


def test_verified_by_data_the_next_cycle_begins_on_the_last_day_and_nothing_is_on_hold() -> None:
    desk = silent()
    desk.wait_until("2028-04-06")
    desk.do(Verify, Role.SPECIALIST, passed=True, reason="数据核实相符")
    case = desk.case
    assert (case.starts_on, case.ends_on) == (date(2028, 3, 17), date(2031, 3, 17))
    assert (case.on_hold, case.silent) == (False, False)
    assert case.standing.status is StandingStatus.ACTIVE


def test_an_employer_who_speaks_at_last_is_heard() -> None:
    desk = silent()
    due, checks = desk.due("verify"), len(desk.effects)
    desk.wait_until("2028-03-22")
    desk.do(Evaluate, Role.EMPLOYER, verdict=Verdict.QUALIFIED, text="合格")
    assert desk.case.opinion is not None
    assert desk.case.opinion.late
    assert (desk.stage(), desk.due("verify")) == (CycleStage.VERIFYING, due)
    assert len(desk.effects) == checks, "the data have been asked for already"


def test_without_a_decision_at_the_end_an_evaluated_cycle_is_on_hold_only() -> None:
    desk = open_cycle()
    desk.wait_until("2028-03-15")
    desk.do(Evaluate, Role.EMPLOYER, verdict=Verdict.QUALIFIED, text="合格")
    due = desk.due("verify")
    desk.wait_until("2028-03-20")
    assert (desk.case.on_hold, desk.case.silent) == (True, False)
    assert desk.due("verify") == due
    assert sum(task.kind is TaskKind.VERIFY for task in desk.case.tasks) == 1
