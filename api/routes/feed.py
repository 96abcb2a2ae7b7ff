"""The feed of changes: each event that the caller may know, once, and where its case stands."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import Caller, may, sight_of
from api.edge.problems import invalid
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.routers import with_token
from api.routes.same_person import hidden_from
from api.routes.turn import Standing, standing
from casework.domain.authority import Action
from casework.domain.case.events import INTERNAL
from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import CaseKind
from casework.security.keys.errors import ErasedError
from casework.store.access import outline
from casework.store.paging import MOST_ROWS, PAGE_SIZE, CursorError
from casework.store.queries.feed import (
    BEGINNING,
    FeedLine,
    FeedPage,
    Mark,
    feed_end,
    feed_page,
    read_mark,
)
from casework.store.register.cases import stored_events

END = "end"
"""The cursor of whoever wants nothing of what has been."""
WAIT_SECONDS = 25
"""A reader waits so long at most: less than what a request may take."""
_TOLD_WITHIN_SECONDS = 5
"""Of the time that a request may take, so much is left for the answer itself."""
_LOOKS_EVERY = timedelta(seconds=0.5)

router = with_token(
    prefix="/changes",
    tags=["reading"],
    responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)


class FeedQuery(BaseModel):
    """From where, and whether to wait until there is something."""

    model_config = ConfigDict(extra="forbid")

    after: Annotated[
        str,
        Field(
            max_length=80,
            description="上次答复的 after；不写：从最早的变化起；end：只要以后的变化",
        ),
    ] = ""
    size: Annotated[int, Field(ge=1, le=MOST_ROWS)] = PAGE_SIZE
    wait: Annotated[int, Field(ge=0, le=WAIT_SECONDS, description="没有新变化时最多等待的秒数")] = 0


@dataclass(frozen=True, kw_only=True)
class Change:
    """One event, and where its case stands now, which may be events further: see ``stands.seq``.

    ``stands`` is null for a case whose person was erased. Known by ``case_no`` and ``seq``: the
    event comes again, under the same, if the case decided it anew after a loss.
    """

    case_no: str
    seq: int
    event: str
    title: str
    at: datetime
    kind: CaseKind
    district: str
    item: str
    item_name: str
    source: str
    reference: str
    stands: Standing | None


@dataclass(frozen=True, kw_only=True)
class ChangeList:
    """``after``: what to ask with next time; ``more``: whether there is more already."""

    lines: tuple[Change, ...]
    after: str
    more: bool


@router.get("", summary="变化")
async def changes(asked: Annotated[FeedQuery, Query()], actor: Caller, here: Here) -> ChangeList:
    """What has happened in the cases that the caller sees, in the order in which it was recorded.

    The events of a case come in their order, each once, and none is left out however long the
    reader was away. Answers at once if there is something, else after ``wait`` seconds at most.
    """
    spare = here.settings.request_within_seconds - _TOLD_WITHIN_SECONDS
    until = asyncio.get_running_loop().time() + max(0, min(asked.wait, spare))
    with _known(asked.after):
        after = None if asked.after == END else read_mark(asked.after) if asked.after else BEGINNING
        while True:
            async with here.register.reading() as session:
                if after is None:
                    after = await feed_end(session)
                page = await _page(session, after, asked.size, actor)
                if page.lines or page.more or asyncio.get_running_loop().time() >= until:
                    lines = await _told(session, page, actor, here)
                    return ChangeList(lines=lines, after=str(page.after), more=page.more)
                after = page.after
            await asyncio.sleep(_LOOKS_EVERY.total_seconds())


@contextmanager
def _known(after: str) -> Iterator[None]:
    """Refuse a cursor that the feed never gave, or that lies ahead of all that has happened."""
    try:
        yield
    except CursorError:
        if not after or after == END:
            raise
        detail = "不是此清单的位置，请用上次答复的 after"
        raise invalid("after", detail, "CURSOR_INVALID") from None


async def _page(session: AsyncSession, after: Mark, size: int, actor: Actor) -> FeedPage:
    hidden = hidden_from(actor)
    return await feed_page(session, sight_of(actor), after, size=size, hidden=hidden)


async def _told(
    session: AsyncSession, page: FeedPage, actor: Actor, here: Parts
) -> tuple[Change, ...]:
    stands: dict[str, Standing | None] = {}
    reads_notes: dict[str, bool] = {}
    told = []
    for line in page.lines:
        number = line.case_no
        if line.kind in INTERNAL:
            if number not in reads_notes:
                known = await outline(session, number)
                reads_notes[number] = known is not None and may(actor, Action.READ_NOTES, known)
            if not reads_notes[number]:
                continue
        if number not in stands:
            stands[number] = await _stands(session, number, actor, here)
        told.append(_change(line, stands[number]))
    return tuple(told)


async def _stands(
    session: AsyncSession, case_no: str, actor: Actor, here: Parts
) -> Standing | None:
    try:
        events = await stored_events(session, case_no)
    except ErasedError:
        return None
    return (await standing(session, events, actor, here))[1]


def _change(line: FeedLine, stands: Standing | None) -> Change:
    return Change(
        case_no=line.case_no,
        seq=line.seq,
        event=line.kind,
        title=line.title,
        at=line.at,
        kind=CaseKind(line.case_kind),
        district=line.district,
        item=line.item,
        item_name=line.item_name,
        source=line.source,
        reference=line.reference,
        stands=stands,
    )
