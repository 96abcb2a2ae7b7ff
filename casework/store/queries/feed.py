"""The feed of changes: what was recorded of all cases, in an order that is never gone back on.

An event's place is the transaction that recorded it. Readers are shown what lies below the oldest
transaction that has not ended: whatever commits later has a higher place, so nobody who has read so
far has missed anything. The places of one case rise with its events, because each entry is written
after the one before it was committed.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.store.access import seen_by
from casework.store.models import Cases, Events, Openings
from casework.store.paging import CursorError

WINDOW = 20_000
"""So many events are looked through for one page at most, whoever they concern."""

_CURSOR = re.compile(r"(\d{1,18})(?:\.([0-9A-Z]+(?:-[0-9A-Z]+){3})\.(\d{1,9}))?", re.ASCII)
_ORDER = (Events.place, Events.case_no, Events.seq)


class Mark(NamedTuple):
    """How far somebody has read: up to this event, or up to whatever lies below ``place``."""

    place: int
    case_no: str = ""
    seq: int = 0

    def __str__(self) -> str:
        return f"{self.place}.{self.case_no}.{self.seq}" if self.case_no else str(self.place)


BEGINNING = Mark(0)


def read_mark(written: str) -> Mark:
    """The mark that was written so; raises `CursorError` for anything else."""
    found = _CURSOR.fullmatch(written)
    if found is None:
        raise CursorError(written)
    return Mark(int(found[1]), found[2] or "", int(found[3] or 0))


@dataclass(frozen=True, kw_only=True)
class FeedLine:
    """One event: ``kind`` and ``title`` say what happened, ``at`` is the case's own time."""

    case_no: str
    seq: int
    kind: str
    title: str
    at: datetime
    case_kind: str
    district: str
    item: str
    item_name: str
    source: str
    reference: str
    place: int


@dataclass(frozen=True, kw_only=True)
class FeedFilter:
    """Which events somebody wants; what is empty does not restrict. ``events``: their kinds."""

    events: Collection[str] = ()
    districts: Collection[str] = ()
    items: Collection[str] = ()


@dataclass(frozen=True, kw_only=True)
class FeedPage:
    """``after``: how far this page reaches; ``more``: whether there is more already."""

    lines: tuple[FeedLine, ...]
    after: Mark
    more: bool


@dataclass(frozen=True, kw_only=True)
class _Bounds:
    """``horizon``: what lies below is committed, or never will be. ``last``: the highest place."""

    horizon: int
    last: int

    @property
    def end(self) -> Mark:
        """How far somebody has read who has everything.

        Not the horizon: a server that is killed forgets the numbers of transactions that came to
        nothing, and gives them again. A place that is recorded it has written down before.
        """
        return Mark(min(self.horizon, self.last + 1))


async def _bounds(session: AsyncSession) -> _Bounds:
    last = select(func.coalesce(func.max(Events.place), 0)).scalar_subquery()
    found = (await session.execute(select(func.feed_horizon(), last))).one()
    return _Bounds(horizon=int(found[0]), last=int(found[1]))


async def feed_end(session: AsyncSession) -> Mark:
    """The mark behind which everything lies that is recorded from now on."""
    return (await _bounds(session)).end


async def feed_held(session: AsyncSession) -> timedelta:
    """For how long the oldest writing transaction keeps back what was recorded after it began."""
    age = func.max(func.clock_timestamp() - text("xact_start"))
    held = select(age).select_from(text("pg_stat_activity")).where(text("backend_xid IS NOT NULL"))
    return await session.scalar(held) or timedelta()


async def feed_page(  # noqa: PLR0913 - who reads, from where, how much, and of what
    session: AsyncSession,
    sight: Sight,
    after: Mark,
    *,
    size: int,
    hidden: Collection[str],
    only: FeedFilter = FeedFilter(),
) -> FeedPage:
    """The next events of the cases that are seen, but for those of ``hidden`` kinds.

    A page may have fewer lines than ``size``, or none, and ``more`` all the same.

    Raises:
        CursorError: nobody can have read so far.
    """
    bounds = await _bounds(session)
    if after.place > max(bounds.horizon, bounds.last + 1):
        raise CursorError(str(after))
    beyond = and_(tuple_(*_ORDER) > after, Events.place < bounds.horizon)
    last = await session.execute(
        select(*_ORDER).where(beyond).order_by(*_ORDER).offset(WINDOW - 1).limit(1)
    )
    window = next((Mark(place or 0, no, seq) for place, no, seq in last), None)
    within = beyond if window is None else and_(beyond, tuple_(*_ORDER) <= window)
    query = _lines(sight, hidden).where(within, *_wanted(only)).order_by(*_ORDER).limit(size + 1)
    found = [FeedLine(**row) for row in (await session.execute(query)).mappings()]
    lines = tuple(found[:size])
    if len(found) > size:
        end = lines[-1]
        return FeedPage(lines=lines, after=Mark(end.place, end.case_no, end.seq), more=True)
    if window is not None:
        return FeedPage(lines=lines, after=window, more=True)
    return FeedPage(lines=lines, after=max(after, bounds.end), more=False)


def _lines(sight: Sight, hidden: Collection[str]) -> Select[Any]:
    shown: tuple[Any, ...] = (
        *_ORDER,
        Events.kind,
        Events.title,
        Events.at,
        Openings.kind.label("case_kind"),
        Openings.source,
        Openings.reference,
        Cases.district,
        Cases.item,
        Cases.item_name,
    )
    return (
        select(*shown)
        .join(Cases, Cases.case_no == Events.case_no)
        .join(Openings, Openings.case_no == Events.case_no)
        .where(Events.kind.not_in(hidden), *seen_by(sight))
    )


def _wanted(only: FeedFilter) -> list[ColumnElement[bool]]:
    chosen = (
        (Events.kind, only.events),
        (Cases.district, only.districts),
        (Cases.item, only.items),
    )
    return [column.in_(values) for column, values in chosen if values]


async def feed_lines(
    session: AsyncSession, sight: Sight, wanted: Collection[tuple[str, int]]
) -> tuple[FeedLine, ...]:
    """These events, by case and number, in the order of the feed; none that is not seen."""
    query = _lines(sight, ()).where(tuple_(Events.case_no, Events.seq).in_(wanted))
    rows = (await session.execute(query.order_by(*_ORDER))).mappings()
    return tuple(FeedLine(**row) for row in rows)
