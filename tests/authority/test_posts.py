"""Work is given to people of the rosters, in their own role and district, and to nobody else."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.authority import Concern, Named, ordering_refusal, posts_refusal, refusal
from casework.domain.case.facts import Actor
from casework.domain.case.state import Body, Post
from casework.domain.orders import founded_by
from casework.domain.policy import Role
from casework.domain.staff import ChangeStaff, Leave, StaffPost
from casework.domain.talent import Level
from casework.policy.authority import load_authority
from casework.policy.roster import load_roster
from casework.policy.service_catalogue import load_service_catalogue
from casework.policy.service_roster import load_service_roster
from casework.policy.staffing import of_files

STAFF = {code: held[0] for code, held in load_authority().staff.items()}
CODES = [*STAFF, "nobody", "backend", ""]
DISTRICTS = sorted({officer.district for officer in STAFF.values()})


def code_of(named: Named) -> str:
    refused = posts_refusal(load_authority(), named)
    return refused.code if refused else ""


def everywhere() -> Iterator[Named]:
    """All that the desk names when a case is opened anywhere."""
    for district in load_roster().districts():
        yield Named(district=district, posts=load_roster().posts_for(district))
    catalogue, platforms = load_service_catalogue(), load_service_roster()
    for district in catalogue.platforms():
        yield Named(
            district=district,
            posts=platforms.posts(district),
            specialists=platforms.specialists(district),
        )


def test_whatever_the_desk_names_is_taken() -> None:
    found = list(everywhere())
    assert len(found) > 10
    assert [each for each in found if code_of(each)] == []


@given(
    role=st.sampled_from([*Role]),
    holder=st.sampled_from(CODES),
    backup=st.sampled_from(CODES),
    district=st.sampled_from(DISTRICTS),
    place=st.sampled_from(["post", "specialist", "liaison"]),
)
def test_an_officer_is_taken_exactly_where_the_roster_has_them(
    role: Role, holder: str, backup: str, district: str, place: str
) -> None:
    post = Post(holder=holder, backup=backup)
    named = Named(district=district, posts={role: post})
    if place == "specialist":
        role = Role.SPECIALIST
        named = Named(district=district, posts={}, specialists={Level.DISTRICT: post})
    if place == "liaison":
        role = Role.LIAISON
        body = Body(level=Level.DISTRICT, code="b", name="某局", liaison=post)
        named = Named(district=district, posts={}, bodies=(body,))
    there = {
        code
        for code, officer in STAFF.items()
        if officer.role is role and officer.district in {"", district}
    }
    named_ones = {holder, backup} if backup else {holder}
    assert (code_of(named) == "") == (named_ones <= there)


@pytest.mark.parametrize(
    ("officer", "reviewer", "code"),
    [
        ("ja-o1", "ja-r1", ""),
        ("xh-o1", "xh-r1", ""),
        ("ja-o1", "xh-r1", "OTHER_DISTRICT"),
        ("ja-o1", "nobody", "OFFICER_UNKNOWN"),
        ("ja-o1", "ja-o2", "OTHER_ROLE"),
    ],
)
def test_without_a_district_all_are_of_one(officer: str, reviewer: str, code: str) -> None:
    posts = {Role.OFFICER: Post(holder=officer), Role.REVIEWER: Post(holder=reviewer)}
    assert code_of(Named(district=None, posts=posts)) == code


@pytest.mark.parametrize(
    ("code", "district", "action", "refused"),
    [
        ("sh-u1", "310106", "erase", ""),
        ("sh-u1", "150100", "erase", "OTHER_DISTRICT"),
        ("hh-u2", "310106", "erase", "OTHER_DISTRICT"),
        ("hh-u2", "150100", "erase", ""),
        ("hh-u1", "310106", "read", "OTHER_DISTRICT"),
        ("hh-u1", "150100", "read", ""),
        ("hh-u1", "500103", "read", "OTHER_DISTRICT"),
        ("cq-u2", "500103", "erase", ""),
        ("cq-u1", "310106", "read", "OTHER_DISTRICT"),
        ("somebody", "310106", "read", "OTHER_DISTRICT"),  # is known by the token alone
        ("sh-u1", "440100", "read", "OTHER_DISTRICT"),  # a city for which nobody is named
    ],
)
def test_a_superior_acts_in_the_own_city(
    code: str, district: str, action: str, refused: str
) -> None:
    actor = Actor(code=code, role=Role.SUPERIOR)
    concern = Concern(kind="application", district=district)
    found = refusal(load_authority(), actor, action, concern)
    assert (found.code if found else "") == refused


SHANGHAI, HOHHOT = "310000", "150100"


@pytest.mark.parametrize(
    ("proposer", "approver", "cities", "refused"),
    [
        ("sh-u1", "sh-u2", (SHANGHAI,), ""),
        ("sh-u1", "sh-u2", ("500000",), "OTHER_DISTRICT"),
        ("cq-u1", "cq-u2", ("500000",), ""),
        ("sh-u1", "sh-u2", ("440100",), "OTHER_DISTRICT"),  # nobody is named for it
        ("sh-u1", "hh-u1", (SHANGHAI, "440100"), "OTHER_DISTRICT"),
        ("sh-u1", "sh-u2", (SHANGHAI, "440100"), "CITY_CONSENT_REQUIRED"),
        ("sh-u1", "sh-u2", (HOHHOT,), "OTHER_DISTRICT"),
        ("sh-u1", "hh-u1", (SHANGHAI,), "OTHER_DISTRICT"),
        ("sh-u1", "sh-u2", (SHANGHAI, HOHHOT), "CITY_CONSENT_REQUIRED"),
        ("sh-u1", "sh-u2", (), "CITY_CONSENT_REQUIRED"),  # every city
        ("sh-u1", "hh-u2", (SHANGHAI, HOHHOT), ""),
        ("hh-u1", "sh-u2", (), ""),
        ("cq-u1", "sh-u2", (), ""),
        ("sh-u1", "somebody", (), "OTHER_DISTRICT"),
        ("sh-u1", "hh-u1", (SHANGHAI, HOHHOT, "500000"), ""),
        ("sh-u1", "sh-u2", (SHANGHAI, HOHHOT, "500000"), "CITY_CONSENT_REQUIRED"),
    ],
)
def test_every_city_that_an_order_touches_consents(
    proposer: str, approver: str, cities: tuple[str, ...], refused: str
) -> None:
    matrix = load_authority()
    one, other = (Actor(code=code, role=Role.SUPERIOR) for code in (proposer, approver))
    found = ordering_refusal(matrix, one, cities) or ordering_refusal(matrix, other, cities, one)
    assert (found.code if found else "") == refused


def test_a_city_for_which_nobody_is_named_is_found() -> None:
    day = of_files().on(date(2026, 11, 30))
    assert day.unled() == ()
    assert day.unled(["440306", "310106", "500103", "440100"]) == ("440100", "440300")


def test_one_person_may_hold_several_posts() -> None:
    held = (
        Actor(code="p", role=Role.OFFICER, district="310106"),
        Actor(code="p", role=Role.REVIEWER, district="310104"),
    )
    matrix = replace(load_authority(), staff={"p": held})
    for role, district, code in (
        (Role.OFFICER, "310106", ""),
        (Role.REVIEWER, "310104", ""),
        (Role.REVIEWER, "310106", "OTHER_DISTRICT"),
        (Role.HEAD, "310104", "OTHER_ROLE"),
    ):
        refused = posts_refusal(matrix, Named(district=district, posts={role: Post(holder="p")}))
        assert (refused.code if refused else "") == code


@pytest.mark.parametrize(
    ("proposer", "approver", "refused"),
    [
        (("sh-u1", Role.SUPERIOR), ("hh-u1", Role.SUPERIOR), ""),
        (("sh-u1", Role.SUPERIOR), ("somebody", Role.SUPERIOR), "OTHER_DISTRICT"),
        (("ja-s1", Role.SUPERVISOR), ("sh-u1", Role.SUPERIOR), "ROLE_NOT_ALLOWED"),
    ],
)
def test_superiors_of_other_cities_name_the_first_of_a_city(
    proposer: tuple[str, Role], approver: tuple[str, Role], refused: str
) -> None:
    first = StaffPost(person="gz-u1", role=Role.SUPERIOR, city="440100", since=date(2026, 1, 1))
    naming = ChangeStaff(city="440100", posts=(first,), reason="首任上级")
    officer = replace(first, role=Role.OFFICER, district="440103")
    matrix = load_authority()
    district = "310106" if proposer[1] is Role.SUPERVISOR else ""
    one = Actor(code=proposer[0], role=proposer[1], district=district)
    other = Actor(code=approver[0], role=approver[1])

    def found(change: ChangeStaff) -> str:
        founds = founded_by(change)
        refusals = (
            ordering_refusal(matrix, one, (change.city,), founds=founds),
            ordering_refusal(matrix, other, (change.city,), one, founds=founds),
        )
        return next((each.code for each in refusals if each), "")

    assert found(naming) == refused
    if not refused:  # nothing else, and no city that has its own
        assert found(replace(naming, posts=(first, officer))) == "OTHER_DISTRICT"
        assert found(replace(naming, leave=(Leave(person="x", last_on=first.since),))) != ""
        assert found(replace(naming, city="500000")) == "OTHER_DISTRICT"


@pytest.mark.parametrize(
    ("code", "role", "district", "refused"),
    [
        ("ja-s1", Role.SUPERVISOR, "310106", "OTHER_DISTRICT"),
        ("hh-s1", Role.SUPERVISOR, "150102", ""),
        ("hh-u1", Role.SUPERIOR, "", ""),
    ],
)
def test_every_place_means_every_place_of_the_own_city(
    code: str, role: Role, district: str, refused: str
) -> None:
    actor = Actor(code=code, role=role, district=district)
    concern = Concern(kind="application", district="150103")
    found = refusal(load_authority(), actor, "read", concern)
    assert (found.code if found else "") == refused
