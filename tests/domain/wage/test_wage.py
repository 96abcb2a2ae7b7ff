"""A wage complaint: its limits, two inspectors, evidence, instalments, and what ends it."""

from datetime import UTC, date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.kind import kind_of_case
from casework.domain.case.opening import Circumstances, Identity, Party
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.wage import commands as do
from casework.domain.kinds.wage.opening import WageForm, open_complaint
from casework.domain.kinds.wage.state import (
    EvidenceSort,
    RefusalGround,
    SessionMeans,
    WageComplaint,
    WageDecision,
    WageOutcome,
    WageStage,
    money,
)
from casework.domain.policy import LimitName, MaterialForm, Role
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import due_on, is_paused
from casework.policy.service_catalogue import load_service_catalogue
from tests.domain.desk import at
from tests.domain.rating.unfolding import Unfolding
from tests.domain.wage import CALENDAR, JINGAN, OWED, POSTS, given_complaint, mediated, piece
from tests.examples import examples

S = WageStage
O1, O2, HEAD = "ja-o1", "ja-o2", "ja-h1"
Complaint = Unfolding[WageComplaint]


def filed(**given: Any) -> Complaint:
    this = given_complaint(**given)
    this.do(do.FileComplaint, Role.OFFICER, O1)
    return this


def investigated(this: Complaint) -> Complaint:
    this.do(do.RecordInquiry, Role.OFFICER, O1, second=O2, finding="查阅工资表")
    number = len(this.case.inquiries)
    this.do(do.ConfirmInquiry, Role.OFFICER, O2, number=number)
    return this


def refused(this: Complaint, code: str, command: type, role: Role, who: str, **said: Any) -> None:
    before = this.case
    with pytest.raises(DomainError) as found:
        this.do(command, role, who, **said)
    assert found.value.code == code
    assert this.case is before


def due(this: Complaint, clock: str) -> date | None:
    running = this.case.clock(clock)
    return due_on(running, this.calendar) if running is not None else None


@pytest.mark.parametrize(
    ("last", "too_old"), [("2024-09-13", True), ("2024-09-14", False), ("2026-09-14", False)]
)
def test_two_years_end_on_the_corresponding_day(last: str, *, too_old: bool) -> None:
    this = given_complaint("2026-09-14", last_unpaid_on=last)
    if too_old:
        refused(this, "COMPLAINT_TOO_OLD", do.FileComplaint, Role.OFFICER, O1)
        return
    ground = {"ground": RefusalGround.TOO_OLD, "reason": "太久"}
    refused(this, "WITHIN_REACH", do.RefuseComplaint, Role.OFFICER, O1, **ground)
    this.do(do.FileComplaint, Role.OFFICER, O1)
    assert this.stands_at(S.INVESTIGATION)


def test_whose_worksite_is_here_is_not_sent_elsewhere() -> None:
    this = given_complaint(worksite=JINGAN)
    said = {"ground": RefusalGround.JURISDICTION, "reason": "不在本区", "right_authority": "某区"}
    refused(this, "OUR_JURISDICTION", do.RefuseComplaint, Role.OFFICER, O1, **said)


def test_one_inspector_is_not_enough_and_nobody_confirms_for_another() -> None:
    this = filed()
    record: Any = {"finding": "查阅工资表"}
    for second in ("", " ", O1):
        refused(
            this,
            "SECOND_INSPECTOR_MISSING",
            do.RecordInquiry,
            Role.OFFICER,
            O1,
            second=second,
            **record,
        )
    this.do(do.RecordInquiry, Role.OFFICER, O1, second=O2, **record)
    done: Any = {"violation": True, "finding": "查实"}
    refused(this, "SECOND_INSPECTOR_MISSING", do.ConcludeInvestigation, Role.OFFICER, O1, **done)
    refused(this, "NOT_SECOND_INSPECTOR", do.ConfirmInquiry, Role.OFFICER, O1, number=1)
    this.do(do.ConfirmInquiry, Role.OFFICER, O2, number=1)
    refused(this, "INQUIRY_CONFIRMED", do.ConfirmInquiry, Role.OFFICER, O2, number=1)
    this.do(do.ConcludeInvestigation, Role.OFFICER, O1, **done)
    assert this.stands_at(S.HEARING)


def test_who_has_investigated_does_not_decide_in_whatever_post() -> None:
    this = filed()
    this.do(do.RecordInquiry, Role.OFFICER, O1, second=HEAD, finding="查阅工资表")
    this.do(do.ConfirmInquiry, Role.OFFICER, HEAD, number=1)
    this.do(do.ConcludeInvestigation, Role.OFFICER, O1, violation=False, finding="未查实")
    said = {"decision": WageDecision.NO_VIOLATION, "reason": "未查实"}
    refused(this, "FOUR_EYES", do.DecideWages, Role.HEAD, HEAD, **said)
    this.do(do.DecideWages, Role.HEAD, "ja-h2", **said)
    assert this.case.outcome is WageOutcome.NO_VIOLATION


@pytest.mark.parametrize("decision", list(WageDecision))
@pytest.mark.parametrize("heard", ["said", "silent", "never"])
def test_the_employer_is_always_heard_before_it_is_burdened(
    decision: WageDecision, heard: str
) -> None:
    this = investigated(filed())
    violation = heard != "never"
    this.do(do.ConcludeInvestigation, Role.OFFICER, O1, violation=violation, finding="结论")
    if heard == "said":
        this.do(do.HearEmployer, Role.OFFICER, O1, said="请求从轻")
    elif heard == "silent":
        refused(
            this, "WRONG_STAGE", do.DecideWages, Role.HEAD, HEAD, decision=decision, reason="决定"
        )
        last = due(this, "wage_hearing")
        assert last is not None
        this.wait_until(str(last + timedelta(days=1)))
    said = {"decision": decision, "reason": "决定"}
    if heard == "never" and decision is not WageDecision.NO_VIOLATION:
        refused(this, "EMPLOYER_NOT_HEARD", do.DecideWages, Role.HEAD, HEAD, **said)
        return
    this.do(do.DecideWages, Role.HEAD, HEAD, **said)
    assert this.stands_at(S.SERVICE)


def test_continued_from_the_decision_the_limit_still_counts_from_the_filing() -> None:
    this = investigated(filed())
    before = due(this, "wage_investigation")
    this.do(do.ConcludeInvestigation, Role.OFFICER, O1, violation=False, finding="未查实")
    this.wait_until("2026-09-28")
    this.do(do.ContinueInvestigation, Role.HEAD, HEAD, reason="凭证不全")
    assert this.stands_at(S.INVESTIGATION)
    assert due(this, "wage_investigation") == before
    assert due(this, "wage_decision") is None


def test_spoken_evidence_has_a_transcript_and_every_piece_is_a_material() -> None:
    this = given_complaint()
    spoken = do.Piece(
        sort=EvidenceSort.VOICE,
        sha256="c" * 64,
        of=piece(this, "", EvidenceSort.CHAT).of,
        at=this.now,
    )
    refused(
        this, "FIELD_REQUIRED", do.SubmitEvidence, Role.APPLICANT, "applicant", pieces=(spoken,)
    )
    chat = piece(this, "d" * 64, EvidenceSort.CHAT)
    this.do(do.SubmitEvidence, Role.APPLICANT, "applicant", pieces=(chat,))
    refused(
        this, "ALREADY_SUBMITTED", do.SubmitEvidence, Role.APPLICANT, "applicant", pieces=(chat,)
    )
    this.do(do.FileComplaint, Role.OFFICER, O1)
    mediated(this)
    found = {each.received.code: each.received.sha256 for each in this.case.materials}
    assert found == {f"evidence_{each.number}": each.sha256 for each in this.case.evidence}
    assert [each.session for each in this.case.evidence] == [0, 1, 1]
    assert this.case.sessions[0].pieces == (2, 3)
    assert {each.received.form for each in this.case.materials} == {MaterialForm.ELECTRONIC}


def test_evidence_does_not_come_about_later_than_now() -> None:
    this = given_complaint()
    chat = do.Piece(
        sort=EvidenceSort.CHAT,
        sha256="d" * 64,
        of=piece(this, "", EvidenceSort.CHAT).of,
        at=this.now.astimezone(UTC) + timedelta(seconds=1),
    )
    refused(this, "DATE_IN_FUTURE", do.SubmitEvidence, Role.APPLICANT, "applicant", pieces=(chat,))


def test_a_settlement_pauses_the_investigation_only_where_the_policy_says_how_long() -> None:
    this = filed()
    before = due(this, "wage_investigation")
    mediated(this, 1, 300)
    clock = this.case.clock("wage_investigation")
    assert clock is not None
    assert is_paused(clock, local_date(this.now))
    strict = filed(without=(LimitName.WAGE_SETTLEMENT,))
    with pytest.raises(DomainError) as found:
        mediated(strict, 1, 300)
    assert found.value.code == "SETTLEMENT_TOO_LONG"
    mediated_in_time = filed(without=(LimitName.WAGE_SETTLEMENT,))
    mediated(mediated_in_time, 1, 30)
    assert due(mediated_in_time, "wage_investigation") == before


@examples(60)
@given(
    days=st.lists(st.integers(0, 200), min_size=1, max_size=6, unique=True).map(sorted),
    paid=st.lists(st.booleans(), min_size=6, max_size=6),
)
def test_a_settlement_is_over_at_the_first_instalment_that_is_not_paid(
    days: list[int], paid: list[bool]
) -> None:
    """All paid in time: paid; else broken just after the first day that brought nothing."""
    this = filed()
    begun = local_date(this.now)
    mediated(this, *days)
    kept = 0
    for number, (ahead, comes) in enumerate(zip(days, paid, strict=False), start=1):
        if not comes:
            break
        day = begun + timedelta(days=ahead)
        if day > local_date(this.now):
            this.wait_until(str(day))
        this.do(do.NoteInstalment, Role.OFFICER, O1, number=number, paid_on=day)
        kept += 1
    assert this.case.paid == kept * (OWED // len(days))
    if kept == len(days):
        assert this.stands_at(S.PAID)
    else:
        last = begun + timedelta(days=days[kept])
        this.wait_until(str(last), "23:59")
        assert this.stands_at(S.SETTLEMENT)
        this.wait_until(str(last + timedelta(days=1)), "00:00")
        assert this.stands_at(S.INVESTIGATION)
        assert not this.case.open_instalments
        assert sum(each.broken for each in this.case.instalments) == len(days) - kept
    running = [clock.id for clock in this.case.running]
    assert running == ["wage_investigation"]
    clock = this.case.clock("wage_investigation")
    assert clock is not None
    assert not is_paused(clock, local_date(this.now))


def test_paid_confirmed_and_every_limit_has_ended() -> None:
    this = filed()
    mediated(this, 1)
    this.wait_until("2026-09-15")
    this.do(do.NoteInstalment, Role.OFFICER, O1, number=1, paid_on=local_date(this.now))
    this.do(do.WithdrawFiling, Role.HEAD, HEAD, reason="已付清")
    assert this.case.outcome is WageOutcome.SETTLED
    assert this.case.clock("wage_investigation") is None
    this.do(do.FeedBackWages, Role.OFFICER, O1, answer="已结清")
    this.do(do.ConfirmWages, Role.APPLICANT, "applicant", received=True)
    assert this.stands_at(S.CLOSED)
    assert not this.case.running
    assert not this.case.open_tasks
    assert this.case.received
    assert this.rebuilt() == this.case


def test_who_has_not_got_the_money_is_investigated_for_anew_and_others_are_not() -> None:
    this = filed()
    this.do(do.NotePaid, Role.OFFICER, O1, amount=OWED, paid_on=local_date(this.now), whole=True)
    this.do(do.WithdrawFiling, Role.HEAD, HEAD, reason="已付清")
    this.do(do.FeedBackWages, Role.OFFICER, O1, answer="已结清")
    refused(this, "FIELD_REQUIRED", do.ConfirmWages, Role.APPLICANT, "applicant", received=False)
    this.do(do.ConfirmWages, Role.APPLICANT, "applicant", received=False, note="没有收到")
    assert this.stands_at(S.INVESTIGATION)
    assert this.case.outcome is None
    investigated(this)
    this.do(do.TransferCrime, Role.HEAD, HEAD, to="区公安分局", reason="逃匿")
    this.do(do.FeedBackWages, Role.OFFICER, O1, answer="已移送")
    this.do(do.ConfirmWages, Role.APPLICANT, "applicant", received=False)
    assert this.stands_at(S.CLOSED)


def test_who_says_nothing_of_the_result_is_reminded_once_and_it_is_closed() -> None:
    this = filed()
    this.do(do.NotePaid, Role.OFFICER, O1, amount=OWED, paid_on=local_date(this.now), whole=True)
    this.do(do.WithdrawFiling, Role.HEAD, HEAD, reason="已付清")
    this.do(do.FeedBackWages, Role.OFFICER, O1, answer="已结清")
    last = due(this, "wage_confirm")
    assert last is not None
    this.wait_until(str(last), "23:59")
    assert this.stands_at(S.CONFIRM)
    this.wait_until(str(last + timedelta(days=1)), "00:00")
    assert this.stands_at(S.CLOSED)
    assert this.case.received is None
    told = [template for template, _ in this.notices]
    assert told.count("wage_confirm_reminder") == 1


@examples(60)
@given(parts=st.lists(st.integers(-5, 40), min_size=1, max_size=8))
def test_extensions_together_are_never_more_than_the_policy_says(parts: list[int]) -> None:
    this = filed()
    before = due(this, "wage_investigation")
    assert before is not None
    granted = 0
    for days in parts:
        if 0 < days <= 30 - granted:
            this.do(do.ExtendInvestigation, Role.HEAD, HEAD, working_days=days, reason="复杂")
            granted += days
        else:
            code = "ALREADY_EXTENDED" if granted == 30 else "EXTENSION_TOO_LONG"
            said = {"working_days": days, "reason": "复杂"}
            refused(this, code, do.ExtendInvestigation, Role.HEAD, HEAD, **said)
    assert due(this, "wage_investigation") == this.calendar.shift(before, granted)


def test_no_text_of_the_details_names_the_employer_or_tells_what_happened() -> None:
    this = filed(employer_name="丙丁建筑公司", statement="在某处做工没有拿到工资")
    mediated(this)
    shown = "".join(kind_of_case(this.case).lines(this.case, this.calendar))
    assert "丙丁" not in shown
    assert "某处" not in shown
    assert money(OWED) in shown


def test_the_employer_is_told_of_the_settlement_and_its_broken_promise() -> None:
    this = filed()
    mediated(this, 1, 30)
    this.wait_until("2026-09-17")
    told = dict(this.notices)
    assert told["wage_broken"]["number"] == "1"
    assert told["wage_broken"]["amount"] == money(OWED // 2)
    recipients = kind_of_case(this.case).recipients
    assert recipients["wage_broken"] == ("applicant", "employer")
    assert recipients["wage_hearing"] == ("employer",)


FORM: dict[str, Any] = {
    "statement": "三个月工资未付",
    "owed": OWED,
    "last_unpaid_on": date(2026, 8, 31),
}


def opened(**said: Any) -> Any:
    now = at("2026-09-14")
    here = Circumstances(
        policy=load_service_catalogue().of_kind(CaseKind.WAGE, JINGAN, local_date(now)),
        office="静安区人才服务中心",
        posts=POSTS,
        calendar=CALENDAR,
        in_force=InForce(),
        opened_by=Actor(code="portal", role=Role.SYSTEM),
        now=now,
        sharing={},
        pseudonym=lambda number: f"p-{number[-4:]}",
    )
    who = Identity(
        kind="wage",
        case_no=f"{JINGAN}-WAGE-0000-0001",
        district=JINGAN,
        source="points-portal",
        reference="W-1",
        content="",
    )
    complainant = Party(name="张三", id_number="310101199003071230", phone="13800000000")
    return open_complaint(who, WageForm(**{**FORM, **said}), complainant, here)


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"statement": " "}, "FIELD_REQUIRED", "statement"),
        ({"owed": 0}, "AMOUNT_INVALID", "owed"),
        ({"last_unpaid_on": date(2026, 9, 15)}, "DATE_IN_FUTURE", "last_unpaid_on"),
        ({"employer_code": "91310106MA1FY7XX06"}, "EMPLOYER_CODE_INVALID", "employer_code"),
        ({"employer_email": "张三"}, "ADDRESS_INVALID", "employer_email"),
        ({"employer_phone": "x"}, "ADDRESS_INVALID", "employer_phone"),
    ],
)
def test_a_complaint_is_refused_at_the_field(said: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(DomainError) as found:
        opened(**said)
    assert (found.value.code, found.value.field) == (code, field)


def test_an_employer_that_can_be_reached_is_a_party_and_is_told() -> None:
    start = opened(employer_name="某某公司", employer_email="hr@firm.example.com")
    assert start.employer.email == "hr@firm.example.com"
    assert {route.recipient for route in start.routes} == {"applicant", "employer"}
    assert opened().employer is None


def test_session_by_any_means_lies_between_receipt_and_today() -> None:
    this = filed()
    for day, code in (("2026-09-13", "DATE_TOO_EARLY"), ("2026-09-15", "DATE_IN_FUTURE")):
        said = {
            "means": SessionMeans.PHONE,
            "held_on": date.fromisoformat(day),
            "agreed": False,
            "note": "未达成一致",
        }
        refused(this, code, do.HoldSession, Role.OFFICER, O1, **said)
