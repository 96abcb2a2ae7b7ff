"""What was done under which key: kept with its events, gone with them, sealed, never rewritten."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from casework.messages.entry import OperationRow
from casework.security.keys.vault import Vault
from casework.store.engine import Sessions
from casework.store.models import Operations
from casework.store.register.cases import Operation, note_fact, operation
from casework.store.register.rebuild import rebuild
from casework.store.register.recording import Written, record
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.desks import archived
from tests.store.entries import writer
from tests.store.test_recording import passed, withdrawn
from tests.store.test_sealing import erase

AT = datetime(2027, 5, 1, tzinfo=UTC)


def done(seq: int = 2, key: str = "ja-o1:k", content: str = "digest") -> OperationRow:
    return OperationRow(id=key, verb="withdraw", content=content, seq=seq, stage="withdrawn", at=AT)


async def found(sessions: Sessions, case_no: str, key: str = "ja-o1:k") -> Operation | None:
    async with sessions() as session:
        return await operation(session, case_no, key)


@in_clear_and_sealed
async def test_operation_is_kept_with_its_events_once(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer(archived())
    first, second = case.entry(1), case.entry(1)
    second = replace(second, operations=(done(),))
    await recorded(first, second)
    assert await recorded(second) == [Written.REPEATED]
    kept = await found(sessions, case.case_no)
    assert kept is not None
    assert kept.says("withdraw", "digest")
    assert not kept.says("withdraw", "another")
    assert not kept.says("approve", "digest")
    assert (kept.receipt.seq, kept.receipt.stage, kept.receipt.at) == (2, "withdrawn", AT)
    assert await found(sessions, case.case_no, "ja-o2:k") is None
    assert (await rebuild(sessions)).differences == ()
    assert await found(sessions, case.case_no) == kept


async def test_operation_whose_events_were_decided_anew_was_not_done(
    recorded: Recording, sessions: Sessions
) -> None:
    lost, kept = writer(withdrawn()), writer(passed(timedelta(minutes=3)))
    opening = replace(lost.entry(1), operations=(done(seq=1, key="ja-o1:before"),))
    await recorded(opening, replace(lost.entry(1), operations=(done(),)))
    kept.entry(1)
    anew = replace(kept.entry(), operations=(done(seq=2, key="ja-o1:after"),))
    assert await recorded(anew) == [Written.SUPERSEDING]
    assert await found(sessions, lost.case_no) is None
    for key in ("ja-o1:before", "ja-o1:after"):
        assert await found(sessions, lost.case_no, key) is not None


async def test_content_of_an_operation_is_erased_with_its_case(
    sealed_sessions: Sessions, ring_vault: Vault
) -> None:
    case = writer(archived())
    async with sealed_sessions.begin() as session:
        await record(session, replace(case.entry(), operations=(done(),)))
    async with sealed_sessions() as session:
        row = await session.get(Operations, (case.case_no, "ja-o1:k"))
    assert row is not None
    assert row.content != "digest"
    await erase(sealed_sessions, ring_vault, case.case_no)
    kept = await found(sealed_sessions, case.case_no)
    assert kept is not None
    assert kept.says("withdraw", "whatever it was")
    assert kept.receipt.seq == 2


@in_clear_and_sealed
async def test_fact_is_noted_once_and_of_a_known_case_only(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer(archived())
    await recorded(case.entry())
    for content in ("digest", "another"):
        async with sessions.begin() as session:
            for number in (case.case_no, "310106-NONE-0000-0000"):
                await note_fact(session, number, "post:k", fact="delivered", content=content, at=AT)
    kept = await found(sessions, case.case_no, "post:k")
    assert kept is not None
    assert kept.says("delivered", "digest")
    assert kept.seq == len(case.events)
    assert await found(sessions, "310106-NONE-0000-0000", "post:k") is None
