"""The secrets of cases are copied apart from the register, and erasures with them."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import delete, update

from casework.store.engine import Sessions
from casework.store.models import CaseSecrets
from casework.store.sealing.copies import bring_back_secrets, copy_of_secrets

ERASED = {
    "secret": None,
    "erased_at": datetime(2026, 11, 21, tzinfo=UTC),
    "erased_by": "sh-u1",
    "erased_reason": "本人申请",
    "erased_basis": "个人信息保护法第四十七条",
}


async def filled(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for scope in ("a", "b", "c"):
            session.add(CaseSecrets(scope=scope, secret=scope.encode() * 32))


async def copied(sessions: Sessions) -> str:
    async with sessions() as session:
        return await copy_of_secrets(session)


async def test_a_copy_brings_back_what_is_lost_and_what_was_erased(sessions: Sessions) -> None:
    await filled(sessions)
    of_a = CaseSecrets.scope == "a"
    async with sessions.begin() as session:
        await session.execute(update(CaseSecrets).where(of_a).values(ERASED))
    copy = await copied(sessions)
    assert len(copy.splitlines()) == 3
    async with sessions.begin() as session:  # an older register
        await session.execute(
            update(CaseSecrets).where(of_a).values(secret=b"a" * 32, erased_at=None)
        )
        await session.execute(delete(CaseSecrets).where(CaseSecrets.scope == "c"))
        assert await bring_back_secrets(session, copy) == (1, 1)
        assert await bring_back_secrets(session, copy) == (0, 0)
    assert await copied(sessions) == copy


async def test_an_older_copy_brings_back_no_secret_that_was_erased(sessions: Sessions) -> None:
    await filled(sessions)
    older = await copied(sessions)
    async with sessions.begin() as session:
        await session.execute(update(CaseSecrets).where(CaseSecrets.scope == "a").values(ERASED))
    newer = await copied(sessions)
    async with sessions.begin() as session:
        assert await bring_back_secrets(session, older) == (0, 0)
    assert await copied(sessions) == newer


@pytest.mark.parametrize("line", ["{}", "[]", "3", "none", '{"scope": "a", "secret": "x"}'])
async def test_what_is_no_copy_is_refused(sessions: Sessions, line: str) -> None:
    await filled(sessions)
    copy = await copied(sessions)
    async with sessions() as session:
        await session.execute(delete(CaseSecrets))
        with pytest.raises(ValueError, match=r"copy|JSON|Expecting|padding|base64|isoformat"):
            await bring_back_secrets(session, f"{copy}{line}\n")
