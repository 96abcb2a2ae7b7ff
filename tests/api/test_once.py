"""Once is once: the same key gives the same answer whatever has become of the run that took it."""

import asyncio
from datetime import date, datetime, timedelta
from secrets import token_hex
from typing import Any

import httpx
import pytest
from sqlalchemy import text
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType, ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import (
    DeleteWorkflowExecutionRequest,
    ResetWorkflowExecutionRequest,
)
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import PreReview, PreReviewOutcome
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE
from casework.messages.cases import said_by
from casework.messages.orders import order_id
from casework.store.engine import Sessions, vault_of
from casework.store.models import Operations
from casework.store.sealing.sealing import sealed_row
from tests.api import test_orders, test_outreach
from tests.api.live import Backend, Switch
from tests.api.platform import Platform, permit, recognition, wanted, years_ago
from tests.api.test_problems import assert_problem
from tests.api.test_ratings import rating
from tests.api.test_rounds import this_quarter
from tests.examples import at_night
from tests.workflows.ordering import seeded

WITHIN = 60


async def run_after(temporal: Client, workflow: str, run: str | None) -> str | None:
    """The run that has taken the place of another one."""
    async with asyncio.timeout(WITHIN):
        while (await temporal.get_workflow_handle(workflow).describe()).run_id == run:
            await asyncio.sleep(0.05)
    return (await temporal.get_workflow_handle(workflow).describe()).run_id


async def forget(temporal: Client, workflow: str) -> None:
    """What retention does to a closed run, and to every run before it."""
    async with asyncio.timeout(WITHIN):
        while True:
            try:
                found = await temporal.get_workflow_handle(workflow).describe()
                handle = temporal.get_workflow_handle(workflow, run_id=found.run_id)
                if found.close_time is None:
                    await handle.terminate()
                await temporal.workflow_service.delete_workflow_execution(
                    DeleteWorkflowExecutionRequest(
                        namespace=temporal.namespace,
                        workflow_execution=WorkflowExecution(
                            workflow_id=workflow, run_id=found.run_id
                        ),
                    )
                )
            except RPCError as error:
                if error.status is RPCStatusCode.NOT_FOUND:
                    return
                raise
            await asyncio.sleep(0.1)


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, assert_problem(answer)["code"]


def seen(answer: httpx.Response) -> tuple[int, Any]:
    return answer.status_code, answer.json()


async def test_renewal_under_a_key_is_one_renewal_in_every_later_run(
    temporal: Client, backend: Backend, platform: Platform
) -> None:
    # So that nothing falls due by time alone: its letter would wait for the start of business.
    today, year = datetime.now(ZONE).date(), timedelta(days=365)
    begun = today - timedelta(days=30)
    number = await platform.permit(starts_on=str(begun), expires_on=str(begun + year))
    key = f"renewal-{token_hex(4)}"
    workflow = workflow_id(CaseKind.PERMIT_CYCLE, number)
    first_run = (await temporal.get_workflow_handle(workflow).describe()).run_id
    said = {"renewed_on": str(today), "expires_on": str(begun + 2 * year)}
    place = f"/v1/operations/{number}/{key}?kind=permit_cycle"

    async def renew(key: str | None = key, **changed: Any) -> httpx.Response:
        return await platform.do(
            "backend", "cycles", number, "renew-permit", key=key, **(said | changed)
        )

    first = await renew()
    assert first.status_code == 200, first.text
    await run_after(temporal, workflow, first_run)
    events = await platform.happened(number)
    assert events.count("cycle_renewed") == 1

    for _ in ("in a later run", "when Temporal has forgotten all"):
        assert seen(await renew()) == seen(first)
        assert seen(await backend.get("backend", place)) == seen(first)
        assert refused(await renew(expires_on=str(begun + 3 * year))) == (409, "KEY_REUSED")
        other = await platform.do(
            "backend", "cycles", number, "confirm-points", key=key, reference="R-1"
        )
        assert refused(other) == (409, "KEY_REUSED")
        never = await backend.get("backend", place.replace(key, f"{key}-never"))
        assert refused(never) == (404, "OPERATION_NOT_FOUND")
        assert await platform.happened(number) == events
        await forget(temporal, workflow)
    assert refused(await renew(key=None)) == (409, "CASE_CLOSED")


async def test_answer_outlives_the_case_and_the_right_to_act(
    temporal: Client, backend: Backend, sessions: Sessions
) -> None:
    case_no, key = await backend.case(), "k-1"
    first = await backend.do("ja-o1", case_no, "pre-review", key=key, outcome="passed")
    assert first.status_code == 200, first.text
    reassign = {"role": "officer", "to": "ja-o2", "reason": "A角调离岗位"}
    assert (await backend.do("ja-s1", case_no, "reassign", **reassign)).is_success
    closed = await backend.do("ja-o2", case_no, "withdraw", key=key, reason="申请人要求")
    assert closed.status_code == 200, closed.text

    async def same() -> None:
        again = await backend.do("ja-o1", case_no, "pre-review", key=key, outcome="passed")
        assert seen(again) == seen(first)
        theirs = await backend.do("ja-o2", case_no, "withdraw", key=key, reason="申请人要求")
        assert seen(theirs) == seen(closed)
        other = await backend.do("ja-o2", case_no, "withdraw", key=key, reason="另一理由")
        assert refused(other) == (409, "KEY_REUSED")
        asked = await backend.get("ja-o1", f"/v1/operations/{case_no}/{key}")
        assert seen(asked) == seen(first)

    await same()
    await forget(temporal, workflow_id(CaseKind.APPLICATION, case_no))
    await same()
    async with sessions() as session:
        kept = await session.get(Operations, (case_no, f"ja-o1:{key}"))
    assert kept is not None
    assert kept.content != ""


async def never_happened(temporal: Client, workflow: str) -> None:
    """Take from Temporal, not from the register, what a case has done since it was opened.

    So it is where worker and server died together: the register has recorded what Temporal never
    took.
    """
    handle = temporal.get_workflow_handle(workflow)
    completed = EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
    events = (await handle.fetch_history()).events
    first = next(event.event_id for event in events if event.event_type == completed)
    await temporal.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace=temporal.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow),
            reason="as if it had never been taken",
            workflow_task_finish_event_id=first,
            request_id=token_hex(8),
            reset_reapply_exclude_types=[ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE],
        )
    )


async def test_what_the_register_has_and_temporal_never_took_is_done_when_sent_again(
    temporal: Client, backend: Backend
) -> None:
    case_no, key = await backend.case(), "k-3"
    place = f"/v1/operations/{case_no}/{key}"
    body = {"role": "officer", "to": "ja-o2", "reason": "A角调离岗位"}
    first = await backend.do("ja-s1", case_no, "reassign", key=key, **body)
    passed = await backend.do("ja-o2", case_no, "pre-review", key=key, outcome="passed")
    assert first.is_success, first.text
    assert passed.is_success, passed.text
    await never_happened(temporal, workflow_id(CaseKind.APPLICATION, case_no))
    for by in ("ja-s1", "ja-o2"):
        assert refused(await backend.get(by, place)) == (404, "OPERATION_NOT_FOUND")
    for _ in range(2):
        again = await backend.do("ja-s1", case_no, "reassign", key=key, **body)
        assert (again.status_code, again.json()["seq"]) == (200, first.json()["seq"])
    again = await backend.do("ja-o2", case_no, "pre-review", key=key, outcome="passed")
    assert (again.status_code, again.json()["seq"]) == (200, passed.json()["seq"])
    accepted = await backend.do("ja-o2", case_no, "accept")
    assert accepted.is_success, accepted.text
    timeline = await backend.get("ja-o2", f"/v1/applications/{case_no}/timeline")
    kinds = [event["kind"] for event in timeline.json()["items"]]
    assert kinds.count("pre_review_passed") == kinds.count("accepted") == 1


async def test_only_the_register_has_the_key_and_the_run_is_the_first(
    temporal: Client, backend: Backend, sessions: Sessions
) -> None:
    """As it is when the server died before it had taken the task: there is no second run."""
    case_no, key = await backend.case(), "k-4"
    command = PreReview(
        actor=Actor(code="ja-o1", role=Role.OFFICER), outcome=PreReviewOutcome.PASSED
    )
    await written(sessions, case_no, f"ja-o1:{key}", command, seq=2)
    done = await backend.do("ja-o1", case_no, "pre-review", key=key, outcome="passed")
    assert done.status_code == 200, done.text
    state = await backend.get("ja-o1", f"/v1/applications/{case_no}")
    assert state.json()["stage"] == "ready", state.json()


@at_night
async def test_an_act_under_way_is_not_answered_from_an_attempt_that_came_to_nothing(
    backend: Backend, sessions: Sessions
) -> None:
    """By day `test_only_the_register_has_the_key…`, of an act that Temporal does not know."""
    case_no, key = await backend.case(), "k-5"
    command = PreReview(
        actor=Actor(code="ja-o1", role=Role.OFFICER), outcome=PreReviewOutcome.PASSED
    )
    await written(sessions, case_no, f"ja-o1:{key}", command, seq=99)

    async def done() -> httpx.Response:
        return await backend.do("ja-o1", case_no, "pre-review", key=key, outcome="passed")

    async with sessions.begin() as session:
        await session.execute(text("ALTER TABLE armings RENAME TO armings_away"))
    try:  # so it is accepted for good, and waits
        assert [(await done()).status_code for _ in range(2)] == [202, 202]
    finally:
        async with sessions.begin() as session:
            await session.execute(text("ALTER TABLE armings_away RENAME TO armings"))
    while (answer := await done()).status_code == 202:
        await asyncio.sleep(0.1)
    assert (answer.status_code, answer.json()["seq"]) == (200, 2)


async def written(
    sessions: Sessions, case_no: str, ident: str, command: PreReview, *, seq: int
) -> None:
    """What the register has of an act that Temporal never took."""
    async with sessions.begin() as session:
        row = {"content": said_by(command)}
        said = sealed_row(await vault_of(session).cipher(case_no), "operations", row)["content"]
        session.add(
            Operations(
                case_no=case_no,
                id=ident,
                verb="pre_review",
                content=said,
                seq=seq,
                stage="ready",
                at=datetime.now(ZONE),
            )
        )


async def test_what_was_refused_is_weighed_again_under_its_key(
    temporal: Client, backend: Backend
) -> None:
    case_no, key = await backend.case(), "k-2"
    early = await backend.do("ja-o1", case_no, "accept", key=key)
    assert refused(early) == (409, "WRONG_STAGE")
    asked = await backend.get("ja-o1", f"/v1/operations/{case_no}/{key}")
    assert refused(asked) == (404, "OPERATION_NOT_FOUND")
    assert (await backend.do("ja-o1", case_no, "pre-review", outcome="passed")).is_success
    accepted = await backend.do("ja-o1", case_no, "accept", key=key)
    assert accepted.status_code == 200, accepted.text
    await forget(temporal, workflow_id(CaseKind.APPLICATION, case_no))
    assert seen(await backend.do("ja-o1", case_no, "accept", key=key)) == seen(accepted)


async def test_place_of_a_submission_answers_when_temporal_has_forgotten_it(
    temporal: Client, backend: Backend, switch: Switch, impatient: Backend
) -> None:
    body = await backend.submission()
    switch.away = True
    taken = await impatient.post("backend", "/v1/applications", body)
    assert taken.status_code == 202
    switch.away = False
    place = taken.headers["location"]
    done = await backend.get("backend", place)
    assert done.status_code == 200
    await forget(temporal, workflow_id(CaseKind.APPLICATION, taken.json()["case_no"]))
    assert seen(await backend.get("backend", place)) == seen(done)
    assert seen(await backend.post("backend", "/v1/applications", body)) == seen(done)
    wrong = await backend.get("backend", place[:-1] + ("0" if place[-1] != "0" else "1"))
    assert refused(wrong) == (404, "OPERATION_NOT_FOUND")


async def test_fact_under_a_key_is_told_once_for_good(temporal: Client, backend: Backend) -> None:
    case_no, key = await backend.case(), token_hex(4)
    fact = {"case_no": case_no, "outcome": "arrived", "reference": "R-1"}

    async def tell(key: str | None = key, **changed: Any) -> httpx.Response:
        return await backend.post("archive", "/v1/callbacks", fact | changed, key=key)

    first = await tell()
    assert first.status_code == 202, first.text
    assert (await backend.get("archive", f"/v1/operations/{case_no}/{key}")).status_code == 200
    await forget(temporal, workflow_id(CaseKind.APPLICATION, case_no))
    assert seen(await tell()) == seen(first)
    assert refused(await tell(outcome="delivered")) == (409, "KEY_REUSED")
    assert (await backend.get("archive", f"/v1/operations/{case_no}/{key}")).status_code == 200
    assert (await tell(key=None)).status_code == 409


async def test_register_away_nobody_is_told_that_nothing_was_sent(
    lonely: httpx.AsyncClient, bearer: Any
) -> None:
    answer = await lonely.get("/v1/operations/310106-0000-0000-0000/k", headers=bearer("ja-o1"))
    assert answer.status_code == 503


async def test_decision_on_an_order_is_answered_when_temporal_has_forgotten_it(
    temporal: Client, backend: Backend, sessions: Sessions
) -> None:
    await seeded(sessions)
    no, key = await test_orders.proposed(backend, test_orders.CLOSURE), "decision"
    said = {"reason": "依据不足"}
    first = await backend.post("sh-u1", f"/v1/orders/{no}/reject", said, key=key)
    assert first.status_code == 200, first.text
    await forget(temporal, order_id(no))
    again = await backend.post("sh-u1", f"/v1/orders/{no}/reject", said, key=key)
    assert (again.status_code, again.json()["status"]) == (200, "rejected")
    asked = await backend.get("sh-u1", f"/v1/orders/{no}/operations/{key}")
    assert (asked.status_code, asked.json()["status"]) == (200, "rejected")
    other = await backend.post("sh-u1", f"/v1/orders/{no}/approve", said, key=key)
    assert refused(other) == (409, "ORDER_DECIDED")
    nobody = await backend.get("sh-u2", f"/v1/orders/{no}/operations/{key}")
    assert refused(nobody) == (404, "OPERATION_NOT_FOUND")


OPENINGS = (
    "applications",
    "talents",
    "permits",
    "requests",
    "ratings",
    "rounds",
    "orders",
    "outreaches",
    "absences",
)


@pytest.mark.parametrize("path", OPENINGS)
async def test_of_several_at_once_one_has_opened_it(
    path: str, backend: Backend, platform: Platform, sessions: Sessions
) -> None:
    by, body, key = await _opening(path, backend, platform, sessions)
    answers = await asyncio.gather(
        *(backend.post(by[n % len(by)], f"/v1/{path}", body, key=key) for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201], answers
    again = await backend.post(by[0], f"/v1/{path}", body, key=key)
    assert again.status_code == 200
    (known,) = {_named(answer.json()) for answer in (*answers, again)}
    assert known


def _named(opened: dict[str, Any]) -> str:
    return str(opened.get("case_no") or opened.get("no") or opened["id"])


async def _opening(
    path: str, backend: Backend, platform: Platform, sessions: Sessions
) -> tuple[tuple[str, ...], dict[str, Any], str | None]:
    """Who opens it, from what, under which key."""
    day = date.fromisoformat(years_ago(-1))
    match path:
        case "applications":
            return ("backend",), await backend.submission(), None
        case "talents":
            return ("backend",), recognition(), None
        case "permits":
            return ("backend",), permit(), None
        case "requests":
            return ("backend",), wanted(talent=await platform.talent()), None
        case "ratings":
            case = await platform.finished(await platform.talent())
            return ("talent", "backend"), rating(case), None
        case "rounds":
            return ("visit-platform",), {"district": "500112", "quarter": this_quarter()}, None
        case "orders":
            await seeded(sessions)
            return ("ja-s1",), test_orders.CLOSURE, token_hex(8)
        case "outreaches":
            await test_outreach.town.__wrapped__(backend, sessions)  # type: ignore[attr-defined]
            return ("ja-s1", "sh-u1"), test_outreach.body(token_hex(8)), None
    last = day + timedelta(days=int(token_hex(1), 16))
    absence = {"officer": "yz-sp1", "first_on": str(day), "last_on": str(last), "reason": "年休假"}
    return ("yz-sp1", "yz-sv1"), absence, None
