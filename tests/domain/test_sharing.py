"""Sharing out, as pure rules: who may not never gets a case, and nobody gets too much."""

from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.policy import Role
from casework.domain.sharing import (
    NEVER,
    NEW_CASE,
    Bar,
    Candidate,
    Choice,
    SharingRule,
    Sought,
    Way,
    involved,
    share_case,
    share_out,
    turns_after,
    weight,
)
from casework.domain.staff import StaffPost

PEOPLE = st.integers(1, 9)
SOUGHT = Sought(role=Role.OFFICER, item="PTS_NEW")
ROLES = (Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR)


def somebody(number: int, role: Role = Role.OFFICER, **said: Any) -> Candidate:
    of_post = ("team", "skills", "share", "rank", "items", "stands_in_for")
    named = {key: said.pop(key) for key in of_post if key in said}
    post = StaffPost(
        person=f"{role}{number}", role=role, city="3101", since=date(2026, 1, 1), **named
    )
    return Candidate(post=post, **said)


@st.composite
def candidates(draw: st.DrawFn, role: Role = Role.OFFICER) -> tuple[Candidate, ...]:
    return tuple(
        somebody(
            number,
            role,
            team=draw(st.sampled_from(["", "T1", "T2"])),
            skills=draw(st.sampled_from([(), ("PTS_NEW",), ("手语",)])),
            share=draw(st.sampled_from([0, 50, 100])),
            rank=draw(st.integers(1, 3)),
            items=draw(st.sampled_from([(), (), ("PTS_NEW",), ("HJ_RES",)])),
            load=draw(st.integers(0, 40)),
            open_tasks=draw(st.integers(0, 10)),
            turns=draw(st.none() | st.integers(0, 20)),
            bars=frozenset(
                draw(st.lists(st.sampled_from([Bar.OWN_CASE, Bar.RELATED, Bar.ABSENT]), max_size=2))
            ),
        )
        for number in range(draw(st.integers(0, 6)))
    )


RULES = st.builds(
    SharingRule,
    way=st.sampled_from(Way),
    otherwise=st.sampled_from([Way.FIXED, Way.IN_TURN, Way.LEAST_LOADED, Way.BY_HAND]),
    cap=st.sampled_from([0, 3, 8]),
    team=st.sampled_from(["", "T1", "T3"]),
)


@settings(max_examples=40)
@given(st.fixed_dictionaries({role: candidates(role) for role in ROLES}), RULES, st.data())
def test_nobody_gets_a_case_who_may_not(
    there: dict[Role, tuple[Candidate, ...]], rule: SharingRule, data: st.DataObject
) -> None:
    before = data.draw(st.sampled_from(["", "officer0", "officer3"]))
    choices = share_case(dict.fromkeys(ROLES, rule), there, SOUGHT, {Role.OFFICER: before})
    by_code = {each.person: each for people in there.values() for each in people}
    for code in involved(choices):
        assert not by_code[code].bars & NEVER
    for role, choice in choices.items():
        assert choice.holder != choice.backup or not choice.holder
        assert choice.holder or choice.team or choice.way is Way.BY_HAND
        holder = by_code.get(choice.holder)
        if holder is not None and choice.way is not Way.FIXED:
            assert Bar.ABSENT not in holder.bars
        if holder is not None and holder.post.role is role:
            assert holder.post.covers(item="PTS_NEW")
    holders = [choice.holder for choice in choices.values() if choice.holder]
    assert len(holders) == len(set(holders))


@settings(max_examples=40)
@given(candidates(), RULES, st.randoms())
def test_the_same_people_in_another_order_lead_to_the_same_choice(
    there: tuple[Candidate, ...], rule: SharingRule, chance: Random
) -> None:
    mixed = list(there)
    chance.shuffle(mixed)
    assert share_out(rule, SOUGHT, mixed) == share_out(rule, SOUGHT, there)


def _shared(people: list[Candidate], rule: SharingRule, cases: int) -> list[Choice]:
    """Share out so many cases, one after the other, as the register does."""
    choices = []
    for _ in range(cases):
        choice = share_out(rule, SOUGHT, people)
        turns = turns_after(people, choice)
        people[:] = [
            replace(
                each,
                turns=turns[each.person],
                load=each.load + NEW_CASE * (each.person == choice.holder),
                open_tasks=each.open_tasks + (each.person == choice.holder),
            )
            for each in people
        ]
        choices.append(choice)
    return choices


@settings(max_examples=40)
@given(PEOPLE, st.integers(0, 60))
def test_in_turn_nobody_has_more_than_one_case_more_than_another(number: int, cases: int) -> None:
    people = [somebody(each) for each in range(number)]
    got = Counter(choice.holder for choice in _shared(people, SharingRule(way=Way.IN_TURN), cases))
    counts = [got[each.person] for each in people]
    assert max(counts) - min(counts) <= 1
    assert sum(counts) == cases


@settings(max_examples=40)
@given(PEOPLE, st.integers(1, 40), st.integers(0, 40))
def test_who_comes_back_or_is_new_is_not_given_all_that_came_meanwhile(
    number: int, meanwhile: int, cases: int
) -> None:
    rule = SharingRule(way=Way.IN_TURN)
    people = [somebody(each) for each in range(number)]
    away = somebody(20, bars=frozenset({Bar.ABSENT}), turns=0)
    people.append(away)
    _shared(people, rule, meanwhile)
    people[-1] = replace(people[-1], bars=frozenset())
    people.append(somebody(21))
    got = Counter(choice.holder for choice in _shared(people, rule, cases))
    counts = [got[each.person] for each in people]
    assert max(counts) - min(counts) <= 2


@settings(max_examples=40)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=8), st.integers(0, 60))
def test_least_loaded_the_spread_stays_within_the_weight_of_one_case(
    loads: list[int], cases: int
) -> None:
    people = [somebody(number, load=load) for number, load in enumerate(loads)]
    got = Counter(c.holder for c in _shared(people, SharingRule(way=Way.LEAST_LOADED), cases))
    for one in people:
        for other in people:
            if got[one.person]:  # who got one had no more than anybody else before
                assert one.load - NEW_CASE <= other.load


@settings(max_examples=40)
@given(st.lists(st.sampled_from([25, 50, 100]), min_size=2, max_size=6), st.integers(20, 80))
def test_half_a_day_is_given_half_as_much(shares: list[int], cases: int) -> None:
    people = [somebody(number, share=share) for number, share in enumerate(shares)]
    got = Counter(choice.holder for choice in _shared(people, SharingRule(way=Way.IN_TURN), cases))
    for each in people:
        fair = Fraction(cases * each.share, sum(shares))
        assert abs(got[each.person] - fair) < 2


def test_at_the_cap_of_all_the_least_loaded_gets_it_with_a_remark() -> None:
    people = [somebody(1, load=9, open_tasks=4), somebody(2, load=5, open_tasks=5)]
    choice = share_out(SharingRule(way=Way.IN_TURN, cap=4), SOUGHT, people)
    assert choice.holder == "officer2"
    assert "均已达上限" in choice.remark
    free = [*people, somebody(3, load=30, open_tasks=3)]
    assert share_out(SharingRule(way=Way.IN_TURN, cap=4), SOUGHT, free).holder == "officer3"


def test_a_skill_is_sought_first_and_then_anybody() -> None:
    people = [somebody(1), somebody(2, skills=("PTS_NEW",), load=30)]
    rule = SharingRule(way=Way.BY_SKILL, otherwise=Way.IN_TURN)
    chosen = share_out(rule, SOUGHT, people)
    assert (chosen.holder, chosen.backup, chosen.way) == ("officer2", "officer1", Way.BY_SKILL)
    ill = [people[0], replace(people[1], bars=frozenset({Bar.ABSENT}))]
    other = share_out(rule, SOUGHT, ill)
    assert (other.holder, other.backup, other.way) == ("officer1", "", Way.IN_TURN)


@pytest.mark.parametrize("spelt", ["english", "ＥＮＧＬＩＳＨ", " English ", "En glish"])
def test_a_skill_may_be_spelt_in_another_way(spelt: str) -> None:
    people = [somebody(1), somebody(2, skills=(spelt,), load=30)]
    rule = SharingRule(way=Way.BY_SKILL, otherwise=Way.IN_TURN, skills=("English",))
    assert share_out(rule, SOUGHT, people).holder == "officer2"
    other = replace(rule, skills=("手语",))
    assert share_out(other, SOUGHT, people).way is Way.IN_TURN


@pytest.mark.parametrize("way", [Way.FIXED, Way.IN_TURN, Way.LEAST_LOADED])
def test_who_stand_in_for_each_other_in_a_circle_are_chosen_as_anybody(way: Way) -> None:
    people = [somebody(n, stands_in_for=f"officer{n % 3 + 1}") for n in (1, 2, 3)]
    choice = share_out(SharingRule(way=way), SOUGHT, people)
    assert choice.holder == "officer1"
    assert choice.backup == "officer3"  # B角 of officer1
    (alone,) = (each for each in people if each.person == "officer2")
    assert share_out(SharingRule(way=way), SOUGHT, [alone]).holder == "officer2"


def test_the_same_employer_comes_to_the_same_officer_while_there_is_room() -> None:
    people = [somebody(1, load=3, open_tasks=2), somebody(2)]
    sought = replace(SOUGHT, before="officer1")
    rule = SharingRule(way=Way.SAME_EMPLOYER, cap=3)
    assert share_out(rule, sought, people).holder == "officer1"
    assert share_out(replace(rule, cap=2), sought, people).way is Way.LEAST_LOADED
    assert share_out(rule, SOUGHT, people).holder == "officer2"


def test_a_pool_is_nobodys_until_it_is_claimed_or_the_time_is_over() -> None:
    people = [somebody(1, team="T1"), somebody(2, team="T2")]
    rule = SharingRule(way=Way.POOL, team="T2", claim_within=3, otherwise=Way.IN_TURN)
    choice = share_out(rule, SOUGHT, people)
    assert (choice.holder, choice.team, choice.claim_within) == ("", "T2", 3)
    late = share_out(rule, SOUGHT, people, unclaimed=True)
    assert late.holder
    assert late.reason.startswith("逾期无人认领")
    nobody = share_out(replace(rule, team="T9"), SOUGHT, people)
    assert (nobody.holder, nobody.team) == ("officer1", "")


def test_who_stands_by_at_intake_does_not_review_if_anybody_else_can() -> None:
    both = [somebody(1), somebody(2), somebody(3)]
    reviewing = [replace(each, post=replace(each.post, role=Role.REVIEWER)) for each in both]
    choices = share_case({}, {Role.OFFICER: both, Role.REVIEWER: reviewing}, SOUGHT)
    assert (choices[Role.OFFICER].holder, choices[Role.OFFICER].backup) == ("officer1", "officer2")
    assert choices[Role.REVIEWER].holder == "officer3"


def test_a_case_of_the_only_supervisor_is_watched_from_above() -> None:
    own = frozenset({Bar.RELATED})
    there = {
        Role.SUPERVISOR: [somebody(1, Role.SUPERVISOR, bars=own)],
        Role.SUPERIOR: [somebody(1, Role.SUPERIOR), somebody(2, Role.SUPERIOR)],
    }
    choices = share_case({}, there, SOUGHT)
    assert choices[Role.SUPERVISOR].holder == "superior1"
    assert choices[Role.SUPERVISOR].reason == "监督员均须回避，由上级监督"
    assert choices[Role.SUPERIOR].holder == "superior2"


@pytest.mark.parametrize("way", [way for way in Way if way not in {Way.POOL, Way.BY_HAND}])
def test_the_reason_is_a_short_chinese_sentence(way: Way) -> None:
    choice = share_out(SharingRule(way=way), replace(SOUGHT, before="officer1"), [somebody(1)])
    assert choice.holder == "officer1"
    assert 0 < len(choice.reason) < 60


def test_what_is_due_sooner_weighs_more() -> None:
    weights = [weight(days) for days in range(-3, 30)]
    assert all(one >= other for one, other in pairwise(weights))
    assert weight(None) == NEW_CASE
