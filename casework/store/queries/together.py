"""What colleagues have written on a case for each other: notes and opinions, from its events."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import Text, and_, cast, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from casework.domain.case.events import NoteAdded, kind_of_event
from casework.security.keys.vault import ERASED, ErasedError
from casework.store.models import Clocks, Courses, Events, Opinions
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


@dataclass(frozen=True, kw_only=True)
class OpinionView:
    """An opinion with its words; ``due_on`` None: not known."""

    task: str
    asked: str
    asked_as: str
    asked_by: str
    asked_at: datetime
    question: str
    due_on: date | None
    given_at: datetime | None
    late: bool
    text: str
    withdrawn_at: datetime | None
    files: tuple[str, ...]


def _opinion_key(row: OpinionView) -> tuple[datetime, str]:
    return row.asked_at, row.task


_OPINIONS = Keyset("opinions", _opinion_key, TypeAdapter(tuple[AwareDatetime, str]))
_WORDS = ("task", "asked", "asked_as", "asked_by", "asked_at", "given_at", "late", "withdrawn_at")


async def opinions(
    session: AsyncSession, case_no: str, *, of: str = "", after: str = "", size: int = PAGE_SIZE
) -> Page[OpinionView]:
    """A page of a case's opinions, the first asked first; ``of``: only what that person is asked.

    Raises `CursorError`.
    """
    size = bounded(size)
    question, answer = aliased(Events), aliased(Events)
    order = (Opinions.asked_at, Opinions.task)
    query = (
        select(
            *(Opinions.__table__.c[name] for name in (*_WORDS, "files")),
            Courses.due_on,
            cast(question.body, Text).label("asked_body"),
            cast(answer.body, Text).label("given_body"),
        )
        .outerjoin(
            question,
            and_(question.case_no == Opinions.case_no, question.seq == Opinions.asked_seq),
        )
        .outerjoin(
            answer, and_(answer.case_no == Opinions.case_no, answer.seq == Opinions.given_seq)
        )
        .outerjoin(Clocks, and_(Clocks.case_no == Opinions.case_no, Clocks.clock == Opinions.clock))
        .outerjoin(Courses, Courses.id == Clocks.course)
        .where(Opinions.case_no == case_no)
    )
    if of:
        query = query.where(Opinions.asked == of)
    if after:
        query = query.where(tuple_(*order) > tuple_(*_OPINIONS.key(after)))
    found = await session.execute(query.order_by(*order).limit(size + 1))
    own = await opener(session, case_no)
    return _OPINIONS.page([_opinion(row, own) for row in found.mappings()], size)


def _opinion(row: Mapping[Any, Any], own: Opener) -> OpinionView:
    return OpinionView(
        **{name: row[name] for name in (*_WORDS, "due_on", "files")},
        question=member_of(own, row["asked_body"], "question") if row["asked_body"] else "",
        text=member_of(own, row["given_body"], "text") if row["given_body"] else "",
    )
