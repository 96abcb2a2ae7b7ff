"""The way of a request from filing to its result, and each way in which it ends early."""

from dataclasses import replace
from datetime import date

import pytest

from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.events import Event
from casework.domain.case.procedure import evolve
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.request.commands import (
    AcceptRequest,
    AssignBody,
    CollectPapers,
    ExplainNeed,
    ExtendHandling,
    FeedBack,
    GiveNotice,
    SupplementRequest,
    TransferNeed,
    WithdrawRequest,
)
from casework.domain.kinds.request.state import Mode, Request, RequestStage
from casework.domain.policy import Limit, LimitName, MaterialForm, Role
from casework.domain.talent import TalentClass
from casework.domain.time.clock import due_on
from tests.domain.request.desk import (
    CITY_SCHOOLS,
    DISTRICT,
    FAULTS,
    FILES,
    RULE,
    Desk,
    at,
    open_desk,
)

PAPERS = (ReceivedMaterial(code="household_register", form=MaterialForm.PAPER),)


def due(desk: Desk, kind: str) -> date | None:
    clock = desk.case.clock(kind)
    assert clock is not None, f"{kind} is not running"
    return due_on(clock, desk.calendar)


def code_of(desk: Desk, command: type[Command], role: Role, **fields: object) -> str:
    """The code with which a command is refused; nothing has happened."""
    before = desk.case
    with pytest.raises(DomainError) as refused:
        desk.do(command, role, **fields)  # type: ignore[arg-type]
    assert desk.case == before
    return refused.value.code


def accepted(letter: TalentClass = TalentClass.A) -> Desk:
    desk = open_desk(letter)
    desk.do(AcceptRequest, Role.SPECIALIST)
    return desk


def test_g13_class_a_online_is_completed_within_the_limit_and_a_rating_asked() -> None:
    desk = open_desk(TalentClass.A)
    assert desk.stage() is RequestStage.INTAKE
    assert (desk.task(TaskKind.ACCEPT).holder, due(desk, "request_notice")) == (
        "city-a",
        date(2026, 9, 20),  # a Sunday that is worked
    )
    desk.wait_until("2026-09-15")
    desk.do(AcceptRequest, Role.SPECIALIST)
    assert desk.case.accepted_on == date(2026, 9, 15)
    assert desk.case.clock("request_notice") is None
    # 10 working days; 20 September is worked, 25 September and 1–7 October are not
    assert due(desk, "handle") == date(2026, 9, 29)
    assert desk.task(TaskKind.HANDLE).holder == CITY_SCHOOLS.liaison.holder
    desk.wait_until("2026-09-17")
    desk.do(FeedBack, Role.LIAISON, result="已安排入学")
    assert (desk.case.stage, desk.case.result) == (RequestStage.COMPLETED, "已安排入学")
    assert desk.case.decided_on == date(2026, 9, 17)
    assert desk.case.is_done
    assert not desk.case.running
    assert desk.cards() == []
    assert desk.templates() == ["request_received", "request_accepted", "request_result"]


def test_on_site_the_paper_is_collected_first() -> None:
    desk = open_desk(mode=Mode.ON_SITE)
    assert desk.stage() is RequestStage.COLLECT
    assert desk.task(TaskKind.COLLECT).holder == "city-a"
    assert desk.case.clock("request_notice") is None
    assert code_of(desk, AcceptRequest, Role.SPECIALIST) == "WRONG_STAGE"
    assert code_of(desk, CollectPapers, Role.SPECIALIST, materials=()) == "FIELD_REQUIRED"
    unknown = (ReceivedMaterial(code="pedigree", form=MaterialForm.PAPER),)
    assert code_of(desk, CollectPapers, Role.SPECIALIST, materials=unknown) == "UNKNOWN_MATERIAL"
    desk.wait_until("2026-09-16")
    desk.do(CollectPapers, Role.SPECIALIST, materials=PAPERS)
    assert desk.stage() is RequestStage.INTAKE
    assert desk.case.clock("collect") is None
    assert due(desk, "request_notice") == date(2026, 9, 22)
    assert [m.received.code for m in desk.case.materials] == ["household_register"]


def test_on_site_with_everything_there_or_nothing_asked_for_waits_for_no_paper() -> None:
    assert open_desk(mode=Mode.ON_SITE, materials=PAPERS).case.stage is RequestStage.INTAKE
    nothing = replace(RULE, materials=())
    assert open_desk(mode=Mode.ON_SITE, rule=nothing).case.stage is RequestStage.INTAKE


def test_paper_that_never_comes_is_reminded_of_and_lapses() -> None:
    desk = open_desk(mode=Mode.ON_SITE)
    last = due(desk, "collect")
    assert last == date(2026, 10, 10)  # a Saturday that is worked
    desk.wait_until("2026-10-10")
    assert desk.templates()[-1] == "request_collect_reminder"
    assert desk.case.is_open
    desk.wait_until("2026-10-12")
    assert desk.stage() is RequestStage.RETURNED_LAPSED
    assert desk.told[-1] == ("request_lapsed", {"due_on": "2026-10-10", "missing": ""})


def test_incomplete_material_is_for_the_one_time_notice() -> None:
    desk = open_desk(materials=())
    assert desk.stage() is RequestStage.INTAKE
    assert code_of(desk, GiveNotice, Role.SPECIALIST, faults=()) == "NO_FAULTS"
    desk.do(GiveNotice, Role.SPECIALIST, faults=FAULTS)
    assert desk.stage() is RequestStage.SUPPLEMENT_DUE
    assert desk.case.noticed == FAULTS
    assert desk.case.holder == ""  # the talent's turn
    template, fields = desk.told[-1]
    assert template == "request_notice"
    assert fields["faults"].splitlines() == ["缺户口簿", "请写明申请入学的学段"]
    assert fields["due_on"] == "2026-10-10"


def test_a_supplement_starts_the_specialists_days_anew_and_no_second_notice_follows() -> None:
    desk = open_desk(materials=())
    desk.do(GiveNotice, Role.SPECIALIST, faults=FAULTS)
    assert code_of(desk, SupplementRequest, Role.TALENT) == "FIELD_REQUIRED"
    desk.wait_until("2026-09-16")
    desk.do(SupplementRequest, Role.TALENT, materials=FILES, statements=("UNCLEAR",))
    assert desk.stage() is RequestStage.INTAKE
    assert due(desk, "request_notice") == date(2026, 9, 22)
    assert desk.task(TaskKind.ACCEPT).clock == "request_notice#2"
    assert desk.case.materials[-1].package == 2
    assert code_of(desk, GiveNotice, Role.SPECIALIST, faults=FAULTS) == "SECOND_NOTICE"
    desk.do(AcceptRequest, Role.SPECIALIST)
    assert desk.stage() is RequestStage.HANDLING


def test_without_a_supplement_the_talent_is_reminded_and_the_request_lapses() -> None:
    desk = open_desk(materials=())
    desk.do(GiveNotice, Role.SPECIALIST, faults=FAULTS)
    desk.wait_until("2026-10-10")
    template, fields = desk.told[-1]
    assert (template, fields["missing"]) == (
        "request_supplement_reminder",
        "缺户口簿\n请写明申请入学的学段",
    )
    desk.wait_until("2026-10-12")
    assert desk.stage() is RequestStage.RETURNED_LAPSED
    assert desk.cards() == []


def test_without_an_answer_in_five_days_it_is_deemed_accepted_from_its_receipt() -> None:
    desk = open_desk(TalentClass.A)
    desk.wait_until("2026-09-20")
    assert desk.stage() is RequestStage.INTAKE
    desk.wait_until("2026-09-21")
    assert desk.stage() is RequestStage.HANDLING
    assert desk.case.deemed_accepted
    assert desk.case.accepted_on == date(2026, 9, 14)
    assert desk.case.body == CITY_SCHOOLS
    handle = desk.case.clock("handle")
    assert handle is not None
    assert handle.started_on == date(2026, 9, 14)
    assert ("request_notice", "red", "2026-09-21") in desk.cards()
    assert desk.case.card == "red"
    assert desk.templates()[-1] == "request_deemed_accepted"


def test_deemed_acceptance_counts_from_the_paper_where_that_came_later() -> None:
    desk = open_desk(mode=Mode.ON_SITE)
    desk.wait_until("2026-09-16")
    desk.do(CollectPapers, Role.SPECIALIST, materials=PAPERS)
    desk.wait_until("2026-09-23")
    assert desk.case.deemed_accepted
    assert desk.case.accepted_on == date(2026, 9, 16)


@pytest.mark.parametrize("role", [Role.TALENT, Role.SPECIALIST, Role.SUPERVISOR])
def test_only_a_liaison_feeds_back(role: Role) -> None:
    assert code_of(accepted(), FeedBack, role, result="已办") == "ROLE_NOT_ALLOWED"


def test_only_the_liaison_of_the_body_that_handles_feeds_back() -> None:
    desk = accepted()
    other = {"code": "municipal-health-a"}
    assert code_of(desk, FeedBack, Role.LIAISON, result="已办", **other) == "NOT_YOUR_TASK"
    assert code_of(desk, ExplainNeed, Role.LIAISON, reason="不属", **other) == "NOT_YOUR_TASK"
    assert code_of(desk, TransferNeed, Role.LIAISON, to="x", reason="y", **other) == "NOT_YOUR_TASK"
    assert code_of(desk, FeedBack, Role.LIAISON, result=" ") == "FIELD_REQUIRED"
    desk.do(FeedBack, Role.LIAISON, code=CITY_SCHOOLS.liaison.backup, met=False, result="无学位")
    assert desk.stage() is RequestStage.COMPLETED


def test_a_liaison_has_no_say_before_the_acceptance() -> None:
    desk = open_desk()
    liaison = CITY_SCHOOLS.liaison.holder
    assert code_of(desk, FeedBack, Role.LIAISON, code=liaison, result="已办") == "WRONG_STAGE"
    assert code_of(desk, ExplainNeed, Role.LIAISON, code=liaison, reason="x") == "NOT_YOUR_TASK"


def test_somebody_of_another_district_may_not_act() -> None:
    desk = open_desk(TalentClass.E)
    assert code_of(desk, AcceptRequest, Role.SPECIALIST, district="500112") == "OTHER_DISTRICT"
    desk.do(AcceptRequest, Role.SPECIALIST, district=DISTRICT)


def test_what_is_out_of_scope_is_explained_or_handed_on_with_a_record() -> None:
    explained = open_desk()
    assert code_of(explained, ExplainNeed, Role.SPECIALIST, reason="") == "FIELD_REQUIRED"
    explained.do(ExplainNeed, Role.SPECIALIST, reason="不在服务项目清单内")
    assert explained.case.stage is RequestStage.EXPLAINED
    assert explained.told[-1] == ("request_explained", {"reasons": "不在服务项目清单内"})
    handed_on = accepted()
    assert code_of(handed_on, TransferNeed, Role.LIAISON, to=" ", reason="主管") == "FIELD_REQUIRED"
    handed_on.do(TransferNeed, Role.LIAISON, to="市税务部门", reason="由该部门主管")
    assert handed_on.case.stage is RequestStage.TRANSFERRED
    assert handed_on.case.transferred_to == "市税务部门"
    assert handed_on.templates()[-1] == "request_transferred"
    assert handed_on.case.is_done


@pytest.mark.parametrize("stage", ["intake", "handling"])
def test_the_talent_may_withdraw_until_the_result(stage: str) -> None:
    desk = open_desk() if stage == "intake" else accepted()
    desk.do(WithdrawRequest, Role.TALENT)
    assert desk.stage() is RequestStage.WITHDRAWN
    assert desk.case.is_done
    assert not desk.case.running
    assert code_of(desk, WithdrawRequest, Role.TALENT) == "CASE_CLOSED"


def test_handling_is_extended_once_and_not_too_far() -> None:
    desk = accepted()  # accepted on 2026-09-14
    more = {"reason": "学位协调"}
    assert code_of(desk, ExtendHandling, Role.SUPERVISOR, working_days=5, reason="") == (
        "FIELD_REQUIRED"
    )
    for days in (0, 6):
        refused = code_of(desk, ExtendHandling, Role.SUPERVISOR, working_days=days, **more)
        assert refused == "EXTENSION_TOO_LONG"
    assert due(desk, "handle") == date(2026, 9, 28)
    desk.do(ExtendHandling, Role.SUPERVISOR, working_days=5, **more)
    assert due(desk, "handle") == date(2026, 10, 10)
    assert desk.told[-1][1]["due_on"] == "2026-10-10"
    assert code_of(desk, ExtendHandling, Role.SUPERVISOR, working_days=1, **more) == (
        "ALREADY_EXTENDED"
    )
    desk.wait_until("2026-10-10")
    assert [rung for clock, rung, _ in desk.cards() if clock == "handle"] == ["blue", "yellow"]


def test_what_is_overdue_or_has_no_extension_is_not_extended() -> None:
    more: dict[str, object] = {"working_days": 1, "reason": "学位协调"}
    late = accepted()
    late.wait_until("2026-09-29")
    assert ("handle", "red", "2026-09-29") in late.cards()
    assert code_of(late, ExtendHandling, Role.SUPERVISOR, **more) == "TOO_LATE"
    assert late.case.stage is RequestStage.HANDLING  # overdue is a card, not an end
    limits: dict[LimitName, Limit] = {
        n: x for n, x in RULE.limits.items() if n is not LimitName.HANDLE_EXTENSION
    }
    never = open_desk(rule=replace(RULE, limits=limits))
    assert code_of(never, ExtendHandling, Role.SUPERVISOR, **more) == "WRONG_STAGE"
    never.do(AcceptRequest, Role.SPECIALIST)
    assert code_of(never, ExtendHandling, Role.SUPERVISOR, **more) == "NO_EXTENSION"


def test_verbs_of_another_stage_are_refused() -> None:
    intake, handling = open_desk(), accepted()
    wrong: list[tuple[Desk, type[Command], Role, dict[str, object]]] = [
        (intake, AssignBody, Role.SPECIALIST, {"body": CITY_SCHOOLS.id, "reason": "x"}),
        (intake, CollectPapers, Role.SPECIALIST, {"materials": PAPERS}),
        (intake, SupplementRequest, Role.TALENT, {"materials": FILES}),
        (handling, AcceptRequest, Role.SPECIALIST, {}),
        (handling, GiveNotice, Role.SPECIALIST, {"faults": FAULTS}),
    ]
    for desk, command, role, fields in wrong:
        assert code_of(desk, command, role, **fields) == "WRONG_STAGE"


def test_the_state_follows_from_the_events_alone() -> None:
    desk = open_desk(materials=())
    desk.do(GiveNotice, Role.SPECIALIST, faults=FAULTS)
    desk.wait_until("2026-09-18")
    desk.do(SupplementRequest, Role.TALENT, materials=FILES)
    desk.wait_until("2026-10-20")
    desk.do(FeedBack, Role.LIAISON, result="已安排入学")
    case: Request | None = None
    for event in desk.events:
        case = evolve(case, event)
    assert case == desk.case
    assert isinstance(desk.events[0], Event)
    assert desk.case.received_at == at("2026-09-14")
