"""Days that cannot be are refused; days that were registered wrongly are corrected."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from casework.domain.case.commands import CorrectFact
from casework.domain.case.letters import EffectKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    ConsentDeferral,
    Deliver,
    Delivered,
    MaterialsReceived,
    OfferDeferral,
    PreReview,
    PreReviewOutcome,
    Promise,
)
from casework.domain.kinds.application.events import Approved
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.kinds.cycle.commands import ChangeEmployer, RecordLeft, RenewPermit
from casework.domain.kinds.cycle.state import CycleStage, Points
from casework.domain.policy import DeliveryMethod, MaterialForm, Role
from casework.letters.texts import render
from tests.domain.cycle.desk import OTHER, PERMIT, CycleDesk, open_cycle
from tests.domain.desk import ALL_FILES, CATALOGUE, Desk, at, files, open_desk


def cycle() -> CycleDesk:
    return open_cycle()


def permit() -> CycleDesk:
    return open_cycle(PERMIT, "2025-10-15", ends_on="2026-10-15")


def code(desk: Desk | CycleDesk, command: type, role: Role, **fields: Any) -> str:
    with pytest.raises(DomainError) as refused:
        desk.do(command, role, **fields)
    return refused.value.code


def correct(desk: Desk | CycleDesk, field: str, value: str, role: Role = Role.SUPERVISOR) -> None:
    fact = next(f for f in reversed(desk.case.dated) if f.field == field)
    desk.do(
        CorrectFact,
        role,
        seq=fact.seq,
        field=field,
        value=date.fromisoformat(value),
        reason="登记有误",
    )


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_nobody_left_before_the_cycle_began_nor_after_today() -> None:
    desk = cycle()
    desk.wait_until("2026-05-11")
    left = {"reason": "调离重庆"}
    early = code(desk, RecordLeft, Role.SPECIALIST, left_on=day("2025-03-16"), **left)
    late = code(desk, RecordLeft, Role.SPECIALIST, left_on=day("2026-05-12"), **left)
    assert (early, late) == ("DATE_TOO_EARLY", "DATE_IN_FUTURE")


def test_no_employer_changed_before_the_cycle_began() -> None:
    desk = cycle()
    changed = {"employer": OTHER, "changed_on": day("2025-03-16")}
    assert code(desk, ChangeEmployer, Role.SPECIALIST, **changed) == "DATE_TOO_EARLY"


def test_a_permit_is_renewed_within_its_year_and_for_later() -> None:
    desk = permit()
    desk.wait_until("2026-10-10")
    cases = {
        ("2025-10-14", "2027-10-15"): "DATE_TOO_EARLY",
        ("2026-10-11", "2027-10-15"): "DATE_IN_FUTURE",
        ("2026-10-09", "2026-10-09"): "PERMIT_DATES",
    }
    for (renewed_on, expires_on), refused in cases.items():
        fields = {"renewed_on": day(renewed_on), "expires_on": day(expires_on)}
        assert code(desk, RenewPermit, Role.SYSTEM, **fields) == refused


def test_a_promise_is_not_older_than_what_it_promises() -> None:
    desk = open_desk(have=ALL_FILES)
    desk.do(OfferDeferral, Role.OFFICER, materials=("sealed_copies",), reason="封控")
    try:
        desk.do(ConsentDeferral, Role.SUPERVISOR, granted=True)
    except DomainError as error:
        assert error.code == "NOTHING_OFFERED"
    assert code(desk, Promise, Role.APPLICANT, signed_on=day("2026-09-15")) == "DATE_TOO_EARLY"
    desk.do(Promise, Role.APPLICANT, signed_on=day("2026-09-16"))
    desk.wait_until(at("2026-09-18"))
    correct(desk, "signed_on", "2026-09-17", Role.HEAD)
    assert [line.promised_on for line in desk.case.lines] == [day("2026-09-17")]
    assert "fact_corrected" in {effect.template for effect in desk.effects}


def decided() -> Desk:
    item = CATALOGUE.resolve("HJ_OVS", "310115", day("2026-09-16"))
    have = tuple(m.code for m in item.materials if m.form is not MaterialForm.ARCHIVE)
    desk = open_desk("HJ_OVS", have=have)
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    if desk.case.stage is ApplicationStage.AWAIT_PAPER:
        desk.do(MaterialsReceived, Role.OFFICER, materials=files("paper_package"))
    desk.do(Accept, Role.OFFICER)
    desk.wait_until(at("2026-09-21"))
    desk.apply(Approved(by_superior=True))
    return desk


def dispatched() -> Desk:
    desk = decided()
    desk.do(Deliver, Role.OFFICER, method=DeliveryMethod.EMS)
    desk.wait_until(at("2026-09-28"))
    return desk


def test_a_way_that_is_not_offered_is_refused_with_those_that_are_in_words() -> None:
    desk = decided()
    desk.item = replace(desk.item, delivery=(DeliveryMethod.WINDOW, DeliveryMethod.SELF_PRINT))
    with pytest.raises(DomainError) as refused:
        desk.do(Deliver, Role.OFFICER, method=DeliveryMethod.EMS)
    assert refused.value.code == "METHOD_NOT_OFFERED"
    assert refused.value.message.endswith("窗口领取、自行打印")


def test_a_result_is_not_delivered_before_it_was_sent_nor_after_today() -> None:
    desk = dispatched()
    early = code(desk, Delivered, Role.OFFICER, delivered_on=day("2026-09-20"))
    late = code(desk, Delivered, Role.OFFICER, delivered_on=day("2026-09-29"))
    assert (early, late) == ("DATE_TOO_EARLY", "DATE_IN_FUTURE")
    desk.do(Delivered, Role.OFFICER, delivered_on=day("2026-09-24"))
    assert (desk.case.stage, desk.case.delivered_on) == (
        ApplicationStage.ARCHIVED,
        day("2026-09-24"),
    )
    correct(desk, "delivered_on", "2026-09-25", Role.HEAD)
    assert desk.case.delivered_on == day("2026-09-25")
    with pytest.raises(DomainError, match="作出决定之日"):
        correct(desk, "delivered_on", "2026-09-18", Role.HEAD)


def left_too_early() -> CycleDesk:
    desk = cycle()
    desk.wait_until("2026-05-11")
    desk.do(RecordLeft, Role.SPECIALIST, left_on=day("2026-03-08"), reason="调离重庆")
    return desk


def test_the_day_of_leaving_is_corrected_with_all_that_hangs_on_it() -> None:
    desk = left_too_early()
    correct(desk, "left_on", "2026-05-08")
    case = desk.case
    assert (case.stage, case.served_until) == (CycleStage.ENDED, day("2026-05-08"))
    assert case.credential is not None
    assert case.credential.void_on == day("2026-05-09")
    told = [e.seq for e in desk.effects if e.kind is EffectKind.TELL_REQUESTS]
    assert told[-1] == case.seq
    (letter,) = [e for e in desk.effects if e.template == "cycle_fact_corrected"]
    _, text = render(letter.template, letter.fields | {"case_no": case.case_no})
    assert "由2026年3月8日更正为2026年5月8日" in text
    correct(desk, "left_on", "2026-05-07")
    assert desk.case.served_until == day("2026-05-07"), "and once more, if need be"


@pytest.mark.parametrize(
    ("field", "value", "refused"),
    [
        ("left_on", "2026-03-08", "DATE_UNCHANGED"),
        ("left_on", "2026-05-12", "DATE_IN_FUTURE"),
        ("left_on", "2025-03-16", "DATE_TOO_EARLY"),
        ("renewed_on", "2026-05-08", "FACT_UNKNOWN"),
        ("starts_on", "2026-05-08", "FACT_UNKNOWN"),
    ],
)
def test_a_correction_is_refused(field: str, value: str, refused: str) -> None:
    desk = left_too_early()
    (fact,) = desk.case.dated
    fields = {"seq": fact.seq, "field": field, "value": day(value), "reason": "登记有误"}
    assert code(desk, CorrectFact, Role.SUPERVISOR, **fields) == refused
    assert code(desk, CorrectFact, Role.SUPERVISOR, **(fields | {"reason": ""})) == "FIELD_REQUIRED"


def test_a_change_of_employer_is_dated_anew() -> None:
    desk = cycle()
    desk.wait_until("2026-05-11")
    desk.do(ChangeEmployer, Role.SPECIALIST, employer=OTHER, changed_on=day("2026-04-01"))
    correct(desk, "changed_on", "2026-05-01")
    assert [fact.day for fact in desk.case.dated] == [day("2026-05-01")]


def test_a_renewal_on_another_day_opens_the_points_on_another_day() -> None:
    desk = permit()
    desk.wait_until("2026-09-30")
    fields = {"renewed_on": day("2026-09-29"), "expires_on": day("2027-10-15")}
    desk.do(RenewPermit, Role.SYSTEM, **fields)
    assert desk.case.renewal_opens_on == day("2026-10-09")
    correct(desk, "renewed_on", "2026-09-28")
    assert desk.case.renewal_opens_on == day("2026-10-08")
    assert desk.due("ren_open") == day("2026-10-08")
    assert (desk.case.starts_on, desk.case.number) == (day("2026-10-15"), 2)


def test_points_suspended_by_a_wrong_end_live_again_with_the_right_one() -> None:
    desk = permit()
    desk.wait_until("2026-10-10")
    fields = {"renewed_on": day("2026-10-09"), "expires_on": day("2026-10-17")}
    desk.do(RenewPermit, Role.SYSTEM, **fields)
    desk.wait_until("2026-10-26")
    assert (desk.stage(), desk.case.points) == (CycleStage.LAPSED, Points.SUSPENDED)
    correct(desk, "expires_on", "2027-10-15")
    assert (desk.stage(), desk.case.points) == (CycleStage.ACTIVE, Points.VALID)
    assert desk.case.ends_on == day("2027-10-15")
    assert (desk.due("permit_end"), desk.due("permit_notice")) == (
        day("2027-10-15"),
        day("2027-09-14"),  # the 15th is the mid-autumn festival
    )


def test_an_older_case_takes_the_days_that_it_is_told() -> None:
    desk = open_cycle()
    desk.case = replace(desk.case, by_date=False)
    desk.wait_until("2026-05-11")
    desk.do(RecordLeft, Role.SPECIALIST, left_on=day("2025-03-01"), reason="调离重庆")
    assert desk.stage() is CycleStage.ENDED
    assert desk.case.dated == ()
