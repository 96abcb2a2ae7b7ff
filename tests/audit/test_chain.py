"""How the chain is made: by whatever hash, sealed or not, and for cases from before."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.domain.case.events import MessageRefused
from casework.security.audit.hashing import Hashing, canonical, content_of, genesis, link, read_json
from casework.security.keys.vault import PLAIN
from casework.store.audit import Sealed, seal_history
from casework.store.engine import sessions as open_sessions
from tests.audit.conftest import EVENTS, Archive
from tests.docs.pages import CONTRACT, section
from tests.domain.desk import open_desk
from tests.store.desks import archived
from tests.store.entries import writer


def test_hash_is_made_as_the_contract_says() -> None:
    at = datetime(2026, 11, 22, 2, tzinfo=UTC)
    content = content_of(
        kind="withdrawn",
        title="撤回",
        at=at,
        actor="ja-o1",
        role="officer",
        reason="另有安排",
        body='{"kind": "withdrawn", "a": 1.0}',
    )
    case_no, before = "310106-71Z3-Z1JX-7J9T", genesis(Hashing.SHA256, "310106-71Z3-Z1JX-7J9T")
    assert before == f"sha256:{hashlib.sha256(case_no.encode()).hexdigest()}"
    told = [
        *(case_no, 1, "withdrawn", "撤回", "2026-11-22T02:00:00.000000+00:00", "ja-o1", "officer"),
        *("另有安排", {"a": 1, "kind": "withdrawn"}, before),
    ]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    expected = f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    assert link(Hashing.SHA256, case_no, 1, content, before) == expected


def test_sm3_is_that_of_its_standard() -> None:
    """GB/T 32905—2016, A.1."""
    assert Hashing.SM3.of("abc") == (
        "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    )


@pytest.mark.parametrize("numbers", ["[1, 1.0, 1e0]", "[100000000000000000000, 1e20, 1E+20]"])
def test_number_is_the_same_however_it_is_written(numbers: str) -> None:
    (one,) = {canonical(each) for each in read_json(numbers)}  # type: ignore[attr-defined]
    assert one.isdecimal()


@pytest.mark.parametrize("hashing", Hashing)
async def test_chain_by_each_hash(
    archive: Archive, register_engine: AsyncEngine, hashing: Hashing
) -> None:
    archive.sessions = open_sessions(register_engine, PLAIN, hashing)
    case_no = await archive.fill()
    await archive.digest()
    assert all(event.hash.startswith(hashing) for event in await archive.events(case_no))
    assert not await archive.found()


async def test_chain_goes_on_by_another_hash(
    archive: Archive, register_engine: AsyncEngine
) -> None:
    case = writer(archived())
    await archive.record(case.entry(3))
    archive.sessions = open_sessions(register_engine, PLAIN, Hashing.SM3)
    await archive.record(case.entry())
    assert not await archive.found()
    await archive.tamper("UPDATE events SET actor = 'x' WHERE seq = 3")
    assert await archive.found() == [("altered", case.case_no, 3, 3, None)]


async def test_what_postgresql_cannot_store_is_hashed_as_it_is_stored(archive: Archive) -> None:
    desk = open_desk()
    desk.apply(MessageRefused(message="nonsense", code="UNREADABLE", reason="另\x00有\\u0000安排"))
    case = writer(desk)
    await archive.record(case.entry(1))
    await archive.record(case.entry())
    assert not await archive.found()


async def test_case_from_before_the_chain_goes_on_without(archive: Archive) -> None:
    case = writer(archived())
    await archive.record(case.entry(4))
    await archive.tamper("UPDATE events SET hash = ''")
    await archive.record(case.entry())
    made = await archive.digest()
    report = await archive.verify()
    assert (report.findings, report.unsealed) == ((), EVENTS)
    assert made.digest.heads == ()


async def test_history_is_sealed_once_and_the_chain_goes_on(archive: Archive) -> None:
    case = writer(archived())
    await archive.record(case.entry(4))
    await archive.tamper("UPDATE events SET hash = ''")
    other = await archive.fill(2)
    assert await seal_history(archive.sessions) == Sealed(cases=1, events=4, refused=())
    assert await seal_history(archive.sessions) == Sealed(cases=0, events=0, refused=())
    await archive.record(case.entry())
    made = await archive.digest()
    assert [head.case_no for head in made.digest.heads] == [case.case_no, other]
    report = await archive.verify()
    assert (report.findings, report.unsealed) == ((), 0)


async def test_event_that_was_on_its_way_gets_its_hash_next_time(archive: Archive) -> None:
    case_no = await archive.fill(events=4)
    await archive.tamper("UPDATE events SET hash = '' WHERE seq = 4")
    assert await archive.found() == [("hash_removed", case_no, 4, 4, None)]
    assert await seal_history(archive.sessions) == Sealed(cases=1, events=1, refused=())
    assert not await archive.found()


async def test_sealing_hides_no_tampering(archive: Archive) -> None:
    told, partly = await archive.fill(1), await archive.fill(2)
    await archive.digest()
    await archive.tamper("UPDATE events SET hash = '' WHERE case_no = :no", no=told)
    await archive.tamper("UPDATE events SET hash = '' WHERE case_no = :no AND seq < 4", no=partly)
    await archive.tamper("DELETE FROM audit_heads WHERE case_no = :no", no=partly)
    assert (await seal_history(archive.sessions)).refused == (told, partly)


async def test_a_repeated_entry_changes_no_hash(archive: Archive) -> None:
    case = writer(archived())
    entries = [case.entry(2), case.entry(3), case.entry()]
    for entry in entries:
        await archive.record(entry)
    once = await archive.events(case.case_no)
    for entry in (*entries, *reversed(entries)):
        await archive.record(entry)
    assert await archive.events(case.case_no) == once


def test_contract_shows_how_a_hash_is_made() -> None:
    shown = section(CONTRACT, "The audit chain").partition("```text\n")[2]
    told, hashed, _ = shown.split("\n", 2)
    case_no, seq, *_ = json.loads(told)
    content = told.removeprefix(f'["{case_no}",{seq},').rpartition(",")[0]
    before = genesis(Hashing.SHA256, case_no)
    assert link(Hashing.SHA256, case_no, seq, content, before) == hashed
    assert Hashing.SHA256.of(told) == hashed
