"""The open cards of which one officer is to be told, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    any_,
    cast,
    exists,
    func,
    literal,
    not_,
    select,
    tuple_,
    union,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.card_audience import OF_HOLDERS, OF_WATCHERS
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
    districts. ``stages``: only cases there, once reported up; None: in any stage. Without peers it
    watches nothing.
    """

    officer: str
    district: str = ""
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
