"""Requests and cycles that were closed by mistake, and the requests that a cycle closed with it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from casework.domain.case.commands import ProposeTakingBack, TakeBack
from casework.domain.case.letters import EffectKind
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.commands import RaiseObjection, RecordLeft, Verify
from casework.domain.kinds.cycle.state import CycleStage
from casework.domain.kinds.request.commands import (
    AcceptRequest,
    ExplainNeed,
    FeedBack,
    GiveNotice,
    SupplementRequest,
    TransferNeed,
)
from casework.domain.kinds.request.state import Mode, RequestStage
from casework.domain.policy import LimitName, Role, Unit
from casework.domain.talent import StandingStatus, TalentClass
from casework.domain.time.clock import due_on
from tests.domain.cycle import desk as cycles
from tests.domain.cycle.desk import CycleDesk, open_cycle
from tests.domain.request.desk import FAULTS, FILES, RULE, Desk, open_desk, standing

SIXTY_DAYS = cycles.limit(60, Unit.CALENDAR_DAYS)
MENDABLE = replace(RULE, limits={**RULE.limits, LimitName.TAKE_BACK: SIXTY_DAYS})
TALENT = replace(cycles.TALENT, limits={**cycles.TALENT.limits, LimitName.TAKE_BACK: SIXTY_DAYS})
WHY: dict[str, Any] = {"reason": "误点"}


def request(**opened: Any) -> Desk:
    return open_desk(TalentClass.B, rule=MENDABLE, **opened)


def taken_back(desk: Desk | CycleDesk) -> None:
    desk.do(ProposeTakingBack, Role.SPECIALIST, **WHY)
    desk.do(TakeBack, Role.SUPERVISOR, reason="确系误办结")


@pytest.mark.parametrize(
    ("closer", "fields"), [(ExplainNeed, {}), (TransferNeed, {"to": "某部门"})]
)
def test_a_need_turned_away_by_mistake_is_handled_again(
    closer: type, fields: dict[str, Any]
) -> None:
    desk = request()
    desk.do(AcceptRequest, Role.SPECIALIST)
    before = desk.case
    desk.wait_until("2026-09-17")
    desk.do(closer, Role.LIAISON, **WHY, **fields)
    desk.wait_until("2026-10-12")
    taken_back(desk)
    case = desk.case
    assert (case.stage, case.result, case.transferred_to) == (RequestStage.HANDLING, "", "")
    assert case.open_tasks == before.open_tasks
    handle, was = case.clock("handle"), before.clock("handle")
    assert handle is not None
    assert was is not None
    assert due_on(handle, desk.calendar) == desk.calendar.shift(
        due_on(was, desk.calendar) or date.max,
        desk.calendar.count(date(2026, 9, 16), date(2026, 10, 12)),
    )
    assert desk.told[-1][0] == "request_taken_back"


def test_what_was_achieved_needs_no_mending() -> None:
    desk = request()
    desk.do(AcceptRequest, Role.SPECIALIST)
    desk.do(FeedBack, Role.LIAISON, result="已入学")
    assert desk.case.closing is None


@pytest.mark.parametrize("mode", list(Mode))
def test_a_lapsed_request_gets_its_whole_time_again(mode: Mode) -> None:
    desk = request(mode=mode)
    kind = "collect"
    if mode is Mode.ONLINE:
        desk.do(GiveNotice, Role.SPECIALIST, faults=FAULTS)
        kind = "request_supplement"
    stage = desk.case.stage
    desk.wait_until("2026-10-20")
    assert desk.stage() is RequestStage.RETURNED_LAPSED
    taken_back(desk)
    clock = desk.case.clock(kind)
    assert clock is not None
    assert (desk.case.stage, clock.id) == (stage, f"{kind}#2")
    assert clock.started_on == date(2026, 10, 20)


def test_papers_for_a_lapsed_request_are_its_specialists_task() -> None:
    desk = request()
    desk.do(GiveNotice, Role.SPECIALIST, faults=FAULTS)
    desk.wait_until("2026-10-20")
    desk.do(SupplementRequest, Role.TALENT, materials=FILES)
    assert desk.task(TaskKind.LATE_PAPERS).holder == desk.case.posts[Role.SPECIALIST].holder
    taken_back(desk)
    assert desk.stage() is RequestStage.INTAKE, "the answer to the notice has come"


def test_a_talent_who_had_not_left_is_served_again() -> None:
    desk = open_cycle(TALENT)
    before = desk.case
    desk.wait_until("2026-05-11")
    desk.do(RecordLeft, Role.SPECIALIST, left_on=date(2026, 5, 8), reason="误点")
    desk.wait_until("2026-06-01")
    taken_back(desk)
    case = desk.case
    assert (case.stage, case.left, case.served_until) == (before.stage, False, None)
    assert case.credential is not None
    assert case.credential.void_on is None
    assert desk.due("cycle_end") == date(2028, 3, 17), "the term is what it was"
    assert case.standing.status is StandingStatus.ACTIVE
    (letter,) = [e for e in desk.effects if e.template == "cycle_taken_back"]
    assert letter.recipients == ("applicant", "employer")
    told = [e.seq for e in desk.effects if e.kind is EffectKind.TELL_REQUESTS]
    assert case.seq in told


def test_an_objection_that_ran_out_may_be_made_after_all() -> None:
    desk = open_cycle(TALENT)
    desk.wait_until("2028-04-10")
    desk.do(Verify, Role.SPECIALIST, passed=False, reason="未缴社保")
    desk.wait_until("2028-05-10")
    assert desk.stage() is CycleStage.ENDED
    assert desk.case.on_hold is False
    taken_back(desk)
    assert (desk.stage(), desk.case.on_hold) == (CycleStage.OBJECTION, True)
    objection = desk.case.clock("objection")
    assert objection is not None
    assert objection.started_on == date(2028, 5, 10)
    talent = replace(cycles.officer(Role.TALENT))
    desk.do(RaiseObjection, talent, reason="社保已补缴")
    assert desk.holds(TaskKind.DECIDE_OBJECTION)


def test_an_end_that_passed_meanwhile_leaves_the_agency_its_days() -> None:
    desk = open_cycle(TALENT)
    desk.wait_until("2028-03-15")
    desk.do(RecordLeft, Role.SPECIALIST, left_on=date(2028, 3, 14), reason="误点")
    desk.wait_until("2028-05-10")
    taken_back(desk)
    desk.wait_until("2028-05-11")
    assert desk.case.on_hold
    moments = [event.at for event in desk.events]
    assert moments == sorted(moments), "nothing happens before the mistake was taken back"
    verify = desk.due("verify")
    assert verify is not None
    assert verify > date(2028, 5, 31)


def test_requests_closed_with_the_cycle_run_again_with_it() -> None:
    desk = request()
    desk.do(AcceptRequest, Role.SPECIALIST)
    desk.wait_until("2026-09-17")
    desk.learn(standing(TalentClass.B, StandingStatus.LEFT, version=4))
    assert desk.stage() is RequestStage.CLOSED
    with pytest.raises(DomainError) as refused:
        desk.do(ProposeTakingBack, Role.SPECIALIST, **WHY)
    assert refused.value.code == "NOTHING_TO_TAKE_BACK", "it follows from the cycle"
    desk.wait_until("2026-10-12")
    desk.learn(standing(TalentClass.B, version=5))
    assert desk.stage() is RequestStage.HANDLING
    assert desk.task(TaskKind.HANDLE)
    assert desk.templates()[-1] == "request_taken_back"
    desk.learn(standing(TalentClass.B, StandingStatus.LEFT, version=6))
    assert desk.stage() is RequestStage.CLOSED, "and closes again if the talent does leave"


def test_a_request_that_waited_for_the_cycle_begins_when_that_goes_on() -> None:
    desk = request(status=StandingStatus.ON_HOLD)
    desk.learn(standing(TalentClass.B, StandingStatus.ENDED, version=4))
    assert desk.stage() is RequestStage.CLOSED
    desk.learn(standing(TalentClass.E, StandingStatus.ON_HOLD, version=5))
    assert desk.stage() is RequestStage.ON_HOLD
    desk.learn(standing(TalentClass.B, version=6))
    assert desk.stage() is RequestStage.INTAKE
