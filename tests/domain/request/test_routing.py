"""Who coordinates and who handles a request, by class and service (§6.1.2; domain.md §A, G13)."""

from dataclasses import replace

import pytest

from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.request.commands import AcceptRequest, AssignBody, ExplainNeed, FeedBack
from casework.domain.kinds.request.state import RequestStage
from casework.domain.policy import Role
from casework.domain.talent import Level, TalentClass
from tests.domain.request.desk import (
    CITY_HEALTH,
    CITY_SCHOOLS,
    HOUSING,
    RULE,
    SCHOOLS,
    open_desk,
)

HIGH = [TalentClass.A, TalentClass.B, TalentClass.C, TalentClass.D]
LOW = [TalentClass.E, TalentClass.F, None]
DISTRICT_FIRST = replace(RULE, owners=(Level.DISTRICT, Level.MUNICIPAL))
MUNICIPAL_ONLY = replace(RULE, owners=(Level.MUNICIPAL,), bodies={Level.MUNICIPAL: "education"})


@pytest.mark.parametrize("letter", HIGH)
def test_a_to_d_go_to_the_owner_that_the_service_prefers(letter: TalentClass) -> None:
    city = open_desk(letter)
    assert (city.case.level, city.case.holder) == (Level.MUNICIPAL, "city-a")
    city.do(AcceptRequest, Role.SPECIALIST)
    assert city.case.body == CITY_SCHOOLS
    district = open_desk(letter, rule=DISTRICT_FIRST)
    assert (district.case.level, district.case.holder) == (Level.DISTRICT, "yz-a")
    district.do(AcceptRequest, Role.SPECIALIST)
    assert district.case.body == SCHOOLS


@pytest.mark.parametrize("letter", LOW)
def test_e_and_f_and_those_by_score_go_to_the_district(letter: TalentClass | None) -> None:
    desk = open_desk(letter)
    assert (desk.case.level, desk.case.holder) == (Level.DISTRICT, "yz-a")
    desk.do(AcceptRequest, Role.SPECIALIST)
    assert desk.case.body == SCHOOLS
    assert desk.task(TaskKind.HANDLE).holder == SCHOOLS.liaison.holder


@pytest.mark.parametrize("letter", LOW)
def test_a_municipal_body_is_refused_for_e_and_f(letter: TalentClass | None) -> None:
    desk = open_desk(letter)
    with pytest.raises(DomainError) as refused:
        desk.do(AcceptRequest, Role.SPECIALIST, body=CITY_SCHOOLS.id)
    assert refused.value.code == "MUNICIPAL_NOT_ALLOWED"
    desk.do(AcceptRequest, Role.SPECIALIST)
    with pytest.raises(DomainError) as refused:
        desk.do(AssignBody, Role.SUPERVISOR, body="municipal/unheard_of", reason="协调")
    assert refused.value.code == "MUNICIPAL_NOT_ALLOWED"


def test_an_unknown_body_is_refused_with_those_that_may_serve() -> None:
    desk = open_desk(TalentClass.E)
    with pytest.raises(DomainError) as refused:
        desk.do(AcceptRequest, Role.SPECIALIST, body="district/health")
    assert (refused.value.code, refused.value.field) == ("BODY_UNKNOWN", "body")
    assert SCHOOLS.id in str(refused.value)
    assert CITY_SCHOOLS.id not in str(refused.value)


def test_another_body_takes_over_within_the_same_limit() -> None:
    desk = open_desk(TalentClass.A)
    desk.do(AcceptRequest, Role.SPECIALIST)
    handle = desk.case.clock("handle")
    desk.do(AssignBody, Role.SPECIALIST, body=HOUSING.id, reason="属区县事项")
    assert (desk.case.body, desk.case.level) == (HOUSING, Level.MUNICIPAL)
    assert desk.task(TaskKind.HANDLE).holder == HOUSING.liaison.holder
    assert desk.case.clock("handle") == handle
    assert desk.templates()[-1] == "request_moved"
    with pytest.raises(DomainError) as refused:
        desk.do(FeedBack, Role.LIAISON, code=CITY_SCHOOLS.liaison.holder, result="已落实")
    assert refused.value.code == "NOT_YOUR_TASK"
    with pytest.raises(DomainError) as refused:
        desk.do(AssignBody, Role.SPECIALIST, body=HOUSING.id, reason="再交一次")
    assert refused.value.code == "BODY_UNCHANGED"


def test_a_body_that_the_specialist_names_goes_before_the_prescribed_one() -> None:
    desk = open_desk(TalentClass.A)
    desk.do(AcceptRequest, Role.SPECIALIST, body=CITY_HEALTH.id)
    assert desk.case.body == CITY_HEALTH


def test_nobody_accepts_what_no_body_may_handle() -> None:
    desk = open_desk(TalentClass.E, rule=MUNICIPAL_ONLY)
    with pytest.raises(DomainError) as refused:
        desk.do(AcceptRequest, Role.SPECIALIST)
    assert refused.value.code == "NO_BODY"
    desk.do(ExplainNeed, Role.SPECIALIST, reason="此项服务由市级部门向A—D类人才提供")
    assert desk.case.stage is RequestStage.EXPLAINED


def test_what_is_deemed_accepted_without_a_body_falls_to_the_supervisor() -> None:
    desk = open_desk(TalentClass.E, rule=MUNICIPAL_ONLY)
    desk.wait_until("2026-09-21")
    assert desk.case.stage is RequestStage.HANDLING
    assert Role.LIAISON not in desk.case.posts
    assert desk.task(TaskKind.HANDLE).holder in {"yz-sup-a", "yz-sup-b"}
    desk.do(AssignBody, Role.SUPERVISOR, body=HOUSING.id, reason="指定办理机构")
    assert desk.task(TaskKind.HANDLE).role is Role.LIAISON
    assert desk.case.posts[Role.LIAISON] == HOUSING.liaison
