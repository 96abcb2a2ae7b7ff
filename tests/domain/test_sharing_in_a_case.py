"""What sharing out does to a case: posts and tasks, a team's time, who must keep away."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from casework.domain.case.commands import Claim, GiveBack, OpinionAsked, PassOn, Reassign
from casework.domain.case.events import RelationsNoted
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce, note
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.letters import dealt_with_by
from casework.domain.case.procedure import decide
from casework.domain.case.projection import rows
from casework.domain.case.sharing import kept_away, work_shared
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import Accept, PreReview, PreReviewOutcome
from casework.domain.policy import Role
from casework.domain.sharing import Choice, SharingRule, Way
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import due_on, kind_of
from tests.domain.any_act import any_act
from tests.domain.desk import JINGAN, Desk, at, open_desk

SUPERIOR = Actor(code="ja-superior-a", role=Role.SUPERIOR)
PASSED = PreReviewOutcome.PASSED
POOL = Choice(team="T1", claim_within=2, way=Way.POOL, reason="分给小组 T1")
GIVEN = Choice(holder="ja-x", backup="ja-y", way=Way.IN_TURN, reason="轮到", considered=3)


def shared(desk: Desk, *, apart: tuple[str, ...] = (), **choices: Choice) -> Desk:
    body = work_shared(desk.case, {Role(role): each for role, each in choices.items()}, apart)
    assert body is not None
    desk.apply(body)
    return desk


def do(desk: Desk, command: type, code: str, role: Role = Role.OFFICER, /, **said: object) -> None:
    who = Actor(code=code, role=role, district=JINGAN)
    for body in decide(desk.case, command(actor=who, **said), desk.facts(who)):
        desk.apply(body, who)


def refusal(
    desk: Desk, command: type, code: str, role: Role = Role.OFFICER, /, **said: object
) -> str:
    with pytest.raises(DomainError) as refused:
        do(desk, command, code, role, **said)
    return refused.value.code


def test_who_is_chosen_has_the_posts_and_the_open_tasks() -> None:
    desk = shared(open_desk(), officer=GIVEN)
    assert desk.case.posts[Role.OFFICER] == Post(holder="ja-x", backup="ja-y")
    assert (desk.case.holder, desk.case.open_tasks[0].backup) == ("ja-x", "ja-y")
    assert desk.events[-1].body.kind == "work_shared"
    assert "经办人员 ja-x（轮到）" in getattr(desk.events[-1].body, "reason", "")


def test_posts_as_the_office_has_them_are_no_event() -> None:
    post = open_desk().case.posts[Role.OFFICER]
    fixed = Choice(holder=post.holder, backup=post.backup, way=Way.FIXED, reason="岗位表所列")
    assert work_shared(open_desk().case, {Role.OFFICER: fixed}) is None


def test_a_teams_task_is_nobodys_until_one_of_it_claims_it() -> None:
    desk = shared(open_desk(), officer=POOL)
    task = desk.case.open_tasks[0]
    assert task.is_unclaimed
    assert desk.case.holder == ""
    row = rows(desk.case, desk.calendar)["tasks"][0]
    assert (row.holder, row.team) == ("", "T1")
    do(desk, Claim, "ja-z", task=task.id)
    assert desk.case.holder == "ja-z"
    assert desk.case.posts[Role.OFFICER].holder == "ja-z"
    assert refusal(desk, Claim, "ja-w", task=task.id) == "ALREADY_CLAIMED"
    assert desk.case.clock("claim") is None


def test_letters_name_who_deals_with_the_case_and_nobody_while_nobody_does() -> None:
    desk = open_desk()
    post = desk.case.posts[Role.OFFICER]
    assert dealt_with_by(desk.case) == post.holder
    by_hand = shared(open_desk(), officer=Choice(way=Way.BY_HAND, reason="人工分办"))
    assert dealt_with_by(by_hand.case) == ""
    shared(desk, officer=POOL)
    task = desk.case.open_tasks[0].id
    assert dealt_with_by(desk.case) == ""
    do(desk, Claim, "ja-z", task=task)
    assert dealt_with_by(desk.case) == "ja-z"
    do(desk, PreReview, "ja-z", outcome=PASSED)
    do(desk, Accept, "ja-z")
    assert desk.case.holder == post_of(desk, Role.REVIEWER)
    assert dealt_with_by(desk.case) == "ja-z"  # not the reviewer: 经办人员 is asked
    absent = replace(desk.case, absent=("ja-z",))
    assert dealt_with_by(absent) == desk.case.posts[Role.OFFICER].backup


def post_of(desk: Desk, role: Role) -> str:
    return desk.case.posts[role].holder


@pytest.mark.parametrize(
    ("code", "role", "why"),
    [
        ("ja-kin", Role.OFFICER, "RELATION_DECLARED"),
        ("ja-reviewer-a", Role.OFFICER, "FOUR_EYES"),
        ("ja-z", Role.REVIEWER, "OTHER_ROLE"),
    ],
)
def test_who_may_not_have_it_may_not_claim_it(code: str, role: Role, why: str) -> None:
    desk = shared(open_desk(), officer=POOL, apart=("ja-kin",))
    assert refusal(desk, Claim, code, role, task=desk.case.open_tasks[0].id) == why


def test_what_was_given_by_name_is_neither_claimed_nor_given_back() -> None:
    desk = shared(open_desk(), officer=GIVEN)
    task = desk.case.open_tasks[0].id
    assert refusal(desk, Claim, "ja-z", task=task) == "NOT_OF_A_TEAM"
    assert refusal(desk, GiveBack, "ja-x", task=task, reason="外出") == "NOT_OF_A_TEAM"
    assert refusal(desk, Claim, "ja-z", task="no#1") == "TASK_NOT_OPEN"


def test_what_is_given_back_is_the_teams_again_with_the_whole_time() -> None:
    desk = shared(open_desk(), officer=POOL)
    task = desk.case.open_tasks[0].id
    do(desk, Claim, "ja-z", task=task)
    desk.now += timedelta(days=1)
    assert refusal(desk, GiveBack, "ja-w", task=task, reason="外出") == "NOT_YOUR_TASK"
    assert refusal(desk, GiveBack, "ja-z", task=task, reason=" ") == "FIELD_REQUIRED"
    do(desk, GiveBack, "ja-z", task=task, reason="外出")
    clock = desk.case.clock("claim")
    assert clock is not None
    assert clock.started_on == local_date(desk.now)
    assert desk.case.open_tasks[0].is_unclaimed


def test_what_nobody_claims_in_time_is_the_supervisors_until_it_is_shared_out() -> None:
    desk = shared(open_desk(), officer=POOL)
    clock = desk.case.clock("claim")
    assert clock is not None
    due = due_on(clock, desk.calendar)
    assert due == desk.calendar.shift(date(2026, 9, 16), 2)
    desk.wait_until(at(f"{due}", "23:00"))
    assert not desk.case.to_share
    desk.wait_until(at(f"{due + timedelta(days=1)}", "00:00"))
    assert Role.OFFICER in desk.case.to_share
    assert desk.case.holder == "ja-supervisor-a"
    shared(desk, officer=GIVEN)
    assert not desk.case.to_share
    assert desk.case.holder == "ja-x"


def test_by_hand_the_supervisor_is_asked_and_done_when_somebody_has_it() -> None:
    by_hand = Choice(way=Way.BY_HAND, reason="由监督员指定经办人员")
    desk = shared(open_desk(), officer=by_hand)
    assert {task.kind for task in desk.case.open_tasks} == {"pre_review", "share_out"}
    assert {task.holder for task in desk.case.open_tasks} == {"ja-supervisor-a"}
    said = {"role": Role.OFFICER, "to": "ja-x", "reason": "分办"}
    do(desk, Reassign, "ja-supervisor-a", Role.SUPERVISOR, **said)
    assert [task.kind for task in desk.case.open_tasks] == ["pre_review"]
    assert desk.case.holder == "ja-x"


def test_a_relation_found_late_takes_the_case_from_who_has_it() -> None:
    desk = open_desk()
    found = note(desk.case, InForce(apart=("ja-officer-a", "ja-reviewer-b")), desk.calendar)
    assert found == (RelationsNoted(apart=("ja-officer-a", "ja-reviewer-b")),)
    desk.apply(found[0])
    assert Role.OFFICER in desk.case.to_share
    assert desk.case.holder == "ja-officer-b"
    assert desk.case.posts[Role.REVIEWER] == Post(holder="ja-reviewer-a")
    assert note(desk.case, InForce(apart=("ja-officer-a", "ja-reviewer-b")), desk.calendar) == ()
    for post in desk.case.posts.values():
        assert not {post.holder, post.backup} & {"ja-officer-a", "ja-reviewer-b"}
    said = {"role": Role.OFFICER, "to": "ja-officer-a", "reason": "改派"}
    assert (
        refusal(desk, Reassign, "ja-supervisor-a", Role.SUPERVISOR, **said) == "RELATION_DECLARED"
    )


def asked(desk: Desk, to: str) -> None:
    question = OpinionAsked(
        actor=Actor(code=desk.case.holder, role=Role.OFFICER, district=JINGAN),
        question="境外学历是否认可？",
        to=to,
        asked=to,
    )
    for body in decide(desk.case, question, desk.facts(question.actor)):
        desk.apply(body, question.actor)


def test_of_who_must_keep_away_nothing_is_asked_any_more() -> None:
    desk = open_desk()
    asked(desk, "xh-officer-a")
    do(desk, PassOn, desk.case.holder, task=desk.case.open_tasks[0].id, to="ja-z", reason="外出")
    holders = {task.id: task.holder for task in desk.case.open_tasks if not task.asked_by}
    known = InForce(version=1, apart=("ja-z", "xh-officer-a"))
    for body in note(desk.case, known, desk.calendar):
        desk.apply(body)
    assert {task.id: task.holder for task in desk.case.open_tasks} == holders
    (opinion,) = desk.case.opinions
    assert (opinion.is_open, opinion.given_at) == (False, None)
    assert desk.case.clock(opinion.clock) is None


def test_what_was_noted_before_asked_tasks_lapsed_leads_to_what_it_did() -> None:
    desk = open_desk()
    asked(desk, "xh-officer-a")
    desk.apply(RelationsNoted(apart=("xh-officer-a",)))
    (opinion,) = desk.case.opinions
    assert opinion.is_open


def test_a_relation_declared_while_somebody_is_chosen_takes_the_other_role_away() -> None:
    desk = open_desk()
    reviewer = desk.case.posts[Role.REVIEWER].holder
    shared(desk, apart=(reviewer,), officer=GIVEN)
    noted = kept_away(desk.case, (Role.OFFICER,))
    assert noted is not None
    desk.apply(noted)
    assert desk.case.posts[Role.REVIEWER].holder != reviewer
    assert desk.case.to_share == (Role.REVIEWER,)
    assert kept_away(desk.case, (Role.OFFICER,)) is None
    everybody = shared(open_desk(), officer=GIVEN)
    assert kept_away(everybody.case, ()) is None


def test_a_stand_in_who_reviews_the_same_case_does_not_take_it_in() -> None:
    """B角 of intake is the reviewer: whoever takes it in may not review it, so that one waits."""
    desk = shared(open_desk(), officer=replace(GIVEN, backup="ja-reviewer-a"))
    do(desk, PreReview, "ja-reviewer-a", outcome=PASSED)
    do(desk, Accept, "ja-reviewer-a")
    assert desk.case.holder == "ja-reviewer-b"


def test_the_district_that_receives_a_case_shares_it_out_in_its_own_way() -> None:
    desk = shared(open_desk(), officer=POOL)
    there = {role: Post(holder=f"xh-{role}") for role in desk.case.posts}
    said: dict[str, Any] = {
        "to_district": "310104",
        "reason": "单位在该区",
        "office": "徐汇",
        "posts": there,
    }
    by_rank = JurisdictionTransfer(actor=SUPERIOR, **said)
    (moved,) = decide(desk.case, by_rank, desk.facts(SUPERIOR))
    assert not getattr(moved, "share_out", True)
    rules = {Role.OFFICER: SharingRule(way=Way.IN_TURN)}
    by_turn = JurisdictionTransfer(actor=SUPERIOR, sharing=rules, **said)
    (moved,) = decide(desk.case, by_turn, desk.facts(SUPERIOR))
    desk.apply(moved, SUPERIOR)
    assert desk.case.clock("claim") is None
    assert desk.case.holder == "xh-officer"
    assert set(desk.case.to_share) == set(there)


def test_a_case_shared_out_again_while_all_is_closed_keeps_no_time_for_claiming() -> None:
    desk = shared(open_desk(), officer=POOL)
    do(desk, Claim, "ja-z", task=desk.case.open_tasks[0].id)
    do(desk, PreReview, "ja-z", outcome=PASSED)
    assert all(clock.id != "claim" for clock in desk.case.running)
    assert desk.case.holder == "ja-z"


WAYS = (
    POOL,
    GIVEN,
    Choice(way=Way.BY_HAND, reason="由监督员指定"),
    Choice(holder="ja-officer-b", way=Way.LEAST_LOADED, reason="最低"),
)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32))
@example(seed=407)  # somebody without a code claims
def test_whatever_happens_no_task_is_without_somebody_and_none_with_who_keeps_away(
    seed: int,
) -> None:
    dice = Random(seed)
    desk = shared(open_desk(), officer=dice.choice(WAYS))
    for _ in range(25):
        with suppress(DomainError):
            _something(desk, dice)
        while desk.case.to_share and desk.case.is_open:
            roles, chosen = desk.case.to_share, dice.choice(WAYS)
            declared = {"ja-reviewer-a"} if dice.random() < 0.3 else set()  # while it is shared out
            apart = tuple(sorted({*desk.case.apart, *declared}))
            shared(desk, **{role.value: chosen for role in roles}, apart=apart)
            if (noted := kept_away(desk.case, roles)) is not None:
                desk.apply(noted)
        for task in desk.case.open_tasks:
            assert task.holder or (task.is_unclaimed and desk.case.clock(task.claim)), task
            assert task.holder not in desk.case.apart
        waiting = {task.claim for task in desk.case.open_tasks if task.is_unclaimed}
        assert {c.id for c in desk.case.running if kind_of(c.id) == "claim"} == waiting
        rows(desk.case, desk.calendar)


def _something(desk: Desk, dice: Random) -> None:
    lot = dice.random()
    waiting = [task for task in desk.case.open_tasks if task.is_unclaimed]
    held = [task for task in desk.case.open_tasks if task.team and task.holder]
    if waiting and lot < 0.3:
        do(desk, Claim, dice.choice(["ja-z", "ja-w"]), task=waiting[0].id)
    elif held and lot < 0.4:
        do(desk, GiveBack, held[0].holder, task=held[0].id, reason="外出")
    elif lot < 0.45 and desk.case.is_open:
        apart = tuple(sorted({*desk.case.apart, dice.choice(["ja-z", "ja-x", "ja-officer-b"])}))
        for body in note(desk.case, InForce(apart=apart), desk.calendar):
            desk.apply(body)
    elif lot < 0.6:
        desk.wait_until(desk.now + timedelta(days=dice.choice([1, 3])))
    else:
        command = any_act(dice, desk.case, local_date(desk.now), ("有理由",))
        for body in decide(desk.case, command, desk.facts(command.actor)):
            desk.apply(body, command.actor)
