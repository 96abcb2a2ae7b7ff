"""What people are told and shown: notices, current details, the register's row."""

from dataclasses import replace
from datetime import date

import pytest

from casework.domain.kinds.cycle.commands import (
    ChangeEmployer,
    ConfirmPoints,
    Evaluate,
    IssueCredential,
    RaiseObjection,
    Reclassify,
    RecordLeft,
    RenewPermit,
    Verify,
)
from casework.domain.kinds.cycle.events import DataChecked
from casework.domain.kinds.cycle.letters import RECIPIENTS
from casework.domain.kinds.cycle.shown import lines, talent_row
from casework.domain.kinds.cycle.state import DataCheck, Verdict
from casework.domain.policy import Role
from casework.domain.talent import CredentialKind, TalentClass
from casework.letters import texts
from casework.letters.templates import CYCLE_TEMPLATES, TEMPLATES
from tests.domain.cycle.desk import EMPLOYER, OTHER, PERMIT, CycleDesk, open_cycle

BOTH, TALENT, LIAISON = ("applicant", "employer"), ("applicant",), ("employer",)


@pytest.fixture(autouse=True)
def _texts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "TEMPLATES", TEMPLATES | CYCLE_TEMPLATES)


def evaluate(desk: CycleDesk, verdict: Verdict = Verdict.QUALIFIED) -> None:
    desk.do(Evaluate, Role.EMPLOYER, verdict=verdict, text="履职情况")


def failed() -> CycleDesk:
    desk = open_cycle()
    desk.wait_until("2028-03-01")
    evaluate(desk, Verdict.NOT_QUALIFIED)
    desk.do(Verify, Role.SPECIALIST, passed=False, reason="未履行约定任务")
    return desk


def eventful() -> CycleDesk:
    """Early opinion, another employer, another class, a new card, silence, objection, upheld."""
    desk = open_cycle()
    desk.wait_until("2028-01-10")
    evaluate(desk)
    desk.wait_until("2028-03-01")
    desk.do(ChangeEmployer, Role.SPECIALIST, employer=OTHER, changed_on=date(2028, 3, 1))
    desk.do(Reclassify, Role.SPECIALIST, letter=TalentClass.E, reason="目录调整")
    card = {"credential": CredentialKind.CARD, "code": "C-0002", "reason": "遗失"}
    desk.do(IssueCredential, Role.SPECIALIST, **card)
    desk.wait_until("2028-03-21")
    desk.do(Verify, Role.SPECIALIST, passed=False, reason="数据不符")
    desk.wait_until(date(2028, 4, 4))
    desk.do(RaiseObjection, Role.TALENT, reason="数据有误")
    return desk


def shown(desk: CycleDesk) -> str:
    return "\n".join(lines(desk.case, desk.calendar))


def test_every_notice_of_a_cycle_can_be_written() -> None:
    left = open_cycle()
    left.do(RecordLeft, Role.SYSTEM, left_on=date(2025, 3, 17), reason="调离")
    ended = failed()
    ended.wait_until("2028-03-25")
    renewed = open_cycle()
    renewed.wait_until("2028-03-01")
    evaluate(renewed)
    renewed.do(Verify, Role.SPECIALIST, passed=True)
    in_time, late = (open_cycle(PERMIT, "2025-10-15") for _ in range(2))
    for desk, day in ((in_time, date(2026, 9, 29)), (late, date(2026, 11, 19))):
        desk.wait_until(day)
        desk.do(RenewPermit, Role.SYSTEM, renewed_on=day, expires_on=date(2027, 11, 19))
        desk.wait(20)
        desk.do(ConfirmPoints, Role.SYSTEM, reference="积分确认-1")
    written: set[str] = set()
    for desk in (eventful(), left, ended, renewed, in_time, late):
        for effect in desk.effects:
            if effect.template:
                fields = effect.fields | {"case_no": desk.case.case_no}
                subject, body = texts.render(effect.template, fields)
                assert "{" not in subject + body
                assert effect.recipients == RECIPIENTS[effect.template]
                written.add(effect.template)
    assert written == set(CYCLE_TEMPLATES) == set(RECIPIENTS)


def test_who_is_told_of_what() -> None:
    assert eventful().told() == [
        ("cycle_notice", LIAISON),
        ("cycle_opinion_kept", LIAISON),
        ("cycle_notice_again", LIAISON),
        ("cycle_reclassified", TALENT),
        ("cycle_credential", TALENT),
        *[("cycle_reminder", LIAISON)] * 3,
        ("cycle_expired", BOTH),
        ("cycle_not_passed", BOTH),
        ("cycle_objection_reminder", BOTH),
        ("cycle_objection_made", BOTH),
    ]


def test_a_limit_of_our_own_is_not_called_law() -> None:
    effect = next(e for e in failed().effects if e.template == "cycle_not_passed")
    _, body = texts.render(effect.template, effect.fields | {"case_no": "1"})
    assert "非法定期限" in body
    assert "（法定期限）" not in body


def test_no_notice_and_no_line_gives_away_the_opinion_or_the_card() -> None:
    desk = eventful()
    told = " ".join(value for effect in desk.effects for value in effect.fields.values())
    assert "C-0002" not in told
    assert "履职情况" not in told + shown(desk)
    assert "C-0002" not in shown(desk)


def test_the_details_of_a_talent() -> None:
    desk = eventful()
    check = DataCheck(source="credit", name="公共信用信息", outcome="contradicted")
    desk.case = replace(desk.case, checks=(check,))
    text = shown(desk)
    for part in (
        "第 1 周期：2025-03-17 至 2028-03-17",
        f"人才类别：E类 · 用人单位 {OTHER}",
        "人才卡，2028-03-01 发放",
        "暂停受理新的服务申请",
        "用人单位未提交评估意见",
        f"合格，{EMPLOYER} 于 2028-01-10 提交（提前）",
        "公共信用信息不符",
        "异议：数据有误",
    ):
        assert part in text


def test_the_details_of_a_permit() -> None:
    desk = open_cycle(PERMIT, "2025-10-15")
    assert "积分：有效" in shown(desk)
    desk.wait_until("2026-09-29")
    desk.do(RenewPermit, Role.SYSTEM, renewed_on=date(2026, 9, 29), expires_on=date(2027, 10, 15))
    assert "2026-09-29 签注；积分续办自 2026-10-09 起办理" in shown(desk)


def test_checks_are_shown_by_name_and_outcome() -> None:
    desk = open_cycle()
    desk.wait_until("2028-03-01")
    evaluate(desk)
    desk.apply(
        DataChecked(
            checks=(DataCheck(source="employment", name="劳动合同备案", outcome="unknown"),)
        )
    )
    assert "数据核实：劳动合同备案无法核实" in shown(desk)


def test_the_row_of_a_talent_by_score_who_has_left() -> None:
    desk = open_cycle(letter=None)
    desk.wait_until("2025-06-03")
    desk.do(Reclassify, Role.SPECIALIST, score=130, reason="计分认定")
    desk.do(RecordLeft, Role.SPECIALIST, left_on=date(2025, 6, 1), reason="调离")
    row = talent_row(desk.case)
    assert (row.cycle, row.number, row.letter, row.score) == ("talent", 1, "", 130)
    assert (row.status, row.served_until) == ("left", date(2025, 6, 1))
    assert (row.credential_kind, row.credential_void_on) == ("code", date(2025, 6, 2))
    assert (row.points, row.renewed_on) == ("", None)


def test_the_row_of_a_permit() -> None:
    desk = open_cycle(PERMIT, "2025-10-15")
    desk.wait_until("2026-10-20")
    row = talent_row(desk.case)
    assert (row.cycle, row.points, row.employer) == ("permit", "suspended", "")
    assert (row.starts_on, row.ends_on) == (date(2025, 10, 15), date(2026, 10, 15))
