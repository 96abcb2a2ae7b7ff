"""Cases of one kind: what a list or a page shows of the case, and of the row of its kind."""

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from casework.store.models import Cases, Model, Openings
from casework.store.queries.case import CaseView, case_view
from casework.store.queries.paging import Keyset, Page, bounded
from casework.store.queries.search import SHOWN, CaseSummary

S = TypeVar("S", bound=CaseSummary)
V = TypeVar("V", bound=CaseView)

_ORDER = (Cases.received_at, Cases.case_no)


def _key(row: CaseSummary) -> tuple[datetime, str]:
    return row.received_at, row.case_no


_KEYSET: Keyset[Any, tuple[datetime, str]] = Keyset(_key, TypeAdapter(tuple[datetime, str]))


def summaries(table: type[Model], row: type) -> Select[Any]:
    """The columns of summaries of the cases with a row in the table; ``row`` is its dataclass."""
    columns = table.__table__.c
    return (
        select(*SHOWN, *(columns[field.name] for field in fields(row)))
        .join(Openings, Openings.case_no == Cases.case_no)
        .join(table, columns.case_no == Cases.case_no)
    )


async def page_of(
    session: AsyncSession,
    summary: type[S],
    query: Select[Any],
    *,
    after: str,
    size: int,
) -> Page[S]:
    """A page of summaries, newest first; raises `CursorError`."""
    size = bounded(size)
    if after:
        query = query.where(tuple_(*_ORDER) < _KEYSET.key(after))
    newest = query.order_by(*(column.desc() for column in _ORDER)).limit(size + 1)
    rows = [summary(**row) for row in (await session.execute(newest)).mappings()]
    return _KEYSET.page(rows, size)


async def view_of(
    session: AsyncSession, view: type[V], table: type[Model], row: type, case_no: str
) -> V | None:
    """A case as its page shows it; None if there is none with a row in the table."""
    columns = (table.__table__.c[field.name] for field in fields(row))
    query = select(*columns).where(table.__table__.c.case_no == case_no)
    own = (await session.execute(query)).mappings().one_or_none()
    case = await case_view(session, case_no) if own else None
    return view(**vars(case), **own) if case and own else None


def where_given(
    given: Iterable[tuple[InstrumentedAttribute[str], str]],
) -> list[ColumnElement[bool]]:
    """That each column has the value beside it; an empty one does not restrict."""
    return [column == value for column, value in given if value]
