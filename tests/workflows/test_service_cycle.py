"""The workflow of a cycle, over its real register: years pass, runs follow one another."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from bench.service import EMPLOYER, TALENT
from bench.service import FIRM as PSEUDONYM
from casework.domain.case.facts import Actor
from casework.domain.case.opening import Party
from casework.domain.kinds.cycle.commands import (
    ConfirmPoints,
    Evaluate,
    Reclassify,
    RecordLeft,
    RenewPermit,
    Verify,
)
from casework.domain.kinds.cycle.state import CycleKind, Verdict
from casework.domain.kinds.request.commands import AcceptRequest
from casework.domain.policy import Role
from casework.domain.talent import Level, TalentClass
from casework.messages.cases import EmployerChange, Receipt
from casework.policy.publishing.versions import catalogue_of
from casework.store.models import Cases, Events, Notices, Parties, ServiceItems
from tests.workflows.conftest import Bench
from tests.workflows.service_town import RECOGNISED, at, town

MENDABLE = timedelta(days=62)
"""So long a closing may be taken back, and its run goes on."""

MOST_EVENTS = 500
SYSTEM = Actor(code="bench", role=Role.SYSTEM)
FIRM = Actor(code="liaison-of-firm", role=Role.EMPLOYER, subject=PSEUDONYM)


async def test_thirty_years_are_ten_renewals_of_one_identity(bench: Bench) -> None:
    here = await town(bench)
    start = here.platform.talent("one", RECOGNISED)
    handle = await here.platform.open(start)
    specialist = here.platform.actor(Role.SPECIALIST)

    lengths = []
    for number in range(1, 11):
        ends_on = date(2025 + 3 * number, 3, 17)
        await here.pass_until(at(ends_on - timedelta(days=20)), handle)
        evaluation = Evaluate(actor=FIRM, verdict=Verdict.QUALIFIED, text="履职良好")
        await handle.execute_update("evaluate", evaluation, result_type=Receipt)
        await here.pass_until(at(ends_on - timedelta(days=10)), handle)
        lengths.append((await handle.describe()).history_length)
        await handle.execute_update(
            "verify", Verify(actor=specialist, passed=True), result_type=Receipt
        )
        await bench.rest(handle)
        cycle = await here.cycle(start)
        assert (cycle.number, cycle.starts_on) == (number + 1, ends_on)

    await here.pass_until(at(date(2055, 4, 1)), handle)
    cycle = await here.cycle(start)
    assert (cycle.number, cycle.ends_on) == (11, date(2058, 3, 17))
    assert max(lengths) < MOST_EVENTS
    kinds = await bench.kinds(handle)
    assert kinds.count("cycle_renewed") == 10
    assert kinds.count("data_checked") == 10
    assert "message_refused" not in kinds


async def test_a_silent_employer_leaves_the_decision_to_a_person(bench: Bench) -> None:
    here = await town(bench)
    start = here.platform.talent("silent", RECOGNISED)
    handle = await here.platform.open(start)
    await here.pass_until(at(date(2028, 3, 20)), handle)

    held = await here.cycle(start)
    assert held.silent
    assert held.on_hold
    reminded = (await bench.kinds(handle)).count("employer_reminded")
    assert reminded == 4

    request = here.platform.request("new", date(2028, 3, 20), held.standing)
    asked = await here.platform.open(request)
    assert (await here.request(request)).stage == "on_hold"
    decision = Verify(actor=here.platform.actor(Role.SPECIALIST), passed=True)
    await handle.execute_update("verify", decision, result_type=Receipt)
    await here.pass_until(at(date(2028, 3, 21)), handle, asked)
    assert (await here.request(request)).stage == "intake"
    assert "request_released" in await bench.kinds(asked)


async def test_a_talent_who_leaves_ends_what_runs(bench: Bench) -> None:
    here = await town(bench)
    start = here.platform.talent("leaver", RECOGNISED)
    handle = await here.platform.open(start)
    request = here.platform.request("run", RECOGNISED, (await here.cycle(start)).standing)
    running = await here.platform.open(request)
    left = RecordLeft(actor=SYSTEM, left_on=RECOGNISED, reason="离渝")

    await here.pass_until(at(RECOGNISED), handle, running)  # no letter is on its way any more
    await handle.signal("record_left", left)

    await here.pass_until(at(RECOGNISED), handle, running)
    await here.pass_until(at(RECOGNISED + MENDABLE), handle, running)
    assert (await handle.result()).stage == "ended"
    assert (await running.result()).stage == "closed"


async def test_a_change_of_class_sends_a_municipal_request_to_the_district(bench: Bench) -> None:
    here = await town(bench)
    start = here.platform.talent("class", RECOGNISED)
    handle = await here.platform.open(start)
    request = here.platform.request("run", RECOGNISED, (await here.cycle(start)).standing)
    running = await here.platform.open(request)
    municipal = here.platform.actor(Role.SPECIALIST, Level.MUNICIPAL)
    await running.execute_update("accept", AcceptRequest(actor=municipal), result_type=Receipt)
    body = (await here.request(request)).body
    assert body is not None
    assert body.level is Level.MUNICIPAL

    change = Reclassify(actor=SYSTEM, letter=TalentClass.E, reason="重新认定")
    await handle.execute_update("reclassify", change, result_type=Receipt)
    await here.pass_until(at(date(2025, 3, 18)), handle, running)

    rerouted = await here.request(request)
    assert rerouted.level is Level.DISTRICT
    assert rerouted.body is not None
    assert rerouted.body.level is Level.DISTRICT


async def test_a_request_that_was_on_its_way_learns_of_what_it_missed(bench: Bench) -> None:
    here = await town(bench)
    start = here.platform.talent("race", RECOGNISED)
    handle = await here.platform.open(start)
    old = (await here.cycle(start)).standing
    left = RecordLeft(actor=SYSTEM, left_on=RECOGNISED, reason="离渝")
    await handle.execute_update("record_left", left, result_type=Receipt)

    late = await here.platform.open(here.platform.request("late", RECOGNISED, old))

    await here.pass_until(at(RECOGNISED + MENDABLE), handle, late)
    assert (await late.result()).stage == "closed"


async def test_the_new_employer_is_told_and_stands_in_no_event(bench: Bench) -> None:
    here = await town(bench)
    start = here.platform.talent("moved", RECOGNISED)
    handle = await here.platform.open(start)
    await here.pass_until(at(date(2027, 12, 20)), handle)
    change = EmployerChange(
        actor=SYSTEM,
        employer="N2310106MF1FY7XX0Y",
        changed_on=date(2027, 12, 20),
        party=Party(name="另一公司", email="new-hr@mail.example.com"),
    )
    await handle.execute_update("change_employer", change, result_type=Receipt)
    await here.pass_until(at(date(2027, 12, 21)), handle)

    async with bench.sessions() as session:
        party = await session.scalar(
            select(Parties.email).where(
                Parties.case_no == start.case_no, Parties.role == "employer"
            )
        )
        bodies = (
            await session.scalars(select(Events.body).where(Events.case_no == start.case_no))
        ).all()
        sent = (
            await session.scalars(
                select(Notices.status).where(
                    Notices.case_no == start.case_no, Notices.recipient == "employer"
                )
            )
        ).all()
    assert party == "new-hr@mail.example.com"
    assert not any("new-hr" in str(body) or TALENT.id_number in str(body) for body in bodies)
    assert len(sent) == 2
    assert set(sent) == {"sent"}


async def test_the_points_open_three_working_days_after_the_renewal(bench: Bench) -> None:
    here = await town(bench, date(2026, 9, 1))
    start = here.platform.permit("permit", date(2025, 10, 10), date(2026, 10, 10))
    handle = await here.platform.open(start)
    await here.pass_until(at(date(2026, 9, 29)), handle)
    renewal = RenewPermit(actor=SYSTEM, renewed_on=date(2026, 9, 29), expires_on=date(2027, 10, 10))
    await handle.signal("renew_permit", renewal)
    await bench.rest(handle)
    early = ConfirmPoints(actor=SYSTEM, reference="R-1")
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("confirm_points", early, result_type=Receipt)
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "RENEWAL_NOT_OPEN"
    # 09-30, then the National Day holiday, 10-08 and 10-09.
    assert "2026-10-09" in refused.value.cause.message

    await here.pass_until(at(date(2026, 10, 9)), handle)
    await handle.execute_update("confirm_points", early, result_type=Receipt)

    cycle = await here.cycle(start)
    assert cycle.confirmed_on == date(2026, 10, 9)
    assert cycle.number == 2


async def test_a_lapsed_permit_suspends_the_points_until_it_is_renewed(bench: Bench) -> None:
    here = await town(bench, date(2026, 9, 1))
    start = here.platform.permit("lapsed", date(2025, 10, 10), date(2026, 10, 10))
    handle = await here.platform.open(start)
    await here.pass_until(at(date(2026, 10, 13)), handle)
    assert (await here.cycle(start)).points == "suspended"

    renewal = RenewPermit(actor=SYSTEM, renewed_on=date(2026, 11, 2), expires_on=date(2027, 11, 2))
    await here.pass_until(at(date(2026, 11, 2)), handle)
    await handle.execute_update("renew_permit", renewal, result_type=Receipt)

    restored = await here.cycle(start)
    assert (restored.points, restored.number) == ("valid", 2)
    assert restored.employer in {"", EMPLOYER}


async def test_the_next_cycle_keeps_the_policy_of_its_first_day(bench: Bench) -> None:
    here = await town(bench)
    start = here.platform.talent("policy", RECOGNISED)
    old = replace(start.item, window_days=29, digest="0" * 16)
    before = "0" * 64
    handle = await here.platform.open(replace(start, item=old, catalogue=before))
    assert (await here.cycle(start)).catalogue == before
    await here.pass_until(at(date(2028, 3, 1)), handle)
    evaluation = Evaluate(actor=FIRM, verdict=Verdict.QUALIFIED, text="履职良好")
    await handle.execute_update("evaluate", evaluation, result_type=Receipt)
    decision = Verify(actor=here.platform.actor(Role.SPECIALIST), passed=True)
    await handle.execute_update("verify", decision, result_type=Receipt)
    await bench.rest(handle)

    renewed = await here.cycle(start)
    window = renewed.clock("cycle_window")
    district = start.item.district
    now = here.platform.services.cycle(CycleKind.TALENT, district, renewed.starts_on)
    assert renewed.policy == now.digest
    assert renewed.catalogue == catalogue_of(None).digest
    assert window is not None
    assert window.until == date(2031, 2, 15), "thirty days again"
    async with bench.sessions() as session:
        assert await session.get(ServiceItems, now.digest) is not None
        named = await session.scalar(select(Cases.catalogue).where(Cases.case_no == start.case_no))
        assert await session.get(ServiceItems, old.digest) is not None
    assert named == renewed.catalogue
