"""Who looked at personal data: noted for good, and read by who oversees."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.security.keys.vault import PLAIN, Vault, is_sealed
from casework.store.engine import Sessions
from casework.store.queries import CursorError
from casework.store.queries.disclosure import Access, AccessFilter, Looked, accesses, note_access
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.entries import writer

pytestmark = in_clear_and_sealed

AT = datetime(2026, 11, 23, 9, tzinfo=UTC)
OWN = Actor(code="ja-o1", role=Role.OFFICER, district="310106")
OTHER = Actor(code="mh-o1", role=Role.OFFICER, district="310112")


async def look(sessions: Sessions, actor: Actor, case_no: str, what: str = "disclose") -> None:
    async with sessions.begin() as session:
        await note_access(
            session, at=AT, actor=actor, what=what, case_no=case_no, reason="电话核对住址"
        )


async def seen(sessions: Sessions, wanted: AccessFilter) -> list[tuple[str, str, str]]:
    async with sessions() as session:
        page = await accesses(session, wanted)
    return [(row.actor, row.what, row.case_no) for row in page.rows]


async def test_reason_is_sealed_under_no_case(sessions: Sessions, vault: Vault) -> None:
    await look(sessions, OWN, "310106-TEST-0000-0001")
    async with sessions() as session:
        (stored,) = await session.scalars(text("SELECT reason FROM accesses"))
        assert list(await session.scalars(text("SELECT scope FROM case_secrets"))) == []
    assert is_sealed(stored) == (vault is not PLAIN)


async def test_look_is_noted_with_who_when_and_why(sessions: Sessions) -> None:
    await look(sessions, OWN, "310106-TEST-0000-0001")
    async with sessions() as session:
        (row,) = (await accesses(session, AccessFilter())).rows
    assert row == Access(
        id=row.id,
        at=AT,
        actor="ja-o1",
        role="officer",
        district="310106",
        what="disclose",
        case_no="310106-TEST-0000-0001",
        reason="电话核对住址",
    )


async def test_list_is_narrowed_to_looks_from_a_district_and_at_its_cases(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer()
    await recorded(case.entry())
    elsewhere = "310112-TEST-0000-0002"
    for actor, case_no in ((OWN, case.case_no), (OTHER, case.case_no), (OTHER, elsewhere)):
        await look(sessions, actor, case_no)
    await look(sessions, OWN, "", Looked.FIND)
    assert await seen(sessions, AccessFilter(district="310106")) == [
        ("ja-o1", "find", ""),
        ("mh-o1", "disclose", case.case_no),
        ("ja-o1", "disclose", case.case_no),
    ]
    assert len(await seen(sessions, AccessFilter())) == 4
    assert await seen(sessions, AccessFilter(actor="mh-o1", case_no=elsewhere)) == [
        ("mh-o1", "disclose", elsewhere)
    ]
    assert await seen(sessions, AccessFilter(what="find")) == [("ja-o1", "find", "")]


async def test_pages_follow_each_other(sessions: Sessions) -> None:
    for number in range(5):
        await look(sessions, OWN, f"310106-TEST-0000-000{number}")
    numbers, cursor = [], ""
    while True:
        async with sessions() as session:
            page = await accesses(session, AccessFilter(), after=cursor, size=2)
        numbers += [int(row.case_no[-1]) for row in page.rows]
        if not (cursor := page.next):
            break
    assert numbers == [4, 3, 2, 1, 0]
    async with sessions() as session:
        with pytest.raises(CursorError):
            await accesses(session, AccessFilter(), after="x")


@pytest.mark.parametrize(
    "change",
    ["UPDATE accesses SET actor = 'x'", "DELETE FROM accesses", "TRUNCATE accesses"],
)
async def test_database_refuses_to_change_it(change: str, sessions: Sessions) -> None:
    await look(sessions, OWN, "")
    with pytest.raises(DBAPIError, match="append-only"):
        async with sessions.begin() as session:
            await session.execute(text(change))
    assert len(await seen(sessions, AccessFilter())) == 1


async def test_time_of_the_look_is_the_callers(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await note_access(
            session, at=AT + timedelta(days=1), actor=OWN, what="find", case_no="", reason="查"
        )
    async with sessions() as session:
        (row,) = (await accesses(session, AccessFilter())).rows
    assert row.at == AT + timedelta(days=1)
