"""Nothing about a person stands in the register in clear, and nothing is lost by it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.domain.case.opening import Party
from casework.domain.case.projection import tables
from casework.messages.entry import AddressRow, Entry, Opening
from casework.security.keys.cipher import Algorithm, KeyedCipher
from casework.security.keys.ring import KeyRing, init_ring
from casework.security.keys.vault import ERASED, AlteredError, ErasedError, Vault, is_sealed
from casework.store.engine import Sessions
from casework.store.engine import sessions as open_sessions
from casework.store.models import Model
from casework.store.queries import case_view, request_view, state, talent_party, timeline
from casework.store.queries.disclosure import parties_in_clear
from casework.store.register.absences import find_absence, record_absence
from casework.store.register.parties import RegisterNoticeBook, RegisterSubjects
from casework.store.register.rebuild import rebuild
from casework.store.register.recording import Written, record
from casework.store.register.statements import PROJECTION, document_of
from casework.store.sealing.sealing import SEALED, Opener, SealReport, seal_register, sealed_by
from tests.store.contents import contents_of
from tests.store.desks import breached
from tests.store.emptied import UNGUARDED
from tests.store.entries import APPLICANT, EMPLOYER, Writer, writer
from tests.store.served import Served, permit, rating, request, talent, visits
from tests.store.test_absences import absence

PERSONAL = (
    *filter(None, vars(APPLICANT).values()),
    *(EMPLOYER.name, EMPLOYER.id_number),
    *("单位盖章需时", "履职良好", "已安排入学", "确有拖延", "已补办"),
)
"""What the cases below say of people, in their parties and in free text."""

R = TypeVar("R")


async def written(sessions: Sessions, *entries: Entry) -> list[Written]:
    outcomes = []
    for entry in entries:
        async with sessions.begin() as session:
            outcomes.append(await record(session, entry))
    return outcomes


def owing() -> Writer:
    """An application with cards, debts, a breach."""
    return writer(breached(), number=9)


def cases() -> list[Served]:
    """Cases of every other kind, with all that is written about them."""
    return [talent(), permit(), visits(), request(done=True), rating(settled_on="2026-09-28")]


async def entries_of_every_kind(sessions: Sessions) -> list[str]:
    """Write them, and return the numbers of their cases."""
    own = owing()
    await written(sessions, own.entry(), *(entry for case in cases() for entry in case.entries()))
    return [own.case_no, *(case.case_no for case in cases())]


async def dump(sessions: Sessions) -> str:
    """Every row of every table, as the database itself writes it."""
    lines: list[str] = []
    async with sessions() as session:
        for table in Model.metadata.tables:
            lines += await session.scalars(text(f"SELECT {table}::text FROM {table}"))  # noqa: S608 - our own names
    return "\n".join(lines)


def found(texts: str) -> set[str]:
    return {each for each in PERSONAL if each in texts}


# An entry, sealed and opened


@pytest.fixture(scope="module")
def ring(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    file: Path = tmp_path_factory.mktemp("ring") / "ring.json"
    init_ring(file, at=datetime(2026, 9, 1, tzinfo=UTC))
    return KeyRing(file)


def marked(row: R, table: str, mark: str) -> R:
    return replace(row, **{name: mark + name for name in SEALED[table]})  # type: ignore[type-var]


PARTIES = [name for name, hint in get_type_hints(Opening).items() if hint == Party | None]
"""Every member of an opening that is somebody."""


def marked_entry(entry: Entry, mark: str) -> Entry:
    """The entry with the mark in every place that speaks of a person."""
    party = marked(APPLICANT, "parties", mark)
    everybody: dict[str, Any] = dict.fromkeys(PARTIES, party)
    rows: dict[str, tuple[Any, ...]] = {
        each.member: tuple(marked(row, each.table, mark) for row in entry.rows.get(each.member, ()))
        for each in tables()
        if each.table in SEALED
    }
    body = json.dumps({"kind": "withdrawn", "free": mark}, ensure_ascii=False)
    events = (replace(marked(event, "events", mark), body=body) for event in entry.events)
    opening = entry.opening and replace(entry.opening, **everybody)
    return replace(
        entry,
        rows={**entry.rows, **rows},
        events=tuple(events),
        opening=opening,
        employer=party,
        addresses=(AddressRow(role="agent", email=mark + "email", phone=mark + "phone"),),
    )


def opened_entry(own: Opener, entry: Entry) -> Entry:
    def row(table: str, sealed: R) -> R:
        return replace(sealed, **own.row(table, vars(sealed)))  # type: ignore[type-var]

    rows: dict[str, tuple[Any, ...]] = {
        each.member: tuple(row(each.table, one) for one in entry.rows.get(each.member, ()))
        for each in tables()
        if each.table in SEALED
    }
    events = (replace(row("events", each), body=own.body(each.body)) for each in entry.events)
    opening = entry.opening and replace(
        entry.opening,
        **{name: row("parties", getattr(entry.opening, name)) for name in PARTIES},
    )
    return replace(
        entry,
        rows={**entry.rows, **rows},
        events=tuple(events),
        opening=opening,
        employer=row("parties", entry.employer),
        addresses=tuple(row("parties", each) for each in entry.addresses),
    )


ENTRIES = [owing().entry(), *(case.entries()[0] for case in cases())]


@given(
    entry=st.sampled_from(ENTRIES),
    mark=st.text(st.characters(codec="utf-8", exclude_characters="\0\\")).map("某某机密".__add__),
    algorithm=st.sampled_from(Algorithm),
)
def test_any_entry_opens_as_it_was_sealed_and_shows_nothing(
    ring: KeyRing, entry: Entry, mark: str, algorithm: Algorithm
) -> None:
    entry = marked_entry(entry, mark)
    cipher = KeyedCipher(ring, entry.case_no, b"secret of this case", algorithm)
    sealed = sealed_by(cipher, entry)
    document = document_of(sealed)
    assert "某某机密" in document_of(entry)
    assert "某某机密" not in document
    assert json.dumps("某某机密")[1:-1] not in document
    assert opened_entry(Opener(entry.case_no, cipher), sealed) == entry


def test_a_nul_is_sealed_as_the_register_would_store_it(ring: KeyRing) -> None:
    cipher = KeyedCipher(ring, "x", b"secret", Algorithm.A256GCM)
    entry = marked_entry(ENTRIES[0], "另\0有安排")
    opened = opened_entry(Opener("x", cipher), sealed_by(cipher, entry))
    assert opened.events[0].reason == "另\ufffd有安排reason"
    assert json.loads(opened.events[0].body)["free"] == "另\ufffd有安排"


def test_every_text_that_the_projection_takes_from_people_is_sealed() -> None:
    """A new column of text must be looked at, and stand in one list or in the other."""
    known = {(table, name) for table, names in SEALED.items() for name in names}
    words = {
        (table.name, column.name)
        for member, table in PROJECTION.items()
        for column in table.c
        if column.name in {"reason", "need", "result", "comment", "opinion", "note", "text"}
        if member != "contacts"
    }
    assert words <= known


# The register


async def test_the_search_finds_each_of_them_in_clear(sessions: Sessions) -> None:
    await entries_of_every_kind(sessions)
    assert found(await dump(sessions)) == set(PERSONAL)


async def test_no_sealed_row_shows_a_person(sealed_sessions: Sessions) -> None:
    await entries_of_every_kind(sealed_sessions)
    assert found(await dump(sealed_sessions)) == set()
    assert (await rebuild(sealed_sessions, write=False)).differences == ()


async def test_sealed_again_the_entry_is_the_same(
    sealed_sessions: Sessions, ring_vault: Vault
) -> None:
    case = owing()
    entries = [case.entry(1), case.entry(2), case.entry()]
    assert await written(sealed_sessions, *entries) == [Written.NEW] * 3
    ring_vault._ring.rotate(at=datetime(2026, 12, 1, tzinfo=UTC))  # type: ignore[attr-defined]
    assert await written(sealed_sessions, *entries) == [Written.REPEATED] * 3


async def test_views_show_what_was_written(sealed_sessions: Sessions) -> None:
    asked = request(done=True)
    await written(sealed_sessions, *asked.entries())
    async with sealed_sessions() as session:
        view = await request_view(session, asked.case_no)
        assert view is not None
        assert view.result == "已安排入学"
        assert view.parties[0].name == "王**"
        assert await talent_party(session, asked.case_no, "applicant") == APPLICANT
        assert [party.name for party in await parties_in_clear(session, asked.case_no)] == [
            APPLICANT.name,
            EMPLOYER.name,
        ]
        assert await state(session, asked.case_no) == asked.case
    subjects = RegisterSubjects(sealed_sessions)
    assert await subjects.id_number(asked.case_no) == APPLICANT.id_number


@pytest.mark.parametrize(
    "moved",
    [
        "UPDATE parties SET name = phone WHERE role = 'applicant'",
        "UPDATE parties SET name = (SELECT max(name) FROM parties WHERE case_no LIKE '5%')",
        "UPDATE parties SET name = left(name, -4) || 'AAAA'",
    ],
)
async def test_text_in_another_place_is_not_opened(moved: str, sealed_sessions: Sessions) -> None:
    own = owing()
    await written(sealed_sessions, own.entry(), *request().entries())
    async with sealed_sessions.begin() as session:
        await session.execute(text(moved))
        with pytest.raises(AlteredError):
            await case_view(session, own.case_no)


# Rows from before


async def without_hashes(sessions: Sessions) -> None:
    """As the events were before there was a chain."""
    async with sessions.begin() as session:
        await session.execute(UNGUARDED)
        await session.execute(text("UPDATE events SET hash = ''"))


async def test_rows_from_before_are_read_and_then_sealed(
    register_engine: AsyncEngine, sealed_sessions: Sessions
) -> None:
    plain = open_sessions(register_engine)
    numbers = await entries_of_every_kind(plain)
    await without_hashes(plain)
    before = await contents_of(sealed_sessions)
    assert await seal_register(sealed_sessions) == SealReport(cases=len(numbers), left=0)
    assert found(await dump(plain)) == set()
    assert await contents_of(sealed_sessions) == before
    assert (await rebuild(sealed_sessions, write=False)).differences == ()
    assert await seal_register(sealed_sessions) == SealReport(cases=0, left=0)


async def test_event_with_its_hash_is_left_alone_and_told(
    register_engine: AsyncEngine, sealed_sessions: Sessions
) -> None:
    plain = open_sessions(register_engine)
    case = owing()
    await written(plain, case.entry())
    before = (await contents_of(plain, "events"))["events"]
    report = await seal_register(sealed_sessions)
    assert report == SealReport(cases=1, left=len(before))
    assert (await contents_of(plain, "events"))["events"] == before
    async with plain() as session:
        stored = await session.scalars(text("SELECT name FROM parties"))
        assert all(is_sealed(name) for name in stored)


async def test_reasons_of_absences_from_before_are_sealed(
    register_engine: AsyncEngine, sealed_sessions: Sessions
) -> None:
    plain = open_sessions(register_engine)
    async with plain.begin() as session:
        await record_absence(session, absence())
    await seal_register(sealed_sessions)
    assert absence().reason not in await dump(plain)
    async with sealed_sessions() as session:
        assert await find_absence(session, absence().id) == absence()


# Erased


async def erase(sessions: Sessions, vault: Vault, case_no: str) -> None:
    async with sessions.begin() as session:
        await session.execute(
            text("UPDATE case_secrets SET secret = NULL, erased_at = now() WHERE scope = :scope"),
            {"scope": case_no},
        )
    vault.forget(case_no)


async def test_what_was_erased_says_so_and_the_rest_stays(
    sealed_sessions: Sessions, ring_vault: Vault
) -> None:
    gone, stays = owing(), request(done=True)
    entry = gone.entry()
    await written(sealed_sessions, entry, *stays.entries())
    await erase(sealed_sessions, ring_vault, gone.case_no)
    async with sealed_sessions() as session:
        view = await case_view(session, gone.case_no)
        assert view is not None
        assert view.stage == entry.case.stage
        assert {(party.name, party.id_number) for party in view.parties} == {(ERASED, ERASED)}
        assert [debt.reason for debt in view.debts] == [ERASED]
        events = await timeline(session, gone.case_no)
        assert len(events) == len(gone.events)
        assert events[0].body == {"erased": ERASED}
        with pytest.raises(ErasedError):
            await state(session, gone.case_no)
        assert await talent_party(session, gone.case_no, "applicant") is None
        assert await state(session, stays.case_no) == stays.case
    contact = await RegisterNoticeBook(sealed_sessions).contact(gone.case_no, "applicant")
    assert (contact.name, contact.email, contact.phone) == ("", "", "")
    assert await RegisterSubjects(sealed_sessions).id_number(gone.case_no) == ""
    assert (await rebuild(sealed_sessions)).differences == ()
    with pytest.raises(ErasedError):
        await written(sealed_sessions, entry)
