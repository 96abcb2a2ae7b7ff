"""What orders do to a case: the dates of the domain, and the corners that random orders found."""

from dataclasses import replace
from datetime import date, timedelta

from casework.domain.case.commands import Fault
from casework.domain.case.events import LimitBegun
from casework.domain.kinds.application.commands import (
    CheckMaterial,
    ConsentDeferral,
    MaterialsReceived,
    OfferDeferral,
    PreReview,
    PreReviewOutcome,
    Promise,
    ResumeClock,
    StopClock,
    StopKind,
)
from casework.domain.kinds.application.state import ApplicationStage, LineStatus
from casework.domain.policy import DeferralMode, Mark, Measure, Role
from casework.domain.time.clock import Clock, Stopped, Suspension, due_on
from casework.domain.time.explanation import STOPPED_BY
from casework.policy.calendars import load_calendar
from tests.domain.desk import ALL_FILES, actor, at, files, open_desk
from tests.domain.sleepers import EVERYBODY, Authority, Sleeper

SEAL = Fault(code="MISSING", about="sealed_copies", text="缺盖章复印件")


def day(text: str) -> date:
    return date.fromisoformat(text)


def lockdown(first_on: str, lifted_on: str | None = None, basis: str = "通告第 1 号") -> Suspension:
    return Suspension(
        id="order-1",
        first_on=day(first_on),
        lifted_on=None if lifted_on is None else day(lifted_on),
        reason="封控",
        basis=basis,
        clocks=Stopped.APPLICANT,
    )


def supplementing(received_on: str) -> Sleeper:
    """A case told on the day of receipt what is missing: the applicant has 15 working days."""
    sleeper = Sleeper.of(open_desk(day=received_on, have=ALL_FILES), Authority(load_calendar()))
    told = PreReview(
        actor=actor(Role.OFFICER), outcome=PreReviewOutcome.FAULTY, faults=(SEAL,), corrected=()
    )
    sleeper.act(told)
    return sleeper


def running(sleeper: Sleeper, kind: str) -> Clock:
    clock = sleeper.case.clock(kind)
    assert clock is not None
    return clock


def due(sleeper: Sleeper, kind: str) -> date | None:
    return due_on(running(sleeper, kind), sleeper.calendar)


def test_a_sleeping_case_notes_a_suspension_when_it_wakes_and_gives_nothing() -> None:
    sleeper = supplementing("2022-03-15")
    armed = sleeper.armed
    assert armed == at("2022-04-02", "00:00")  # a Saturday that is worked, to remind of 6 April
    sleeper.authority.suspend(EVERYBODY, lockdown("2022-04-01"))
    assert sleeper.armed == armed  # nobody has told it
    sleeper.sleep_until(at("2022-05-20"))
    assert "rung_reached" not in sleeper.kinds()
    assert due(sleeper, "supplement") is None
    assert sleeper.known.version == 1


def test_on_lift_the_remainder_runs_on_and_the_applicant_is_told() -> None:
    sleeper = supplementing("2022-03-15")
    sleeper.authority.suspend(EVERYBODY, lockdown("2022-04-01"))
    sleeper.sleep_until(at("2022-06-01"))
    sleeper.authority.suspend(EVERYBODY, lockdown("2022-04-01", "2022-06-01"))
    assert sleeper.is_armed_late()
    sleeper.rouse()
    # Twelve days were used by 31 March; three are left, and 3 June is a holiday.
    assert due(sleeper, "supplement") == day("2022-06-07")
    begun = [event.body for event in sleeper.events if isinstance(event.body, LimitBegun)]
    assert [(body.clock, body.due_on) for body in begun] == [("supplement", day("2022-06-07"))]
    assert sleeper.armed == at("2022-06-06", "00:00")


def test_a_case_that_has_not_looked_yet_is_not_roused_by_the_lift() -> None:
    sleeper = supplementing("2022-03-15")
    sleeper.authority.suspend(EVERYBODY, lockdown("2022-03-21"))
    sleeper.authority.suspend(EVERYBODY, lockdown("2022-03-21", "2022-03-25"))
    assert not sleeper.is_armed_late()
    sleeper.sleep_until(at("2022-04-06"))
    assert due(sleeper, "supplement") == day("2022-04-13")
    assert "rung_reached" not in sleeper.kinds()


def test_what_ran_out_on_the_eve_of_a_suspension_has_run_out() -> None:
    sleeper = supplementing("2022-03-10")
    assert due(sleeper, "supplement") == day("2022-03-31")
    sleeper.authority.suspend(EVERYBODY, lockdown("2022-04-01", "2022-06-01"))
    sleeper.sleep_until(at("2022-03-31", "23:59"))
    assert "lapsed" not in sleeper.kinds()
    assert due(sleeper, "supplement") == day("2022-03-31")
    sleeper.sleep_until(at("2022-04-01", "00:00"))
    assert sleeper.kinds()[-1] == "lapsed"
    assert sleeper.events[-1].at == at("2022-04-01", "00:00")


def test_a_suspension_lifted_on_the_day_a_clock_started_has_not_stopped_it() -> None:
    desk = open_desk(day="2022-04-11", have=ALL_FILES)
    sleeper = Sleeper.of(desk, Authority(load_calendar()))
    sleeper.authority.suspend(EVERYBODY, lockdown("2022-04-01"))
    sleeper.act(PreReview(actor=actor(Role.OFFICER), outcome=PreReviewOutcome.FAULTY))
    assert due(sleeper, "supplement") is None
    sleeper.authority.suspend(EVERYBODY, lockdown("2022-04-01", "2022-04-11"))
    sleeper.rouse()
    assert running(sleeper, "supplement").stops == ()
    assert due(sleeper, "supplement") == day("2022-04-29")
    assert sleeper.kinds()[-1] == "limit_begun"


def owing(received_on: str) -> Sleeper:
    """A case with one debt, promised on the day of receipt."""
    sleeper = Sleeper.of(open_desk(day=received_on, have=ALL_FILES), Authority(load_calendar()))
    sleeper.do(
        OfferDeferral,
        Role.OFFICER,
        materials=("sealed_copies",),
        mode=DeferralMode.HOLD_RESULT,
        reason="封控",
    )
    if sleeper.case.lines[0].status is LineStatus.OFFERED:
        sleeper.do(ConsentDeferral, Role.SUPERIOR, granted=True)
    sleeper.do(Promise, Role.APPLICANT, signed_on=day(received_on))
    sleeper.settle()
    return sleeper


def test_a_debt_owed_again_stands_still_under_what_came_while_it_was_paid() -> None:
    sleeper = owing("2026-09-16")
    sleeper.act(MaterialsReceived(actor=actor(Role.OFFICER), materials=files("sealed_copies")))
    assert sleeper.case.clock("defer:sealed_copies") is None
    sleeper.authority.suspend(EVERYBODY, lockdown("2026-09-17"))
    sleeper.wake()
    refused = CheckMaterial(
        actor=actor(Role.OFFICER), material="sealed_copies", in_order=False, reason="不清"
    )
    sleeper.act(refused)
    assert due(sleeper, "defer:sealed_copies") is None


def test_resuming_a_clock_lifts_no_suspension_by_order() -> None:
    sleeper = Sleeper.of(open_desk(day="2026-09-16"), Authority(load_calendar()))
    sleeper.act(PreReview(actor=actor(Role.OFFICER), outcome=PreReviewOutcome.PASSED))
    sleeper.sleep_until(at("2026-09-24"))  # deemed accepted
    both = Suspension(
        id="order-1",
        first_on=day("2026-09-24"),
        lifted_on=None,
        reason="封控",
        basis=STOPPED_BY,  # what a supervisor may well write
        clocks=Stopped.BOTH,
    )
    sleeper.authority.suspend(EVERYBODY, both)
    sleeper.act(StopClock(actor=actor(Role.REVIEWER), stop=StopKind.HEARING, reason="存疑"))
    sleeper.act(ResumeClock(actor=actor(Role.REVIEWER)))
    assert due(sleeper, "decide") is None
    own = [stop for stop in running(sleeper, "decide").stops if not stop.id]
    assert [stop.lifted_on for stop in own] == [day("2026-09-24")]


def test_a_measure_takes_the_limit_away_and_its_end_gives_one() -> None:
    measure = Measure(
        id="PAPER_NO_LIMIT.310106.20260101",
        effect="PAPER_NO_LIMIT",
        name="材料递交不限时",
        reference="公告",
        mark=Mark.SOURCE,
        since=day("2026-01-01"),
    )
    authority = Authority(load_calendar())
    authority.dictate(measure)
    have = ("identity_document", "application_form", "labour_contract", "eligibility_proof")
    desk = open_desk("HJ_TAL", day="2026-09-16", have=have, entitled_on=day("2026-09-01"))
    sleeper = Sleeper.of(desk, authority)
    assert not sleeper.case.faults
    sleeper.act(PreReview(actor=actor(Role.OFFICER), outcome=PreReviewOutcome.PASSED))
    assert sleeper.case.stage is ApplicationStage.AWAIT_PAPER
    assert (due(sleeper, "paper"), sleeper.armed) == (None, None)
    authority.dictate(replace(measure, until=day("2026-11-02")))
    assert sleeper.is_armed_late()
    sleeper.now = at("2026-10-30")
    sleeper.rouse()
    assert due(sleeper, "paper") == day("2026-11-02") + timedelta(days=30)
    assert sleeper.kinds()[-1] == "limit_begun"
    assert sleeper.case.entitled_on == day("2026-09-01")
