"""A request learns how its talent stands: class, hold, end (domain.md §C.8)."""

import pytest

from casework.domain.case.state import TaskKind
from casework.domain.kinds.request.commands import AcceptRequest, ExplainNeed, FeedBack
from casework.domain.kinds.request.state import Mode, RequestStage
from casework.domain.policy import Role
from casework.domain.talent import Level, StandingStatus, TalentClass
from tests.domain.request.desk import (
    CITY_SCHOOLS,
    DISTRICT,
    HOUSING,
    SCHOOLS,
    open_desk,
    standing,
)

HOLD, ENDED, LEFT = StandingStatus.ON_HOLD, StandingStatus.ENDED, StandingStatus.LEFT


def test_a_becomes_e_and_the_municipal_request_goes_to_the_district() -> None:
    desk = open_desk(TalentClass.A)
    desk.do(AcceptRequest, Role.SPECIALIST)
    clock = desk.case.clock("handle")
    desk.learn(standing(TalentClass.E, version=4))
    assert (desk.case.body, desk.case.level) == (SCHOOLS, Level.DISTRICT)
    assert desk.task(TaskKind.HANDLE).holder == SCHOOLS.liaison.holder
    assert desk.case.posts[Role.SPECIALIST].holder == "yz-a"
    assert desk.case.clock("handle") == clock  # the limit runs on
    assert desk.kinds()[-2:] == ["standing_noted", "body_assigned"]
    assert desk.templates()[-1] == "request_moved"
    desk.do(FeedBack, Role.LIAISON, district=DISTRICT, result="已安排入学")
    assert desk.case.stage is RequestStage.COMPLETED


def test_before_the_acceptance_the_district_specialist_takes_the_task() -> None:
    desk = open_desk(TalentClass.A)
    desk.learn(standing(TalentClass.F, version=4))
    assert desk.case.body is None
    task = desk.task(TaskKind.ACCEPT)
    assert (task.holder, task.clock) == ("yz-a", "request_notice")
    assert desk.templates() == ["request_received"]
    desk.do(AcceptRequest, Role.SPECIALIST)
    assert desk.case.body == SCHOOLS


def test_a_district_body_keeps_what_a_municipal_specialist_coordinated() -> None:
    desk = open_desk(TalentClass.A)
    desk.do(AcceptRequest, Role.SPECIALIST, body=HOUSING.id)
    before = desk.task(TaskKind.HANDLE)
    desk.learn(standing(TalentClass.E, version=4))
    assert (desk.case.body, desk.case.level) == (HOUSING, Level.DISTRICT)
    assert desk.task(TaskKind.HANDLE) == before


def test_without_a_district_body_the_supervisor_holds_it() -> None:
    desk = open_desk(TalentClass.A, bodies=(CITY_SCHOOLS,))
    desk.do(AcceptRequest, Role.SPECIALIST)
    desk.learn(standing(TalentClass.E, version=4))
    assert desk.case.body is None
    assert desk.task(TaskKind.HANDLE).holder == "yz-sup-a"


@pytest.mark.parametrize("letter", [TalentClass.D, TalentClass.A])
def test_a_change_among_a_to_d_or_upward_moves_nothing(letter: TalentClass) -> None:
    high, low = open_desk(TalentClass.B), open_desk(TalentClass.E)
    for desk in (high, low):
        desk.do(AcceptRequest, Role.SPECIALIST)
        body = desk.case.body
        desk.learn(standing(letter, version=4))
        assert desk.case.body == body
        assert desk.kinds()[-1] == "standing_noted"


def test_an_older_or_the_same_standing_changes_nothing() -> None:
    desk = open_desk(TalentClass.A)
    desk.learn(standing(TalentClass.B, version=6))
    before = desk.case
    desk.learn(standing(TalentClass.E, version=5))
    desk.learn(standing(TalentClass.A, LEFT, version=6))
    assert desk.case == before
    assert desk.case.standing.letter is TalentClass.B


def test_a_request_filed_during_the_verification_waits_without_limits() -> None:
    desk = open_desk(status=HOLD)
    assert desk.case.stage is RequestStage.ON_HOLD
    assert desk.case.clocks == ()
    assert desk.case.open_tasks == ()
    assert desk.templates() == ["request_on_hold"]
    desk.wait_until("2027-03-01")
    assert desk.case.stage is RequestStage.ON_HOLD


@pytest.mark.parametrize(
    ("mode", "stage", "clock"),
    [
        (Mode.ONLINE, RequestStage.INTAKE, "request_notice"),
        (Mode.ON_SITE, RequestStage.COLLECT, "collect"),
    ],
)
def test_a_renewal_releases_what_waited(mode: Mode, stage: RequestStage, clock: str) -> None:
    desk = open_desk(TalentClass.B, status=HOLD, mode=mode)
    desk.wait_until("2026-10-12")
    desk.learn(standing(TalentClass.B, version=4))
    assert desk.case.stage is stage
    running = desk.case.clock(clock)
    assert running is not None
    assert running.started_on.isoformat() == "2026-10-12"
    assert desk.case.next_task is not None
    assert desk.templates()[-1] == "request_released"


def test_a_release_with_a_lower_class_goes_to_the_district() -> None:
    desk = open_desk(TalentClass.B, status=HOLD)
    desk.learn(standing(TalentClass.E, version=4))
    assert (desk.case.stage, desk.case.level) == (RequestStage.INTAKE, Level.DISTRICT)
    assert desk.task(TaskKind.ACCEPT).holder == "yz-a"


@pytest.mark.parametrize("status", [ENDED, LEFT])
def test_what_waited_is_closed_when_the_service_ends(status: StandingStatus) -> None:
    desk = open_desk(TalentClass.A, status=HOLD)
    desk.learn(standing(TalentClass.E, status, version=4))
    assert desk.case.stage is RequestStage.CLOSED
    assert desk.case.is_done
    assert desk.kinds()[-2:] == ["standing_noted", "request_closed"]
    assert desk.templates()[-1] == "request_closed"


@pytest.mark.parametrize("status", [HOLD, ENDED])
def test_what_runs_is_finished(status: StandingStatus) -> None:
    desk = open_desk(TalentClass.A)
    desk.learn(standing(TalentClass.A, status, version=4))
    desk.do(AcceptRequest, Role.SPECIALIST)
    desk.learn(standing(TalentClass.A, status, version=5))
    desk.do(FeedBack, Role.LIAISON, result="已安排入学")
    assert desk.case.stage is RequestStage.COMPLETED


def test_who_has_left_is_served_no_more() -> None:
    desk = open_desk(TalentClass.A)
    desk.do(AcceptRequest, Role.SPECIALIST)
    desk.learn(standing(TalentClass.A, LEFT, version=4))
    assert desk.case.stage is RequestStage.CLOSED
    assert not desk.case.running
    assert desk.told[-1] == ("request_closed", {"reasons": "不再符合全职在渝工作等服务条件"})


@pytest.mark.parametrize("status", [ENDED, LEFT])
def test_a_filing_that_overtakes_the_end_is_closed_at_once(status: StandingStatus) -> None:
    desk = open_desk(status=status)
    assert desk.case.stage is RequestStage.CLOSED
    assert desk.templates() == ["request_closed"]


def test_what_waits_may_still_be_explained() -> None:
    desk = open_desk(status=HOLD)
    desk.do(ExplainNeed, Role.SPECIALIST, reason="不在服务项目清单内")
    assert desk.case.stage is RequestStage.EXPLAINED
