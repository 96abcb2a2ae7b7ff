"""The chain of a case's events: each carries the hash of the one before."""

from dataclasses import dataclass, replace
from itertools import takewhile

from sqlalchemy import cast, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER, TEXT
from sqlalchemy.ext.asyncio import AsyncSession

from casework.messages.entry import Entry, EventRow
from casework.security.audit.hashing import content_of, genesis, link
from casework.store.audit.trail import cases_of
from casework.store.engine import Sessions, hashing_of, let_record_change, take_recorder_turn
from casework.store.models import AuditHeads, Cases, Events

_FIRST = 1


async def chained(session: AsyncSession, entry: Entry) -> Entry:
    """The entry with the hash of each of its events; what is to be sealed must be.

    The events of a case from before the chain stay without one until ``casework audit
    seal-history`` has made it; then it goes on.
    """
    hashing, case_no = hashing_of(session), entry.case_no
    first = entry.events[0].seq if entry.events else _FIRST
    before = genesis(hashing, case_no) if first == _FIRST else await _hash(session, entry, first)
    if not before:
        return entry
    events = []
    for event in entry.events:
        before = link(hashing, case_no, event.seq, _content(event), before)
        events.append(replace(event, hash=before))
    return replace(entry, events=tuple(events))


async def _hash(session: AsyncSession, entry: Entry, first: int) -> str | None:
    # By primary key, without a lock: should the event be superseded in this very moment, the new
    # one follows on what it was decided on, which verifying tells ("forked").
    before = Events.case_no == entry.case_no, Events.seq == first - 1
    return await session.scalar(select(Events.hash).where(*before))


def _content(event: EventRow) -> str:
    return content_of(
        kind=event.kind,
        title=_storable(event.title),
        at=event.at,
        actor=_storable(event.actor),
        role=event.role,
        reason=_storable(event.reason),
        body=_storable(event.body),
    )


def _storable(text: str) -> str:
    # As `document_of` has it: what is hashed is what PostgreSQL keeps.
    return text.replace("\0", "\ufffd").replace(r"\u0000", r"\ufffd")


_BATCH = 500
_UNSEALED = select(Events.case_no).distinct().where(Events.hash == "")


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """So many events of so many cases have got their hash; ``refused`` had lost theirs."""

    cases: int
    events: int
    refused: tuple[str, ...]


async def seal_history(sessions: Sessions) -> Sealed:
    """Make the chain of each case from where it ends; may run beside the workers, and again.

    An event that was on its way meanwhile may have missed its hash: the next run gives it one. A
    case is refused if a digest tells of the event, or a later one has a hash: there was a chain,
    and a new one would hide what was done to it.
    """
    cases = events = 0
    refused: list[str] = []
    last = ""
    while numbers := await _numbers(sessions, last):
        for case_no in numbers:
            async with sessions.begin() as session:
                sealed = await _seal(session, case_no)
            if sealed is None:
                refused.append(case_no)
            else:
                cases, events = cases + 1, events + sealed
        last = numbers[-1]
    return Sealed(cases=cases, events=events, refused=tuple(refused))


async def _numbers(sessions: Sessions, last: str) -> list[str]:
    query = _UNSEALED.where(Events.case_no > last).order_by(Events.case_no).limit(_BATCH)
    async with sessions() as session:
        return list(await session.scalars(query))


async def _seal(session: AsyncSession, case_no: str) -> int | None:
    await take_recorder_turn(session)
    await session.execute(select(1).where(Cases.case_no == case_no).with_for_update())
    (case,) = [each async for each in cases_of(session, [case_no])]
    chain = tuple(takewhile(lambda event: event.hash, case.events))
    rest = case.events[len(chain) :]
    told = await session.get(AuditHeads, case_no)
    if any(event.hash for event in rest) or (told and told.seq > len(chain)):
        return None
    hashing = hashing_of(session)
    before = chain[-1].hash if chain else genesis(hashing, case_no)
    hashes = []
    for event in rest:
        before = link(hashing, case_no, event.seq, event.content, before)
        hashes.append(before)
    made = func.unnest(
        cast([event.seq for event in rest], ARRAY(INTEGER)),
        cast(hashes, ARRAY(TEXT)),
    )
    await let_record_change(session)
    rows = made.table_valued("seq", "hash").render_derived(name="made")
    await session.execute(
        update(Events)
        .where(Events.case_no == case_no, Events.seq == rows.c.seq)
        .values(hash=rows.c.hash)
        .execution_options(synchronize_session=False)
    )
    return len(hashes)
