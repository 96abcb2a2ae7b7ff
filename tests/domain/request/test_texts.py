"""What the talent and the supervisor read of a request, and the row that lists show."""

from datetime import date

import pytest

from casework.domain.case.in_force import InForce, note
from casework.domain.kinds.request.commands import (
    AcceptRequest,
    AssignBody,
    ExplainNeed,
    ExtendHandling,
    FeedBack,
    GiveNotice,
    SupplementRequest,
    TransferNeed,
    WithdrawRequest,
)
from casework.domain.kinds.request.letters import RECIPIENTS
from casework.domain.kinds.request.shown import RequestRow, lines, request_row
from casework.domain.kinds.request.state import Mode
from casework.domain.policy import Role
from casework.domain.talent import StandingStatus, TalentClass
from casework.domain.time.clock import Stopped, Suspension
from casework.letters.templates import REQUEST_TEMPLATES, TEMPLATES
from casework.letters.texts import optional_fields, render, required_fields
from tests.domain.request.desk import (
    FAULTS,
    FILES,
    HOUSING,
    TALENT,
    Desk,
    open_desk,
    standing,
)

LOCKDOWN = Suspension(
    id="order-1",
    first_on=date(2026, 9, 14),
    lifted_on=None,
    reason="封控",
    clocks=Stopped.APPLICANT,
)


@pytest.fixture(autouse=True)
def _known(monkeypatch: pytest.MonkeyPatch) -> None:
    for template, text in REQUEST_TEMPLATES.items():
        monkeypatch.setitem(TEMPLATES, template, text)


def journeys() -> list[Desk]:
    """Requests that together ask for every notice."""
    long = open_desk(TalentClass.A, materials=())
    long.do(GiveNotice, Role.SPECIALIST, faults=FAULTS)
    long.wait_until("2026-10-10")
    long.do(SupplementRequest, Role.TALENT, materials=FILES)
    long.do(AcceptRequest, Role.SPECIALIST)
    long.do(ExtendHandling, Role.SUPERVISOR, working_days=5, reason="学位协调")
    long.do(AssignBody, Role.SPECIALIST, body=HOUSING.id, reason="属区县事项")
    long.do(FeedBack, Role.LIAISON, result="已安排入学")
    held = open_desk(status=StandingStatus.ON_HOLD)
    held.learn(standing(version=4))
    held.wait_until("2026-09-22")
    held.learn(standing(status=StandingStatus.LEFT, version=5))
    on_site = open_desk(mode=Mode.ON_SITE)
    on_site.wait_until("2026-10-13")
    explained, transferred, withdrawn = open_desk(), open_desk(), open_desk()
    explained.do(ExplainNeed, Role.SPECIALIST, reason="不在清单内")
    transferred.do(TransferNeed, Role.SPECIALIST, to="市税务部门", reason="由该部门主管")
    withdrawn.do(WithdrawRequest, Role.TALENT)
    return [long, held, on_site, explained, transferred, withdrawn]


def test_every_notice_can_be_written_and_has_a_recipient() -> None:
    frame = {
        "item": "子女入学",
        "case_no": "500103-TEST-0000-0001",
        "office": "渝中区人才服务平台",
        "on": "2026-09-14",
    }
    seen = set()
    for template, fields in (told for desk in journeys() for told in desk.told):
        _, text = render(template, frame | fields)
        assert "{" not in text
        assert "（法定期限）" not in text, "no limit of the standard is law"
        known = required_fields(template) | optional_fields(template)
        assert set(fields) <= known, template
        seen.add(template)
    assert seen == set(REQUEST_TEMPLATES) == set(RECIPIENTS)


def test_a_limit_that_stands_still_is_said_to() -> None:
    desk = open_desk(materials=())
    for happened in note(desk.case, InForce(suspensions=(LOCKDOWN,)), desk.calendar):
        desk.apply(happened)
    desk.do(GiveNotice, Role.SPECIALIST, faults=FAULTS)
    template, fields = desk.told[-1]
    assert (template, fields["paused"]) == ("request_notice", "封控")
    assert "due_on" not in fields


def test_the_row_says_who_serves_whom() -> None:
    desk = open_desk(TalentClass.A)
    desk.do(AcceptRequest, Role.SPECIALIST)
    desk.learn(standing(TalentClass.E, version=4))
    assert request_row(desk.case) == RequestRow(
        talent=TALENT,
        letter="E",
        mode="online",
        need="适龄子女入学",
        level="district",
        body="district/education",
        result="",
        transferred_to="",
    )
    by_score = open_desk(None)
    by_score.do(TransferNeed, Role.SPECIALIST, to="市税务部门", reason="由该部门主管")
    row = request_row(by_score.case)
    assert (row.letter, row.body, row.transferred_to) == ("", "", "市税务部门")


def test_the_details_tell_the_class_the_body_and_the_faults_but_nobodys_words() -> None:
    desk = open_desk(TalentClass.E, materials=())
    desk.do(GiveNotice, Role.SPECIALIST, faults=FAULTS)
    desk.do(SupplementRequest, Role.TALENT, materials=FILES)
    desk.wait_until("2026-10-12")
    shown = "\n".join(lines(desk.case, desk.calendar))
    assert f"人才 {TALENT} · E类 · 正常服务" in shown
    assert "办理机构：区教育部门（区县（自治县））" in shown
    assert "逾期未告知，自 2026-09-14 起视为受理" in shown
    assert "已一次性告知：缺户口簿；请写明申请入学的学段" in shown
    assert "适龄子女" not in shown
    assert "按计分认定（按F类服务）" in "\n".join(lines(open_desk(None).case, desk.calendar))
