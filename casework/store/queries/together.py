"""What colleagues have written on a case for each other: notes, read from its events."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Text, cast, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.events import NoteAdded, kind_of_event
from casework.security.keys.vault import ERASED, ErasedError
from casework.store.models import Events
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.sealing.sealing import Opener, opener


@dataclass(frozen=True, kw_only=True)
class NoteView:
    """One note: ``seq`` is that of its event; what was erased says so in ``text``."""

    seq: int
    at: datetime
    actor: str
    role: str
    text: str


def _key(row: NoteView) -> tuple[int]:
    return (row.seq,)


_KEYSET = Keyset("notes", _key, TypeAdapter(tuple[int]))
_NOTE = kind_of_event(NoteAdded)


async def notes(
    session: AsyncSession, case_no: str, *, after: str = "", size: int = PAGE_SIZE
) -> Page[NoteView]:
    """A page of a case's notes, the newest first; raises `CursorError`."""
    size = bounded(size)
    columns = (Events.seq, Events.at, Events.actor, Events.role)
    query = select(*columns, cast(Events.body, Text).label("body"))
    query = query.where(Events.case_no == case_no, Events.kind == _NOTE)
    if after:
        query = query.where(Events.seq < _KEYSET.key(after)[0])
    found = await session.execute(query.order_by(Events.seq.desc()).limit(size + 1))
    own = await opener(session, case_no)
    return _KEYSET.page([_note(row, own) for row in found.mappings()], size)


def _note(row: Mapping[Any, Any], own: Opener) -> NoteView:
    said = {name: row[name] for name in ("seq", "at", "actor", "role")}
    return NoteView(**said, text=member_of(own, row["body"], "text"))


def member_of(own: Opener, body: str, name: str) -> str:
    """One text of an event's body as it is stored; what was erased says so."""
    try:
        text: str = json.loads(own.body(body)).get(name, "")
    except ErasedError:
        return ERASED
    return text
