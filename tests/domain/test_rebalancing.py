"""Rebalancing, as pure rules: nothing is lost, nobody gets what they may not, and it levels out."""

from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.case.commands import OrderedReassign
from casework.domain.case.events import EventBody, Reassigned
from casework.domain.case.facts import ORDERS, Actor
from casework.domain.case.moves import change_task
from casework.domain.case.procedure import decide
from casework.domain.errors import DomainError
from casework.domain.kinds.application.state import Application
from casework.domain.policy import Role
from casework.domain.rebalancing import Holding, Plan, rebalance
from casework.domain.sharing import Bar, Candidate, SharingRule, Way
from casework.domain.staff import StaffPost
from tests.domain.desk import POSTS, Desk, actor, open_desk

MOST = 500
PEOPLE = "abcd"
GONE = "z"
BARS = st.sampled_from([Bar.OWN_CASE, Bar.RELATED])
HOLDINGS = st.lists(
    st.builds(
        Holding,
        case_no=st.just(""),
        kind=st.just("application"),
        item=st.sampled_from(["PTS_NEW", "RES_IN"]),
        holder=st.sampled_from(PEOPLE + GONE),
        tasks=st.integers(1, 2),
        weight=st.integers(1, 8),
        taken=st.frozensets(st.sampled_from(PEOPLE), max_size=2),
        apart=st.dictionaries(st.sampled_from(PEOPLE), BARS, max_size=2),
    ),
    max_size=25,
)
RULES = st.builds(
    SharingRule,
    way=st.sampled_from(Way),
    cap=st.sampled_from([0, 0, 5, 9]),
    team=st.sampled_from(["", "T1"]),
)
STAFFED = st.builds(
    StaffPost,
    person=st.just(""),
    role=st.just(Role.OFFICER),
    city=st.just("310000"),
    district=st.just("310106"),
    items=st.sampled_from([(), ("PTS_NEW",)]),
    skills=st.sampled_from([(), ("RES_IN",)]),
    team=st.sampled_from(["", "T1", "T2"]),
    share=st.sampled_from([50, 100]),
    since=st.just(date(2026, 1, 1)),
)


def numbered(holdings: list[Holding]) -> list[Holding]:
    return [
        replace(each, case_no=f"c-{n:03}", taken=each.taken - {each.holder})
        for n, each in enumerate(holdings)
    ]


def staffed(
    posts: list[StaffPost], absent: frozenset[str], holdings: list[Holding]
) -> list[Candidate]:
    """Everybody with what they hold of these and no more."""
    load, tasks = Counter[str](), Counter[str]()
    for each in holdings:
        load[each.holder] += each.weight
        tasks[each.holder] += each.tasks
    return [
        Candidate(
            post=replace(post, person=who),
            load=load[who],
            open_tasks=tasks[who],
            bars=frozenset({Bar.ABSENT} if who in absent else ()),
        )
        for who, post in zip(PEOPLE, posts, strict=True)
    ]


def tasks_after(plan: Plan, holdings: list[Holding]) -> int:
    """What those of the role have now, and what is still with somebody who has left."""
    gone = sum(each.tasks for each in holdings if each.holder == GONE)
    back = sum(each.holding.tasks for each in plan.handings if each.holding.holder == GONE)
    return sum(each.open_after for each in plan.standings) + gone - back


@settings(max_examples=60)
@given(
    HOLDINGS,
    st.lists(STAFFED, min_size=4, max_size=4),
    st.frozensets(st.sampled_from(PEOPLE), max_size=2),
    RULES,
)
def test_nothing_is_lost_and_nobody_gets_what_they_may_not(
    drawn: list[Holding], posts: list[StaffPost], absent: frozenset[str], rule: SharingRule
) -> None:
    holdings = numbered(drawn)
    people = staffed(posts, absent, holdings)
    known = {each.person: each.post for each in people}
    rules = dict.fromkeys(("PTS_NEW", "RES_IN"), rule)
    plan = rebalance(Role.OFFICER, holdings, people, rules, most=MOST)
    assert tasks_after(plan, holdings) == sum(each.tasks for each in holdings)
    moved = [each.holding.case_no for each in plan.handings]
    assert len(moved) == len(set(moved)), "nobody twice"
    now = {each.person: each.open_tasks for each in people}
    for each in plan.handings:
        holding = each.holding
        assert each.to in known
        assert each.to not in {holding.holder, *holding.taken, *holding.apart, *absent}
        assert known[each.to].covers(item=holding.item)
        now[each.to] += holding.tasks
        if holding.holder in now:
            now[holding.holder] -= holding.tasks
        assert not rule.cap or now[each.to] <= rule.cap
    assert {each.person: each.open_after for each in plan.standings} == now
    assert rebalance(Role.OFFICER, holdings, people, rules, most=MOST) == plan, "the same again"


@settings(max_examples=60)
@given(HOLDINGS, st.frozensets(st.sampled_from(PEOPLE), max_size=3))
def test_where_all_may_have_all_the_spread_is_within_one_case(
    drawn: list[Holding], absent: frozenset[str]
) -> None:
    holdings = [replace(each, taken=frozenset(), apart={}) for each in numbered(drawn)]
    post = StaffPost(person="", role=Role.OFFICER, city="310000", since=date(2026, 1, 1))
    people = staffed([post] * 4, absent, holdings)
    plan = rebalance(Role.OFFICER, holdings, people, {}, most=MOST)
    there = [each.weight_after for each in plan.standings if each.person not in absent]
    heaviest = max((each.weight for each in holdings), default=0)
    assert max(there) - min(there) <= heaviest
    for each in plan.standings:
        assert each.person not in absent or not each.weight_after, "who is absent keeps nothing"
    handed = {each.holding.case_no for each in plan.handings}
    assert all(each.holder != GONE for each in holdings if each.case_no not in handed)


def test_no_more_than_may_be_planned_at_once() -> None:
    holdings = numbered([Holding(case_no="", kind="application", item="X", holder="a")] * 9)
    post = StaffPost(person="", role=Role.OFFICER, city="310000", since=date(2026, 1, 1))
    people = staffed([post] * 4, frozenset(), holdings)
    some = rebalance(Role.OFFICER, holdings, people, {}, most=2)
    assert len(some.handings) == 2
    whole = rebalance(Role.OFFICER, holdings, people, {}, most=MOST)
    assert sorted(each.weight_after for each in whole.standings) == [2, 2, 2, 3]
    assert "由 a（折算 9）转给 b（折算 0）" in whole.handings[0].why


def test_who_is_least_loaded_in_the_team_gets_it_where_work_is_the_teams() -> None:
    holdings = numbered([Holding(case_no="", kind="application", item="X", holder="a")] * 4)
    post = StaffPost(person="", role=Role.OFFICER, city="310000", since=date(2026, 1, 1))
    teams = [replace(post, team=team) for team in ("T1", "T1", "T2", "T2")]
    pool = {"X": SharingRule(way=Way.POOL)}
    plan = rebalance(Role.OFFICER, holdings, staffed(teams, frozenset(), holdings), pool, most=MOST)
    assert {each.to for each in plan.handings} == {"b"}


# --- what the case says --------------------------------------------------------------------

A, B = POSTS[Role.OFFICER].holder, POSTS[Role.OFFICER].backup


def told(desk: Desk, by: Actor = ORDERS, **changed: Any) -> tuple[EventBody, ...]:
    plain = OrderedReassign(
        actor=by, role=Role.OFFICER, to=B, reason="积压", order="ZL-1", holder=A
    )
    return decide(desk.case, replace(plain, **changed), desk.facts(by))


def test_a_case_follows_an_order_once() -> None:
    desk = open_desk()
    (body,) = told(desk)
    assert body == Reassigned(role=Role.OFFICER, to=B, reason="积压", order="ZL-1")
    before = [task.id for task in desk.case.open_tasks]
    desk.apply(body, ORDERS)
    assert [task.id for task in desk.case.open_tasks] == before
    assert {task.holder for task in desk.case.open_tasks if task.role is Role.OFFICER} == {B}
    assert told(desk) == (), "the same again changes nothing"


def test_a_case_refuses_an_order_that_fits_it_no_more() -> None:
    desk = open_desk()
    reviewer = POSTS[Role.REVIEWER].holder
    known = desk.case
    task = next(each for each in known.open_tasks if each.role is Role.OFFICER)
    refusals: list[tuple[str, Application, dict[str, Any]]] = [
        ("HOLDER_CHANGED", known, {"holder": "somebody"}),
        ("FOUR_EYES", known, {"to": reviewer}),
        ("OFFICER_ABSENT", replace(known, absent=(B,)), {}),
        ("RELATION_DECLARED", replace(known, apart=(B,)), {}),
        ("TASK_NOT_OPEN", known, {"role": Role.HEAD, "holder": POSTS[Role.HEAD].holder}),
        ("NO_SUCH_POST", known, {"role": Role.LIAISON}),
        ("WORK_BEGUN", change_task(known, replace(task, taken_up_at=desk.now)), {}),
        ("REBALANCE_BY_ORDER_ONLY", known, {"by": actor(Role.SUPERVISOR)}),
    ]
    for code, case, changed in refusals:
        desk.case = case
        with pytest.raises(DomainError) as refused:
            told(desk, **changed)
        assert refused.value.code == code
    desk.case = change_task(known, replace(task, taken_up_at=desk.now))
    assert told(desk, begun=True)
