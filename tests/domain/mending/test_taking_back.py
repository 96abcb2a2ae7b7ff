"""A closing clicked by mistake is taken back: by whom, until when, and how."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from casework.domain.case.commands import Fault, ProposeTakingBack, SettleLatePapers, TakeBack
from casework.domain.case.details import details
from casework.domain.case.mending import MISTAKEN, rests_until
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    ConsentDeferral,
    Decision,
    MaterialsReceived,
    NotAccept,
    OfferDeferral,
    PreReview,
    PreReviewOutcome,
    Promise,
    RecordCheck,
    Refuse,
    ReportUp,
    RequestContact,
    Review,
    SuperiorDecision,
    Supplement,
    Withdraw,
)
from casework.domain.kinds.application.state import ApplicationStage, GreenStatus, LineStatus
from casework.domain.policy import CheckKind, Role
from casework.domain.time.clock import due_on
from tests.domain.desk import ALL_FILES, Desk, at, files, open_desk

SEAL = Fault(code="MISSING", about="sealed_copies", text="缺盖章复印件")
WHY: dict[str, Any] = {"reason": "误点"}


def in_review() -> Desk:
    """Accepted on 2026-09-16; to be decided within 20 working days."""
    desk = open_desk()
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    if desk.case.stage is ApplicationStage.AWAIT_PAPER:
        desk.do(MaterialsReceived, Role.OFFICER, materials=files("paper_package"))
    desk.do(Accept, Role.OFFICER)
    return desk


def refused_by_mistake() -> Desk:
    desk = in_review()
    desk.wait_until(at("2026-09-21"))
    desk.do(Refuse, Role.HEAD, **WHY)
    return desk


def taken_back(desk: Desk, by: Role = Role.HEAD) -> Desk:
    desk.do(ProposeTakingBack, Role.OFFICER, **WHY)
    desk.do(TakeBack, by, reason="经核实，确系误办结")
    return desk


def stage(desk: Desk) -> ApplicationStage:
    return desk.case.stage


def code(desk: Desk, command: type, role: Role, **fields: Any) -> str:
    with pytest.raises(DomainError) as refused:
        desk.do(command, role, **fields)
    return refused.value.code


def due(desk: Desk, kind: str) -> date | None:
    clock = desk.case.clock(kind)
    assert clock is not None
    return due_on(clock, desk.calendar)


def test_a_refusal_is_taken_back_with_a_fresh_step_limit_and_no_day_lost() -> None:
    desk = refused_by_mistake()
    plain = due_on(next(c for c in desk.case.clocks if c.id == "decide"), desk.calendar)
    desk.wait_until(at("2026-09-28"))
    taken_back(desk)
    assert stage(desk) is ApplicationStage.REVIEW
    assert (desk.case.decision, desk.case.decided_on) == (None, None)
    review = desk.case.clock("review")
    assert review is not None
    assert (review.id, review.started_on) == ("review#2", date(2026, 9, 28))
    decide = desk.case.clock("decide")
    assert decide is not None
    (gap,) = decide.suspensions
    assert (gap.first_on, gap.lifted_on, gap.reason) == (
        date(2026, 9, 21),
        date(2026, 9, 28),
        MISTAKEN,
    )
    assert plain is not None
    assert due(desk, "decide") == desk.calendar.shift(plain, 5)  # 21, 22, 23, 24 and 28 September
    assert [task.kind for task in desk.case.open_tasks] == [TaskKind.REVIEW]


def test_the_letter_goes_to_whom_the_refusal_went() -> None:
    desk = taken_back(refused_by_mistake())
    letters = {effect.template: effect for effect in desk.effects if effect.template}
    refused, back = letters["refused"], letters["taken_back"]
    assert (back.to, back.recipients) == (refused.to, refused.recipients)
    assert back.fields["closed_as"] == "不予批准"
    assert back.fields["decision_due_on"] == str(due(desk, "decide"))


def test_not_accepted_from_the_pre_review_goes_on_with_the_notice_where_it_was() -> None:
    desk = open_desk()
    desk.wait_until(at("2026-09-18"))
    desk.do(NotAccept, Role.OFFICER, reason="误点", right_authority="某区")
    desk.wait_until(at("2026-11-16"))
    taken_back(desk)
    assert stage(desk) is ApplicationStage.PRE_REVIEW
    notice = due(desk, "notice")
    assert notice is not None
    assert notice > date(2026, 11, 16), "nothing is deemed accepted for the time of the mistake"
    desk.wait_until(at("2026-11-17"))
    assert "accepted" not in desk.kinds()


def test_a_lapse_taken_back_gives_the_applicant_the_whole_time_again() -> None:
    desk = open_desk(have=ALL_FILES)
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.FAULTY, faults=(SEAL,))
    desk.wait_until(at("2026-10-30"))
    assert stage(desk) is ApplicationStage.RETURNED_LAPSED
    taken_back(desk)
    assert stage(desk) is ApplicationStage.SUPPLEMENT_DUE
    supplement = desk.case.clock("supplement")
    assert supplement is not None
    assert (supplement.id, supplement.started_on) == ("supplement#2", date(2026, 10, 30))
    desk.wait_until(at("2026-12-01"))
    assert stage(desk) is ApplicationStage.RETURNED_LAPSED, "and it lapses again if nothing comes"


def test_what_the_superior_refused_the_superior_takes_back() -> None:
    desk = in_review()
    for check in (CheckKind.EDUCATION, CheckKind.OUTSIDE, CheckKind.ARCHIVE):
        try:
            desk.do(RecordCheck, Role.OFFICER, check=check, passed=True)
        except DomainError:
            continue
    desk.do(Review, Role.REVIEWER)
    desk.do(ReportUp, Role.OFFICER)
    desk.do(SuperiorDecision, Role.SUPERIOR, outcome=Decision.REFUSED, reason="误点")
    desk.do(ProposeTakingBack, Role.OFFICER, **WHY)
    assert [t.holder for t in desk.case.open_tasks] == ["ja-superior-a"]
    assert code(desk, TakeBack, Role.HEAD, **WHY) == "NOT_YOUR_DECISION"
    desk.do(TakeBack, Role.SUPERIOR, **WHY)
    assert stage(desk) is ApplicationStage.REPORTED_UP


def test_two_people_take_part_and_neither_twice() -> None:
    desk = refused_by_mistake()
    assert code(desk, TakeBack, Role.HEAD, **WHY) == "NOT_PROPOSED"
    desk.do(ProposeTakingBack, Role.HEAD, **WHY)
    assert code(desk, ProposeTakingBack, Role.OFFICER, **WHY) == "ALREADY_PROPOSED"
    assert code(desk, TakeBack, Role.HEAD, **WHY) == "FOUR_EYES"
    assert code(desk, TakeBack, Role.SUPERVISOR, **WHY) == "NOT_YOUR_DECISION"
    assert code(desk, TakeBack, Role.HEAD, reason=" ") == "FOUR_EYES"
    desk.do(TakeBack, Role.HEAD, backup=True, **WHY)
    assert stage(desk) is ApplicationStage.REVIEW
    assert code(desk, TakeBack, Role.HEAD, **WHY) == "NOTHING_TO_TAKE_BACK"
    assert code(desk, ProposeTakingBack, Role.OFFICER, **WHY) == "NOTHING_TO_TAKE_BACK"


def test_declined_it_stays_closed_and_may_be_proposed_again() -> None:
    desk = refused_by_mistake()
    desk.do(ProposeTakingBack, Role.OFFICER, **WHY)
    desk.do(TakeBack, Role.HEAD, granted=False, reason="不是误办结")
    assert (desk.case.stage, desk.case.open_tasks) == (ApplicationStage.REFUSED, ())
    desk.do(ProposeTakingBack, Role.OFFICER, reason="另有证据")
    desk.do(TakeBack, Role.HEAD, **WHY)
    assert desk.case.is_open


def test_too_late_is_too_late_but_the_proposal_can_be_closed() -> None:
    desk = refused_by_mistake()
    closing = desk.case.closing
    assert closing is not None
    assert closing.until == date(2026, 9, 21) + timedelta(days=60)
    desk.do(ProposeTakingBack, Role.OFFICER, **WHY)
    desk.now = at("2026-11-20", "23:59")
    assert desk.case.closing is not None  # the last day counts whole
    desk.now = at("2026-11-21", "00:00")
    assert desk.now == rests_until(desk.case)
    assert code(desk, TakeBack, Role.HEAD, **WHY) == "TAKE_BACK_TOO_LATE"
    desk.do(TakeBack, Role.HEAD, granted=False, reason="期限已过")
    assert desk.case.is_done
    assert code(desk, ProposeTakingBack, Role.OFFICER, **WHY) == "TAKE_BACK_TOO_LATE"


def test_what_the_applicant_withdrew_was_no_mistake_of_the_office() -> None:
    desk = open_desk()
    desk.do(Withdraw, Role.APPLICANT)
    assert desk.case.closing is None
    assert code(desk, ProposeTakingBack, Role.OFFICER, **WHY) == "NOTHING_TO_TAKE_BACK"


def test_a_case_of_before_the_date_decided_closes_for_good_as_it_did() -> None:
    desk = open_desk()
    desk.case = replace(desk.case, by_date=False)
    desk.do(NotAccept, Role.OFFICER, reason="误点", right_authority="某区")
    assert desk.case.closing is None
    assert rests_until(desk.case) is None
    late = {"materials": files("sealed_copies")}
    assert code(desk, MaterialsReceived, Role.APPLICANT, **late) == "CASE_CLOSED"


def test_debts_green_channel_and_contacts_are_open_again() -> None:
    desk = open_desk(have=ALL_FILES)
    desk.do(RequestContact, Role.SYSTEM, outreach="measure-1", about="窗口交件不限时")
    desk.do(OfferDeferral, Role.OFFICER, materials=("sealed_copies",), reason="封控")
    if desk.case.lines[0].status is LineStatus.OFFERED:
        desk.do(ConsentDeferral, Role.SUPERVISOR, granted=True)
    desk.do(Promise, Role.APPLICANT, signed_on=date(2026, 9, 16))
    before = desk.case
    owed = due(desk, "defer:sealed_copies")
    desk.wait_until(at("2026-09-17"))
    desk.do(NotAccept, Role.OFFICER, reason="误点", right_authority="某区")
    assert [line.status for line in desk.case.lines] == [LineStatus.DISCHARGED]
    desk.wait_until(at("2026-10-09"))
    taken_back(desk)
    assert desk.case.lines == before.lines
    assert desk.case.contacts == before.contacts
    assert desk.case.green.status is GreenStatus.NONE
    again = due(desk, "defer:sealed_copies")
    assert owed is not None
    assert again is not None
    assert again > owed


def test_the_details_say_until_when() -> None:
    desk = refused_by_mistake()
    assert "已办结，可在 2026-11-20 前（含当日）撤销更正" in details(desk.case, desk.calendar)
    taken_back(desk)
    assert "已办结，可在" not in details(desk.case, desk.calendar)


def test_papers_for_a_closed_case_are_a_task_and_count_when_it_is_taken_back() -> None:
    desk = open_desk(have=ALL_FILES)
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.FAULTY, faults=(SEAL,))
    desk.wait_until(at("2026-10-30"))
    assert stage(desk) is ApplicationStage.RETURNED_LAPSED
    desk.do(Supplement, Role.APPLICANT, materials=files("sealed_copies"))
    (task,) = desk.case.open_tasks
    assert (task.kind, task.holder, task.about) == (
        TaskKind.LATE_PAPERS,
        "ja-officer-a",
        "sealed_copies",
    )
    assert not desk.case.is_done
    taken_back(desk)
    assert stage(desk) is ApplicationStage.PRE_REVIEW, (
        "it has come; nothing is owed by the applicant"
    )
    assert desk.case.clock("supplement") is None
    desk.do(SettleLatePapers, Role.OFFICER, task=task.id, reason="已随恢复办理登记")
    assert TaskKind.LATE_PAPERS not in {each.kind for each in desk.case.open_tasks}


def test_papers_for_a_withdrawn_case_are_settled_by_its_officer() -> None:
    desk = open_desk()
    desk.do(Withdraw, Role.APPLICANT)
    desk.do(MaterialsReceived, Role.SYSTEM, materials=files("sealed_copies"))
    desk.do(MaterialsReceived, Role.SYSTEM, materials=files("labour_contract"))
    (task,) = desk.case.open_tasks
    assert code(desk, SettleLatePapers, Role.OFFICER, task="none", **WHY) == "TASK_NOT_OPEN"
    desk.do(SettleLatePapers, Role.OFFICER, task=task.id, reason="已退回")
    assert desk.case.is_done
    nothing: dict[str, object] = {"materials": ()}
    assert code(desk, MaterialsReceived, Role.SYSTEM, **nothing) == "FIELD_REQUIRED"
