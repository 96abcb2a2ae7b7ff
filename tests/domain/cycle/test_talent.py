"""The three years of a talent: notice, window, opinion, verification, the next cycle (G12)."""

from dataclasses import replace
from datetime import date

import pytest

from casework.domain.case.commands import Command
from casework.domain.case.letters import EffectKind
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.commands import (
    ConfirmPoints,
    Evaluate,
    IssueCredential,
    Reclassify,
    RecordLeft,
    RenewPermit,
    Verify,
)
from casework.domain.kinds.cycle.events import CycleRenewed, DataChecked, EvaluationGiven
from casework.domain.kinds.cycle.shown import talent_row
from casework.domain.kinds.cycle.state import CycleStage, DataCheck, EvaluationWindow, Verdict
from casework.domain.policy import Role
from casework.domain.talent import CredentialKind, StandingStatus, TalentClass
from casework.domain.time.clock import read
from tests.domain.cycle.desk import TALENT, CycleDesk, on, open_cycle

BEFORE_30 = replace(TALENT, window=EvaluationWindow.BEFORE_30_DAYS)


def evaluate(desk: CycleDesk, verdict: Verdict = Verdict.QUALIFIED) -> None:
    desk.do(Evaluate, Role.EMPLOYER, verdict=verdict, text="履职情况良好")


def test_g12_from_recognition_to_the_next_notice() -> None:
    desk = open_cycle()
    assert desk.case.ends_on == date(2028, 3, 17)
    desk.wait_until("2027-12-16", "23:59")
    assert desk.stage() is CycleStage.ACTIVE
    desk.wait_until("2027-12-17", "00:00")
    assert desk.stage() is CycleStage.NOTIFIED
    desk.wait_until("2028-03-01")
    assert desk.stage() is CycleStage.WINDOW
    evaluate(desk)
    assert desk.stage() is CycleStage.VERIFYING
    assert desk.holds(TaskKind.VERIFY) == "yb-specialist-a"
    desk.do(Verify, Role.SPECIALIST, passed=True)
    assert desk.days() == [
        ("cycle_begun", date(2025, 3, 17)),
        ("cycle_notified", date(2027, 12, 17)),
        ("window_opened", date(2028, 2, 16)),
        ("employer_reminded:30", date(2028, 2, 16)),
        ("evaluation_given", date(2028, 3, 1)),
        ("cycle_renewed", date(2028, 3, 1)),
    ]
    case = desk.case
    assert (case.stage, case.number) == (CycleStage.ACTIVE, 2)
    assert (case.starts_on, case.ends_on) == (date(2028, 3, 17), date(2031, 3, 17))
    assert {clock.started_on for clock in case.running} == {date(2028, 3, 17)}, "old timers are off"
    assert desk.due("cycle_notice") == date(2030, 12, 17)
    assert (case.opinion, case.checks, case.open_tasks) == (None, (), ())


def test_days_in_years_without_a_notice_are_provisional() -> None:
    desk = open_cycle()
    provisional = {
        clock.id: read(clock, desk.calendar, desk.now.date()).provisional
        for clock in desk.case.running
    }
    assert provisional == {
        "cycle_notice": True,
        "cycle_window": False,  # the 30th day before is that day, worked or not
        "cycle_reminder:30": True,
        "cycle_reminder:15": True,
        "cycle_reminder:7": True,
        "cycle_reminder:1": True,
        "cycle_end": True,
    }


def test_before_the_notice_an_opinion_is_refused_with_the_day() -> None:
    desk = open_cycle()
    desk.wait_until("2027-12-16")
    with pytest.raises(DomainError, match="2027-12-17") as refusal:
        evaluate(desk)
    assert refusal.value.code == "EVALUATION_TOO_EARLY"


def test_an_early_opinion_is_kept_until_the_window_opens() -> None:
    desk = open_cycle()
    desk.wait_until("2028-01-10")
    evaluate(desk)
    assert desk.stage() is CycleStage.NOTIFIED
    assert desk.case.opinion is not None
    assert desk.case.opinion.early
    with pytest.raises(DomainError) as refusal:
        evaluate(desk)
    assert refusal.value.code == "ALREADY_EVALUATED"
    desk.wait_until("2028-02-16")
    assert desk.days()[-2:] == [
        ("window_opened", date(2028, 2, 16)),
        ("evaluation_taken_up", date(2028, 2, 16)),
    ]
    assert desk.stage() is CycleStage.VERIFYING
    assert desk.due("verify") is not None
    assert desk.case.clock("cycle_window") is None
    assert "employer_reminded" not in desk.kinds(), "nobody is reminded of what is there"


def test_where_the_last_day_is_30_days_before_the_window_opens_with_the_notice() -> None:
    desk = open_cycle(BEFORE_30)
    desk.wait_until("2028-02-16")
    assert desk.days()[1:] == [
        ("cycle_notified", date(2027, 12, 17)),
        ("window_opened", date(2027, 12, 17)),
        ("employer_reminded:30", date(2028, 1, 17)),
        ("employer_reminded:15", date(2028, 2, 1)),
        ("employer_reminded:7", date(2028, 2, 9)),
        ("employer_reminded:1", date(2028, 2, 15)),
    ]
    evaluate(desk)
    assert desk.case.opinion is not None
    assert not desk.case.opinion.late, "the last day itself is in time"


def test_where_the_last_day_is_30_days_before_a_later_opinion_is_taken_as_late() -> None:
    desk = open_cycle(BEFORE_30)
    desk.wait_until("2028-02-17", "08:00")
    evaluate(desk)
    assert desk.case.opinion is not None
    assert desk.case.opinion.late
    assert desk.stage() is CycleStage.VERIFYING


def test_the_employer_is_asked_again_by_the_specialist_from_seven_days_on() -> None:
    desk = open_cycle()
    desk.wait_until("2028-03-09")
    assert not desk.holds(TaskKind.REMIND_EMPLOYER)
    desk.wait_until("2028-03-16")
    assert desk.holds(TaskKind.REMIND_EMPLOYER) == "yb-specialist-a"
    assert desk.days("employer_reminded") == [
        ("employer_reminded:30", date(2028, 2, 16)),
        ("employer_reminded:15", date(2028, 3, 2)),
        ("employer_reminded:7", date(2028, 3, 10)),
        ("employer_reminded:1", date(2028, 3, 16)),
    ]
    assert sum(t.kind is TaskKind.REMIND_EMPLOYER for t in desk.case.tasks) == 1
    evaluate(desk)
    assert not desk.holds(TaskKind.REMIND_EMPLOYER)


def test_what_other_systems_say_is_kept_while_it_is_verified_and_no_longer() -> None:
    desk = open_cycle()
    desk.wait_until("2028-03-01")
    evaluate(desk)
    assert [e.kind for e in desk.effects][-1] is EffectKind.DATA_CHECK
    check = DataCheck(source="credit", name="公共信用信息", outcome="confirmed")
    desk.apply(DataChecked(checks=(check,)))
    assert [c.outcome for c in desk.case.checks] == ["confirmed"]
    desk.do(Verify, Role.REVIEWER, passed=True)
    desk.apply(DataChecked(checks=(check,)))
    assert desk.case.checks == ()


def test_the_next_cycle_follows_the_catalogue_of_its_own_day() -> None:
    desk = open_cycle()
    desk.wait_until("2028-03-01")
    evaluate(desk)
    desk.following = replace(TALENT, term_months=24, digest="fedcba9876543210")
    desk.case, desk.catalogue = replace(desk.case, catalogue="0a" * 32), "0b" * 32
    desk.do(Verify, Role.SPECIALIST, passed=True)
    assert desk.case.ends_on == date(2030, 3, 17)
    assert desk.case.policy == "fedcba9876543210"
    assert desk.case.catalogue == "0b" * 32


def test_a_cycle_of_before_keeps_the_version_that_it_named() -> None:
    """As it replays: nobody asked for the version then."""
    desk = open_cycle()
    desk.wait_until("2028-03-01")
    evaluate(desk)
    desk.case = replace(desk.case, catalogue="0a" * 32)
    desk.do(Verify, Role.SPECIALIST, passed=True)
    assert (desk.case.number, desk.case.catalogue) == (2, "0a" * 32)


def test_one_who_has_left_is_served_no_longer() -> None:
    desk = open_cycle()
    desk.wait_until("2026-05-11")
    desk.do(RecordLeft, Role.SPECIALIST, left_on=date(2026, 5, 8), reason="调离重庆")
    case = desk.case
    assert (case.stage, case.left, case.served_until) == (CycleStage.ENDED, True, date(2026, 5, 8))
    assert case.credential is not None
    assert case.credential.void_on == date(2026, 5, 9)
    assert case.standing.status is StandingStatus.LEFT
    assert (case.running, case.closed_at) == ((), on("2026-05-11"))
    with pytest.raises(DomainError) as refusal:
        evaluate(desk)
    assert refusal.value.code == "CASE_CLOSED"


def test_nobody_has_left_in_the_future() -> None:
    desk = open_cycle()
    with pytest.raises(DomainError) as refusal:
        desk.do(RecordLeft, Role.SYSTEM, left_on=date(2025, 3, 18), reason="调离")
    assert (refusal.value.code, refusal.value.field) == ("DATE_IN_FUTURE", "left_on")


def test_another_class_does_not_restart_the_cycle() -> None:
    desk = open_cycle()
    clocks, version = desk.case.clocks, desk.case.standing.version
    desk.wait_until("2026-06-01")
    desk.do(Reclassify, Role.SPECIALIST, letter=TalentClass.E, reason="目录调整")
    assert desk.case.letter == "E"
    assert desk.case.clocks == clocks
    assert desk.case.standing.version > version
    assert desk.effects[-2].kind is EffectKind.TELL_REQUESTS
    seq = desk.case.seq
    desk.do(Reclassify, Role.SYSTEM, letter=TalentClass.E, reason="目录调整")
    assert desk.case.seq == seq, "told twice, noted once"
    desk.do(Reclassify, Role.SPECIALIST, score=130, reason="计分认定")
    assert (talent_row(desk.case).letter, desk.case.score) == ("", 130)


def test_a_class_change_says_to_what() -> None:
    with pytest.raises(DomainError) as refusal:
        open_cycle().do(Reclassify, Role.SPECIALIST, reason="目录调整")
    assert (refusal.value.code, refusal.value.field) == ("FIELD_REQUIRED", "letter")


@pytest.mark.parametrize("score", [-1, 10**30])
def test_a_score_that_no_table_holds_is_refused(score: int) -> None:
    with pytest.raises(DomainError, match="计分须在0至1000000之间"):
        open_cycle().do(Reclassify, Role.SYSTEM, score=score, reason="计分认定")


def test_a_lost_card_is_replaced() -> None:
    desk = open_cycle()
    desk.wait_until("2025-06-03")
    desk.do(
        IssueCredential,
        Role.SPECIALIST,
        credential=CredentialKind.CARD,
        code="C-0002",
        reason="遗失",
    )
    assert desk.case.credential is not None
    assert (desk.case.credential.code, desk.case.credential.issued_on) == (
        "C-0002",
        date(2025, 6, 3),
    )


@pytest.mark.parametrize(
    ("verb", "fields"),
    [
        (RenewPermit, {"renewed_on": date(2025, 3, 17), "expires_on": date(2029, 1, 1)}),
        (ConfirmPoints, {"reference": "A1"}),
    ],
)
def test_a_talents_cycle_knows_no_permit(verb: type[Command], fields: dict[str, object]) -> None:
    with pytest.raises(DomainError) as refusal:
        open_cycle().do(verb, Role.SYSTEM, **fields)
    assert refusal.value.code == "NOT_OF_THIS_CYCLE"


def test_only_what_waits_to_be_verified_is_verified() -> None:
    with pytest.raises(DomainError, match="周期内") as refusal:
        open_cycle().do(Verify, Role.SPECIALIST, passed=True)
    assert refusal.value.code == "WRONG_STAGE"


def test_the_end_of_a_talents_cycle_is_not_chosen() -> None:
    with pytest.raises(DomainError) as refusal:
        open_cycle(ends_on="2029-01-01")
    assert refusal.value.code == "CYCLE_DATES"


def test_one_registered_late_is_made_up_for_at_once_and_in_order() -> None:
    desk = open_cycle(received_on="2028-03-06")
    desk.wait_until("2028-03-06", "10:01")
    assert desk.kinds() == ["cycle_begun", "cycle_notified", "window_opened"]
    assert desk.due("opinion") == date(2028, 3, 17)
    assert [c.id for c in desk.case.running if c.id.startswith("cycle_reminder")] == [
        "cycle_reminder:7",
        "cycle_reminder:1",
    ]


def test_events_carry_all_that_they_change() -> None:
    desk = open_cycle()
    desk.wait_until("2028-03-01")
    evaluate(desk)
    given, *_ = (e.body for e in desk.events if isinstance(e.body, EvaluationGiven))
    assert given.verify is not None
    desk.do(Verify, Role.SPECIALIST, passed=True)
    renewed, *_ = (e.body for e in desk.events if isinstance(e.body, CycleRenewed))
    assert {clock.id for clock in renewed.clocks} == {c.id for c in desk.case.running}
    assert all(clock.id.endswith("#2") for clock in renewed.clocks)
