"""Limits that run from a letter: sent counts, whenever it goes; and what is sent again, to whom."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.case import letters
from casework.domain.case.commands import CorrectAddress, Fault, ResolveTrouble
from casework.domain.case.events import LetterNotSent, LetterSent
from casework.domain.case.facts import CLOCKWORK
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.case.procedure import come_up_to
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import PreReview, PreReviewOutcome
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.policy import Role
from casework.domain.time.clock import due_on
from tests.domain.desk import Desk, at, open_desk

FAULT = Fault(code="MISSING", about="labour_contract", text="缺少劳动合同")


def noticed(day: str = "2026-12-04") -> tuple[Desk, Effect]:
    """A case with a one-time notice, and the letter that it asks for."""
    desk = open_desk(day="2026-12-03", have=("identity_document", "application_form"))
    desk.now = at(day)
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.FAULTY, faults=(FAULT,))
    (letter,) = (each for each in desk.effects if each.template == "one_time_notice")
    return desk, letter


def due(desk: Desk) -> date | None:
    clock = desk.case.clock("supplement")
    assert clock is not None
    return due_on(clock, desk.calendar)


def fail(desk: Desk, letter: Effect, *unreached: str, partly: bool = False) -> None:
    for body in letters.failed(
        desk.case, letter, "NoticeRefused", unreached or ("applicant",), partly=partly
    ):
        desk.apply(body)


def send(desk: Desk, letter: Effect) -> LetterSent | None:
    body = letters.sent(
        desk.case, letter, desk.now.date(), letter.recipients, again=bool(letter.again)
    )
    if body is not None:
        desk.apply(body)
    return body


def test_a_letter_sent_on_its_day_changes_nothing() -> None:
    desk, letter = noticed()
    before = due(desk)
    assert send(desk, letter) is None
    assert due(desk) == before == date(2026, 12, 25)


@given(days=st.integers(1, 60), late=st.booleans())
@settings(max_examples=12)
def test_whenever_it_goes_the_limit_counts_from_that_day(days: int, late: bool) -> None:
    desk, letter = noticed()
    if not late:
        fail(desk, letter)
        assert due(desk) is None
    wanted = desk.now + timedelta(days=days)
    while desk.now < wanted:  # under way, it is held as soon as something of it would happen
        desk.now += timedelta(days=1)
        held = letters.overtaken(desk.case, {letter.seq}, desk.facts(CLOCKWORK))
        if held is not None:
            desk.apply(held)
        desk.wait_until(desk.now)
        assert desk.case.stage is ApplicationStage.SUPPLEMENT_DUE
    told = send(desk, letter)
    assert told is not None
    clock = desk.case.clock("supplement")
    assert clock is not None
    assert clock.started_on == desk.now.date()
    assert due(desk) == desk.calendar.shift(desk.now.date(), 15)
    again = [each for each in desk.effects if each.template == "limit_begun"]
    assert [each.fields["due_on"] for each in again] == [str(due(desk))]


def test_who_acts_late_finds_a_limit_that_waits_for_its_letter_as_it_is() -> None:
    desk, letter = noticed()
    desk.now += timedelta(days=40)
    clockwork = desk.facts(CLOCKWORK)
    assert come_up_to(desk.case, clockwork).stage is ApplicationStage.RETURNED_LAPSED
    waiting = letters.without_unsent(desk.case, {letter.seq})
    assert come_up_to(waiting, clockwork).stage is ApplicationStage.SUPPLEMENT_DUE


def test_one_recipient_is_enough_and_another_gets_it_later_without_moving_the_limit() -> None:
    desk, letter = noticed()
    before = due(desk)
    fail(desk, letter, "employer", partly=True)
    assert due(desk) == before
    desk.now += timedelta(days=5)
    desk.do(CorrectAddress, Role.OFFICER, party="employer", reason="更正", phone="02112345678")
    again = desk.effects[-1]
    assert (again.seq, again.recipients, again.fields) == (
        letter.seq,
        ("employer",),
        letter.fields,
    )
    assert send(desk, again) is not None
    assert due(desk) == before
    assert not desk.case.open_tasks
    assert not desk.case.undelivered


def test_a_correction_sends_again_once_and_only_what_the_party_has_not_got() -> None:
    desk, letter = noticed()
    fail(desk, letter, "applicant")
    tasks = desk.case.open_tasks
    desk.do(CorrectAddress, Role.OFFICER, party="agent", reason="更正", phone="02112345678")
    sent_again = [each for each in desk.effects if each.again]
    assert not sent_again
    for number in ("13800001234", "13800001235"):  # the second while the first is under way
        desk.do(CorrectAddress, Role.OFFICER, party="applicant", reason="更正", phone=number)
    (again,) = (each for each in desk.effects if each.again)
    fail(desk, again)
    assert desk.case.open_tasks == tasks, "no second task for the same letter"
    assert due(desk) is None
    desk.do(CorrectAddress, Role.OFFICER, party="applicant", reason="更正", phone="13800001236")
    first, second = (each for each in desk.effects if each.again)
    assert first.again != second.again
    assert send(desk, second) is not None
    assert not desk.case.open_tasks


def test_a_letter_that_cannot_be_written_is_told_by_hand() -> None:
    desk, letter = noticed()
    for body in letters.failed(desk.case, letter, "NoticeRefused", (), partly=False):
        desk.apply(body)
    assert isinstance(desk.events[-1].body, LetterNotSent)
    assert due(desk) is None
    desk.now += timedelta(days=3)
    task = desk.case.open_tasks[-1].id
    for told_on, code in (
        (None, "LETTER_NOT_TOLD"),
        (date(2026, 12, 3), "DATE_TOO_EARLY"),
        (date(2026, 12, 8), "DATE_IN_FUTURE"),
    ):
        with pytest.raises(DomainError) as refused:
            desk.do(ResolveTrouble, Role.OFFICER, task=task, reason="送达", told_on=told_on)
        assert refused.value.code == code
    desk.do(ResolveTrouble, Role.OFFICER, task=task, reason="送达", told_on=date(2026, 12, 6))
    assert due(desk) == desk.calendar.shift(date(2026, 12, 6), 15)
    assert not desk.case.open_tasks


def test_other_trouble_has_no_letter_to_deliver() -> None:
    desk, _ = noticed()
    effect = Effect(kind=EffectKind.REPORT_UP, seq=999)
    for body in letters.failed(desk.case, effect, "FAILED", (), partly=False):
        desk.apply(body)
    task = desk.case.open_tasks[-1].id
    with pytest.raises(DomainError, match="没有未送达的文书"):
        desk.do(ResolveTrouble, Role.OFFICER, task=task, reason="送达", told_on=desk.now.date())
    desk.do(ResolveTrouble, Role.OFFICER, task=task, reason="已补报")
    assert not desk.case.open_tasks


def test_an_earlier_policy_counts_from_the_act_whatever_becomes_of_the_letter() -> None:
    desk = open_desk(day="2026-09-16", have=("identity_document", "application_form"))
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.FAULTY, faults=(FAULT,))
    before = due(desk)
    fail(desk, desk.effects[-1])
    assert due(desk) == before is not None
    assert letters.overtaken(desk.case, {desk.effects[-1].seq}, desk.facts(CLOCKWORK)) is None


def test_a_case_keeps_a_bounded_number_of_letters() -> None:
    desk, letter = noticed()
    for seq in range(100, 100 + letters.MOST_KEPT + 5):
        body = LetterNotSent(letter=seq, template="accepted", unreached=("applicant",))
        desk.apply(body)
    assert len(desk.case.undelivered) == letters.MOST_KEPT
    assert letter.seq not in {each.letter for each in desk.case.undelivered}


def test_a_closed_case_takes_a_correction_while_a_letter_is_left() -> None:
    desk, letter = noticed()
    lapsed = replace(desk.case, stage=ApplicationStage.RETURNED_LAPSED)
    command = CorrectAddress(actor=CLOCKWORK, party="applicant", reason="更正", phone="13800001234")
    with pytest.raises(DomainError, match="没有未送达的文书"):
        letters.correct_address(command, lapsed, desk.facts(CLOCKWORK))
    fail(desk, letter)
    desk.case = replace(desk.case, stage=ApplicationStage.RETURNED_LAPSED)
    desk.do(CorrectAddress, Role.OFFICER, party="applicant", reason="更正", phone="13800001234")
    assert desk.effects[-1].again
