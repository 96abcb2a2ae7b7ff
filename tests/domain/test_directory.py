"""What follows for the staff from what a directory says, in whatever order it says so."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.bounds import require_bounded
from casework.domain.case.facts import Actor
from casework.domain.directory import (
    Directory,
    DirectoryState,
    GroupPost,
    change_by,
    group_post,
    is_directory,
    may_be_of_directory,
    require_code,
    same_change,
    split_leavers,
)
from casework.domain.errors import DomainError
from casework.domain.orders import Order, check_approval, check_rejection
from casework.domain.policy import Role
from casework.domain.staff import ChangeStaff, StaffPost, held_on, post_faults
from casework.messages.orders import needs_nobody_else
from tests.examples import examples

JINGAN = Directory(code="ja", place="310106")
TODAY = date(2026, 11, 30)
GROUPS = tuple(group_post(f"{role}@310106", JINGAN) for role in ("officer", "reviewer", "head"))
PEOPLE = ("p1", "p2", "p3")
OWN = StaffPost(
    id="hand.1", person="p1", role=Role.SUPERVISOR, city="310000", district="310106", since=TODAY
)
"""A post that people have ordered, of no group of the directory."""


def approved(posts: list[StaffPost], change: ChangeStaff, order: str, on: date) -> list[StaffPost]:
    """The posts after a change; as ``put`` in ``store/in_force/staff_orders.py`` has it."""
    last = {end.post: max(end.last_on, on - timedelta(days=1)) for end in change.ends}
    gone = {each.person for each in change.leave}
    ended = []
    for post in posts:
        until = last.get(post.id)
        runs = post.until is None or post.until >= on
        if until is None and post.person in gone and runs:
            until = on - timedelta(days=1)
        ended.append(post if until is None else replace(post, until=until))
    begun = [
        replace(post, id=f"{order}.{row}", since=max(post.since, on))
        for row, post in enumerate(change.posts)
    ]
    assert not any(new.meets(old) for new in begun for old in ended), "POST_TWICE"
    return [*ended, *begun]


calls = st.lists(
    st.tuples(
        st.sampled_from(["join", "leave_group", "on", "off", "delete", "drop_group", "approve"]),
        st.sampled_from(PEOPLE),
        st.sampled_from(GROUPS),
        st.integers(0, 2),
    ),
    max_size=25,
)


@examples(100)
@given(calls=calls)
def test_the_staff_ends_as_the_directory_says(
    calls: list[tuple[str, str, GroupPost, int]],
) -> None:
    people: dict[str, bool] = {}
    members: dict[GroupPost, frozenset[str]] = {}
    posts, today = [OWN], TODAY
    for number, (what, person, group, days) in enumerate([*calls, ("approve", "p1", GROUPS[0], 0)]):
        match what:
            case "join":
                people.setdefault(person, True)
                members[group] = members.get(group, frozenset()) | {person}
            case "leave_group":
                members[group] = members.get(group, frozenset()) - {person}
            case "on" | "off":
                people[person] = what == "on"
            case "delete":
                people[person] = False
                members = {each: theirs - {person} for each, theirs in members.items()}
            case "drop_group":
                members[group] = frozenset()
        state = DirectoryState(people=dict(people), members=dict(members))
        change = change_by(state, JINGAN, posts, today)
        if what == "approve" and change is not None:
            today += timedelta(days=days)
            posts = approved(posts, change, str(number), today)
            assert change_by(state, JINGAN, posts, today) is None
    held = held_on(posts, today)
    active = {person for person, works in people.items() if works}
    said = {(person, group) for group, theirs in members.items() for person in theirs & active}
    assert {(p.person, g) for p in held for g in GROUPS if g.is_of(p)} == said
    # Who was never said to have gone keeps what people have ordered.
    if people.get("p1", True) and not any(
        what in {"off", "delete"} and person == "p1" for what, person, _, _ in calls
    ):
        assert OWN in held


@pytest.mark.parametrize(
    ("name", "place", "refused"),
    [
        ("officer@310106", "310106", ""),
        ("officer@310106/窗口一", "310106", ""),
        ("superior@310000", "310000", ""),
        ("officer@310106", "310000", ""),
        ("officer@310104", "310106", "OTHER_DISTRICT"),
        ("superior@310106", "310000", "OTHER_DISTRICT"),
        ("officer@150102", "310000", "OTHER_CITY"),
        ("liaison@310106", "310106", "GROUP_UNKNOWN"),
        ("applicant@310106", "310106", "GROUP_UNKNOWN"),
        ("officer", "310106", "GROUP_UNKNOWN"),
        ("officer@31010", "310106", "GROUP_UNKNOWN"),
        ("officer@３１０１０６", "310106", "GROUP_UNKNOWN"),
        ("officer@310106/ ", "310106", "GROUP_UNKNOWN"),
    ],
)
def test_a_group_is_a_post_of_the_directorys_place(name: str, place: str, refused: str) -> None:
    try:
        found = group_post(name, Directory(code="x", place=place))
    except DomainError as error:
        assert error.code == refused
    else:
        assert (found.name, refused) == (name, "")


_ODD = st.one_of(
    st.text(max_size=4),
    st.characters(categories=["Cs", "Cc", "Cf", "Zs"]),
    st.integers(190, 230).map("窗".__mul__),
    st.sampled_from(["窗口一", "a/b", "a@310106"]),
)


@examples(100)
@given(office=_ODD, code=st.one_of(_ODD, st.just("p1")))
def test_whatever_is_kept_leads_to_an_order_that_can_be_given(office: str, code: str) -> None:
    """Or the next call of the directory could be refused for what an earlier one has said."""
    try:
        group = group_post(f"officer@310106/{office}", JINGAN)
        require_code(code)
    except DomainError as error:
        assert error.code in {"GROUP_UNKNOWN", "CODE_INVALID"}
        return
    state = DirectoryState(people={code: True}, members={group: frozenset({code})})
    change = change_by(state, JINGAN, [], TODAY)
    assert change is not None
    require_bounded(change)
    assert post_faults(change.posts) == ()


def test_whom_a_directory_brings_comes_after_those_whom_the_office_has_ranked() -> None:
    ranked = replace(OWN, person="z", role=Role.OFFICER, rank=2)
    state = DirectoryState(people={"a": True}, members={GROUPS[0]: frozenset({"a"})})
    change = change_by(state, JINGAN, [ranked], TODAY)
    assert change is not None
    assert [p.person for p in held_on([*change.posts, ranked], TODAY)] == ["z", "a"]


@pytest.mark.parametrize("code", ["王小明", "110101199003070000", "13800000000", "a b", "x" * 65])
def test_a_person_is_a_code(code: str) -> None:
    require_code("ja-o1")
    with pytest.raises(DomainError, match="编号"):
        require_code(code)


def test_a_directory_takes_back_its_own_proposal_and_decides_nothing() -> None:
    change = change_by(
        DirectoryState(people={"p1": False}, members={}), JINGAN, [OWN, replace(OWN, id="2")], TODAY
    )
    assert change is not None
    order = Order(no="ZL-1", content=change, proposed_by=JINGAN.actor)
    check_rejection(order, JINGAN.actor, "310106")
    for check in (check_rejection, check_approval):
        with pytest.raises(DomainError):
            check(order, Directory(code="other", place="310106").actor, "310106")
    with pytest.raises(DomainError):
        check_approval(order, JINGAN.actor, "310106")
    check_approval(order, Actor(code="s", role=Role.SUPERVISOR, district="310106"), "310106")


def test_only_leavers_need_no_second_person_and_no_address_comes_by_a_directory() -> None:
    state = DirectoryState(people={"p1": False, "p2": True}, members={GROUPS[0]: frozenset({"p2"})})
    change = change_by(state, JINGAN, [OWN], TODAY)
    assert change is not None and is_directory(JINGAN.actor)  # noqa: PT018
    leavers, rest = split_leavers(change, [OWN], TODAY)
    assert leavers is not None and rest is not None  # noqa: PT018
    assert not leavers.posts and not rest.leave  # noqa: PT018
    assert not same_change(leavers, rest)
    assert [
        needs_nobody_else(Order(no="ZL-1", content=each, proposed_by=JINGAN.actor))
        for each in (leavers, rest, change)
    ] == [True, False, False]
    assert may_be_of_directory(change)
    assert not may_be_of_directory(replace(change, city=""))


@pytest.mark.parametrize(
    ("district", "days", "at_once"),
    [("310104", 0, False), ("310104", -1, True), ("310106", 0, True)],
)
def test_who_goes_on_in_another_place_does_not_leave_at_once(
    district: str, days: int, *, at_once: bool
) -> None:
    """The office sees first what work stays behind; who is gone everywhere needs nobody's eye."""
    until = TODAY + timedelta(days=days) if days else None
    since = TODAY - timedelta(days=9)
    posts = [OWN, replace(OWN, id="other", district=district, since=since, until=until)]
    change = change_by(DirectoryState(people={"p1": False}, members={}), JINGAN, posts, TODAY)
    assert change is not None
    found = split_leavers(change, posts, TODAY)
    assert found == ((change, None) if at_once else (None, change))
