"""What Temporal keeps of a case can be read for that case only, and only unaltered."""

import json
import zlib
from contextlib import aclosing
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from temporalio.api.common.v1 import Payload
from temporalio.api.failure.v1 import Failure
from temporalio.api.sdk.v1 import (
    WorkflowDefinition,
    WorkflowInteractionDefinition,
    WorkflowMetadata,
)
from temporalio.converter import (
    ActivitySerializationContext,
    DataConverter,
    WorkflowSerializationContext,
)
from temporalio.exceptions import ApplicationError

from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.messages.cases import Outcome, Receipt
from casework.messages.orders import OrderOutcome, OrderReceipt, OrderStatus
from casework.messages.outreach import Progress
from casework.messages.temporal import RefusalError
from casework.security.keys.cipher import Algorithm
from casework.security.keys.codec import SealingCodec, is_encrypted, scope_of_payload
from casework.security.keys.errors import (
    AlteredError,
    ErasedError,
    KeysAwayError,
    NotOurKeyError,
    UnknownKeyError,
)
from casework.security.keys.ring import KeyRing
from casework.security.unreadable import closed
from casework.store.engine import create_engine
from casework.store.sealing.ring_vault import RingVault, Secrets
from casework.temporal import OPEN, LastDay, Number, data_converter, sealed_converter
from tests.keys.conftest import LATER
from tests.keys.test_vault import erase

CASE, OTHER = "310106-1111-1111-1111", "310106-2222-2222-2222"
WHO = Actor(code="ja-o1", role=Role.OFFICER, district="310106")
MARK = "张三的申请理由"


KNOWS = WorkflowMetadata(
    definition=WorkflowDefinition(
        query_definitions=[WorkflowInteractionDefinition(name="progress")]
    ),
    current_details=MARK,
)


def of(converter: DataConverter, case: str) -> DataConverter:
    workflow_id = f"app.310106.{case}" if case else "order.S-2022-1"
    return converter.with_context(
        WorkflowSerializationContext(namespace="default", workflow_id=workflow_id)
    )


@pytest.fixture
def converter(vault: RingVault) -> DataConverter:
    return sealed_converter(vault)


async def test_a_message_travels_sealed(converter: DataConverter) -> None:
    ours = of(converter, CASE)
    (payload,) = await ours.encode([WHO])
    assert dict(payload.metadata).keys() == {"encoding", "key-id", "cipher", "scope"}
    assert payload.metadata["encoding"] == b"binary/encrypted"
    assert scope_of_payload(payload) == CASE
    assert b"ja-o1" not in payload.SerializeToString()
    assert await ours.decode([payload], [Actor]) == [WHO]


async def test_what_is_large_is_deflated_before_it_is_sealed(
    converter: DataConverter, vault: RingVault
) -> None:
    ours, long = of(converter, CASE), [WHO] * 100
    (payload,) = await ours.encode([long])
    (plain,) = await data_converter.encode([long])
    assert len(payload.data) < len(plain.data) / 4
    assert await ours.decode([payload], [list[Actor]]) == [long]
    sealed = (await vault.cipher(CASE)).seal(plain.SerializeToString(), about=b"payload")
    payload.data = sealed.data  # as it was sealed before
    assert await ours.decode([payload], [list[Actor]]) == [long]


@pytest.mark.parametrize("name", ["", "encoding", "x", "很长" * 300])
def test_no_payload_begins_like_what_is_deflated(name: str) -> None:
    for payload in (Payload(metadata={name: b"x"}), Payload(data=name.encode())):
        assert not payload.SerializeToString().startswith(zlib.compress(b"")[:1])


async def test_an_activity_of_the_case_reads_it_too(converter: DataConverter) -> None:
    (payload,) = await of(converter, CASE).encode([MARK])
    context = ActivitySerializationContext(
        namespace="default",
        workflow_id=f"app.310106.{CASE}",
        workflow_type="Application",
        activity_type="record",
        activity_id="1",
        activity_task_queue="casework",
        is_local=True,
    )
    assert await converter.with_context(context).decode([payload], [str]) == [MARK]


@pytest.mark.parametrize("reader", [OTHER, ""])
async def test_a_payload_of_another_case_is_refused(converter: DataConverter, reader: str) -> None:
    (payload,) = await of(converter, CASE).encode([MARK])
    with pytest.raises(AlteredError):
        await of(converter, reader).decode([payload], [str])


async def test_a_payload_that_lies_about_its_case_is_refused(converter: DataConverter) -> None:
    (payload,) = await of(converter, CASE).encode([MARK])
    await of(converter, OTHER).encode([MARK])
    payload.metadata["scope"] = OTHER.encode()
    with pytest.raises(AlteredError):
        await of(converter, OTHER).decode([payload], [str])


async def test_without_a_context_it_is_opened_for_the_case_it_is_of(
    converter: DataConverter,
) -> None:
    (payload,) = await of(converter, CASE).encode([MARK])
    assert await converter.decode([payload], [str]) == [MARK]
    (nobodys,) = await converter.encode([MARK])
    assert (is_encrypted(nobodys), scope_of_payload(nobodys)) == (True, "")


async def test_what_was_never_sealed_passes(converter: DataConverter) -> None:
    (plain,) = await data_converter.encode([WHO])
    assert await of(converter, CASE).decode([plain], [Actor]) == [WHO]


@pytest.mark.parametrize("part", ["key-id", "cipher", "scope", "data"])
async def test_nonsense_is_refused(converter: DataConverter, part: str) -> None:
    (payload,) = await of(converter, CASE).encode([MARK])
    if part == "data":
        payload.data = payload.data[:-1] + bytes([payload.data[-1] ^ 1])
    else:
        payload.metadata[part] = b"\xff"
    with pytest.raises(AlteredError):
        await of(converter, CASE).decode([payload], [str])


async def test_a_key_nobody_has_is_named(converter: DataConverter) -> None:
    (payload,) = await of(converter, CASE).encode([MARK])
    payload.metadata["key-id"] = b"20000101-00000000"
    with pytest.raises(UnknownKeyError, match="20000101-00000000"):
        await of(converter, CASE).decode([payload], [str])


async def test_a_worker_takes_what_others_made_up_for_unreadable_and_raises_for_our_own_fault(
    ring: KeyRing, register_url: str, vault: RingVault, tmp_path: Path
) -> None:
    late_file = tmp_path / "late.json"
    late_file.write_bytes((tmp_path / "keys" / "ring.json").read_bytes())
    ring.rotate(at=LATER)
    ours = of(sealed_converter(vault), CASE)
    (sealed,) = await ours.encode([MARK])
    made_up = Payload()
    made_up.CopyFrom(sealed)
    made_up.metadata["key-id"] = b"20000101-00000000"

    away = False

    class Sometimes(Secrets):
        def _connection(self) -> AsyncConnection:
            if away:
                raise ConnectionRefusedError
            return super()._connection()

    secrets = Sometimes(lambda: create_engine(register_url, pool_size=2))
    async with aclosing(RingVault(KeyRing(late_file), secrets)) as late:
        worker = of(sealed_converter(late), CASE)
        with pytest.raises(UnknownKeyError) as unknown:  # ours: it is on its way to this process
            await worker._decode_payload_sequence([sealed])
        assert not isinstance(unknown.value, NotOurKeyError)
        assert await worker._decode_payload_sequence([made_up]) == [closed()]
        with pytest.raises(NotOurKeyError):  # a client is told
            await worker.decode([made_up])
        away = True
        with pytest.raises(KeysAwayError):
            await worker._decode_payload_sequence([made_up])


async def test_payloads_of_before_a_rotation_stay_readable(
    ring: KeyRing, converter: DataConverter, other_process: RingVault
) -> None:
    (old,) = await of(converter, CASE).encode([MARK])
    new = ring.rotate(at=LATER)
    (now,) = await of(converter, CASE).encode([MARK])
    assert now.metadata["key-id"].decode() == new.id != old.metadata["key-id"].decode()
    elsewhere = of(sealed_converter(other_process), CASE)
    assert await elsewhere.decode([old, now], [str, str]) == [MARK, MARK]


async def test_by_setting_it_is_sm4(ring: KeyRing, register_url: str, vault: RingVault) -> None:
    secrets = Secrets(lambda: create_engine(register_url))
    sm4 = RingVault(ring, secrets, algorithm=Algorithm.SM4GCM)
    (payload,) = await of(sealed_converter(sm4), CASE).encode([MARK])
    await sm4.aclose()
    assert payload.metadata["cipher"] == b"SM4GCM"
    assert await of(sealed_converter(vault), CASE).decode([payload], [str]) == [MARK]


async def test_an_erased_case_can_be_neither_read_nor_written(
    converter: DataConverter, register_engine: AsyncEngine
) -> None:
    (payload,) = await of(converter, CASE).encode([MARK])
    await erase(register_engine, CASE)
    with pytest.raises(ErasedError, match="已依法删除"):
        await of(converter, CASE).decode([payload], [str])
    with pytest.raises(ErasedError):
        await of(converter, CASE).encode([MARK])


async def test_with_sealing_off_only_what_was_sealed_is_opened(vault: RingVault) -> None:
    (payload,) = await of(sealed_converter(vault), CASE).encode([MARK])
    off = of(sealed_converter(vault, sealing=False), CASE)
    assert await off.decode([payload], [str]) == [MARK]
    (plain,) = await off.encode([MARK])
    assert not is_encrypted(plain)


async def test_a_failure_keeps_its_type_and_hides_its_words(converter: DataConverter) -> None:
    ours, failure = of(converter, CASE), Failure()
    error = ApplicationError(MARK, "detail-" + MARK, type="WRONG_STAGE")
    error.__cause__ = ValueError(MARK)
    await ours.encode_failure(error, failure)
    assert MARK.encode() not in failure.SerializeToString()
    assert failure.application_failure_info.type == "WRONG_STAGE"
    back = await ours.decode_failure(failure)
    assert isinstance(back, ApplicationError)
    assert (back.message, back.details, back.type) == (MARK, ("detail-" + MARK,), "WRONG_STAGE")
    assert MARK in str(back.__cause__)


@pytest.mark.parametrize(
    "error",
    [
        ApplicationError(MARK, type="WRONG_STAGE"),
        ValueError(MARK),
        DomainError("WRONG_STAGE", MARK),
    ],
)
async def test_what_is_no_refusal_hides_its_words_whatever_its_code(
    converter: DataConverter, error: Exception
) -> None:
    failure = Failure()
    await of(converter, CASE).encode_failure(error, failure)
    assert MARK.encode() not in failure.SerializeToString()
    assert str(await DataConverter().decode_failure(failure)).endswith("Encoded failure")


async def test_a_refusal_is_read_by_anybody_without_what_led_to_it(
    converter: DataConverter,
) -> None:
    failure = Failure()
    error = RefusalError("FIELD_REQUIRED", "请填写理由", "reason")
    error.__cause__ = ValueError(MARK)
    await of(converter, CASE).encode_failure(error, failure)
    assert MARK.encode() not in failure.SerializeToString()
    for reader in (DataConverter(), of(converter, CASE), of(converter, OTHER)):
        read = await reader.decode_failure(failure)
        assert isinstance(read, ApplicationError)
        assert (read.type, read.message, tuple(read.details), read.non_retryable) == (
            "FIELD_REQUIRED",
            "请填写理由",
            ("reason",),
            True,
        )
        assert read.__cause__ is None


@pytest.mark.parametrize(
    "answer",
    [
        Receipt(case_no=CASE, seq=2, stage="ready", at=LATER),
        Outcome(case_no=CASE, stage="archived", seq=9),
        OrderOutcome.of(OrderReceipt(no="S-1", status=OrderStatus.DONE, reason=MARK)),
        Progress(listed=3),
        Number("o-1"),
        LastDay(2026, 9, 1),
    ],
)
async def test_an_answer_is_the_same_whoever_reads_it(
    converter: DataConverter, answer: object
) -> None:
    assert type(answer) in OPEN
    payloads = await of(converter, CASE).encode([answer])
    assert MARK.encode() not in payloads[0].SerializeToString()
    (plain,) = await DataConverter().decode(payloads)
    assert plain == TypeAdapter(type(answer)).dump_python(answer, mode="json")
    assert await of(converter, CASE).decode(payloads, [type(answer)]) == [answer]


async def test_an_answer_inside_a_message_is_sealed_with_it(converter: DataConverter) -> None:
    (payload,) = await of(converter, CASE).encode([[Outcome(case_no=CASE, stage="x", seq=9)]])
    assert is_encrypted(payload)


async def test_an_erased_case_still_answers_what_is_about_nobody(
    converter: DataConverter, register_engine: AsyncEngine
) -> None:
    ours = of(converter, CASE)
    await ours.encode([MARK])
    await erase(register_engine, CASE)
    outcome = Outcome(case_no=CASE, stage="archived", seq=9)
    assert not is_encrypted((await ours.encode([outcome]))[0])
    with pytest.raises(ErasedError):
        await ours.encode([outcome, MARK])
    (told,) = await ours.encode([KNOWS])
    shown = json.loads(told.data)
    assert shown["currentDetails"] == "已依法删除"
    assert [query["name"] for query in shown["definition"]["queryDefinitions"]] == ["progress"]


async def test_what_a_workflow_knows_is_listed_beside_its_sealed_details(
    converter: DataConverter,
) -> None:
    (payload,) = await of(converter, CASE).encode([KNOWS])
    assert is_encrypted(payload)
    assert MARK.encode() not in payload.SerializeToString()
    assert json.loads(payload.metadata["definition"])["queryDefinitions"] == [{"name": "progress"}]
    assert await of(converter, CASE).decode([payload], [WorkflowMetadata]) == [KNOWS]


async def test_nothing_is_no_payload(vault: RingVault) -> None:
    assert await SealingCodec(vault).encode([]) == []
    assert await SealingCodec(vault).decode([Payload(data=b"x")]) == [Payload(data=b"x")]
