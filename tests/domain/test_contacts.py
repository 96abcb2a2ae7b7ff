"""One person told one to one: attempts, states, escalation, and several cases of a person."""

import pytest

from casework.domain.case.projection import rows
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    CloseContact,
    FileContact,
    RecordAttempt,
    RequestContact,
    SettleContact,
    ShareContact,
    Withdraw,
)
from casework.domain.kinds.application.events import ContactEscalated
from casework.domain.kinds.application.state import Contact, ContactState
from casework.domain.policy import Role
from casework.letters.texts import render
from tests.domain.desk import Desk, at, open_desk

OUTREACH = "PAPER_NO_LIMIT.310106.20260301"
ABOUT = "窗口交件不限时"
OTHER_CASE = "310106-TEST-0000-0002"


@pytest.fixture
def desk() -> Desk:
    desk = open_desk(day="2026-09-16")  # a Wednesday; Sunday 09-20 is worked, 09-25 is off
    list_contact(desk)
    return desk


def list_contact(desk: Desk, outreach: str = OUTREACH, *, through: str = "") -> None:
    desk.do(RequestContact, Role.SYSTEM, outreach=outreach, about=ABOUT, through=through)


def call(desk: Desk, day: str, *, reached: bool, outreach: str = OUTREACH) -> None:
    desk.wait_until(at(day))
    desk.do(RecordAttempt, Role.OFFICER, outreach=outreach, reached=reached)


def contact(desk: Desk, outreach: str = OUTREACH) -> Contact:
    return next(c for c in desk.case.contacts if c.outreach == outreach)


def open_kinds(desk: Desk) -> list[TaskKind]:
    return [task.kind for task in desk.case.open_tasks]


def refusal(desk: Desk, day: str, *, reached: bool = True, outreach: str = OUTREACH) -> str:
    with pytest.raises(DomainError) as refused:
        call(desk, day, reached=reached, outreach=outreach)
    return refused.value.code


def test_listed_person_is_a_task_of_the_officer_beside_the_procedure(desk: Desk) -> None:
    task = desk.case.open_tasks[-1]
    assert (task.kind, task.about, task.holder) == (TaskKind.CONTACT, OUTREACH, "ja-officer-a")
    row = next(row for row in rows(desk.case, desk.calendar)["tasks"] if row.task == task.id)
    assert str(row.due_on) == "2026-09-20", "three working days, the make-up Sunday among them"
    assert desk.case.next_task is not None
    assert desk.case.next_task.kind is TaskKind.PRE_REVIEW, "the case itself waits for that"


def test_asked_again_nothing_happens(desk: Desk) -> None:
    before = desk.case
    list_contact(desk)
    assert desk.case == before


def test_reached_settled_and_filed_bear_the_time_of_each(desk: Desk) -> None:
    call(desk, "2026-09-17", reached=True)
    desk.wait_until(at("2026-09-18", "11:00"))
    desk.do(SettleContact, Role.OFFICER, outreach=OUTREACH, note="约定下周交件")
    desk.wait_until(at("2026-09-21", "15:00"))
    desk.do(FileContact, Role.OFFICER, outreach=OUTREACH)
    told = contact(desk)
    assert told.state is ContactState.FILED
    assert told.reached_at == at("2026-09-17")
    assert told.settled_at == at("2026-09-18", "11:00")
    assert told.filed_at == at("2026-09-21", "15:00")
    assert TaskKind.CONTACT not in open_kinds(desk)
    assert not [clock for clock in desk.case.running if clock.id.startswith("contact")]


@pytest.mark.parametrize("day", ["2026-09-19", "2026-09-25", "2026-10-01"])
def test_nobody_is_called_on_a_day_of_rest(desk: Desk, day: str) -> None:
    assert refusal(desk, day) == "NOT_A_WORKING_DAY"


def test_make_up_sunday_is_a_working_day(desk: Desk) -> None:
    call(desk, "2026-09-20", reached=True)
    assert contact(desk).state is ContactState.REACHED


def test_nobody_is_called_twice_on_a_day_whatever_about(desk: Desk) -> None:
    list_contact(desk, "second")
    call(desk, "2026-09-17", reached=False)
    assert refusal(desk, "2026-09-17") == "ALREADY_TRIED_TODAY"
    assert refusal(desk, "2026-09-17", outreach="second") == "ALREADY_TRIED_TODAY"
    call(desk, "2026-09-18", reached=True, outreach="second")


def test_three_days_in_vain_go_to_sms_employer_and_supervisor(desk: Desk) -> None:
    for day in ("2026-09-17", "2026-09-18"):
        call(desk, day, reached=False)
        assert contact(desk).state is ContactState.LISTED
    call(desk, "2026-09-21", reached=False)
    assert contact(desk).state is ContactState.ESCALATED
    assert contact(desk).escalated_at == at("2026-09-21")
    assert isinstance(desk.events[-1].body, ContactEscalated)
    effect = desk.effects[-1]
    assert effect.to == (("applicant", "sms"), ("employer", "mail"))
    _, text = render(effect.template, effect.fields | {"case_no": desk.case.case_no})
    assert ABOUT in text
    assert TaskKind.CONTACT not in open_kinds(desk)
    task = desk.case.open_tasks[-1]
    assert (task.kind, task.role) == (TaskKind.CONTACT_OPEN_ITEM, Role.SUPERVISOR)
    assert refusal(desk, "2026-09-22", reached=False) == "WRONG_CONTACT_STATE"


def test_supervisor_closes_the_open_item_with_a_reason(desk: Desk) -> None:
    give_up(desk)
    with pytest.raises(DomainError, match="理由"):
        desk.do(CloseContact, Role.SUPERVISOR, outreach=OUTREACH, reason=" ")
    desk.do(CloseContact, Role.SUPERVISOR, outreach=OUTREACH, reason="单位已转告本人")
    assert contact(desk).state is ContactState.CLOSED
    assert TaskKind.CONTACT_OPEN_ITEM not in open_kinds(desk)


def give_up(desk: Desk) -> None:
    for day in ("2026-09-17", "2026-09-18", "2026-09-21"):
        call(desk, day, reached=False)


def test_who_calls_back_after_all_is_told_and_filed(desk: Desk) -> None:
    give_up(desk)
    call(desk, "2026-09-22", reached=True)
    assert contact(desk).state is ContactState.REACHED
    assert TaskKind.CONTACT_OPEN_ITEM not in open_kinds(desk)
    desk.do(SettleContact, Role.OFFICER, outreach=OUTREACH)
    desk.do(FileContact, Role.OFFICER, outreach=OUTREACH)
    assert TaskKind.CONTACT not in open_kinds(desk)


def test_task_that_nobody_touches_shows_as_a_yellow_card(desk: Desk) -> None:
    desk.wait_until(at("2026-09-20"))
    assert not [card for card in desk.cards() if card[0].startswith("contact")]
    desk.wait_until(at("2026-09-21"))
    assert (f"contact:{OUTREACH}", "yellow") in [(c, rung) for c, rung, _ in desk.cards()]


def test_attempt_in_vain_begins_the_limit_of_the_next(desk: Desk) -> None:
    call(desk, "2026-09-17", reached=False)
    desk.wait_until(at("2026-09-21"))
    clocks = [c.id for c in desk.case.running if c.id.startswith("contact")]
    assert clocks == [f"contact:{OUTREACH}#2"]
    assert not [card for card in desk.cards() if card[0].startswith("contact")]
    desk.wait_until(at("2026-09-22"))
    assert [card for card in desk.cards() if card[0].startswith("contact")]


def test_states_follow_one_another(desk: Desk) -> None:
    for verb, role in ((SettleContact, Role.OFFICER), (FileContact, Role.OFFICER)):
        with pytest.raises(DomainError) as refused:
            desk.do(verb, role, outreach=OUTREACH)
        assert refused.value.code == "WRONG_CONTACT_STATE"
    assert refusal(desk, "2026-09-17", outreach="another") == "WRONG_CONTACT_STATE"


def test_end_of_the_case_ends_the_contact(desk: Desk) -> None:
    desk.do(Withdraw, Role.OFFICER)
    assert contact(desk).state is ContactState.CLOSED
    assert desk.case.is_done
    before = desk.case
    list_contact(desk, "later")
    assert desk.case == before, "a closed case has nobody to tell"


def test_person_with_another_case_is_only_noted_and_takes_over_the_result() -> None:
    desk = open_desk(day="2026-09-16")
    list_contact(desk, through=OTHER_CASE)
    assert TaskKind.CONTACT not in open_kinds(desk)
    assert refusal(desk, "2026-09-17") == "WRONG_CONTACT_STATE"
    reached = at("2026-09-17", "09:30")
    for _ in range(2):
        desk.do(ShareContact, Role.SYSTEM, outreach=OUTREACH, reached_at=reached)
    assert desk.kinds().count("contact_shared") == 1
    assert (contact(desk).state, contact(desk).reached_at) == (ContactState.REACHED, reached)
    filed = at("2026-09-18")
    desk.do(
        ShareContact,
        Role.SYSTEM,
        outreach=OUTREACH,
        reached_at=reached,
        settled_at=filed,
        filed_at=filed,
    )
    assert contact(desk).state is ContactState.FILED


def test_contact_moves_here_when_the_other_case_has_ended() -> None:
    desk = open_desk(day="2026-09-16")
    list_contact(desk, through=OTHER_CASE)
    list_contact(desk)
    assert contact(desk).through == ""
    assert TaskKind.CONTACT in open_kinds(desk)
    list_contact(desk, through=OTHER_CASE)
    assert contact(desk).through == "", "who is told here stays here"


def test_supervisor_giving_up_there_ends_it_here() -> None:
    desk = open_desk(day="2026-09-16")
    list_contact(desk, through=OTHER_CASE)
    desk.do(ShareContact, Role.SYSTEM, outreach=OUTREACH, closed=True)
    assert contact(desk).state is ContactState.CLOSED
