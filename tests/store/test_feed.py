"""Readers of the feed of changes have each event once and in order, whoever commits when."""

from collections.abc import Iterator
from itertools import repeat
from random import Random

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority.sight import Glimpse, Sight
from casework.domain.case.kind import KNOWN
from casework.messages.entry import Entry
from casework.store.engine import Sessions, migrate
from casework.store.models import Events
from casework.store.paging import CursorError
from casework.store.queries import feed
from casework.store.queries.feed import BEGINNING, FeedLine, Mark, feed_page, read_mark
from casework.store.register.recording import Written, record
from tests.examples import is_night
from tests.store.desks import archived
from tests.store.emptied import UNGUARDED
from tests.store.entries import writer

ALL = Sight(code="", subject="", glimpses={kind: Glimpse() for kind in KNOWN})
WRITERS = 4


class Reader:
    """Reads on from where it was, a page of any size at a time."""

    def __init__(self, sessions: Sessions, dice: Random) -> None:
        self.sessions, self.dice = sessions, dice
        self.after = BEGINNING
        self.seen: list[FeedLine] = []

    async def read(self) -> bool:
        """Read one page; whether there is more."""
        size = self.dice.choice([1, 2, 5, 50])
        async with self.sessions() as session:
            page = await feed_page(session, ALL, self.after, size=size, hidden=())
        assert len(page.lines) <= size
        assert page.after >= self.after
        self.after = read_mark(str(page.after))
        self.seen += page.lines
        return page.more


class Writing:
    """A case whose entries are recorded one after the other, each in a transaction of its own."""

    def __init__(self, sessions: Sessions, entries: Iterator[Entry]) -> None:
        self.sessions, self.entries = sessions, entries
        self.session: AsyncSession | None = None
        self.entry: Entry | None = next(entries)

    async def step(self, dice: Random) -> None:
        """Begin to record, or end it: most often by a commit."""
        assert self.entry is not None
        if self.session is None:
            self.session = self.sessions()
            assert await record(self.session, self.entry) is Written.NEW
            return
        if dice.random() < 0.2:
            await self.session.rollback()
        else:
            await self.session.commit()
            self.entry = next(self.entries, None)
        await self.session.close()
        self.session = None


def _entries(number: int) -> Iterator[Entry]:
    return writer(archived(), number=number).rest(repeat(1))


@pytest.mark.parametrize("seed", range(60 if is_night() else 3))
async def test_each_reader_has_each_event_once_and_in_order(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    dice = Random(seed)
    monkeypatch.setattr(feed, "WINDOW", dice.choice([3, 20_000]))
    async with (
        sessions.begin() as session
    ):  # what cases share is there: no writer waits for another
        for entry in _entries(WRITERS):
            await record(session, entry)
    readers = [Reader(sessions, dice) for _ in range(3)]
    writing = [Writing(sessions, _entries(number)) for number in range(WRITERS)]
    while writing:
        await dice.choice(writing).step(dice)
        writing = [each for each in writing if each.entry]
        await dice.choice(readers).read()
    async with sessions() as session:
        recorded = {
            (no, seq) for no, seq in await session.execute(select(Events.case_no, Events.seq))
        }
    for reader in readers:
        while await reader.read():
            pass
        told = [(line.case_no, line.seq) for line in reader.seen]
        assert len(told) == len(set(told))
        assert set(told) == recorded
        for case_no in {number for number, _ in told}:
            own = [seq for number, seq in told if number == case_no]
            assert own == sorted(own)


async def test_readers_go_on_after_a_restore_into_another_server(
    sessions: Sessions, register_url: str
) -> None:
    first, second = list(_entries(0))[:2]
    async with sessions.begin() as session:
        await record(session, first)
    async with sessions.begin() as session:
        await session.execute(UNGUARDED)
        # Its transactions have far higher numbers than this server has reached.
        await session.execute(text("UPDATE events SET place = place + 1000000"))
    async with sessions() as session:
        before = Mark((await session.scalar(select(Events.place))) or 0, first.case_no, 1)
    try:
        await migrate(register_url)
        async with sessions.begin() as session:
            await record(session, second)
        async with sessions() as session:
            page = await feed_page(session, ALL, before, size=50, hidden=())
        assert [line.seq for line in page.lines] == [2]
    finally:
        async with sessions.begin() as session:
            await session.execute(
                text(
                    "CREATE OR REPLACE FUNCTION feed_base() RETURNS bigint"
                    " LANGUAGE sql STABLE AS 'SELECT 0::bigint'"
                )
            )


@pytest.mark.parametrize(
    "written",
    [
        "",
        "x",
        "-1",
        "1.",
        "1.2",
        "9" * 19,
        "1.310106-0000-0000-0000",
        "1.310106-0000-0000-0000.-1",
        "١",
        "1\n",
    ],
)
def test_what_no_page_gave_is_refused(written: str) -> None:
    with pytest.raises(CursorError):
        read_mark(written)


async def test_what_a_killed_server_forgets_is_not_read_over(sessions: Sessions) -> None:
    """It gives the number of a transaction that came to nothing again, after the last it wrote."""
    first, second = list(_entries(0))[:2]
    async with sessions.begin() as session:
        await record(session, first)
    async with sessions() as session:
        await session.execute(text("SELECT pg_current_xact_id()"))
        await session.rollback()
    async with sessions() as session:
        page = await feed_page(session, ALL, BEGINNING, size=5, hidden=())
        end = await feed.feed_end(session)
    assert page.lines
    reached = page.lines[-1].place + 1
    assert (page.after.place, end.place) == (reached, reached)
    async with sessions.begin() as session:
        await record(session, second)
        await session.execute(UNGUARDED)
        await session.execute(
            text("UPDATE events SET place = :place WHERE seq > :seq"),
            {"place": reached, "seq": page.lines[-1].seq},
        )
    async with sessions() as session:
        for mark in (page.after, end):
            later = await feed_page(session, ALL, mark, size=50, hidden=())
            assert later.lines


async def test_who_claims_to_have_read_what_has_not_happened_is_told_so(
    sessions: Sessions,
) -> None:
    async with sessions() as session:
        end = await feed.feed_end(session)
        horizon = await session.scalar(select(func.feed_horizon()))  # of a restored register: ahead
        never = Mark(max(end.place, horizon or 0) + 10**6)
        with pytest.raises(CursorError):
            await feed_page(session, ALL, never, size=5, hidden=())
