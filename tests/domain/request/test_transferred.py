"""A request goes to another district: the same level coordinates and handles there."""

from casework.domain.case.commands import Reassign
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.state import Body, Post
from casework.domain.kinds.request.commands import AcceptRequest
from casework.domain.policy import Role
from casework.domain.talent import Level, TalentClass
from tests.domain.request.desk import CITY_SCHOOLS, SPECIALISTS, Desk, open_desk

SUPERVISOR = Post(holder="yb-sup-a", backup="yb-sup-b")
SPECIALIST = Post(holder="yb-a", backup="yb-b")
SCHOOLS = Body(
    level=Level.DISTRICT, code="education", name="渝北教委", liaison=Post(holder="yb-edu-a")
)


def handled_by(letter: TalentClass) -> Desk:
    desk = open_desk(letter)
    desk.do(AcceptRequest, Role.SPECIALIST)
    return desk


def transfer(desk: Desk, *bodies: Body) -> None:
    desk.do(
        JurisdictionTransfer,
        Role.SUPERIOR,
        to_district="500112",
        reason="人才迁居",
        office="渝北窗口",
        posts={Role.SUPERVISOR: SUPERVISOR, Role.SPECIALIST: SPECIALIST},
        bodies=bodies,
        specialists={**SPECIALISTS, Level.DISTRICT: SPECIALIST},
    )


def test_the_districts_own_people_take_over() -> None:
    desk = handled_by(TalentClass.E)
    transfer(desk, SCHOOLS, CITY_SCHOOLS)
    assert desk.case.body == SCHOOLS
    assert desk.case.posts[Role.SPECIALIST] == SPECIALIST
    assert desk.case.holder == "yb-edu-a"
    assert desk.templates()[-1] == "jurisdiction_transferred"


def test_who_serves_both_districts_keeps_it_as_re_assigned() -> None:
    desk = handled_by(TalentClass.B)
    assert desk.case.body == CITY_SCHOOLS
    desk.do(Reassign, Role.SUPERVISOR, role=Role.LIAISON, to="municipal-education-c", reason="调岗")
    transfer(desk, SCHOOLS, CITY_SCHOOLS)
    assert desk.case.holder == "municipal-education-c"
    assert desk.case.posts[Role.SUPERVISOR] == SUPERVISOR


def test_where_nobody_there_may_handle_it_the_supervisor_has_it() -> None:
    desk = handled_by(TalentClass.E)
    transfer(desk, CITY_SCHOOLS)
    assert desk.case.body is None
    assert Role.LIAISON not in desk.case.posts
    assert desk.case.holder == SUPERVISOR.holder
