"""What in the register is for nobody's eyes: sealed before it is written, opened when it is read.

All of a party, and every free text. What is sealed is bound to its case, table and column. Sealed
twice, the same text looks different: whoever compares, compares opened texts.
"""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.opening import Party
from casework.domain.case.projection import tables
from casework.messages.entry import Entry, EventRow, Opening
from casework.security.keys.vault import Cipher, ErasedError, is_sealed, readable
from casework.store.engine import vault_of

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
    )


def _party(cipher: Cipher, party: Party | None) -> Party | None:
    return None if party is None else _row(cipher, "parties", party)


def _row(cipher: Cipher, table: str, row: R) -> R:
    return replace(row, **sealed_row(cipher, table, vars(row)))  # type: ignore[type-var]


def _storable(text: str) -> str:
    # As everywhere in the register: PostgreSQL stores no NUL, and so none may come back.
    return text.replace("\0", "\ufffd")
