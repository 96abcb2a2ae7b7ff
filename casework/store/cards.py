"""Open cards of which somebody is to be told, and the digests that tell them."""

from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from heapq import nsmallest
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    any_,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    not_,
    select,
    tuple_,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.card_audience import OF_HOLDERS, OF_WATCHERS, URGENCY
from casework.domain.policy import digits_of
from casework.domain.time.ladder import Rung
from casework.store.models import (
    CardDigestLines,
    CardDigests,
    Cards,
    Cases,
    Clocks,
    Courses,
    Events,
    Openings,
)

CardKey = tuple[str, str, str, datetime]
"""Case, clock, rung, and when it was given: the order of the walk, in which no two are alike."""

REPORTED_UP = "reported_up"


@dataclass(frozen=True, kw_only=True)
class Audience:
    """Whose cards: those that the officer holds as A角 or B角, and the red ones it watches.

    It watches the cases in which it stands among the ``peers`` (the officers of its kind of post,
    itself included), and those of its ``district`` in which none of them does; "" is all
    districts, or those of the ``city``. ``stages``: only cases there, once reported up; None: in
    any stage. Without peers it watches nothing.
    """

    officer: str
    district: str = ""
    city: str = ""
    peers: frozenset[str] = frozenset()
    stages: frozenset[str] | None = None


@dataclass(frozen=True, kw_only=True)
class OpenCard:
    """A card not cleared. ``due_on``: the due date it was given for, or else of its clock.

    ``told``: an earlier digest to this officer announced it. ``listed``: the digest asked for does.
    """

    case_no: str
    clock: str
    rung: str
    given_at: datetime
    kind: str
    item_name: str
    clock_name: str
    due_on: date | None
    told: bool
    listed: bool

    @property
    def key(self) -> CardKey:
        """Its place in the walk."""
        return (self.case_no, self.clock, self.rung, self.given_at)


_PLACE = (Cards.case_no, Cards.clock, Cards.rung, Cards.given_at)
_SHOWN = (*_PLACE, Cards.due_on)
_OPEN = Cards.cleared_at.is_(None)


async def open_cards(  # noqa: PLR0913 - one place in one walk of one reader
    session: AsyncSession,
    audience: Audience,
    *,
    size: int,
    after: CardKey | None = None,
    digest: str = "",
    only_new: bool = False,
) -> Sequence[OpenCard]:
    """The next cards of an officer's walk; fewer than ``size`` on the last page.

    ``digest``: the key of the digest whose lines are marked as ``listed``. ``only_new``: without
    those that were told before.
    """
    found = await session.execute(_walk(audience, size, after, digest, only_new=only_new))
    return [OpenCard(**row) for row in found.mappings()]


async def has_news(session: AsyncSession, audience: Audience) -> bool:
    """Whether there is a card that no digest has told the officer of."""
    return bool(await open_cards(session, audience, size=1, only_new=True))


def _walk(
    audience: Audience, size: int, after: CardKey | None, digest: str, *, only_new: bool
) -> Select[Any]:
    beyond = [] if after is None else [tuple_(*_PLACE) > after]
    if only_new:
        beyond.append(not_(_told(audience.officer)))
    # A walk along an index for each way of answering for a card; an OR would read them all.
    walks = [
        select(*_SHOWN)
        .where(_OPEN, *condition, *beyond)
        .order_by(*_PLACE)
        .limit(size)
        .subquery()
        .select()
        for condition in _conditions(audience)
    ]
    first = union(*walks).subquery("mine")
    place = [first.c[column.key] for column in _PLACE]
    chosen = select(first).order_by(*place).limit(size).subquery("card")
    card = [chosen.c[column.key] for column in _PLACE]
    return (
        select(
            *card,
            Openings.kind,
            Cases.item_name,
            func.coalesce(Clocks.name, chosen.c.clock).label("clock_name"),
            func.coalesce(chosen.c.due_on, Courses.due_on).label("due_on"),
            _told(audience.officer, *card).label("told"),
            _listed(digest, *card).label("listed"),
        )
        .join(Openings, Openings.case_no == chosen.c.case_no)
        .join(Cases, Cases.case_no == chosen.c.case_no)
        .outerjoin(Clocks, (Clocks.case_no == chosen.c.case_no) & (Clocks.clock == chosen.c.clock))
        .outerjoin(Courses, Courses.id == Clocks.course)
        .order_by(*card)
    )


def _conditions(audience: Audience) -> list[list[ColumnElement[bool]]]:
    colours = Cards.rung.in_([rung.value for rung in OF_HOLDERS])
    held = [colours, Cards.holder == audience.officer]
    stood_in = [colours, Cards.backup == audience.officer]
    return [held, stood_in, *([_watched(audience)] if audience.peers else [])]


def _watched(audience: Audience) -> list[ColumnElement[bool]]:
    assigned = func.string_to_array(Cases.assigned, " ")
    own = literal(audience.officer) == any_(assigned)
    nobodys = not_(assigned.op("&&")(cast(sorted(audience.peers), ARRAY(Text))))
    if audience.district:
        nobodys &= Cases.district == audience.district
    elif audience.city:
        nobodys &= Cases.district.startswith(digits_of(audience.city), autoescape=True)
    watched = exists().where(Cases.case_no == Cards.case_no, own | nobodys)
    if audience.stages is not None:
        up = exists().where(Events.case_no == Cases.case_no, Events.kind == REPORTED_UP)
        watched = watched.where(Cases.stage.in_(sorted(audience.stages)), up)
    (colour,) = OF_WATCHERS
    return [Cards.rung == colour.value, watched]


def _told(officer: str, *card: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns
    return exists().where(
        _same(card or _PLACE),
        CardDigests.key == CardDigestLines.key,
        CardDigests.officer == officer,
        CardDigests.status == "sent",
    )


def _listed(digest: str, *card: Any) -> ColumnElement[bool]:  # noqa: ANN401 - columns
    return exists().where(_same(card), CardDigestLines.key == digest)


def _same(card: Sequence[Any]) -> ColumnElement[bool]:
    line = (
        CardDigestLines.case_no,
        CardDigestLines.clock,
        CardDigestLines.rung,
        CardDigestLines.given_at,
    )
    return tuple_(*line) == tuple_(*card)


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


async def unknown_holders(session: AsyncSession, known: Collection[str]) -> tuple[str, ...]:
    """Who holds or backs a card that is told of, and is not among the ``known``; by code."""
    open_ = (Cards.cleared_at.is_(None), Cards.rung.in_([rung.value for rung in OF_HOLDERS]))
    either = union(
        select(Cards.holder.label("code")).where(*open_),
        select(Cards.backup.label("code")).where(*open_),
    ).subquery()
    found = await session.scalars(select(either.c.code).order_by(either.c.code))
    return tuple(code for code in found if code and code not in known)
