"""What people keep at the desk: who looks at a case, views of lists, phrases for reasons.

None of it is part of a case, and no case follows from it.
"""

from dataclasses import dataclass, field, fields
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, case, delete, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.domain.errors import DomainError
from casework.store.access import seen_by
from casework.store.engine import vault_of
from casework.store.models import Cases, Looks, Openings, Phrases, SavedViews
from casework.store.sealing.sealing import NOBODYS, opener

# --- who looks at a case -------------------------------------------------------------------


PRESENT = timedelta(minutes=15)
"""Who has not asked for a page of a case for so long has left it, as has who has logged out."""
KEPT = timedelta(days=180)
"""After that it is forgotten that somebody looked."""
_AT_ONCE = 100


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody else who has the case open: since when, seen last, with the form of which verb."""

    person: str
    since: datetime
    at: datetime
    doing: str


@dataclass(frozen=True, kw_only=True)
class Look:
    """What the visit before this one had seen; None at the first."""

    before_seq: int | None
    before_at: datetime | None


async def look(  # noqa: PLR0913 - who looks at what, when, and how far
    session: AsyncSession, case_no: str, person: str, *, seq: int, doing: str, at: datetime
) -> Look:
    """Note that somebody looks at a case and has seen it up to ``seq``.

    There is one row for each person and case. What nobody has looked at for long is forgotten.
    """
    seen = select(func.least(seq, Cases.last_seq)).where(Cases.case_no == case_no)
    row = {
        "case_no": case_no,
        "person": person,
        "began_at": at,
        "seen_at": at,
        "seq": func.coalesce(seen.scalar_subquery(), 0),
        "doing": doing,
    }
    written = insert(Looks).values(row)
    is_over = or_(Looks.over, Looks.seen_at < at - PRESENT)
    again = {
        "before_seq": case((is_over, Looks.seq), else_=Looks.before_seq),
        "before_at": case((is_over, Looks.seen_at), else_=Looks.before_at),
        "began_at": case((is_over, at), else_=Looks.began_at),
        "seen_at": func.greatest(Looks.seen_at, at),
        "seq": func.greatest(Looks.seq, written.excluded.seq),
        "doing": doing,
        "over": False,
    }
    key = [Looks.case_no, Looks.person]
    kept = written.on_conflict_do_update(index_elements=key, set_=again)
    found = (await session.execute(kept.returning(Looks.before_seq, Looks.before_at))).one()
    old = select(*key).where(Looks.seen_at < at - KEPT).order_by(Looks.seen_at).limit(_AT_ONCE)
    await session.execute(delete(Looks).where(tuple_(*key).in_(old)))
    return Look(before_seq=found.before_seq, before_at=found.before_at)


async def leave(session: AsyncSession, person: str, at: datetime) -> None:
    """Somebody logs out at that time: they have no case open any more."""
    here = update(Looks).where(Looks.person == person, Looks.seen_at >= at - PRESENT)
    await session.execute(here.values(over=True))


async def colleagues_at(
    session: AsyncSession, case_no: str, person: str, at: datetime
) -> tuple[Colleague, ...]:
    """Who else has a case open at that time, by code."""
    query = (
        select(Looks.person, Looks.began_at, Looks.seen_at, Looks.doing)
        .where(Looks.case_no == case_no, Looks.person != person)
        .where(Looks.seen_at >= at - PRESENT, ~Looks.over)
        .order_by(Looks.person)
    )
    return tuple(
        Colleague(person=code, since=since, at=seen, doing=doing)
        for code, since, seen, doing in await session.execute(query)
    )


MOST_NEWS = 50


async def moved_on(session: AsyncSession, person: str, sight: Sight) -> tuple[Row[Any], ...]:
    """The cases in which something has happened since a person looked, the last looked at first.

    Of each: number, kind, item, stage, the last event and the last one seen, and when; at most
    `MOST_NEWS`. A person sees what they have done themself, and it counts as seen.
    """
    query = (
        select(
            Cases.case_no,
            Openings.kind,
            Cases.item_name,
            Cases.stage,
            Cases.last_seq,
            Looks.seq,
            Looks.seen_at,
        )
        .join(Looks, Looks.case_no == Cases.case_no)
        .join(Openings, Openings.case_no == Cases.case_no)
        .where(Looks.person == person, Cases.last_seq > Looks.seq, *seen_by(sight))
        .order_by(Looks.seen_at.desc(), Cases.case_no)
        .limit(MOST_NEWS)
    )
    return tuple(await session.execute(query))


# --- views of lists ------------------------------------------------------------------------


MOST_VIEWS = 50
_NAME = "saved_views.name"


@dataclass(frozen=True, kw_only=True)
class SavedView:
    """A list as its owner wants it again: ``asked`` are its filters and its sort.

    ``usual``: the list opens with it; of each list at most one.
    """

    list: str
    name: str
    asked: dict[str, Any]
    usual: bool


async def save_view(session: AsyncSession, person: str, view: SavedView, at: datetime) -> None:
    """Keep a view; one of the same name is replaced, and a usual one takes the place of another.

    Raises:
        DomainError: ``TOO_MANY_VIEWS``.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"views:{person}"))))
    number = _view_id(person, view.list, view.name)
    count = select(func.count()).where(SavedViews.person == person, SavedViews.id != number)
    if (await session.scalar(count) or 0) >= MOST_VIEWS:
        raise DomainError("TOO_MANY_VIEWS", f"最多保存 {MOST_VIEWS} 个视图，请先删除不用的")
    if view.usual:
        others = update(SavedViews).where(SavedViews.person == person, SavedViews.list == view.list)
        await session.execute(others.values(usual=False))
    cipher = await vault_of(session).cipher(NOBODYS)
    row = {
        **{each.name: getattr(view, each.name) for each in fields(view)},
        "id": number,
        "person": person,
        "name": cipher.seal_text(view.name, _NAME),
        "saved_at": at,
    }
    again = {name: row[name] for name in ("asked", "usual", "saved_at")}
    written = insert(SavedViews).values(row)
    await session.execute(written.on_conflict_do_update(index_elements=[SavedViews.id], set_=again))


async def remove_view(session: AsyncSession, person: str, listed: str, name: str) -> bool:
    """Forget a view; whether there was one."""
    gone = delete(SavedViews).where(SavedViews.id == _view_id(person, listed, name))
    return bool((await session.scalars(gone.returning(SavedViews.id))).all())


async def saved_views(session: AsyncSession, person: str) -> tuple[SavedView, ...]:
    """The views of a person, by list, in the order in which they were saved."""
    query = select(SavedViews).where(SavedViews.person == person)
    rows = (await session.scalars(query.order_by(SavedViews.list, SavedViews.saved_at))).all()
    own = await opener(session, NOBODYS)
    return tuple(
        SavedView(list=row.list, name=own.text(row.name, _NAME), asked=row.asked, usual=row.usual)
        for row in rows
    )


def _view_id(person: str, listed: str, name: str) -> str:
    return _digest(person, listed, name)


# --- phrases -------------------------------------------------------------------------------


MOST_PHRASES = 200
_TEXT = "phrases.text"


@dataclass(frozen=True, kw_only=True)
class Phrase:
    """A text that is proposed for a reason; its owner is a person's code, or ``district/310106``.

    An empty ``verb``: for every act. Both days count; None: until it is ended.
    """

    owner: str
    verb: str
    text: str
    since: date
    until: date | None = None
    by: str
    id: str = field(default="")


async def keep_phrase(session: AsyncSession, phrase: Phrase, at: datetime) -> Phrase:
    """Keep a phrase; the same text again gets the new days.

    Raises:
        DomainError: ``TOO_MANY_PHRASES``.
    """
    number = _digest(phrase.owner, phrase.verb, phrase.text)
    await session.execute(
        select(func.pg_advisory_xact_lock(func.hashtext(f"phrases:{phrase.owner}")))
    )
    today = phrase.since
    count = select(func.count()).where(
        Phrases.owner == phrase.owner,
        Phrases.id != number,
        or_(Phrases.until.is_(None), Phrases.until >= today),
    )
    if (await session.scalar(count) or 0) >= MOST_PHRASES:
        raise DomainError("TOO_MANY_PHRASES", f"最多 {MOST_PHRASES} 条常用语，请先停用一些")
    cipher = await vault_of(session).cipher(NOBODYS)
    row = {
        **{each.name: getattr(phrase, each.name) for each in fields(phrase)},
        "id": number,
        "text": cipher.seal_text(phrase.text, _TEXT),
        "at": at,
    }
    again = {name: row[name] for name in ("since", "until", "by", "at")}
    written = insert(Phrases).values(row)
    await session.execute(written.on_conflict_do_update(index_elements=[Phrases.id], set_=again))
    return Phrase(**{**vars(phrase), "id": number})


async def find_phrase(session: AsyncSession, number: str) -> Phrase | None:
    """One phrase, in force or not."""
    found = await _phrases(session, Phrases.id == number)
    return found[0] if found else None


async def end_phrase(session: AsyncSession, number: str, last: date) -> None:
    """A phrase is proposed for the last time on that day; an earlier end stands."""
    later = or_(Phrases.until.is_(None), Phrases.until > last)
    await session.execute(update(Phrases).where(Phrases.id == number, later).values(until=last))


async def phrases(
    session: AsyncSession, owners: tuple[str, ...], on: date, verb: str | None = None
) -> tuple[Phrase, ...]:
    """What is proposed on a day to somebody with these owners; of one verb, or of all."""
    still = or_(Phrases.until.is_(None), Phrases.until >= on)
    conditions = [Phrases.owner.in_(owners), Phrases.since <= on, still]
    if verb is not None:
        conditions.append(Phrases.verb.in_(("", verb)))
    return await _phrases(session, *conditions)


async def _phrases(session: AsyncSession, *conditions: Any) -> tuple[Phrase, ...]:  # noqa: ANN401
    query = select(Phrases).where(*conditions).order_by(Phrases.owner, Phrases.verb, Phrases.at)
    rows = (await session.scalars(query)).all()
    own = await opener(session, NOBODYS)
    return tuple(
        Phrase(
            id=row.id,
            owner=row.owner,
            verb=row.verb,
            text=own.text(row.text, _TEXT),
            since=row.since,
            until=row.until,
            by=row.by,
        )
        for row in rows
    )


def _digest(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()[:32]
