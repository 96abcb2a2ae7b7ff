"""What in the register is for nobody's eyes: sealed before it is written, opened when it is read.

All of a party, and every free text. What is sealed is bound to its case, table and column. Sealed
twice, the same text looks different: whoever compares, compares opened texts.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    String,
    Table,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.opening import Party
from casework.domain.case.projection import tables
from casework.messages.entry import Entry, EventRow, Opening
from casework.security.keys.vault import Cipher, ErasedError, is_sealed, readable
from casework.store.engine import Sessions, let_record_change, vault_of
from casework.store.models import Absences, Cases, Model, Openings

SEALED: Mapping[str, tuple[str, ...]] = {
    "parties": ("name", "id_number", "email", "phone"),
    "events": ("reason",),
    "credit_records": ("repair_reason",),
    "operations": ("content",),
    **{each.table: each.sealed for each in tables() if each.sealed},
}
"""Table → its sealed columns; of an event, ``body`` is sealed beside them, whole."""

NOBODYS = ""
ABSENCE_REASON = "absences.reason"
"""Why somebody is away may be an illness: sealed, under no case."""

CONTACT_MAIL, CONTACT_SMS = "staff_contacts.mail", "staff_contacts.sms"
"""Where an officer is told of cards: an address of a person, sealed, under no case."""

MARK = "sealed:"
"""How a sealed text begins, for conditions of SQL; else ``is_sealed`` tells."""

BODY = "events.body"
_MEMBER = "sealed"
_SEALED_BODY = f'{{"{_MEMBER}":'

R = TypeVar("R")


@dataclass(frozen=True)
class Opener:
    """Opens what is stored of one case; once its secret is erased, what was sealed says so.

    What was written before there was sealing passes unchanged. What cannot be opened, since it was
    altered or the ring lacks its key, raises a `KeysError`.
    """

    case_no: str
    cipher: Cipher | None

    def text(self, stored: str, about: str) -> str:
        """The text of a column, ``about`` is ``table.column``."""
        return readable(self.cipher, stored, about)

    def is_erased(self, stored: str) -> bool:
        """Whether nobody can open the text any more."""
        return self.cipher is None and is_sealed(stored)

    def row(self, table: str, stored: Mapping[Any, Any]) -> dict[str, Any]:
        """A row, or a part of one, with the texts of its sealed columns."""
        columns = [name for name in SEALED.get(table, ()) if name in stored]
        return {**stored, **{name: self.text(stored[name], f"{table}.{name}") for name in columns}}

    def body(self, stored: str) -> str:
        """The JSON of an event's body, from the JSON that is stored.

        Raises:
            ErasedError: there is none any more.
        """
        if not stored.startswith(_SEALED_BODY):
            return stored
        if self.cipher is None:
            raise ErasedError(self.case_no)
        return self.cipher.open_text(json.loads(stored)[_MEMBER], BODY)


async def opener(session: AsyncSession, case_no: str) -> Opener:
    """What opens the texts of a case."""
    return Opener(case_no, await vault_of(session).reading(case_no))


async def openers(session: AsyncSession, cases: Iterable[str]) -> dict[str, Opener]:
    """What opens the texts of each case."""
    each = await asyncio.gather(*(opener(session, case_no) for case_no in set(cases)))
    return {own.case_no: own for own in each}


async def sealed(session: AsyncSession, entry: Entry) -> Entry:
    """The entry with everything sealed that may speak of a person.

    Raises:
        ErasedError: nothing is written about this person any more.
        KeysAwayError: try again.
    """
    return sealed_by(await vault_of(session).cipher(entry.case_no), entry)


def sealed_by(cipher: Cipher, entry: Entry) -> Entry:
    """The entry with everything sealed by the cipher of its case."""
    sealed_rows = {
        each.member: tuple(_row(cipher, each.table, row) for row in entry.rows.get(each.member, ()))
        for each in tables()
        if each.sealed
    }
    return replace(
        entry,
        rows={**entry.rows, **sealed_rows},
        events=tuple(_event(cipher, event) for event in entry.events),
        operations=tuple(_row(cipher, "operations", each) for each in entry.operations),
        opening=_opening(cipher, entry.opening),
        employer=_party(cipher, entry.employer),
        addresses=tuple(_row(cipher, "parties", each) for each in entry.addresses),
    )


def sealed_row(cipher: Cipher, table: str, row: Mapping[str, Any]) -> dict[str, str]:
    """The sealed columns of a row, as they are stored."""
    return {
        name: cipher.seal_text(_storable(row[name]), f"{table}.{name}")
        for name in SEALED[table]
        if name in row
    }


def sealed_body(cipher: Cipher, body: str) -> str:
    """The JSON that stands for an event's body."""
    text = cipher.seal_text(body.replace(r"\u0000", r"\ufffd"), BODY)
    return json.dumps({_MEMBER: text}) if is_sealed(text) else text


def _event(cipher: Cipher, event: EventRow) -> EventRow:
    return replace(_row(cipher, "events", event), body=sealed_body(cipher, event.body))


def _opening(cipher: Cipher, opening: Opening | None) -> Opening | None:
    if opening is None:
        return None
    return replace(
        opening,
        applicant=_party(cipher, opening.applicant),
        employer=_party(cipher, opening.employer),
        agent=_party(cipher, opening.agent),
    )


def _party(cipher: Cipher, party: Party | None) -> Party | None:
    return None if party is None else _row(cipher, "parties", party)


def _row(cipher: Cipher, table: str, row: R) -> R:
    return replace(row, **sealed_row(cipher, table, vars(row)))  # type: ignore[type-var]


def _storable(text: str) -> str:
    # As everywhere in the register: PostgreSQL stores no NUL, and so none may come back.
    return text.replace("\0", "\ufffd")


# --- what is still in clear ----------------------------------------------------------------
# Sealing what the register held in clear from before there was sealing.


_BATCH = 500
_WITH_BODY = ("events", "superseded_events")


@dataclass(frozen=True, kw_only=True)
class SealReport:
    """``cases``: how many had rows to seal. ``left``: events in clear that a hash stands over."""

    cases: int
    left: int


async def seal_register(sessions: Sessions) -> SealReport:
    """Seal each text in clear, case by case; again, it finds nothing more to do.

    Each case is a transaction of its own and waits for its recorder: it may run beside the workers,
    and be broken off. Events that have their hash stay as they are.
    """
    cases, last = 0, ""
    while numbers := await _page(sessions, last):
        for case_no in numbers:
            async with sessions.begin() as session:
                cases += await seal_case(session, case_no)
        last = numbers[-1]
    async with sessions.begin() as session:
        await _seal_absences(session)
        left = [await session.scalar(_left(name)) or 0 for name in _WITH_BODY]
    return SealReport(cases=cases, left=sum(left))


async def seal_case(session: AsyncSession, case_no: str) -> bool:
    """Seal the texts in clear of one case; whether there were any. An erased one has none."""
    try:
        cipher = await vault_of(session).cipher(case_no)
    except ErasedError:
        return False
    await session.execute(select(1).where(Cases.case_no == case_no).with_for_update())
    await let_record_change(session)
    rows = [await _seal(session, cipher, table, case_no) for table in _tables()]
    return any(rows)


async def _seal_absences(session: AsyncSession) -> None:
    """Seal the reasons that were written before there was sealing."""
    cipher = await vault_of(session).cipher(NOBODYS)
    in_clear = and_(Absences.reason != "", ~Absences.reason.startswith(MARK))
    query = select(Absences.id, Absences.reason).where(in_clear).with_for_update()
    for number, reason in (await session.execute(query)).all():
        sealed = cipher.seal_text(reason, ABSENCE_REASON)
        await session.execute(update(Absences).where(Absences.id == number).values(reason=sealed))


async def _page(sessions: Sessions, last: str) -> list[str]:
    """The next cases with something in clear."""
    in_clear = (exists().where(t.c.case_no == Openings.case_no, _open(t)) for t in _tables())
    query = select(Openings.case_no).where(Openings.case_no > last, or_(*in_clear))
    async with sessions() as session:
        return list(await session.scalars(query.order_by(Openings.case_no).limit(_BATCH)))


def _tables() -> list[Table]:
    return [Model.metadata.tables[name] for name in (*SEALED, "superseded_events")]


async def _seal(session: AsyncSession, cipher: Cipher, table: Table, case_no: str) -> int:
    key = list(table.primary_key)
    texts: list[ColumnElement[Any]] = [table.c[name] for name in _columns(table)]
    if table.name in _WITH_BODY:
        texts.append(cast(table.c.body, String).label("body"))
    query = select(*key, *texts).where(table.c.case_no == case_no, _open(table))
    rows = (await session.execute(query)).mappings().all()
    for row in rows:
        where = (column == row[column.name] for column in key)
        await session.execute(update(table).where(*where).values(_sealed(cipher, table, row)))
    return len(rows)


def _sealed(cipher: Cipher, table: Table, row: RowMapping) -> Mapping[str, Any]:
    in_clear = {name: row[name] for name in _columns(table) if not is_sealed(row[name])}
    values: dict[str, Any] = dict(sealed_row(cipher, _kin(table), in_clear))
    if table.name in _WITH_BODY:
        values["body"] = json.loads(sealed_body(cipher, row["body"]))
    return values


def _columns(table: Table) -> tuple[str, ...]:
    return SEALED[_kin(table)]


def _kin(table: Table) -> str:
    """What was superseded stays sealed as the event that it was."""
    return "events" if table.name == "superseded_events" else table.name


def _open(table: Table) -> ColumnElement[bool]:
    """That a row has a text in clear which may be sealed."""
    if table.name in _WITH_BODY:
        return and_(~table.c.body.has_key("sealed"), table.c.hash == "")
    return or_(
        *(and_(table.c[name] != "", ~table.c[name].startswith(MARK)) for name in _columns(table))
    )


def _left(name: str) -> Any:  # noqa: ANN401 - a count
    table = Model.metadata.tables[name]
    in_clear = and_(~table.c.body.has_key("sealed"), table.c.hash != "")
    return select(func.count()).select_from(table).where(in_clear)
