"""The recorder's transaction: one entry into the register, prepared once and written once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Text, cast, delete, exists, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.kinds.registry import CaseKind
from casework.domain.orders import keys_of
from casework.messages.entry import BreachRow, Entry, EventRow
from casework.store.audit import chained
from casework.store.engine import let_record_change
from casework.store.models import (
    Armings,
    Cases,
    CreditRecords,
    Events,
    Letters,
    Notices,
    Openings,
    Operations,
    SupersededEvents,
)
from casework.store.register import places, statements
from casework.store.register.in_force import current_version
from casework.store.register.letters import REVOKING, renew_revocations, revoke_letters
from casework.store.register.parties import is_taken, other_cycle
from casework.store.register.rebuild import rewrite
from casework.store.sealing.sealing import opener, sealed

BREACH = "debt_breached"
_RATED_ONCE = "ratings_rated_key"
_CYCLES = frozenset({CaseKind.TALENT_CYCLE.value, CaseKind.PERMIT_CYCLE.value})


class CaseTakenError(Exception):
    """What there may be once only belongs to another case, or to one that another run opened.

    The number, the reference; for a rating the case rated, for a talent the valid credential.
    """


class CycleExistsError(CaseTakenError):
    """The person has a cycle in this city; its text is in Chinese, and names that cycle."""


class EntryGapError(Exception):
    """The register lacks events before these; a later attempt may find them."""


class Written(StrEnum):
    """What became of an entry."""

    NEW = "new"
    REPEATED = "repeated"  # it was there: nothing changed
    SUPERSEDING = "superseding"  # it took the place of events decided before it
    STALE = "stale"  # the register has what was decided later: nothing changed
    OUTDATED = "outdated"  # an order was applied that the case does not know: nothing changed


async def record(session: AsyncSession, entry: Entry) -> Written:
    """Write an entry within the session's transaction; idempotent on (case, seq).

    It waits for an order that is being applied, and is refused if it does not know an order that
    was. An entry of a case that does not look (no ``version``) is written all the same, and its
    rows are computed anew.

    An event whose number is taken was decided twice: its worker died before Temporal heard of it,
    Temporal did not take what the worker sent, or an operator reset the workflow. What was decided
    later stands, since the workflow goes on from there; the earlier events, of which nobody was
    told, are kept in ``superseded_events``, and the rows are computed anew.

    What is taken is refused with the first entry only: later events have happened, whoever else
    has the like, and a case that could not record them would stand still for ever.

    Raises:
        CaseTakenError: nothing will help.
        SlotFullError: the slot of a new appointment is full; nothing will help, either.
        EntryGapError: try again.
    """
    prepared = await _prepared(session, entry)
    if entry.opening is not None:
        await _require_free(session, entry)
    written = await _write(session, prepared)
    outcome = Written.NEW if written else await _reconcile(session, prepared)
    if any(event.kind in places.SETTLED for event in entry.events):
        await places.let_go(session, entry.case_no)
    if any(event.kind in REVOKING for event in entry.events):
        await revoke_letters(session, entry.case_no)
    if entry.version is None and await current_version(session, prepared.keys):
        await rewrite(session, entry.case_no)
    return outcome


async def record_again(session: AsyncSession, entry: Entry) -> Written:
    """Write an entry that the register has had before and lost; idempotent on (case, seq).

    It was admitted once, so nothing is asked that decides whether it may be: neither which orders
    have been applied since nor whose else a credential, a reference or a place is. The caller has
    the rows of the case computed anew (`rewrite`) when it has written the last one.

    Raises:
        CaseTakenError: another run has opened the case since.
        EntryGapError: the register lacks events before these.
    """
    prepared = replace(await _prepared(session, entry), version=statements.NEVER_OUTDATED)
    written = await _write(session, prepared)
    outcome = Written.NEW if written else await _reconcile(session, prepared)
    if any(event.kind in places.SETTLED for event in entry.events):
        await places.let_go(session, entry.case_no)
    return outcome


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """An entry, and what the statement that writes it takes."""

    entry: Entry
    members: statements.Members
    document: str  # sealed and chained
    version: int
    keys: list[str]


async def _prepared(session: AsyncSession, entry: Entry) -> _Prepared:
    entry = _with_breaches(entry)
    return _Prepared(
        entry=entry,
        members=statements.members_of(entry),
        document=statements.document_of(await chained(session, await sealed(session, entry))),
        version=statements.NEVER_OUTDATED if entry.version is None else entry.version,
        keys=keys_of(entry.case.district, entry.case.office, entry.case_no),
    )


def _with_breaches(entry: Entry) -> Entry:
    """The entry with a row for each broken promise, taken out of the events while they are open."""
    breaches = tuple(
        BreachRow(
            seq=event.seq,
            material=json.loads(event.body)["material"],
            recorded_at=event.at,
            reason=event.title,
        )
        for event in entry.events
        if event.kind == BREACH
    )
    return replace(entry, breaches=breaches) if breaches else entry


async def _write(session: AsyncSession, prepared: _Prepared) -> bool:
    """Write the entry if it opens its case, or follows at once on what is there; one round trip."""
    entry = prepared.entry
    parameters: dict[str, Any] = {
        "entry": prepared.document,
        "version": prepared.version,
        "keys": prepared.keys,
    }
    if entry.opening is None:
        statement = statements.appending(prepared.members)
        parameters |= {"number": entry.case_no, "after": entry.events[0].seq - 1}
        parameters |= _attempt(entry)
    else:
        statement = statements.opening(prepared.members)
        parameters["rehearsal"] = entry.opening.rehearsal
    try:
        return await session.scalar(statement, parameters) is not None
    except IntegrityError as error:
        if entry.opening is None or _RATED_ONCE not in str(error.orig):
            raise
        raise CaseTakenError(f"case {entry.case_no}: the case has been rated") from None


def _attempt(entry: Entry) -> dict[str, datetime | None]:
    return {"decided_at": entry.decided_at, "follows": entry.follows}


async def _require_free(session: AsyncSession, entry: Entry) -> None:
    """Return if what the case has is nobody else's."""
    for talent in entry.rows.get("talents", ()):
        if await is_taken(session, talent.credential_code, entry.case_no):
            raise CaseTakenError(f"case {entry.case_no}: the credential is another case's")
    await _require_only_cycle(session, entry)
    for visit in entry.rows.get("appointments", ()):
        # One that the register has already is never refused: its entry is a repeat.
        if visit.takes_place and await _opened_by(session, entry.case_no) is None:
            place = places.Place(
                district=entry.case.district,
                office=entry.case.office,
                day=visit.day,
                at=visit.at,
                places=visit.places,
                businesses=tuple(visit.businesses.split()),
            )
            await places.require_place(session, place, entry.case_no)


async def _require_only_cycle(session: AsyncSession, entry: Entry) -> None:
    told = entry.opening
    if told is None or told.kind not in _CYCLES:
        return
    other = await other_cycle(
        session,
        kind=told.kind,
        subject=told.subject,
        district=entry.case.district,
        case_no=entry.case_no,
    )
    # A cycle that the register has already is never refused: its entry is a repeat.
    if other is not None and await _opened_by(session, entry.case_no) is None:
        raise CycleExistsError(other.refusal.message)


async def _reconcile(session: AsyncSession, prepared: _Prepared) -> Written:
    """Deal with an entry that does not follow at once on what the register has, or is outdated."""
    entry = prepared.entry
    outdated = await current_version(session, prepared.keys) > prepared.version
    if entry.opening is not None:
        opened_by = await _opened_by(session, entry.case_no)
        if opened_by is None and outdated:
            return Written.OUTDATED
        if opened_by != entry.opening.started_by_run:
            raise CaseTakenError(f"case {entry.case_no} is another run's")
    last_seq = await session.scalar(
        select(Cases.last_seq).where(Cases.case_no == entry.case_no).with_for_update()
    )
    first = entry.events[0].seq
    if last_seq is None or first > last_seq + 1:
        raise EntryGapError(f"case {entry.case_no}: event {first} after {last_seq or 'nothing'}")
    recorded = await _recorded(session, entry.case_no, first)
    event = next((row for row in entry.events if not _is_recorded(row, recorded)), None)
    if event is None:
        return Written.REPEATED
    decided_anew = event.seq in recorded
    if decided_anew and not await _is_later(session, entry, event, recorded[event.seq][0]):
        return Written.STALE
    if not decided_anew and await _is_overtaken(session, entry):
        return Written.STALE
    if outdated:
        return Written.OUTDATED
    await supersede(session, entry.case_no, event.seq)
    await session.execute(
        update(Cases).where(Cases.case_no == entry.case_no).values(last_seq=event.seq - 1)
    )
    # Sealed and chained anew: what precedes is not this entry's own, though it says the same.
    events = tuple(row for row in entry.events if row.seq >= event.seq)
    rest = replace(entry, events=events, opening=None)
    await _write(session, replace(await _prepared(session, rest), version=prepared.version))
    await rewrite(session, entry.case_no)
    return Written.SUPERSEDING if decided_anew else Written.NEW


async def _is_later(
    session: AsyncSession, entry: Entry, event: EventRow, recorded_at: datetime
) -> bool:
    """Whether what is to be written was decided after what is recorded under its number.

    By Temporal's time, where both tell it: the time of an event is the case's own, and may be an
    instant long past. What does not tell it is older than what does.
    """
    decided_at = await session.scalar(
        select(Armings.decided_at).where(Armings.case_no == entry.case_no)
    )
    if entry.decided_at is None:
        return decided_at is None and event.at > recorded_at
    return decided_at is None or entry.decided_at > decided_at


async def _is_overtaken(session: AsyncSession, entry: Entry) -> bool:
    """Whether it would follow on what another attempt has recorded, and decided after it."""
    found = select(Armings.case_no).where(
        Armings.case_no == entry.case_no, statements.DECIDED_LATER
    )
    return await session.scalar(found, _attempt(entry)) is not None


async def _opened_by(session: AsyncSession, case_no: str) -> str | None:
    return await session.scalar(select(Openings.started_by_run).where(Openings.case_no == case_no))


Recorded = Mapping[int, tuple[datetime, str, Any]]


async def _recorded(session: AsyncSession, case_no: str, first: int) -> Recorded:
    found = await session.execute(
        select(Events.seq, Events.at, Events.kind, cast(Events.body, Text)).where(
            Events.case_no == case_no, Events.seq >= first
        )
    )
    own = await opener(session, case_no)
    return {seq: (at, kind, json.loads(own.body(body))) for seq, at, kind, body in found}


def _is_recorded(event: EventRow, recorded: Recorded) -> bool:
    return recorded.get(event.seq) == (event.at, event.kind, json.loads(event.body))


async def supersede(session: AsyncSession, case_no: str, first: int) -> None:
    """Take back what was recorded from ``first`` on, as far as it has not left the house.

    The events are kept in ``superseded_events``; the rows of the case are not touched.
    """
    await let_record_change(session)
    kept = [column for column in Events.__table__.c if column.name in SupersededEvents.__table__.c]
    gone = (
        delete(Events).where(Events.case_no == case_no, Events.seq >= first).returning(*kept)
    ).cte("gone")
    await session.execute(
        insert(SupersededEvents).from_select(gone.c.keys(), select(gone)),
    )
    await session.execute(
        delete(Notices).where(
            Notices.case_no == case_no, Notices.seq >= first, Notices.status == "queued"
        )
    )
    still_told = exists().where(Notices.case_no == Letters.case_no, Notices.seq == Letters.seq)
    void = await session.scalars(
        update(Letters)
        .where(Letters.case_no == case_no, Letters.seq >= first, ~still_told)
        .where(Letters.voided_at.is_(None))
        .values(voided_at=func.now())
        .returning(Letters.number)
    )
    await renew_revocations(session, case_no, void.all())
    await session.execute(
        delete(Operations).where(Operations.case_no == case_no, Operations.seq >= first)
    )
    await session.execute(
        delete(CreditRecords).where(
            CreditRecords.case_no == case_no,
            CreditRecords.seq >= first,
            CreditRecords.repaired_at.is_(None),
        )
    )


# --- of which there is more than Temporal holds --------------------------------------------
# Cases of which the register has more than Temporal holds, and how that is put right.
#
# Events are recorded before Temporal has taken the task that decided them (ADR 0004). If it never
# does, because worker and server died together or because the task was refused, the register shows
# what has not happened. The case's next event puts that right by itself; until then this does.


RECENT = timedelta(days=30)
"""A case that was closed longer ago has long been held, or Temporal has forgotten it."""


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How far the register has come with a case; ``hash`` and ``seq`` are of its last event."""

    case_no: str
    kind: str
    district: str
    seq: int
    hash: str


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """A case of which the register has events up to ``seq`` that Temporal holds up to ``held``."""

    case_no: str
    district: str
    held: int
    seq: int


async def shown(session: AsyncSession, case_no: str = "", district: str = "") -> Sequence[Shown]:
    """The cases to be compared, by number: all that are open, or were closed lately."""
    asked = (
        select(Cases.case_no, Openings.kind, Cases.district, Events.seq, Events.hash)
        .join(Openings, Openings.case_no == Cases.case_no)
        .join(Events, (Events.case_no == Cases.case_no) & (Events.seq == Cases.last_seq))
        .where(or_(Cases.closed_at.is_(None), Events.recorded_at > func.now() - RECENT))
        .order_by(Cases.case_no)
    )
    if case_no:
        asked = asked.where(Cases.case_no == case_no)
    if district:
        asked = asked.where(Cases.district == district)
    return [Shown(**row) for row in (await session.execute(asked)).mappings()]


async def again(session: AsyncSession, case: Shown) -> int | None:
    """The number of its last event if the case is as it was shown, and locked; None if not."""
    return await session.scalar(
        select(Cases.last_seq)
        .join(Events, (Events.case_no == Cases.case_no) & (Events.seq == Cases.last_seq))
        .where(Cases.case_no == case.case_no, Events.seq == case.seq, Events.hash == case.hash)
        .with_for_update(of=Cases)
    )


async def take_back(session: AsyncSession, case: Shown, held: int) -> None:
    """Keep what goes beyond ``held`` as superseded, and show what Temporal holds.

    To be called where `again` has locked the case. Of a case of which Temporal holds nothing, its
    first event stays: the case itself will record it anew.
    """
    held = max(held, 1)
    if case.seq == held:
        return
    await supersede(session, case.case_no, held + 1)
    await session.execute(update(Cases).where(Cases.case_no == case.case_no).values(last_seq=held))
    await rewrite(session, case.case_no)
