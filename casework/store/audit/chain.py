"""The chain of a case's events: each carries the hash of the one before."""

from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.messages.cases import Entry, EventRow
from casework.security.audit.links import content_of, genesis, link
from casework.store.engine import hashing_of
from casework.store.models import Events

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
