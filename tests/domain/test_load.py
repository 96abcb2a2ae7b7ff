"""Load, as pure rules: everybody is in it once, teams add up, and a share counts as it should."""

from datetime import date
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.load import (
    Counted,
    Held,
    Load,
    forecast,
    loads,
    posts_at,
    team_loads,
)
from casework.domain.policy import Role
from casework.domain.staff import WHOLE, StaffPost

PLACE = "310106"
NUMBERS = st.integers(0, 30)
COUNTED = st.builds(
    Counted,
    open_tasks=NUMBERS,
    due_soon=NUMBERS,
    overdue=NUMBERS,
    to_come=NUMBERS,
    weight=NUMBERS,
)
POSTS = st.builds(
    StaffPost,
    person=st.sampled_from("abcde"),
    role=st.sampled_from([Role.OFFICER, Role.REVIEWER]),
    city=st.just("310000"),
    district=st.sampled_from([PLACE, "310101", ""]),
    team=st.sampled_from(["", "T1", "T2"]),
    share=st.sampled_from([20, 50, 100]),
    since=st.just(date(2026, 1, 1)),
)
WORK = st.dictionaries(st.sampled_from("abcdefg"), COUNTED)


@settings(max_examples=40)
@given(st.lists(POSTS, max_size=8), WORK, st.frozensets(st.sampled_from("abcdefg")))
def test_everybody_is_in_it_once_with_all_that_they_have(
    posts: list[StaffPost], work: dict[str, Counted], absent: frozenset[str]
) -> None:
    there = posts_at(posts, PLACE)
    found = loads(there, work, absent)
    assert [each.holder for each in found] == sorted({post.person for post in there} | set(work))
    for each in found:
        assert each.counted == work.get(each.holder, Counted())
        assert each.absent == (each.holder in absent)
        own = [post for post in there if post.person == each.holder]
        assert each.share == min(WHOLE, sum(post.share for post in own))
        assert set(each.teams) == {post.team for post in own if post.team}


@settings(max_examples=40)
@given(st.lists(POSTS, max_size=8), WORK)
def test_a_team_has_what_its_people_have(posts: list[StaffPost], work: dict[str, Counted]) -> None:
    people = loads(posts_at(posts, PLACE), work, ())
    teams = team_loads(people, {"T1": 3})
    assert {each.team for each in teams} == {team for each in people for team in each.teams}
    for team in teams:
        members = [each for each in people if team.team in each.teams]
        assert team.people == len(members)
        assert team.counted.weight == sum(each.counted.weight for each in members)
        assert team.counted.overdue == sum(each.counted.overdue for each in members)
        assert team.unclaimed == (3 if team.team == "T1" else 0)


@settings(max_examples=40)
@given(st.lists(POSTS, max_size=8), st.sampled_from([Role.OFFICER, None]))
def test_only_posts_of_the_place_and_the_role_count(
    posts: list[StaffPost], role: Role | None
) -> None:
    found = posts_at(posts, PLACE, role=role, team="T1")
    assert all(post.district == PLACE and post.team == "T1" for post in found)
    assert all(role in {None, post.role} for post in found)
    assert {post.district for post in posts_at(posts, "310000")} <= {""}


def test_half_a_post_weighs_twice() -> None:
    work = Counted(weight=6)
    assert Load(holder="a", share=50, counted=work).per_share == 12
    assert Load(holder="a", share=WHOLE, counted=work).per_share == 6
    assert Load(holder="gone", counted=work).per_share == Fraction(6)


@settings(max_examples=40)
@given(
    st.lists(
        st.builds(
            Held,
            holder=st.sampled_from("abc"),
            backup=st.sampled_from(["", *"abcd"]),
            counted=COUNTED,
        ),
        max_size=8,
    ),
    st.frozensets(st.sampled_from("abcds")),
)
def test_a_forecast_loses_no_task_and_gives_none_to_somebody_away(
    work: list[Held], away: frozenset[str]
) -> None:
    own = {who: sum((h.counted for h in work if h.holder == who), Counted()) for who in "abcds"}
    people = [Load(holder=who, share=WHOLE, counted=own[who]) for who in "abcds"]
    found = forecast(people, work, away, "s")
    assert sum((each.then for each in found), Counted()) == sum(own.values(), Counted())
    for each in found:
        gained = each.then.open_tasks > own[each.load.holder].open_tasks
        assert each.away == (each.load.holder in away)
        assert not (each.away and gained)
        assert each.away or each.then.open_tasks == (
            own[each.load.holder].open_tasks + each.taken_over
        )
    if "s" not in away:
        assert all(not each.then.open_tasks for each in found if each.away), "the supervisor has it"
