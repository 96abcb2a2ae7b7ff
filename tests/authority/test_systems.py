"""What each system may say, by HTTP, by signals and by starts; updates: ``test_everywhere``."""

import asyncio
import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter
from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError

from bench.cases import Office
from bench.service import Platform as ServiceStarts
from casework.domain.case.facts import Actor
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.opening import StartCase
from casework.domain.case.state import Post
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.rating.state import Grade
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.orders import EndMeasure, Order
from casework.domain.policy import Role
from casework.domain.talent import Level, Standing, StandingStatus, TalentClass
from casework.local.issuer.tokens import LocalIssuer
from casework.messages.absences import EndAbsence, StartAbsence
from casework.messages.cases import case_number
from casework.messages.orders import StartOrder
from casework.messages.outreach import StartOutreach
from casework.messages.temporal import TASK_QUEUE
from casework.policy.roster import load_roster
from tests.api.live import Backend
from tests.api.platform import EMPLOYER_CODE, OTHER_EMPLOYER, Platform, permit, recognition, wanted
from tests.authority.every_kind import (
    NUMBER,
    OTHER_NUMBER,
    SYSTEMS,
    blank,
    standing,
    superior_of,
)
from tests.authority.test_table import expected_of_system
from tests.files import PDF

_numbers = itertools.count(1)
PLATFORM = Actor(code="visit-platform", role=Role.SYSTEM)
BY_BINDING = frozenset({"SYSTEM_UNKNOWN", "SYSTEM_NOT_BOUND", "OTHER_SOURCE", "OTHER_DISTRICT"})


def system(code: str) -> Actor:
    return Actor(code=code, role=Role.SYSTEM)


# --- facts as signals ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in CaseKind if KINDS[kind].signals])
async def test_a_fact_outside_the_binding_is_recorded_as_refused(
    kind: CaseKind, platform: Platform, temporal: Client
) -> None:
    case = await standing(kind, platform)
    handle = temporal.get_workflow_handle(workflow_id(kind, case.case_no))
    wanted = []
    for fact, code in itertools.product(sorted(KINDS[kind].signals), (*SYSTEMS, "clock")):
        command = KINDS[kind].verbs[fact]
        said = blank(command) | {"actor": {"code": code, "role": "system"}}
        await handle.signal(fact, TypeAdapter(command).validate_python(said))
        by_page = expected_of_system(code, kind, fact, case.source, case.district)
        if code == "clock":
            by_page = "SYSTEM_NOT_BOUND"
        if by_page:
            wanted.append((fact, by_page))
    async with asyncio.timeout(60):
        while len(found := await _refused(platform, case.case_no)) < len(wanted):
            await asyncio.sleep(0.05)
    assert found == wanted
    assert {code for _, code in wanted} >= {"SYSTEM_UNKNOWN", "SYSTEM_NOT_BOUND"}


async def _refused(platform: Platform, case_no: str) -> list[tuple[str, str]]:
    answer = await platform.backend.get(superior_of(case_no), f"/v1/cases/{case_no}/timeline")
    events = [item["body"] for item in answer.json()["items"] if item["kind"] == "message_refused"]
    return [(each["message"], each["code"]) for each in events if each["code"] in BY_BINDING]


# --- HTTP ----------------------------------------------------------------------------------


async def test_callbacks_are_for_the_system_that_is_bound_to_the_fact(backend: Backend) -> None:
    case_no = await backend.case()
    facts = {"approved": "superior-system", "arrived": "archive", "delivered": "courier"}
    for outcome, code in itertools.product(facts, SYSTEMS[:4]):
        said = {"case_no": case_no, "outcome": outcome, "reasons": "-"}
        answer = await backend.post(code, "/v1/callbacks", said)
        if facts[outcome] == code:
            assert answer.status_code == 202, answer.text
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "SYSTEM_NOT_BOUND")


async def test_a_portal_sees_the_cases_of_its_sources_only(
    backend: Backend, platform: Platform
) -> None:
    own, other = await backend.case(), await _opened_by_bench(backend)
    for code, mine, theirs in (("backend", own, other), ("bench", other, own)):
        listed = (await backend.get(code, "/v1/cases")).json()["items"]
        assert [item["case_no"] for item in listed] == [mine]
        for part in ("", "/timeline", "/clocks", "/explanation"):
            read = await backend.get(code, f"/v1/cases/{mine}{part}")
            assert read.status_code == 200, read.text
            refused = await backend.get(code, f"/v1/applications/{theirs}{part}")
            assert (refused.status_code, refused.json()["code"]) == (403, "OTHER_SOURCE")
    assert (await backend.get("backend", f"/v1/cases/{own}")).json()["same_person"] == []
    assert (await backend.get("ja-o1", f"/v1/cases/{own}")).json()["same_person"] != []
    talent = await platform.talent()
    body = {"district": "500103", "reference": "X-1", "service": "SVC_SCHOOL", "mode": "online"}
    filed = await backend.post("bench", "/v1/requests", body | {"talent": talent})
    assert filed.json()["code"] == "OTHER_SOURCE", filed.text
    counted = {"from": "2026-01-01", "before": "2026-02-01"}
    ratings = await backend.get("backend", "/v1/ratings", **counted)
    assert (ratings.status_code, ratings.json()["code"]) == (403, "OTHER_SOURCE")


async def _opened_by_bench(backend: Backend) -> str:
    body = await backend.submission()
    del body["source"]  # it has one, and need not state it
    answer = await backend.post("bench", "/v1/applications", body)
    assert answer.status_code == 201, answer.text
    stated = await backend.post("bench", "/v1/applications", body | {"source": "bench"})
    assert (stated.status_code, stated.json()) == (200, answer.json())
    return str(answer.json()["case_no"])


async def test_nobody_files_under_the_source_of_a_portal(backend: Backend) -> None:
    bodies = {
        "applications": await backend.submission(),
        "requests": wanted(talent="500103-0000-0000-0000"),
        "talents": recognition(),
        "permits": permit(),
    }
    who = {
        "applications": ("bench", "applicant", "employer", "agent", "ja-o1"),
        "requests": ("bench", "talent", "employer", "yz-sp1"),
        "talents": ("bench", "yz-sp1"),
        "permits": ("bench", "ja-o1"),
    }
    for path, by in [(each, code) for each, codes in who.items() for code in codes]:
        answer = await backend.post(by, f"/v1/{path}", bodies[path])
        assert (answer.status_code, answer.json()["code"]) == (403, "OTHER_SOURCE"), by
        assert [error["field"] for error in answer.json()["errors"]] == ["source"]


@pytest.mark.parametrize("code", ["stranger", "clock", "outreach", "orders", "cycle", "catalogue"])
async def test_a_system_of_no_roster_may_do_nothing(
    lonely: httpx.AsyncClient, issuer: LocalIssuer, code: str
) -> None:
    token = issuer.mint(system(code), ttl=timedelta(hours=1), at=datetime.now(UTC))
    me = {"Authorization": f"Bearer {token}"}
    nobody = "310106-0000-0000-0000"
    for answer in (
        await lonely.get("/v1/items", headers=me),
        await lonely.get("/v1/cases", headers=me),
        await lonely.get(f"/v1/operations/{nobody}/k", headers=me),
        await lonely.post("/v1/materials", content=PDF, headers=me),
        await lonely.post(f"/v1/applications/{nobody}/withdraw", json={}, headers=me),
        await lonely.post("/v1/callbacks", json={"case_no": nobody, "outcome": "x"}, headers=me),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "SYSTEM_UNKNOWN")


async def test_a_system_uploads_only_if_it_is_bound_to(
    lonely: httpx.AsyncClient, issuer: LocalIssuer
) -> None:
    token = issuer.mint(system("courier"), ttl=timedelta(hours=1), at=datetime.now(UTC))
    answer = await lonely.post(
        "/v1/materials", content=PDF, headers={"Authorization": f"Bearer {token}"}
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "SYSTEM_NOT_BOUND")


# --- people --------------------------------------------------------------------------------


async def test_people_file_for_themselves_or_by_an_authorisation(
    backend: Backend, issuer: LocalIssuer
) -> None:
    async def filed(role: Role, number: str, **changed: Any) -> httpx.Response:
        body = await backend.submission(source="", **changed)
        actor = Actor(code=f"{role}-{number[-4:]}", role=role)
        token = issuer.mint(actor, ttl=timedelta(hours=1), at=datetime.now(UTC), number=number)
        headers = {"Authorization": f"Bearer {token}"}
        return await backend.http.post("/v1/applications", json=body, headers=headers)

    paper = (await backend.submission())["materials"][0]["sha256"]
    mine = await filed(Role.APPLICANT, NUMBER)
    own_people = await filed(Role.EMPLOYER, EMPLOYER_CODE)
    by_agent = await filed(Role.APPLICANT, OTHER_NUMBER, authorisation=paper)
    for answer in (mine, own_people, by_agent):
        assert answer.status_code == 201, answer.text
    for answer, status, code in (
        (await filed(Role.APPLICANT, OTHER_NUMBER), 403, "NOT_THE_APPLICANT"),
        (await filed(Role.EMPLOYER, OTHER_EMPLOYER), 403, "NOT_THE_EMPLOYER"),
        (await filed(Role.EMPLOYER, EMPLOYER_CODE, employer=None), 403, "NOT_THE_EMPLOYER"),
        (await filed(Role.EMPLOYER, OTHER_EMPLOYER, authorisation=paper), 403, "NOT_THE_EMPLOYER"),
        (await filed(Role.APPLICANT, ""), 403, "NUMBER_NOT_VOUCHED"),
        (await filed(Role.EMPLOYER, ""), 403, "NUMBER_NOT_VOUCHED"),
        (
            await filed(Role.APPLICANT, OTHER_NUMBER, authorisation="0" * 64),
            422,
            "MATERIAL_NOT_UPLOADED",
        ),
    ):
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text

    kept = await backend.get("ja-o1", f"/v1/cases/{by_agent.json()['case_no']}")
    papers = [each for each in kept.json()["materials"] if each["material"] == "authorisation"]
    assert [each["sha256"] for each in papers] == [paper]
    assert kept.json()["source"].partition(".")[0] == "agent"
    events = await backend.get("ja-o1", f"/v1/cases/{by_agent.json()['case_no']}/timeline")
    assert "代办" in events.json()["items"][0]["title"]


async def test_one_reference_of_two_people_is_two_cases(
    backend: Backend, issuer: LocalIssuer
) -> None:
    body = await backend.submission(source="")
    numbers = set()
    for number in (NUMBER, OTHER_NUMBER):
        body["applicant"] = body["applicant"] | {"id_number": number}
        actor = Actor(code=f"p{number[-4:]}", role=Role.APPLICANT)
        token = issuer.mint(actor, ttl=timedelta(hours=1), at=datetime.now(UTC), number=number)
        headers = {"Authorization": f"Bearer {token}"}
        for status in (201, 200):
            answer = await backend.http.post("/v1/applications", json=body, headers=headers)
            assert answer.status_code == status, answer.text
        numbers.add(answer.json()["case_no"])
    assert len(numbers) == 2


# --- starts by the SDK ---------------------------------------------------------------------


def _application(client: Client, by: Actor | None, **changed: Any) -> StartApplication:
    start = Office(client, TASK_QUEUE, f"sdk-{next(_numbers)}").opening(1)
    return replace(start, submitted_by=by, **changed)


def _person(role: Role, subject: str = "s-1") -> Actor:
    return Actor(code="somebody", role=role, subject=subject)


def _starts(client: Client) -> list[tuple[StartCase, str]]:
    services = ServiceStarts(client=client, task_queue=TASK_QUEUE, run=f"sdk-{next(_numbers)}")
    day = date(2026, 1, 5)
    talent = services.talent("t", day)
    permit = services.permit("p", day, date(2027, 1, 4))
    return [
        (_application(client, system("archive")), "SYSTEM_NOT_BOUND"),
        (_application(client, system("clock")), "SYSTEM_NOT_BOUND"),
        (_application(client, system("stranger")), "SYSTEM_UNKNOWN"),
        (_application(client, system("backend")), "OTHER_SOURCE"),
        (_application(client, system("bench"), source="points-portal"), "OTHER_SOURCE"),
        (_application(client, None, source="points-portal"), "SYSTEM_UNKNOWN"),
        (_application(client, _person(Role.APPLICANT)), "OTHER_SOURCE"),
        (
            _application(client, _person(Role.APPLICANT), source="applicant.s-1"),
            "NOT_THE_APPLICANT",
        ),
        (_application(client, _person(Role.EMPLOYER), source="employer.s-1"), "NOT_THE_EMPLOYER"),
        (
            _application(client, _person(Role.APPLICANT, ""), source="applicant"),
            "NUMBER_NOT_VOUCHED",
        ),
        (_application(client, _person(Role.TALENT), source="talent.s-1"), "ROLE_NOT_ALLOWED"),
        (replace(talent, submitted_by=system("archive")), "SYSTEM_NOT_BOUND"),
        (replace(talent, submitted_by=system("backend")), "OTHER_SOURCE"),
        (replace(permit, submitted_by=system("backend")), "OTHER_SOURCE"),
        (replace(permit, submitted_by=system("superior-system")), "SYSTEM_NOT_BOUND"),
    ]


async def test_a_start_outside_the_binding_ends_before_anything_is_written(
    backend: Backend, temporal: Client
) -> None:
    for start, code in _starts(temporal):
        about = f"{workflow_id(start.kind, start.case_no)}-{next(_numbers)}"
        handle: WorkflowHandle[Any, Any] = await temporal.start_workflow(
            KINDS[CaseKind(start.kind)].workflow, start, id=about, task_queue=TASK_QUEUE
        )
        assert await _why(handle) == ("START_NOT_PROVED", code), start.submitted_by
        found = await backend.get("sh-u1", f"/v1/cases/{start.case_no}")
        assert found.status_code == 404


def _misposted(client: Client) -> list[tuple[StartCase, str]]:
    """Starts that give work to people who are not in that post, and why none is taken."""
    own = _application(client, system("bench"))
    services = ServiceStarts(client=client, task_queue=TASK_QUEUE, run=f"sdk-{next(_numbers)}")
    day = date(2026, 1, 5)
    standing = Standing(
        talent="500103-0000-0000-0000", status=StandingStatus.ACTIVE, letter=TalentClass.B
    )
    request = services.request("r", day, standing)
    rating = replace(
        services.rating("g", day, request.case_no, Grade.DISSATISFIED), submitted_by=system("bench")
    )
    body = replace(request.bodies[0], liaison=Post(holder="nobody"))
    wrong = Post(holder="nobody")

    def posted(start: StartCase, role: Role, post: Post) -> StartCase:
        return replace(start, posts={**start.posts, role: post})

    return [
        (posted(own, Role.OFFICER, wrong), "OFFICER_UNKNOWN"),
        (posted(own, Role.OFFICER, Post(holder="ja-o1", backup="nobody")), "OFFICER_UNKNOWN"),
        (posted(own, Role.OFFICER, Post(holder="backend")), "OFFICER_UNKNOWN"),
        (posted(own, Role.OFFICER, Post(holder="")), "OFFICER_UNKNOWN"),
        (posted(own, Role.OFFICER, Post(holder="ja-o1", backup="xh-o2")), "OTHER_DISTRICT"),
        (posted(own, Role.REVIEWER, Post(holder="ja-o1")), "OTHER_ROLE"),
        (posted(own, Role.SUPERIOR, Post(holder="ja-s1")), "OTHER_ROLE"),
        (posted(services.talent("t", day), Role.SPECIALIST, wrong), "OFFICER_UNKNOWN"),
        (posted(services.round("2026Q1", day), Role.SUPERVISOR, wrong), "OFFICER_UNKNOWN"),
        (replace(request, specialists={Level.DISTRICT: wrong}), "OFFICER_UNKNOWN"),
        (
            replace(request, specialists={Level.DISTRICT: Post(holder="yb-sp1")}),
            "OTHER_DISTRICT",
        ),
        (replace(request, bodies=(*request.bodies, body)), "OFFICER_UNKNOWN"),
        (posted(rating, Role.SPECIALIST, wrong), "OFFICER_UNKNOWN"),
        (posted(rating, Role.SPECIALIST, Post(holder="yb-sp1")), "OTHER_DISTRICT"),
    ]


async def test_a_start_that_names_somebody_who_is_not_in_that_post_ends_at_once(
    backend: Backend, temporal: Client
) -> None:
    for start, code in _misposted(temporal):
        about = f"{workflow_id(start.kind, start.case_no)}-{next(_numbers)}"
        by = start if start.kind != CaseKind.VISITS else replace(start, submitted_by=PLATFORM)
        handle: WorkflowHandle[Any, Any] = await temporal.start_workflow(
            KINDS[CaseKind(start.kind)].workflow, by, id=about, task_queue=TASK_QUEUE
        )
        assert await _why(handle) == ("START_NOT_PROVED", code), start.posts
        found = await backend.get("sh-u1", f"/v1/cases/{start.case_no}")
        assert found.status_code == 404


async def test_a_refused_start_does_not_keep_its_number_from_the_case(
    backend: Backend, temporal: Client
) -> None:
    body = await backend.submission()
    case_no = case_number(body["district"], body["source"], body["reference"])
    wrong = replace(
        _application(temporal, system("bench"), case_no=case_no),
        posts={Role.SUPERVISOR: Post(holder="nobody")},
    )
    handle: WorkflowHandle[Any, Any] = await temporal.start_workflow(
        "Application",
        wrong,
        id=workflow_id(CaseKind.APPLICATION, case_no),
        task_queue=TASK_QUEUE,
    )
    assert await _why(handle) == ("START_NOT_PROVED", "OFFICER_UNKNOWN")
    for status in (201, 200):
        answer = await backend.post("backend", "/v1/applications", body)
        assert (answer.status_code, answer.json().get("case_no")) == (status, case_no)


async def test_a_transfer_hands_a_case_to_nobody_who_is_not_in_that_post(
    backend: Backend, temporal: Client
) -> None:
    case_no = await backend.case()
    handle: WorkflowHandle[Any, Any] = temporal.get_workflow_handle(
        workflow_id(CaseKind.APPLICATION, case_no)
    )
    there = load_roster().posts_for("310104")
    by = Actor(code="sh-u1", role=Role.SUPERIOR)
    for officer, code in (("nobody", "OFFICER_UNKNOWN"), ("ja-o1", "OTHER_DISTRICT")):
        handed_on = JurisdictionTransfer(
            actor=by,
            to_district="310104",
            reason="单位迁入",
            posts={**there, Role.OFFICER: Post(holder=officer)},
        )
        with pytest.raises(WorkflowUpdateFailedError) as refused:
            await handle.execute_update("transfer_jurisdiction", handed_on)
        assert isinstance(refused.value.cause, ApplicationError)
        assert refused.value.cause.type == code
    await handle.execute_update("transfer_jurisdiction", replace(handed_on, posts=there))
    assert await backend.titles(case_no) == ["submitted", "jurisdiction_transferred"]


async def test_no_system_starts_what_people_order(backend: Backend, temporal: Client) -> None:
    del backend  # a worker runs
    for code in ("backend", "superior-system", "stranger"):
        by, day = system(code), date(2026, 1, 5)
        order = Order(
            no=f"ZL-{code}", content=EndMeasure(measure="m", until=day, reason="-"), proposed_by=by
        )
        starts: dict[str, object] = {
            "Order": StartOrder(order=order, approved=True),
            "Absence": StartAbsence(
                id=f"a-{code}",
                officer="ja-o1",
                first_on=day,
                last_on=day,
                reason="-",
                recorded_by=by,
            ),
            "Outreach": StartOutreach(
                id=f"o-{code}", about="m", kind="measure", text="-", started_by=code
            ),
        }
        wanted = "SYSTEM_UNKNOWN" if code == "stranger" else "SYSTEM_NOT_BOUND"
        for workflow, start in starts.items():
            handle: WorkflowHandle[Any, Any] = await temporal.start_workflow(
                workflow, start, id=f"{workflow}-{code}", task_queue=TASK_QUEUE
            )
            assert await _why(handle) == ("START_NOT_PROVED", wanted), (code, workflow)


async def test_nobody_is_absent_who_is_in_no_roster(backend: Backend, temporal: Client) -> None:
    del backend  # a worker runs
    day = datetime.now(UTC).date() + timedelta(days=3)
    absence = StartAbsence(
        id="a-nobody",
        officer="nobody",
        first_on=day,
        last_on=day,
        reason="年休假",
        recorded_by=Actor(code="ja-s1", role=Role.SUPERVISOR, district="310106"),
    )
    handle: WorkflowHandle[Any, Any] = await temporal.start_workflow(
        "Absence", absence, id="absence.a-nobody", task_queue=TASK_QUEUE
    )
    assert await _why(handle) == ("START_NOT_PROVED", "OFFICER_UNKNOWN")


async def test_no_system_ends_an_absence(backend: Backend, temporal: Client) -> None:
    today = datetime.now(UTC).date()
    body = {
        "officer": "ja-o2",
        "first_on": str(today + timedelta(days=3)),
        "last_on": str(today + timedelta(days=9)),
        "reason": "年休假",
    }
    recorded = await backend.post("ja-o2", "/v1/absences", body)
    assert recorded.status_code == 201, recorded.text
    handle = temporal.get_workflow_handle(f"absence.{recorded.json()['id']}")
    back = EndAbsence(actor=system("backend"), ended_on=today + timedelta(days=4))
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update("end", back)
    cause = refused.value.cause
    assert isinstance(cause, ApplicationError)
    assert cause.type == "SYSTEM_NOT_BOUND"


async def _why(handle: WorkflowHandle[Any, Any]) -> tuple[str | None, object]:
    with pytest.raises(WorkflowFailureError) as failed:
        async with asyncio.timeout(60):
            await handle.result()
    cause = failed.value.cause
    assert isinstance(cause, ApplicationError)
    return cause.type, cause.details[0]
