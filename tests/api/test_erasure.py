"""A person is erased: what was sealed is gone everywhere, what happened stays (PIPL §47)."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowQueryFailedError,
)

from casework.domain.kinds.registry import workflow_id
from casework.messages.cases import Outcome, Receipt
from casework.security.keys.codec import is_encrypted, scope_of_payload
from casework.security.keys.errors import ERASED, ErasedError
from casework.security.keys.ring import KeyRing, init_ring
from casework.settings import Settings
from casework.store.engine import create_engine, sessions
from casework.store.materials import MaterialStore
from casework.store.sealing.ring_vault import RingVault, Secrets
from casework.temporal import converter_for, sealed_converter
from tests.api.conftest import api_over, end_all
from tests.api.live import TRUST, Backend, Headers, Switch, working
from tests.api.test_problems import assert_problem
from tests.keys.conftest import MORNING
from tests.keys.histories import payloads
from tests.security.poison import Attacker
from tests.store.emptied import empty

WHY = {"reason": "本人书面申请", "basis": "个人信息保护法第四十七条第一款第（三）项"}
SOMEBODY_ELSE = {"name": "李四", "id_number": "11010519491231002X", "phone": "13900001234"}
METADATA = "__temporal_workflow_metadata"


def id_of(case_no: str) -> str:
    return workflow_id("application", case_no)


@dataclass(frozen=True)
class Sealed:
    """An API and a worker, each with a vault of its own, over one ring and one register."""

    backend: Backend
    temporal: Client
    engine: AsyncEngine
    settings: Settings

    async def closed_case(self, **changed: Any) -> str:
        """A case withdrawn, with every notice on its way out."""
        case_no = await self.backend.case(**changed)
        answer = await self.backend.do("ja-o1", case_no, "withdraw", reason="张三另行申报")
        assert answer.status_code == 200, answer.text
        await self.temporal.get_workflow_handle(workflow_id("application", case_no)).result()
        return case_no

    async def erase(self, case_no: str, by: str = "sh-u1", **changed: str) -> Any:
        return await self.backend.post(by, "/v1/erasures", {"case_no": case_no, **WHY, **changed})

    async def query(self, case_no: str) -> Any:
        handle = self.temporal.get_workflow_handle(workflow_id("application", case_no))
        return await handle.query(METADATA)

    async def scalar(self, statement: str, **values: Any) -> Any:
        async with self.engine.connect() as connection:
            return await connection.scalar(text(statement), values)

    async def change(self, statement: str, **values: Any) -> None:
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), values)


@pytest.fixture
async def office(  # noqa: PLR0917 - fixtures
    settings: Settings,
    temporal: Client,
    register_url: str,
    register_engine: AsyncEngine,
    bearer: Headers,
    tmp_path: Path,
) -> AsyncIterator[Sealed]:
    await empty(register_engine)
    ring = tmp_path / "ring.json"
    init_ring(ring, at=MORNING)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(end_all, temporal)

        async def vault() -> RingVault:
            secrets = Secrets(lambda: create_engine(register_url, pool_size=2))
            opened = RingVault(KeyRing(ring), secrets, looks_after_seconds=0)
            return await stack.enter_async_context(aclosing(opened))

        async def client(own: RingVault) -> Client:
            return await Client.connect(
                temporal.service_client.config.target_host,
                data_converter=sealed_converter(own),
                interceptors=[TRUST.signing],
            )

        ours, theirs = await vault(), await vault()
        opened = sessions(register_engine, theirs)
        await stack.enter_async_context(
            working(await client(theirs), Switch(opened), opened, settings)
        )
        speaking = await client(ours)
        http = await stack.enter_async_context(api_over(settings, speaking, register_url, ours))
        yield Sealed(Backend(http, bearer), speaking, register_engine, settings)


async def test_a_closed_case_can_be_queried_until_it_is_erased(office: Sealed) -> None:
    erased, kept = await office.closed_case(), await office.closed_case(applicant=SOMEBODY_ELSE)
    assert await office.query(erased)
    answer = await office.erase(erased)
    assert answer.status_code == 200, answer.text
    assert answer.json()["cases"] == [erased]

    with pytest.raises(WorkflowQueryFailedError, match=ERASED):
        await office.query(erased)
    with pytest.raises(ErasedError, match=ERASED):
        await converter_for(office.temporal, id_of(erased)).encode(["一句话"])
    outcome = await office.temporal.get_workflow_handle(id_of(erased)).result()
    assert outcome.keys() == {"case_no", "stage", "seq"}, "that holds nothing about anybody"
    assert await office.query(kept)
    assert await office.closed_case(applicant=SOMEBODY_ELSE), "the worker goes on"


async def test_a_file_of_an_erased_case_is_shown_to_nobody(office: Sealed) -> None:
    """Another person's case has the same file: the store keeps it, and that case shows it."""
    erased, kept = await office.closed_case(), await office.closed_case(applicant=SOMEBODY_ELSE)
    shown = await office.backend.get("sh-u1", f"/v1/cases/{erased}")
    sha256 = shown.json()["materials"][0]["sha256"]
    assert (await office.erase(erased)).status_code == 200
    answer = await office.backend.get("sh-u1", f"/v1/cases/{erased}/materials/{sha256}")
    assert (answer.status_code, assert_problem(answer)["code"]) == (410, "CASE_ERASED")
    other = await office.backend.get("sh-u1", f"/v1/cases/{kept}/materials/{sha256}")
    assert other.status_code == 200


async def test_nothing_of_a_case_lies_open_in_temporal(office: Sealed) -> None:
    case_no = await office.closed_case()
    handle = office.temporal.get_workflow_handle(workflow_id("application", case_no))
    found = [each for event in (await handle.fetch_history()).events for each in payloads(event)]
    sealed = [each for each in found if is_encrypted(each)]
    assert {scope_of_payload(each) for each in sealed} == {case_no}
    left_open = [json.loads(each.data).keys() for each in found if not is_encrypted(each)]
    assert left_open, "the receipts and the outcome"
    names = [{field.name for field in fields(answer)} for answer in (Receipt, Outcome)]
    assert all(keys in names for keys in left_open)


async def test_views_of_an_erased_case_tell_what_happened_and_of_nobody(office: Sealed) -> None:
    case_no = await office.closed_case()
    path = f"/v1/applications/{case_no}"
    before = (await office.backend.get("ja-o1", path)).json()
    assert "张" in before["parties"][0]["name"]
    await office.erase(case_no)

    after = (await office.backend.get("ja-o1", path)).json()
    assert {party["name"] for party in after["parties"]} == {ERASED}
    steady = ("stage", "closed_at", "received_at", "item", "materials", "last_seq")
    assert [after[name] for name in steady] == [before[name] for name in steady]
    events = (await office.backend.get("ja-o1", f"{path}/timeline")).json()["items"]
    assert [event["kind"] for event in events] == ["submitted", "withdrawn"]
    assert (events[1]["actor"], events[1]["reason"]) == ("ja-o1", ERASED)
    assert "另行申报" not in str(events)


async def test_the_row_of_the_secret_is_the_record_of_its_erasure(office: Sealed) -> None:
    case_no = await office.closed_case()
    first = (await office.erase(case_no)).json()
    again = await office.erase(case_no, by="sh-u2", reason="另一理由")
    assert (again.status_code, again.json()) == (200, first | {"files": again.json()["files"]})
    assert (first["by"], first["reason"], first["basis"]) == ("sh-u1", *WHY.values())
    told = (
        "SELECT secret IS NULL AND erased_at IS NOT NULL AND erased_by = 'sh-u1' FROM case_secrets"
    )
    assert await office.scalar(f"{told} WHERE scope = :case_no", case_no=case_no) is True


async def test_a_person_is_erased_in_all_their_cases(office: Sealed) -> None:
    first, second = await office.closed_case(), await office.closed_case()
    others = await office.closed_case(applicant=SOMEBODY_ELSE)
    store = MaterialStore.open(office.settings.store_url)
    file = await office.scalar("SELECT sha256 FROM materials LIMIT 1")

    answer = (await office.erase(second)).json()
    assert set(answer["cases"]) == {first, second}
    assert (answer["files"], await store.exists(file)) == (0, True), "it is another person's too"
    assert await office.query(others)

    answer = (await office.erase(others)).json()
    assert answer["cases"] == [others]
    assert (answer["files"], await store.exists(file)) == (1, False)
    assert await office.scalar("SELECT count(*) FROM uploads") == 0


async def test_a_run_that_has_not_ended_yet_is_ended_with_the_erasure(office: Sealed) -> None:
    case_no = await office.backend.case()
    await office.change("UPDATE cases SET closed_at = now()")  # which its run does not know of
    await office.change("UPDATE armings SET wakes_at = now()")
    answer = await office.erase(case_no)
    assert answer.status_code == 200, answer.text
    handle = office.temporal.get_workflow_handle(workflow_id("application", case_no))
    assert (await handle.describe()).status is WorkflowExecutionStatus.TERMINATED
    assert (await office.erase(case_no)).status_code == 200


async def test_a_start_for_an_erased_case_ends_at_once(office: Sealed) -> None:
    case_no = await office.closed_case()
    number = workflow_id("application", case_no)
    history = await office.temporal.get_workflow_handle(number).fetch_history()
    started = history.events[0].workflow_execution_started_event_attributes
    await office.erase(case_no)
    attacker = Attacker(client=office.temporal)
    for payload in (started.input.payloads[0], Payload(metadata={"encoding": b"json/plain"})):
        await attacker.start("Application", number, payload)
        handle = office.temporal.get_workflow_handle(number)
        with pytest.raises(WorkflowFailureError):
            await handle.result()


async def test_nobody_is_erased_while_anything_is_under_way(office: Sealed) -> None:
    closed, opened = await office.closed_case(), await office.backend.case()
    await refused(office, closed, "OPEN_CASES", "未办结")
    await office.backend.do("ja-o1", opened, "withdraw", reason="不再申请")
    # With its letter on its way.
    await office.temporal.get_workflow_handle(workflow_id("application", opened)).result()

    await office.change("UPDATE cases SET open_debts = 1 WHERE case_no = :no", no=opened)
    await refused(office, closed, "OPEN_CASES", "容缺材料")
    await office.change("UPDATE cases SET open_debts = 0")

    await office.change(
        "INSERT INTO credit_records (id, case_no, seq, material, recorded_at, reason)"
        " VALUES ('x', :no, 1, 'sealed_copies', now(), '')",
        no=opened,
    )
    await refused(office, closed, "OPEN_CASES", "失信记录")
    await office.change("UPDATE credit_records SET repaired_at = now()")
    assert (await office.erase(closed)).status_code == 200


async def test_what_was_never_sealed_must_be_sealed_first(office: Sealed) -> None:
    case_no = await office.closed_case()
    await office.change("UPDATE parties SET name = '张三' WHERE case_no = :no", no=case_no)
    await refused(office, case_no, "NOT_SEALED", "register seal")
    assert await office.query(case_no), "nothing was deleted"


@pytest.mark.parametrize("by", ["ja-o1", "ja-s1", "backend", "applicant"])
async def test_only_the_superior_erases(office: Sealed, by: str) -> None:
    case_no = await office.closed_case()
    answer = await office.erase(case_no, by=by)
    assert answer.status_code in {403, 404}, answer.text
    assert await office.query(case_no)


async def test_a_case_nobody_knows_is_not_erased(office: Sealed) -> None:
    answer = await office.erase("310106-0000-0000-0000")
    assert (answer.status_code, assert_problem(answer)["code"]) == (404, "CASE_NOT_FOUND")


async def refused(office: Sealed, case_no: str, code: str, word: str) -> None:
    answer = await office.erase(case_no)
    assert (answer.status_code, assert_problem(answer)["code"]) == (409, code)
    assert word in answer.json()["detail"]
