"""A digest in the register: what it announces is fixed once, and it is sent at most once."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import nsmallest

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.card_audience import URGENCY
from casework.domain.time.ladder import Rung
from casework.store.cards.open_cards import Audience, CardKey, OpenCard, open_cards
from casework.store.models import CardDigestLines, CardDigests

MOST_LINES = 200
MOST_OLDER = 10
"""So many cards a digest lists, the most urgent first; of the others it gives the number."""
_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a digest says: the most urgent cards, and how many there are of each colour."""

    new: Counter[Rung]
    older: Counter[Rung]
    lines: Sequence[OpenCard]
    older_lines: Sequence[OpenCard]


async def open_digest(  # noqa: PLR0913 - one digest, whole
    session: AsyncSession, audience: Audience, *, key: str, district: str, day: date, channel: str
) -> Draft | None:
    """What the digest under ``key`` has to say now; None: nothing, or it was sent.

    The first call fixes which cards it announces, in this transaction. A repeat announces the same
    cards without those that have been cleared since, so that a digest which went out and was not
    noted is the one that is noted. After a refusal the cards are chosen anew: nobody has read it.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(key))))
    status = await session.scalar(select(CardDigests.status).where(CardDigests.key == key))
    if status == "sent":
        return None
    fixed = status == "queued"
    read = await _read(session, audience, key, fixed=fixed)
    if fixed and not read.new:
        await _void(session, key)
    elif read.new and not fixed:
        await _fix(session, audience, read, key=key, district=district, day=day, channel=channel)
    return read.draft if read.new else None


async def mark_sent(session: AsyncSession, key: str, reference: str, at: datetime) -> None:
    """Note the sending; a repeat changes nothing."""
    await session.execute(
        update(CardDigests)
        .where(CardDigests.key == key, CardDigests.status != "sent")
        .values(status="sent", reference=reference, problem="", sent_at=at)
    )


async def mark_refused(session: AsyncSession, key: str, problem: str) -> None:
    """Note that it cannot be sent; its cards count as new again."""
    await session.execute(
        update(CardDigests)
        .where(CardDigests.key == key, CardDigests.status == "queued")
        .values(status="refused", problem=problem)
    )


@dataclass(kw_only=True)
class _Read:
    """One walk over an officer's cards; of the new ones every key, of all only what is listed."""

    new: Counter[Rung] = field(default_factory=Counter)
    older: Counter[Rung] = field(default_factory=Counter)
    lines: list[OpenCard] = field(default_factory=list)
    older_lines: list[OpenCard] = field(default_factory=list)
    keys: list[CardKey] = field(default_factory=list)

    def take(self, new: list[OpenCard], older: list[OpenCard]) -> None:
        self.new.update(Rung(card.rung) for card in new)
        self.older.update(Rung(card.rung) for card in older)
        self.lines = nsmallest(MOST_LINES, [*self.lines, *new], key=_urgency)
        self.older_lines = nsmallest(MOST_OLDER, [*self.older_lines, *older], key=_urgency)
        self.keys += [card.key for card in new]

    @property
    def draft(self) -> Draft:
        return Draft(new=self.new, older=self.older, lines=self.lines, older_lines=self.older_lines)


def _urgency(card: OpenCard) -> tuple[int, date, CardKey]:
    return URGENCY.index(Rung(card.rung)), card.due_on or date.max, card.key


async def _read(session: AsyncSession, audience: Audience, key: str, *, fixed: bool) -> _Read:
    read = _Read()
    async for page in _pages(session, audience, key):
        older = [card for card in page if card.told]
        new = [card for card in page if not card.told and (card.listed or not fixed)]
        read.take(new, older)
    return read


async def _pages(
    session: AsyncSession, audience: Audience, key: str
) -> AsyncIterator[Sequence[OpenCard]]:
    after: CardKey | None = None
    while True:
        page = await open_cards(session, audience, size=_AT_ONCE, after=after, digest=key)
        yield page
        if len(page) < _AT_ONCE:
            return
        after = page[-1].key


async def _fix(  # noqa: PLR0913 - one digest, whole
    session: AsyncSession,
    audience: Audience,
    read: _Read,
    *,
    key: str,
    district: str,
    day: date,
    channel: str,
) -> None:
    await session.execute(delete(CardDigestLines).where(CardDigestLines.key == key))
    await session.execute(delete(CardDigests).where(CardDigests.key == key))
    row = {
        "key": key,
        "officer": audience.officer,
        "district": district,
        "day": day,
        "channel": channel,
        "status": "queued",
        "red": read.new[Rung.RED],
        "yellow": read.new[Rung.YELLOW],
        "older": read.older.total(),
    }
    await session.execute(insert(CardDigests).values(row))
    names = ("case_no", "clock", "rung", "given_at")
    lines = [dict(zip(names, card, strict=True)) | {"key": key} for card in read.keys]
    await session.execute(insert(CardDigestLines), lines)


async def _void(session: AsyncSession, key: str) -> None:
    await session.execute(
        update(CardDigests).where(CardDigests.key == key).values(status="void", problem="")
    )
