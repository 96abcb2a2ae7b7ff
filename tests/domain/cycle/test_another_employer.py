"""The talent works for somebody else: before the notice, after it, or too late."""

from datetime import date

import pytest

from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.commands import ChangeEmployer, Evaluate, Verify
from casework.domain.kinds.cycle.events import CycleNotified
from casework.domain.kinds.cycle.state import CycleStage, Verdict
from casework.domain.policy import Role
from tests.domain.cycle.desk import EMPLOYER, OTHER, CycleDesk, open_cycle


def changed(desk: CycleDesk, employer: str = OTHER) -> None:
    day = desk.now.date()
    desk.do(ChangeEmployer, Role.SPECIALIST, employer=employer, changed_on=day)


def evaluate(desk: CycleDesk) -> None:
    desk.do(Evaluate, Role.EMPLOYER, verdict=Verdict.QUALIFIED, text="合格")


def notices(desk: CycleDesk) -> list[tuple[str, bool]]:
    return [
        (event.body.employer, event.body.again)
        for event in desk.events
        if isinstance(event.body, CycleNotified)
    ]


def test_before_the_notice_only_the_data_change() -> None:
    desk = open_cycle()
    desk.wait_until("2026-07-01")
    changed(desk)
    assert (desk.stage(), notices(desk)) == (CycleStage.ACTIVE, [])
    desk.wait_until("2027-12-17")
    assert notices(desk) == [(OTHER, False)], "asked is who is the employer on that day"


def test_after_the_notice_the_new_employer_is_notified() -> None:
    desk = open_cycle()
    desk.wait_until("2028-01-10")
    changed(desk)
    assert notices(desk) == [(EMPLOYER, False), (OTHER, True)]
    assert desk.stage() is CycleStage.NOTIFIED
    assert desk.due("opinion") == date(2028, 3, 17)
    assert [c.id for c in desk.case.running if c.id.startswith("opinion")] == ["opinion#2"]
    desk.wait_until("2028-02-16")
    assert desk.stage() is CycleStage.WINDOW
    assert desk.days("employer_reminded") == [("employer_reminded:30", date(2028, 2, 16))]


def test_an_early_opinion_of_the_former_employer_is_evidence_and_takes_no_effect() -> None:
    desk = open_cycle()
    desk.wait_until("2028-01-10")
    evaluate(desk)
    desk.wait_until("2028-01-20")
    changed(desk)
    assert desk.case.opinion is None
    assert [(o.employer, o.early) for o in desk.case.evidence] == [(EMPLOYER, True)]
    desk.wait_until("2028-03-17")
    assert desk.stage() is CycleStage.WINDOW
    assert [what for what, _ in desk.days("employer_reminded")] == [
        "employer_reminded:30",
        "employer_reminded:15",
        "employer_reminded:7",
        "employer_reminded:1",
    ], "the new employer has not been heard yet"


def test_in_the_verification_everything_begins_again_with_the_new_employer() -> None:
    desk = open_cycle()
    desk.wait_until("2028-03-01")
    evaluate(desk)
    desk.wait_until("2028-03-03")
    changed(desk)
    assert desk.stage() is CycleStage.WINDOW
    assert desk.due("verify") is None
    assert not desk.holds(TaskKind.VERIFY)
    desk.wait_until("2028-03-13")
    evaluate(desk)
    assert desk.case.opinion is not None
    assert desk.case.opinion.employer == OTHER
    assert desk.due("verify") is not None
    desk.do(Verify, Role.SPECIALIST, passed=True)
    assert (desk.case.number, desk.case.evidence) == (2, ())


def test_after_the_end_only_the_data_change_and_the_opinion_is_evidence() -> None:
    desk = open_cycle()
    desk.wait_until("2028-03-10")
    evaluate(desk)
    desk.wait_until("2028-03-21")
    due = desk.due("verify")
    changed(desk)
    assert (desk.stage(), desk.case.on_hold) == (CycleStage.VERIFYING, True)
    assert desk.due("verify") == due
    assert [o.employer for o in desk.case.evidence] == [EMPLOYER]
    assert len(notices(desk)) == 1
    assert desk.case.employer == OTHER


@pytest.mark.parametrize(
    ("employer", "code"),
    [(EMPLOYER, "SAME_EMPLOYER"), ("91310106MA1FY7XX06", "EMPLOYER_CODE_INVALID")],
)
def test_another_employer_is_another_and_has_a_valid_code(employer: str, code: str) -> None:
    with pytest.raises(DomainError) as refusal:
        changed(open_cycle(), employer)
    assert refusal.value.code == code
