from datetime import UTC, datetime

from casework.store.engine import Sessions
from casework.store.register.credit import barred, credit_records, repair
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.desks import archived, breached
from tests.store.entries import writer

pytestmark = in_clear_and_sealed

AT = datetime(2027, 5, 1, tzinfo=UTC)


async def test_breach_bars_its_subject_in_every_case_until_repaired(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(
        writer(breached(), number=1, subject="late").entry(),
        writer(archived(), number=2, subject="late").entry(),
        writer(archived(), number=3, subject="other").entry(),
    )
    async with sessions.begin() as session:
        assert await barred(session, "late")
        assert not await barred(session, "other")
        assert not await barred(session, "unknown")
        (record,) = (await credit_records(session, subject="late")).rows
        assert (await credit_records(session, case_no=record.case_no)).rows == (record,)
        assert record.repaired_at is None

        repaired = await repair(session, record.id, by="ja-head-a", reason="已补交", at=AT)
        assert repaired is not None
        assert (repaired.repaired_at, repaired.repaired_by) == (AT, "ja-head-a")
        again = await repair(session, record.id, by="ja-head-b", reason="再次", at=AT)
        assert again == repaired
        assert not await barred(session, "late")


async def test_unknown_record_cannot_be_repaired(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        assert await repair(session, "none:1", by="x", reason="x", at=AT) is None
        assert (await credit_records(session)).rows == ()
