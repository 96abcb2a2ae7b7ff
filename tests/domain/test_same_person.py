"""The same person twice: what the officer is told, what waits for the decision, what does not."""

from typing import Any

import pytest

from casework.domain.case.commands import Command, Fault
from casework.domain.case.details import details
from casework.domain.case.events import title_of
from casework.domain.case.letters import EffectKind
from casework.domain.case.projection import rows
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    KeepApart,
    PreReview,
    PreReviewOutcome,
    RefuseDuplicate,
)
from casework.domain.kinds.application.events import NotAccepted
from casework.domain.kinds.application.same_person import found
from casework.domain.kinds.application.state import ApplicationStage, OtherCase
from casework.domain.policy import Role
from casework.letters.texts import render
from casework.messages.cases import EVENT_BODY
from tests.domain.desk import Desk, at, open_desk

OTHER = OtherCase(case_no="310101-AAAA-BBBB-CCCC", district="310101", stage=ApplicationStage.REVIEW)
THIRD = OtherCase(
    case_no="310104-AAAA-BBBB-CCCC", district="310104", stage=ApplicationStage.PRE_REVIEW
)
PASSED: dict[str, Any] = {"outcome": PreReviewOutcome.PASSED}
REASON: dict[str, Any] = {"other": OTHER.case_no, "reason": "经核实"}


def look(desk: Desk, *others: OtherCase) -> None:
    for body in found(desk.case, others):
        desk.apply(body)


def beside(*others: OtherCase) -> Desk:
    desk = open_desk()
    look(desk, *(others or (OTHER,)))
    return desk


def refused(desk: Desk, command: type[Command], **fields: Any) -> str:
    with pytest.raises(DomainError) as error:
        desk.do(command, Role.OFFICER, **fields)
    return error.value.code


def test_the_officer_reads_number_district_and_stage() -> None:
    desk = beside()
    (task,) = desk.case.open_tasks
    assert task.about == "疑似重复：310101-AAAA-BBBB-CCCC（310101，审核）"
    assert task.about in details(desk.case, desk.calendar)
    (row,) = [row for row in rows(desk.case, desk.calendar)["tasks"] if not row.closed_at]
    assert row.about == task.about


def test_nothing_passes_until_each_other_case_is_decided_on() -> None:
    desk = beside(OTHER, THIRD)
    assert refused(desk, PreReview, **PASSED) == "DUPLICATE_UNDECIDED"
    desk.do(KeepApart, Role.OFFICER, **REASON)
    assert refused(desk, PreReview, **PASSED) == "DUPLICATE_UNDECIDED"
    desk.do(KeepApart, Role.OFFICER, other=THIRD.case_no, reason="单位不同")
    desk.do(PreReview, Role.OFFICER, **PASSED)
    assert desk.case.stage is ApplicationStage.READY
    assert desk.case.open_tasks[-1].about == ""
    assert "分别办理" in details(desk.case, desk.calendar)


def test_one_found_after_the_pre_review_keeps_the_acceptance() -> None:
    desk = open_desk()
    desk.do(PreReview, Role.OFFICER, **PASSED)
    look(desk, OTHER)
    assert refused(desk, Accept) == "DUPLICATE_UNDECIDED"
    desk.do(KeepApart, Role.OFFICER, **REASON)
    desk.do(Accept, Role.OFFICER)
    assert desk.case.stage is ApplicationStage.REVIEW


def test_what_has_been_closed_meanwhile_waits_for_nobody() -> None:
    desk = beside()
    look(desk)
    assert [title_of(event) for event in desk.events[1:]] == [
        "发现同一人同一事项的其他未办结件",
        "已没有同一人同一事项的其他未办结件",
    ]
    desk.do(PreReview, Role.OFFICER, **PASSED)


def test_another_stage_of_the_other_case_is_no_news() -> None:
    desk = beside()
    moved = OtherCase(
        case_no=OTHER.case_no, district=OTHER.district, stage=ApplicationStage.DECIDED
    )
    assert found(desk.case, (moved,)) == ()


def test_the_one_notice_does_not_wait_for_the_decision() -> None:
    desk = beside()
    fault = Fault(code="BLURRED", about="labour_contract", text="不清")
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.FAULTY, faults=(fault,))
    assert desk.case.stage is ApplicationStage.SUPPLEMENT_DUE


def test_time_does_not_wait_for_the_decision() -> None:
    desk = beside()
    desk.wait_until(at("2026-10-09"))
    assert desk.case.deemed_accepted
    assert desk.case.undecided == (OTHER,), "and it is still shown"
    assert refused(desk, RefuseDuplicate, **REASON) == "WRONG_STAGE"
    desk.do(KeepApart, Role.OFFICER, **REASON)


def test_a_task_that_is_opened_again_names_the_other_case_again() -> None:
    desk = open_desk()
    desk.do(PreReview, Role.OFFICER, **PASSED)
    look(desk, OTHER)
    assert [task.kind for task in desk.case.open_tasks] == [TaskKind.ACCEPT]
    assert OTHER.case_no in desk.case.open_tasks[0].about


def test_a_duplicate_ends_and_its_letter_names_the_other_number_only() -> None:
    desk = beside()
    desk.do(RefuseDuplicate, Role.OFFICER, other=OTHER.case_no, reason="同一事项已在办理")
    assert desk.case.stage is ApplicationStage.NOT_ACCEPTED
    assert desk.case.duplicate_of == OTHER.case_no
    assert not desk.case.open_tasks
    assert title_of(desk.events[-1]) == "按重复件不予受理"
    (letter,) = [effect for effect in desk.effects if effect.kind is EffectKind.NOTICE]
    title, text = render(letter.template, letter.fields | {"case_no": desk.case.case_no})
    assert "重复申请" in title
    assert OTHER.case_no in text
    assert "同一事项已在办理" in text
    assert OTHER.stage.label not in text.replace("审核人", "")


@pytest.mark.parametrize("command", [KeepApart, RefuseDuplicate])
def test_only_a_case_that_was_found_can_be_decided_on(command: type[Command]) -> None:
    desk = beside()
    assert refused(desk, command, other=THIRD.case_no, reason="经核实") == "NO_SUCH_DUPLICATE"
    assert refused(desk, command, other=OTHER.case_no, reason=" ") == "FIELD_REQUIRED"
    look(desk)
    assert refused(desk, command, **REASON) == "NO_SUCH_DUPLICATE"


def test_a_decision_is_taken_once_and_may_be_followed_by_the_refusal() -> None:
    desk = beside()
    desk.do(KeepApart, Role.OFFICER, **REASON)
    assert refused(desk, KeepApart, **REASON) == "ALREADY_KEPT_APART"
    desk.do(RefuseDuplicate, Role.OFFICER, **REASON)
    assert desk.case.stage is ApplicationStage.NOT_ACCEPTED


def test_what_was_not_accepted_before_reads_as_it_did() -> None:
    old = '{"kind": "not_accepted", "reason": "不属本区", "right_authority": "市局"}'
    body = EVENT_BODY.validate_json(old)
    assert isinstance(body, NotAccepted)
    assert body.duplicate_of == ""
