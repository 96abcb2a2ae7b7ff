"""Cases of one kind: what a list or a page shows of the case, and of the row of its kind."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, TypeVar

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import ColumnElement, Select, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from casework.store.models import Cases, Model, Talents
from casework.store.paging import Keyset, Page, bounded
from casework.store.queries.case import CaseView, case_view
from casework.store.queries.search import SHOWN, CaseSummary
from casework.store.register.by_date import by_date, is_by_date, joined
from casework.store.sealing.sealing import SEALED, opener, openers

S = TypeVar("S", bound=CaseSummary)
V = TypeVar("V", bound=CaseView)

NewestFirst = Keyset[Any, tuple[AwareDatetime, str]]

_ORDER = (Cases.received_at, Cases.case_no)


def newest_first(name: str) -> NewestFirst:
    """The order of a list of cases of one kind; ``name`` is the list's."""
    return Keyset(
        name, lambda row: (row.received_at, row.case_no), TypeAdapter(tuple[AwareDatetime, str])
    )


def summaries(table: type[Model], row: type) -> Select[Any]:
    """The columns of summaries of the cases with a row in the table; ``row`` is its dataclass."""
    columns = table.__table__.c
    query = joined(select(*SHOWN, *(own_column(table, field.name) for field in fields(row))))
    return query.join(table, columns.case_no == Cases.case_no)


def own_column(table: type[Model], name: str) -> ColumnElement[Any]:
    """A column of a kind's own row; what time alone changes, as it stands by the date."""
    if table is Talents and name in {"status", "points"}:
        return by_date(getattr(Talents, name)).label(name)
    return table.__table__.c[name]


async def page_of(  # noqa: PLR0913 - what of which table, in which order, and which page
    session: AsyncSession,
    keyset: NewestFirst,
    summary: type[S],
    table: type[Model],
    query: Select[Any],
    *,
    after: str,
    size: int,
) -> Page[S]:
    """A page of summaries out of the table, newest first; raises `CursorError`."""
    size = bounded(size)
    if after:
        query = query.where(tuple_(*_ORDER) < keyset.key(after))
    newest = query.order_by(*(column.desc() for column in _ORDER)).limit(size + 1)
    return keyset.page(await opened(session, summary, table, newest), size)


async def opened(
    session: AsyncSession, summary: type[S], table: type[Model], query: Select[Any]
) -> list[S]:
    """The summaries that a query finds, their sealed texts opened."""
    rows = (await session.execute(query)).mappings().all()
    if table.__tablename__ not in SEALED:
        return [summary(**row) for row in rows]
    own = await openers(session, (row["case_no"] for row in rows))
    return [summary(**own[row["case_no"]].row(table.__tablename__, row)) for row in rows]


async def view_of(
    session: AsyncSession, view: type[V], table: type[Model], row: type, case_no: str
) -> V | None:
    """A case as its page shows it; None if there is none with a row in the table."""
    columns = (own_column(table, field.name) for field in fields(row))
    query = joined(
        select(*columns).join_from(table, Cases, table.__table__.c.case_no == Cases.case_no)
    )
    query = query.where(Cases.case_no == case_no)
    own = (await session.execute(query)).mappings().one_or_none()
    case = await case_view(session, case_no) if own else None
    if case is None or own is None:
        return None
    texts = await opener(session, case_no)
    return view(**vars(case), **texts.row(table.__tablename__, own))


def where_given(
    given: Iterable[tuple[InstrumentedAttribute[str], str]],
) -> list[ColumnElement[bool]]:
    """That each column has the value beside it by the date; an empty one does not restrict."""
    moving = {Cases.stage, Talents.status}
    return [
        is_by_date(column, value) if column in moving else column == value
        for column, value in given
        if value
    ]
