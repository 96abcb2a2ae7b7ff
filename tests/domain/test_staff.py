"""Posts: who holds which on a day, who is A角 and B角, and what no post may say."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.facts import Actor
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.orders import check_proposal, staff_faults
from casework.domain.policy import Role
from casework.domain.staff import ChangeStaff, EndPost, Leave, StaffPost, held_on, post_faults
from casework.policy.roster import NoPostsError
from casework.policy.staffing import Staff, post_of

FIRST = date(2026, 9, 1)
DAYS = st.integers(0, 30).map(lambda n: FIRST + timedelta(days=n))
PEOPLE = st.sampled_from("abcd")


def post(person: str = "a", **said: object) -> StaffPost:
    known = {"role": Role.OFFICER, "city": "310000", "district": "310106", "since": FIRST}
    return StaffPost(person=person, **known | said)  # type: ignore[arg-type]


POSTS = st.lists(
    st.builds(
        post,
        person=PEOPLE,
        rank=st.integers(1, 3),
        since=DAYS,
        until=st.none() | DAYS,
        role=st.sampled_from([Role.OFFICER, Role.REVIEWER]),
        items=st.sampled_from([(), ("PTS_NEW",), ("HJ_RES", "PTS_NEW")]),
        team=st.sampled_from(["", "t"]),
        stands_in_for=st.sampled_from(["", "a", "t"]),
    ),
    max_size=8,
)


@given(POSTS, DAYS)
def test_posts_of_a_day_are_those_between_their_days(posts: list[StaffPost], day: date) -> None:
    held = held_on(posts, day)
    assert set(held) == {p for p in posts if p.since <= day <= (p.until or date.max)}
    assert list(held) == sorted(held, key=lambda p: (p.rank, p.person, p.id))
    assert Staff(posts=tuple(posts)).on(day).posts == held


@given(POSTS, DAYS, st.sampled_from(["", "PTS_NEW", "HJ_RES"]))
def test_a_and_b_are_two_who_may(posts: list[StaffPost], day: date, item: str) -> None:
    able = Staff(posts=tuple(posts)).on(day).able(Role.OFFICER, "310106", item=item)
    assert all(p.holds_on(day) and p.covers(item=item) for p in able)
    if not able:
        return
    found = post_of(able)
    people = {p.person for p in able}
    assert found.holder in people
    assert found.backup in people - {found.holder} | {""}
    assert bool(found.backup) == (len(people) > 1)


@given(st.lists(PEOPLE, unique=True, min_size=1))
def test_without_more_said_the_ranks_say_who_is_a_and_who_is_b(people: list[str]) -> None:
    posts = [post(person, rank=rank) for rank, person in enumerate(people, start=1)]
    able = Staff(posts=tuple(reversed(posts))).on(FIRST).able(Role.OFFICER, "310106")
    assert post_of(able) == Post(holder=people[0], backup=people[1] if len(people) > 1 else "")


def test_who_stands_in_for_a_person_or_a_team_comes_before_the_next_rank() -> None:
    a, b = post("a", rank=1, team="t"), post("b", rank=2)
    for_person, for_team = (
        post("c", rank=9, stands_in_for="a"),
        post("d", rank=8, stands_in_for="t"),
    )
    assert post_of((a, b)) == Post(holder="a", backup="b")
    assert post_of((a, b, for_person)) == Post(holder="a", backup="c")
    assert post_of((a, b, for_team)) == Post(holder="a", backup="d")
    assert post_of((post("c", stands_in_for="a"), b)) == Post(holder="b", backup="c")


def test_what_a_district_has_not_its_city_has() -> None:
    own = tuple(
        post(role.value, role=role) for role in (Role.OFFICER, Role.REVIEWER, Role.SUPERVISOR)
    )
    city = (
        post("head", role=Role.HEAD, district=""),
        post("superior", role=Role.SUPERIOR, district=""),
    )
    elsewhere = post("other", role=Role.HEAD, district="", city="150100")
    with pytest.raises(NoPostsError):
        Staff(posts=(*own, elsewhere)).on(FIRST).posts_for("310106")
    found = Staff(posts=(*own, *city, elsewhere)).on(FIRST).posts_for("310106")
    assert {role: each.holder for role, each in found.items()} == {
        role: role.value
        for role in (Role.OFFICER, Role.REVIEWER, Role.SUPERVISOR, Role.HEAD, Role.SUPERIOR)
    }


@pytest.mark.parametrize(
    ("said", "field", "code"),
    [
        ({"person": "张三"}, "person", "CODE_INVALID"),
        ({"person": "110101199003071233"}, "person", "CODE_INVALID"),
        ({"person": "13800000000"}, "person", "CODE_INVALID"),
        ({"team": "一 组"}, "team", "CODE_INVALID"),
        ({"role": Role.APPLICANT}, "role", "NO_POST_OF_STAFF"),
        ({"city": "310106"}, "city", "UNKNOWN_CITY"),
        ({"city": "150100"}, "district", "OTHER_CITY"),
        ({"role": Role.SUPERIOR}, "district", "OF_THE_CITY"),
        ({"role": Role.LIAISON}, "bodies", "FIELD_REQUIRED"),
        ({"share": 0}, "share", "SHARE_OUT_OF_RANGE"),
        ({"share": 101}, "share", "SHARE_OUT_OF_RANGE"),
        ({"rank": 0}, "rank", "RANK_OUT_OF_RANGE"),
        ({"stands_in_for": "a"}, "stands_in_for", "STANDS_IN_FOR_ONESELF"),
        ({"until": date(2026, 8, 31)}, "until", "UNTIL_BEFORE_SINCE"),
    ],
)
def test_what_no_post_may_say_is_a_fault_of_its_field(
    said: dict[str, object], field: str, code: str
) -> None:
    faults = post_faults([post("b"), post(**said)])  # type: ignore[arg-type]
    assert [(each.row, each.field, each.code) for each in faults] == [(1, field, code)]


def test_the_same_post_twice_is_a_fault_of_the_second() -> None:
    faults = post_faults([post(), post("b"), post(rank=2), post(items=("PTS_NEW",))])
    assert [(each.row, each.code) for each in faults] == [(2, "POST_TWICE")]


TWO = (FIRST, date(2027, 1, 1))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({}, ""),
        ({"city": ""}, "FIELD_REQUIRED"),
        ({"city": "150100"}, "OTHER_CITY"),
        ({"posts": ()}, "FIELD_REQUIRED"),
        ({"posts": (), "leave": (Leave(person="a", last_on=FIRST),)}, ""),
        ({"leave": tuple(Leave(person="a", last_on=day) for day in TWO)}, "POST_TWICE"),
        ({"ends": tuple(EndPost(post="o.1", last_on=day) for day in TWO)}, "POST_TWICE"),
        ({"posts": (post(district="310104"),)}, "OTHER_DISTRICT"),
        ({"district": ""}, "OTHER_DISTRICT"),
        ({"district": "310104", "posts": (post(district="310104"),)}, "OTHER_DISTRICT"),
        ({"reason": " "}, "FIELD_REQUIRED"),
    ],
)
def test_a_supervisor_changes_the_staff_of_their_district(
    changed: dict[str, object], code: str
) -> None:
    said = {"city": "310000", "district": "310106", "posts": (post(),), "reason": "轮换"} | changed
    content = ChangeStaff(**said)  # type: ignore[arg-type]
    actor = Actor(code="ja-s1", role=Role.SUPERVISOR, district="310106")
    try:
        check_proposal(content, actor, content.district)
    except DomainError as refused:
        assert refused.code == code
    else:
        assert code == ""


def test_faults_of_an_order_are_all_told() -> None:
    content = ChangeStaff(
        city="310000", district="310106", posts=(post("张"), post(district="310104")), reason="x"
    )
    assert [(each.row, each.field) for each in staff_faults(content)] == [
        (0, "person"),
        (1, "district"),
    ]
