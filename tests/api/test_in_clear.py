"""Who asked can read the answer, by Temporal's SDK as it comes; what is about a person, nobody."""

import asyncio
import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from pydantic import TypeAdapter
from temporalio import workflow
from temporalio.client import (
    Client,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.exceptions import ApplicationError

from bench.cases import Office
from casework import contract
from casework.domain.case.facts import Actor
from casework.domain.case.opening import Party, Route
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.registry import KINDS
from casework.domain.orders import Reach, Scope
from casework.domain.policy import MaterialForm, Role
from casework.messages.cases import Receipt, application_id
from casework.messages.orders import order_id
from casework.messages.temporal import TASK_QUEUE
from casework.security.proof.signers import Signer, private_pem
from casework.temporal import OPEN
from tests.api.live import TRUST
from tests.api.plain_client import plain_client
from tests.api.test_erasure import Sealed
from tests.api.test_erasure import office as office  # noqa: PLC0414 - a fixture
from tests.docs.pages import ROOT
from tests.examples import at_night
from tests.test_packaging import wheel_of_the_contract
from tests.workflows.ordering import TODAY, opening, order_of, propose
from workers.main import WORKFLOWS

OFFICER = {"code": "ja-o1", "role": "officer", "district": "310106"}
REVIEWER = {"code": "ja-r1", "role": "reviewer", "district": "310106"}
SUPERIOR = {"code": "sh-u1", "role": "superior"}
START = TypeAdapter(StartApplication)


def application(client: Client, number: int) -> tuple[str, Any]:
    """What a backend sends to open a case: its workflow id, and JSON without defaults."""
    start = Office(client, TASK_QUEUE, "plain").opening(number)
    start = replace(start, submitted_by=Actor(code="bench", role=Role.SYSTEM))
    posts = {
        role: replace(post, holder="ja-o1") if role is Role.OFFICER else post
        for role, post in start.posts.items()
    }
    start = replace(
        start,
        posts=posts,
        applicant=Party(name="张三", phone="13900001234"),
        routes=(Route(recipient="applicant", channel="sms"),),
    )
    return application_id(start.case_no), START.dump_python(
        start, mode="json", exclude_defaults=True
    )


async def submit(client: Client, workflow_id: str, start: Any, content: str = "bench") -> Any:
    operation: WithStartWorkflowOperation[Any, Any] = WithStartWorkflowOperation(
        "Application",
        start,
        id=workflow_id,
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
    )
    return await client.execute_update_with_start_workflow(
        "submit", {"content": content}, start_workflow_operation=operation
    )


async def refused(client: Client, workflow_id: str, update: str, message: Any) -> tuple[Any, ...]:
    """Type, message and details of the failure of an update."""
    with pytest.raises(WorkflowUpdateFailedError) as failed:
        await client.get_workflow_handle(workflow_id).execute_update(update, message)
    return said_by(failed.value.cause)


def said_by(cause: BaseException | None) -> tuple[Any, ...]:
    assert isinstance(cause, ApplicationError)
    assert cause.__cause__ is None, "nothing of ours stands behind it"
    return cause.type, cause.message, tuple(cause.details)


@pytest.fixture
async def client(office: Sealed) -> Client:
    return await plain_client(office.temporal.service_client.config.target_host, TRUST.signer)


async def test_a_backend_reads_every_answer_of_a_case(office: Sealed, client: Client) -> None:
    workflow_id, start = application(client, 1)
    receipt = await submit(client, workflow_id, start)
    assert receipt.keys() == {field.name for field in fields(Receipt)}
    assert (receipt["case_no"], receipt["seq"], receipt["stage"]) == (
        start["case_no"],
        1,
        "pre_review",
    )
    case = client.get_workflow_handle(workflow_id)
    passed = await case.execute_update("pre_review", {"actor": OFFICER, "outcome": "passed"})
    assert (passed["stage"], passed["refused"]) == ("ready", "")
    received = {
        "actor": OFFICER,
        "materials": [{"code": "labour_contract", "form": "original"}],
    }
    await case.signal("materials_received", received)
    withdrawn = await case.execute_update("withdraw", {"actor": OFFICER, "reason": "张三另行申报"})
    assert withdrawn["seq"] > passed["seq"] + 1, "the fact was taken"
    outcome = await case.result()
    assert outcome == {
        "case_no": start["case_no"],
        "stage": withdrawn["stage"],
        "seq": withdrawn["seq"],
    }
    with pytest.raises(KeyError, match="binary/encrypted"):
        await case.query("__temporal_workflow_metadata")


async def test_a_backend_reads_why_it_is_refused(office: Sealed, client: Client) -> None:
    workflow_id, start = application(client, 2)
    await submit(client, workflow_id, start)
    wrong_stage = await refused(client, workflow_id, "accept", {"actor": OFFICER})
    assert wrong_stage == (
        "WRONG_STAGE",
        "本件目前处于“预审”，此操作须在“待受理”阶段办理",
        (),
    )
    blank = {"actor": OFFICER, "reason": " ", "right_authority": "外区中心"}
    code, reason, details = await refused(client, workflow_id, "not_accept", blank)
    assert (code, details) == ("FIELD_REQUIRED", ("reason",))
    assert reason.startswith("请填写")
    assert (await refused(client, workflow_id, "accept", {"actor": REVIEWER | {"code": "x"}}))[
        0
    ] == "NOT_ASSIGNED"
    with pytest.raises(WorkflowUpdateFailedError) as differs:
        await submit(client, workflow_id, start, content="another")
    assert said_by(differs.value.cause)[:2] == (
        "CONTENT_DIFFERS",
        "同一外部编号已用于内容不同的申请",
    )


async def test_a_backend_without_a_proof_reads_that(office: Sealed) -> None:
    address = office.temporal.service_client.config.target_host
    nobody = await Client.connect(address)
    workflow_id, start = application(nobody, 3)
    case: Any = await nobody.start_workflow(
        "Application", start, id=workflow_id, task_queue=TASK_QUEUE
    )
    with pytest.raises(WorkflowFailureError) as failed:
        await case.result()
    said = ("START_NOT_PROVED", "此操作没有凭证，无法证明由谁办理", ("PROOF_MISSING",))
    assert said_by(failed.value.cause) == said

    stranger = await plain_client(address, Signer.read("stranger", private_pem()))
    known = await plain_client(address, TRUST.signer)
    workflow_id, start = application(known, 4)
    await submit(known, workflow_id, start)
    assert await refused(stranger, workflow_id, "accept", {"actor": OFFICER}) == (
        "PROOF_INVALID",
        "凭证无效：签名不符或签发方未登记",
        (),
    )


async def test_a_refusal_by_a_handler_is_read_as_well(office: Sealed, client: Client) -> None:
    """The register refuses an order only when it is approved: no validator can know."""
    nowhere = Reach(scope=Scope.CASE, key="310106-0000-0000-0000")
    order = order_of(opening(TODAY, reach=nowhere), "plain-1")
    await propose(office.temporal, order)
    code, reason, details = await refused(
        client, order_id(order.no), "approve", {"actor": SUPERIOR}
    )
    assert (code, details) == ("SCOPE_UNKNOWN", ())
    assert reason == "没有此范围，请核对城市、区、机构或办件"
    outcome = await client.get_workflow_handle(order_id(order.no)).result()
    assert (outcome["status"], outcome["refusal"], outcome["reason"]) == ("refused", code, reason)


async def test_words_of_who_decided_an_order_are_in_no_answer(
    office: Sealed, client: Client
) -> None:
    order = order_of(opening(TODAY), "plain-2")
    await propose(office.temporal, order)
    words = {"actor": SUPERIOR, "reason": "张三一家另行安排"}
    outcome = await client.get_workflow_handle(order_id(order.no)).execute_update("reject", words)
    assert (outcome["status"], outcome["decided_by"], outcome["reason"]) == (
        "rejected",
        "sh-u1",
        "",
    )


# --- with the contract's own package ---------------------------------------------------------

PORTAL = Actor(code="backend", role=Role.SYSTEM)
SOURCE = "points-portal"
FAULTY = {
    "actor": OFFICER,
    "outcome": "faulty",
    "faults": [{"code": "ILLEGIBLE", "about": "labour_contract", "text": "扫描件不清晰"}],
}


def of_the_portal(client: Client, number: int) -> StartApplication:
    """What the points portal sends to open a case, as a typed message."""
    _, plain = application(client, number)
    start = START.validate_python(plain)
    number_ = contract.case_number(start.district, SOURCE, start.reference)
    return replace(start, case_no=number_, source=SOURCE, submitted_by=PORTAL)


async def test_a_python_backend_needs_only_the_contract(office: Sealed, client: Client) -> None:
    address = office.temporal.service_client.config.target_host
    portal = await contract.connect(address, TRUST.signer)
    start = of_the_portal(portal, 5)
    receipt = await contract.submit(portal, start)
    assert (receipt.case_no, receipt.stage) == (start.case_no, "pre_review")
    assert await contract.submit(portal, start) == receipt, "the same again is the same case"

    files = (contract.ReceivedMaterial(code="labour_contract", form=MaterialForm.ELECTRONIC),)
    supplement = contract.Supplement(actor=PORTAL, materials=files)
    with pytest.raises(WorkflowUpdateFailedError) as refused_:
        await contract.act(portal, start.case_no, supplement)
    assert contract.refusal_of(refused_.value) == contract.Refusal(
        code="WRONG_STAGE", reason="本件目前处于“预审”，此操作须在“待补正”阶段办理"
    )
    officer = client.get_workflow_handle(application_id(start.case_no))
    await officer.execute_update("pre_review", FAULTY)
    done = await contract.act(portal, start.case_no, supplement, key="once")
    assert (done.stage, done.refused) == ("pre_review", "")
    assert await contract.act(portal, start.case_no, supplement, key="once") == done

    await contract.tell(
        portal, start.case_no, contract.MaterialsReceived(actor=PORTAL, materials=files)
    )
    withdrawal = contract.WithdrawApplication(actor=PORTAL, reason="另行申报")
    closed = await contract.act(portal, start.case_no, withdrawal)
    outcome = await contract.outcome_of(portal, start.case_no)
    assert (outcome.case_no, outcome.stage) == (start.case_no, closed.stage)
    with pytest.raises(ValueError, match="request has no Supplement"):
        await contract.act(portal, start.case_no, supplement, kind=contract.CaseKind.REQUEST)


@at_night
async def test_a_backend_in_a_fresh_environment_needs_only_the_contract(
    office: Sealed, client: Client, tmp_path: Path
) -> None:
    """Shows 3: nothing but the wheel and what it asks for; over Temporal alone.

    By day ``tests/test_packaging.py`` imports it alone, and the test above does the same acts.
    """
    wheel = wheel_of_the_contract(tmp_path)
    await ran(sys.executable, "-m", "venv", str(tmp_path / "env"))
    python = str(tmp_path / "env/bin/python")
    await ran(python, "-m", "pip", "install", "--quiet", str(wheel))
    key = tmp_path / "key.pem"
    key.write_bytes(pem_of(TRUST.signer))
    address = office.temporal.service_client.config.target_host

    async def typed(*words: str) -> tuple[int, Any]:
        backend = ("--name", TRUST.signer.name, "--code", PORTAL.code, "--key", str(key))
        code, told = await ran(
            python, str(OVER_TEMPORAL), "--address", address, *backend, *words, may_fail=True
        )
        return code, json.loads(told)

    start = of_the_portal(office.temporal, 6)
    (tmp_path / "start.json").write_bytes(START.dump_json(start))
    assert (await typed("submit", str(tmp_path / "start.json")))[1]["stage"] == "pre_review"
    code, told = await typed("supplement", start.case_no, "labour_contract")
    assert (code, told["code"]) == (1, "WRONG_STAGE")
    assert told["reason"].startswith("本件目前处于“预审”")
    officer = client.get_workflow_handle(application_id(start.case_no))
    await officer.execute_update("pre_review", FAULTY)
    assert (await typed("supplement", start.case_no, "labour_contract"))[0] == 0
    closed = (await typed("withdraw", start.case_no, "另行申报"))[1]
    assert (await typed("outcome", start.case_no))[1]["stage"] == closed["stage"]


OVER_TEMPORAL = ROOT / "examples/backend/over_temporal.py"


def pem_of(signer: Signer) -> bytes:
    return signer.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


async def ran(*words: str, may_fail: bool = False) -> tuple[int, str]:
    """The exit code of a program, and what it said."""
    program = await asyncio.create_subprocess_exec(
        *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd="/"
    )
    out, err = await program.communicate()
    assert may_fail or program.returncode == 0, (out + err).decode()
    assert out or program.returncode == 0, err.decode()
    return program.returncode or 0, out.decode()


def test_every_answer_of_every_workflow_is_of_a_type_that_travels_open() -> None:
    """So a new update cannot answer what nobody can read."""
    answers = {
        (cls.__name__, name): update.ret_type
        for cls in WORKFLOWS
        for name, update in workflow._Definition.must_from_class(cls).updates.items()
        if name is not None  # what nobody knows is refused
    }
    assert len(answers) > len(KINDS)
    assert {each: kind for each, kind in answers.items() if kind not in OPEN} == {}
    for cls in WORKFLOWS:
        if cls.__name__ not in _ASKED_BY_NOBODY:
            assert workflow._Definition.must_from_class(cls).ret_type in OPEN, cls


_ASKED_BY_NOBODY = {
    "AuditDigestWorkflow",
    "CalendarWatchWorkflow",
    "CardDigestsWorkflow",
    "CardDigestsOfDistrictWorkflow",
    "MailboxWorkflow",
    "RelationsWorkflow",
    "ReportsWorkflow",
    "UnknownWorkflow",
    "VisitRoundsWorkflow",
    "VisitorErasureWorkflow",
    "WebhookWorkflow",
}
"""Begun by schedules, or by workflows of ours; or a webhook, which answers nothing."""
