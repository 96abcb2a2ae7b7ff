"""Working together: one holder for each task, a clock for each opinion, notes for colleagues."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.authority import actions_of, concern_of, refusal, refusal_of
from casework.domain.case.commands import (
    AcceptPassing,
    AddNote,
    AskOpinion,
    Command,
    DeclinePassing,
    GiveOpinion,
    Nudge,
    PassOn,
    ProposeTakingBack,
    Reassign,
    TakeBack,
    TakeUp,
    WithdrawOpinionRequest,
)
from casework.domain.case.details import details
from casework.domain.case.events import Nudged
from casework.domain.case.facts import Actor
from casework.domain.case.guards import barred_from
from casework.domain.case.in_force import InForce, note
from casework.domain.case.procedure import decide
from casework.domain.case.projection import next_due
from casework.domain.case.state import Case, TaskKind
from casework.domain.case.together import MOST_NOTES, MOST_OPINIONS
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    Accept,
    PreReview,
    PreReviewOutcome,
    Refuse,
    Withdraw,
)
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import due_on
from casework.messages.cases import size_of
from casework.policy.authority import load_authority
from tests.domain.desk import JINGAN, Desk, at, open_desk
from tests.examples import examples

A, B, C = "ja-officer-a", "ja-officer-b", "ja-officer-c"
S = "ja-supervisor-a"
TASK, REQUEST = "pre_review#1", "confirm_passing#1"


def by(code: str, role: Role = Role.OFFICER) -> Actor:
    return Actor(code=code, role=role, district=JINGAN)


def do(
    desk: Desk,
    command: type[Command],
    who: str,
    as_a: Role = Role.OFFICER,
    /,
    **said: Any,
) -> None:
    actor = by(who, as_a)
    for body in decide(desk.case, command(actor=actor, **said), desk.facts(actor)):
        desk.apply(body, actor)


def refused(attempt: Callable[[], None]) -> tuple[str, str]:
    with pytest.raises(DomainError) as caught:
        attempt()
    return caught.value.code, caught.value.field


def asked(to: str = C) -> Desk:
    desk = open_desk()
    do(desk, PassOn, A, task=TASK, to=to, reason="同期件多")
    return desk


def holder(desk: Desk, task: str = TASK) -> str:
    return next(each.holder for each in desk.case.tasks if each.id == task)


def is_open(desk: Desk, task: str = REQUEST) -> bool:
    return any(each.id == task for each in desk.case.open_tasks)


def test_the_task_stays_until_the_receiver_consents() -> None:
    desk = asked()
    assert (holder(desk), holder(desk, REQUEST)) == (A, C)
    assert f"{A} → {C}" in details(desk.case, desk.calendar, local_date(desk.now))
    do(desk, AcceptPassing, C, task=REQUEST)
    assert (holder(desk), is_open(desk)) == (C, False)
    do(desk, PreReview, C, outcome=PreReviewOutcome.PASSED)  # and does it


def test_who_declines_says_why_and_the_task_stays() -> None:
    desk = asked()
    assert refused(lambda: do(desk, DeclinePassing, C, task=REQUEST, reason=" ")) == (
        "FIELD_REQUIRED",
        "reason",
    )
    do(desk, DeclinePassing, C, task=REQUEST, reason="手上急件未办完")
    assert (holder(desk), is_open(desk)) == (A, False)
    do(desk, PassOn, A, task=TASK, to=B, reason="再请")
    assert holder(desk, "confirm_passing#2") == B


def test_the_supervisor_answers_in_the_receivers_place_and_nobody_else_does() -> None:
    desk = asked()
    assert refused(lambda: do(desk, AcceptPassing, B, task=REQUEST)) == ("NOT_YOUR_TASK", "")
    assert refused(lambda: do(desk, AcceptPassing, A, task=REQUEST)) == ("NOT_YOUR_TASK", "")
    do(desk, AcceptPassing, S, Role.SUPERVISOR, task=REQUEST)
    assert holder(desk) == C


def test_who_asked_takes_the_request_back() -> None:
    desk = asked()
    do(desk, DeclinePassing, A, task=REQUEST, reason="自己办理")
    assert not is_open(desk)


def test_what_may_not_be_passed_on() -> None:
    desk = asked()
    assert refused(lambda: do(desk, PassOn, A, task=TASK, to=B, reason="x")) == (
        "ALREADY_ASKED",
        "",
    )
    assert refused(lambda: do(desk, PassOn, C, task=REQUEST, to=B, reason="x"))[0] == "NOT_PASSABLE"
    assert refused(lambda: do(desk, PassOn, B, task=TASK, to=C, reason="x"))[0] == "NOT_YOUR_TASK"
    assert refused(lambda: do(desk, PassOn, A, task="no#1", to=C, reason="x"))[0] == "TASK_NOT_OPEN"
    other = open_desk()
    assert refused(lambda: do(other, PassOn, A, task=TASK, to=A, reason="x"))[0] == "SAME_OFFICER"


def test_a_request_lapses_with_the_task_and_when_that_goes_elsewhere() -> None:
    done = asked()
    do(done, PreReview, A, outcome=PreReviewOutcome.PASSED)
    gone = asked()
    do(gone, Reassign, S, Role.SUPERVISOR, role=Role.OFFICER, to=B, reason="休假")
    closed = asked()
    do(closed, Withdraw, "applicant-x", Role.APPLICANT, reason="另行申报")
    for desk in (done, gone, closed):
        assert not is_open(desk)
    assert holder(gone) == B


def test_who_took_the_case_in_may_not_be_given_its_review() -> None:
    desk = open_desk()
    do(desk, PreReview, A, outcome=PreReviewOutcome.PASSED)
    do(desk, Accept, A)
    task = next(task for task in desk.case.open_tasks if task.kind is TaskKind.REVIEW)

    def give(to: str) -> None:
        do(desk, PassOn, task.holder, Role.REVIEWER, task=task.id, to=to, reason="x")

    assert refused(lambda: give(A)) == ("FOUR_EYES", "to")
    give("ja-reviewer-c")


def test_who_has_it_from_a_colleague_and_falls_ill_is_stood_in_for() -> None:
    desk = asked()
    do(desk, AcceptPassing, C, task=REQUEST)
    for body in note(desk.case, InForce(absent=(C,)), desk.calendar):
        desk.apply(body)
    assert holder(desk) == A


@pytest.mark.parametrize(
    ("to", "code"),
    [("nobody", "OFFICER_UNKNOWN"), ("hp-o1", "OTHER_DISTRICT"), ("ja-r1", "OTHER_ROLE")],
)
def test_only_who_could_be_given_it_by_reassignment_may_receive_it(to: str, code: str) -> None:
    desk = open_desk()
    command = PassOn(actor=by(A), task=TASK, to=to, reason="x")
    found = refusal_of(load_authority(), command, desk.case)
    assert found is not None
    assert (found.code, found.field) == (code, "to")
    may = PassOn(actor=by(A), task=TASK, to="ja-o2", reason="x")
    assert refusal_of(load_authority(), may, desk.case) is None


# --- opinions ------------------------------------------------------------------------------

EXPERT = "hp-o1"
OPINION = "give_opinion#1"


def wanted(**said: Any) -> Desk:
    """Asked on Wednesday, 2026-09-16, of somebody in another district."""
    desk = open_desk()
    do(desk, AskOpinion, A, **{"question": "是否属实", "to": EXPERT} | said)
    return desk


def elsewhere(desk: Desk, command: type[Command], who: str = EXPERT, **said: Any) -> None:
    actor = Actor(code=who, role=Role.OFFICER, district="310101")
    for body in decide(desk.case, command(actor=actor, **said), desk.facts(actor)):
        desk.apply(body, actor)


def test_an_opinion_has_its_own_clock_and_stops_no_other() -> None:
    desk, plain = wanted(), open_desk()
    clock = desk.case.clock("asked_opinion#1")
    assert clock is not None
    assert due_on(clock, desk.calendar) == date(2026, 9, 22)  # five days, a Sunday is worked
    others = [each for each in desk.case.clocks if each != clock]
    assert others == list(plain.case.clocks)
    assert desk.case.holder == plain.case.holder
    soon = wanted(working_days=1).case
    assert next_due(soon, desk.calendar) == next_due(plain.case, desk.calendar)
    assert f"| {EXPERT} | {A} | 2026-09-22 | 未反馈 |" in details(
        desk.case, desk.calendar, local_date(desk.now)
    )


def test_who_is_asked_answers_from_another_district_and_does_nothing_else() -> None:
    desk = wanted()
    assert refused(lambda: elsewhere(desk, GiveOpinion, "hp-o2", task=OPINION, text="x"))[0] == (
        "OTHER_DISTRICT"
    )
    assert refused(lambda: elsewhere(desk, AddNote, text="x"))[0] == "OTHER_DISTRICT"
    elsewhere(desk, GiveOpinion, task=OPINION, text="属实")
    (opinion,) = desk.case.opinions
    assert (opinion.late, opinion.is_open, is_open(desk, OPINION)) == (False, False, False)
    assert desk.case.clock("asked_opinion#1") is None
    assert "属实" not in repr(desk.case), "it stands in the event"


def test_a_late_opinion_gives_cards_to_who_owes_it_and_is_kept_as_late() -> None:
    desk = wanted(working_days=2)  # due on Friday
    desk.wait_until(at("2026-09-19"))
    cards = [(c.rung.value, c.holder, c.backup) for c in desk.case.cards if "asked" in c.clock]
    assert cards == [("blue", EXPERT, A), ("yellow", EXPERT, A)]
    assert holder(desk, OPINION) == EXPERT, "nobody answers in somebody's place"
    elsewhere(desk, GiveOpinion, task=OPINION, text="属实")
    assert desk.case.opinions[0].late
    assert all(card.cleared_at for card in desk.case.cards if "asked" in card.clock)
    assert "（逾期）" in details(desk.case, desk.calendar, local_date(desk.now))


def test_several_are_asked_at_once_and_the_case_says_who_has_answered() -> None:
    desk = wanted()
    do(desk, AskOpinion, A, question="请核", role=Role.HEAD)
    assert [each.asked for each in desk.case.opinions] == [EXPERT, "ja-head-a"]
    do(desk, GiveOpinion, "ja-head-a", Role.HEAD, task="give_opinion#2", text="同意")
    assert [each.is_open for each in desk.case.opinions] == [True, False]
    do(desk, WithdrawOpinionRequest, A, task=OPINION, reason="已核实")
    assert not is_open(desk, OPINION)


def test_what_may_not_be_asked() -> None:
    desk = wanted()
    ask = {"question": "x", "to": "hp-o2"}
    tries: list[tuple[dict[str, Any], str]] = [
        ({"question": " "}, "FIELD_REQUIRED"),
        ({"to": ""}, "FIELD_REQUIRED"),
        ({"to": A}, "SAME_OFFICER"),
        ({"to": EXPERT}, "ALREADY_ASKED"),
        ({"working_days": 61}, "OPINION_TOO_LONG"),
        ({"working_days": -1}, "OPINION_TOO_LONG"),
        ({"files": ("x",)}, "DIGEST_INVALID"),
    ]
    for said, code in tries:
        assert refused(lambda said=said: do(desk, AskOpinion, A, **ask | said))[0] == code  # type: ignore[misc]
    for number in range(MOST_OPINIONS - 1):
        do(desk, AskOpinion, A, **ask | {"to": f"expert-{number}"})
    assert refused(lambda: do(desk, AskOpinion, A, **ask))[0] == "TOO_MANY_OPINIONS"


@pytest.mark.parametrize(
    ("to", "code"), [("nobody", "OFFICER_UNKNOWN"), ("hp-o1", ""), ("yz-sp1", "")]
)
def test_anybody_of_the_rosters_may_be_asked(to: str, code: str) -> None:
    asking = Actor(code="ja-officer-a", role=Role.OFFICER, district=JINGAN)
    found = refusal_of(
        load_authority(), AskOpinion(actor=asking, question="x", to=to), open_desk().case
    )
    assert (found.code if found else "") == code


def test_nobody_is_asked_who_must_keep_away_from_the_case() -> None:
    asking = Actor(code="ja-officer-a", role=Role.OFFICER, district=JINGAN)
    case = replace(open_desk().case, apart=("hp-o1",))
    for to, code in (("hp-o1", "RELATION_DECLARED"), ("hp-o2", "")):
        found = refusal_of(load_authority(), AskOpinion(actor=asking, question="x", to=to), case)
        assert (found.code if found else "") == code


def test_who_is_asked_reads_the_case_and_answers_while_it_is_open() -> None:
    desk = wanted()
    matrix, (expert, *_) = load_authority(), load_authority().staff[EXPERT]

    def codes(case: Case) -> dict[str, str]:
        about = concern_of(case)
        found = {act: refusal(matrix, expert, act, about) for act in actions_of("application")}
        return {act: each.code if each else "" for act, each in found.items()}

    before = codes(open_desk().case)
    may = {act for act, code in codes(desk.case).items() if not code}
    assert may - {act for act, code in before.items() if not code} >= {"read", "give_opinion"}
    assert not may & {"read_notes", "disclose", "accept", "pre_review", "add_note", "pass_on"}
    elsewhere(desk, GiveOpinion, task=OPINION, text="属实")
    assert codes(desk.case) == before


def test_what_was_asked_is_open_again_when_a_closing_by_mistake_is_taken_back() -> None:
    desk = open_desk()
    do(desk, PreReview, A, outcome=PreReviewOutcome.PASSED)
    do(desk, Accept, A)
    reviewer = "ja-reviewer-a"
    do(desk, AskOpinion, reviewer, Role.REVIEWER, question="是否属实", to=EXPERT)
    do(desk, PassOn, reviewer, Role.REVIEWER, task="review#1", to="ja-reviewer-b", reason="x")
    do(desk, Refuse, reviewer, Role.REVIEWER, reason="不符合条件")
    assert not desk.case.open_tasks
    desk.wait_until(at("2026-09-21"))
    do(desk, ProposeTakingBack, S, Role.SUPERVISOR, reason="误办结")
    do(desk, TakeBack, "ja-head-a", Role.HEAD, reason="误办结")
    assert {task.id for task in desk.case.open_tasks} == {"review#1", OPINION, REQUEST}
    clock = desk.case.clock("asked_opinion#1")
    assert clock is not None
    assert due_on(clock, desk.calendar) == date(2026, 9, 29)  # without the days in between
    elsewhere(desk, GiveOpinion, task=OPINION, text="属实")
    do(desk, AcceptPassing, "ja-reviewer-b", Role.REVIEWER, task=REQUEST)
    assert holder(desk, "review#1") == "ja-reviewer-b"


# --- nudges --------------------------------------------------------------------------------


def test_a_task_is_nudged_once_a_day() -> None:
    desk = open_desk()
    do(desk, Nudge, S, Role.SUPERVISOR, task=TASK)
    with pytest.raises(DomainError, match="10:00") as again:
        do(desk, Nudge, S, Role.SUPERVISOR, task=TASK)
    assert again.value.code == "NUDGED_TODAY"
    desk.wait_until(at("2026-09-17", "00:00"))
    do(desk, Nudge, S, Role.SUPERVISOR, task=TASK)


def test_who_waits_for_an_opinion_nudges_and_nobody_else_but_the_supervisor() -> None:
    desk = wanted()
    assert refused(lambda: do(desk, Nudge, A, task=TASK))[0] == "NOT_YOURS_TO_NUDGE"
    assert refused(lambda: do(desk, Nudge, B, task=OPINION))[0] == "NOT_YOURS_TO_NUDGE"
    do(desk, Nudge, A, task=OPINION)
    assert refused(lambda: do(desk, Nudge, S, Role.SUPERVISOR, task=OPINION))[0] == "NUDGED_TODAY"
    for role in (Role.APPLICANT, Role.EMPLOYER, Role.TALENT, Role.SYSTEM):
        assert refused(lambda: do(desk, Nudge, "x", role, task=TASK))[0] == "ROLE_NOT_ALLOWED"  # noqa: B023


@given(hours=st.lists(st.integers(0, 30), min_size=1, max_size=8), both=st.booleans())
@examples(60)
def test_never_two_nudges_for_a_task_and_a_day(hours: list[int], *, both: bool) -> None:
    desk = wanted()
    for number, more in enumerate(hours):
        desk.now += timedelta(hours=more)
        task = OPINION if both and number % 2 else TASK
        with suppress(DomainError):
            do(desk, Nudge, S, Role.SUPERVISOR, task=task)
    days = [
        (event.body.task, local_date(event.at))
        for event in desk.events
        if isinstance(event.body, Nudged)
    ]
    assert days
    assert len(days) == len(set(days))


# --- whatever the order --------------------------------------------------------------------

PEOPLE = (A, B, C)
_ACTS = st.lists(
    st.tuples(
        st.sampled_from(["pass", "accept", "decline", "reassign", "absent", "take", "on", "wait"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(PEOPLE),
    ),
    max_size=14,
)


def play(desk: Desk, act: tuple[str, str, str]) -> None:
    what, one, other = act
    mine = next((t for t in desk.case.open_tasks if t.holder == one and not t.asked_by), None)
    request = next((t for t in desk.case.open_tasks if t.kind is TaskKind.CONFIRM_PASSING), None)
    if what == "pass" and mine:
        do(desk, PassOn, one, mine.role, task=mine.id, to=other, reason="x")
    elif what == "accept" and request:
        who = (request.holder, Role.OFFICER) if one == A else (S, Role.SUPERVISOR)
        do(desk, AcceptPassing, *who, task=request.id)
    elif what == "decline" and request:
        do(desk, DeclinePassing, request.holder, task=request.id, reason="x")
    elif what == "reassign":
        do(desk, Reassign, S, Role.SUPERVISOR, role=Role.OFFICER, to=one, reason="x")
    elif what == "absent":
        for body in note(desk.case, InForce(absent=tuple({one, other})), desk.calendar):
            desk.apply(body)
    elif what == "take" and mine:
        do(desk, TakeUp, one, mine.role, task=mine.id)
    elif what == "on":
        do(desk, PreReview, one, outcome=PreReviewOutcome.PASSED)
    elif what == "wait":
        desk.wait_until(at(str(local_date(desk.now)), "23:00"))


def tasks_are_held(case: Case, before: Case) -> None:
    """Every open task has a holder; who was given it may do it; a request follows its task."""
    then = {task.id: task.holder for task in before.tasks}
    open_ones = {task.id: task for task in case.open_tasks}
    for task in open_ones.values():
        assert task.holder
        if then.get(task.id) != task.holder:
            assert task.holder not in barred_from(case, task)
        if task.kind is TaskKind.CONFIRM_PASSING:
            assert open_ones[task.about].holder == task.asked_by
    requested = [t.about for t in open_ones.values() if t.kind is TaskKind.CONFIRM_PASSING]
    assert len(requested) == len(set(requested))


@given(acts=_ACTS)
@examples(150)
def test_an_open_task_has_one_holder_who_may_hold_it(acts: list[tuple[str, str, str]]) -> None:
    desk = open_desk()
    for act in acts:
        before, count = desk.case, len(desk.events)
        try:
            play(desk, act)
        except DomainError:
            assert desk.case == before
        tasks_are_held(desk.case, before)
        kinds = {event.body.kind for event in desk.events[count:]}
        if kinds & {"passing_asked", "passing_declined"}:
            assert all(
                each.holder == next(t.holder for t in before.tasks if t.id == each.id)
                for each in desk.case.open_tasks
                if each.id in {t.id for t in before.tasks}
            ), "asking and declining move nothing"


# --- notes ---------------------------------------------------------------------------------


def test_a_note_is_an_event_and_nothing_of_it_stands_in_the_state() -> None:
    desk = open_desk()
    text = "申请人来电，材料下周寄到"
    size = size_of(desk.case)
    do(desk, AddNote, A, text=text)
    assert desk.kinds()[-1] == "note_added"
    assert text not in repr(desk.case)
    assert size_of(desk.case) - size <= 1
    assert "备注" not in details(desk.case, desk.calendar, local_date(desk.now))


def test_a_case_has_room_for_so_many_notes() -> None:
    desk = open_desk()
    for number in range(MOST_NOTES):
        do(desk, AddNote, A, text=f"第 {number} 条")
    assert refused(lambda: do(desk, AddNote, A, text="再一条")) == ("TOO_MANY_NOTES", "")


@pytest.mark.parametrize("role", [Role.APPLICANT, Role.EMPLOYER, Role.TALENT, Role.SYSTEM])
def test_nobody_outside_adds_one(role: Role) -> None:
    assert refused(lambda: do(open_desk(), AddNote, "x", role, text="有"))[0] == "ROLE_NOT_ALLOWED"
