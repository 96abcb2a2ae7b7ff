"""Who answers for what in talent service."""

from datetime import date
from pathlib import Path

import pytest

from casework.domain.policy import Role
from casework.domain.talent import Level
from casework.policy.roster import NoPostsError, RosterError, load_roster
from casework.policy.service_catalogue import ServiceCatalogue
from casework.policy.service_roster import ServiceRoster, load_service_roster, read_service_roster
from tests.service_catalogue.conftest import edit

ON = date(2026, 11, 20)


def test_specialists_of_both_levels_coordinate(roster: ServiceRoster) -> None:
    specialists = roster.specialists("500103")
    assert {level: post.holder for level, post in specialists.items()} == {
        Level.MUNICIPAL: "cq-sp1",
        Level.DISTRICT: "yz-sp1",
    }
    assert set(roster.specialists("500000")) == {Level.MUNICIPAL}


def test_posts_are_those_of_the_platform(roster: ServiceRoster) -> None:
    posts = roster.posts("500112")
    assert set(posts) == {Role.SPECIALIST, Role.REVIEWER, Role.SUPERVISOR}
    assert (posts[Role.SPECIALIST].holder, posts[Role.SPECIALIST].backup) == ("yb-sp1", "yb-sp2")
    assert posts[Role.SUPERVISOR].backup == ""


def test_bodies_of_a_service_stand_in_order(
    roster: ServiceRoster, catalogue: ServiceCatalogue
) -> None:
    rule = catalogue.rule("SVC_SCHOOL", "500103", ON)
    bodies = roster.bodies("500103", rule, catalogue)
    assert [(body.id, body.name, body.liaison.holder) for body in bodies] == [
        ("municipal/education", "重庆市教育委员会", "cq-edu1"),
        ("district/education", "渝中区教育委员会", "yz-edu1"),
    ]


def test_every_service_has_its_bodies_in_every_district(
    roster: ServiceRoster, catalogue: ServiceCatalogue
) -> None:
    for district, platform in catalogue.platforms().items():
        if platform.level is Level.DISTRICT:
            for service in catalogue.services():
                rule = catalogue.rule(service, district, ON)
                levels = [body.level for body in roster.bodies(district, rule, catalogue)]
                assert tuple(levels) == rule.owners


def test_people_of_the_municipal_platform_serve_all_districts(roster: ServiceRoster) -> None:
    assert (roster.people["cq-edu2"].role, roster.people["cq-edu2"].district) == (Role.LIAISON, "")
    assert roster.people["yz-emp1"].district == "500103"
    assert not set(roster.people) & set(load_roster().people)


@pytest.mark.parametrize("district", ["310106", "500199"])
def test_district_without_posts_is_refused(roster: ServiceRoster, district: str) -> None:
    with pytest.raises(NoPostsError) as refused:
        roster.posts(district)
    assert refused.value.code == "NO_POSTS"


def test_faulty_roster_is_not_used(copy: Path, catalogue: ServiceCatalogue) -> None:
    edit(copy, "rosters/service.yaml", "holder: yb-sp1", "holder: yz-sp1")
    with pytest.raises(RosterError, match=r"service.yaml:\d+: .*yz-sp1 stands in two places"):
        read_service_roster(copy, catalogue)


def test_a_department_names_its_own_file(copy: Path) -> None:
    own = copy / "rosters" / "own.yaml"
    text = (copy / "rosters" / "service.yaml").read_text()
    own.write_text(text.replace("holder: yz-sp1", "holder: own-sp1"))
    assert "own-sp1" in load_service_roster(own).people
    assert "own-sp1" not in load_service_roster().people
    wrong = own.with_name("wrong.yaml")
    wrong.write_text(text.replace("holder: yz-sp1", "holder: ja-o1"))
    with pytest.raises(RosterError, match=r"wrong.yaml:\d+: .*ja-o1 stands in two places"):
        load_service_roster(wrong)
    with pytest.raises(RosterError, match="nowhere"):
        load_service_roster(copy / "nowhere.yaml")
