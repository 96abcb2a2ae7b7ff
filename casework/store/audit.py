"""The audit trail in the register: each case's chain, the signed digests, their verifying."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import takewhile

from sqlalchemy import (
    ColumnElement,
    Row,
    Text,
    bindparam,
    cast,
    exists,
    func,
    insert,
    select,
    text,
    union,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, INTEGER, TEXT
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from casework.messages.entry import Entry, EventRow
from casework.security.audit.digests import Digest, DigestKey, Head, PublicKeys, SignedDigest, sign
from casework.security.audit.findings import Report
from casework.security.audit.hashing import StoredCase, StoredEvent, content_of, genesis, link
from casework.security.audit.letters import LetterTold, StoredLetter
from casework.security.audit.letters import content_of as content_of_letter
from casework.security.audit.verifying import Verification
from casework.store.engine import Sessions, hashing_of, let_record_change, take_recorder_turn
from casework.store.models import (
    Accesses,
    AuditDigests,
    AuditHeads,
    Cases,
    Events,
    Letters,
    Openings,
    Restorations,
    SupersededEvents,
)

# --- digests -------------------------------------------------------------------------------
# Made once for each district and day, and read.


_MOVED = text("""
WITH heads AS (
    SELECT openings.case_no, last.seq, last.hash
    FROM openings CROSS JOIN LATERAL (
        SELECT seq, hash FROM events WHERE events.case_no = openings.case_no
        ORDER BY seq DESC LIMIT 1
    ) AS last
    WHERE openings.district = :district AND last.hash <> ''
      AND openings.case_no > :after AND openings.case_no <= :until
)
INSERT INTO audit_heads (case_no, seq, hash)
SELECT case_no, seq, hash FROM heads
WHERE (
    -- Looked up one by one: within the first digest the planner knows nothing of this table.
    SELECT told.seq = heads.seq AND told.hash = heads.hash
    FROM audit_heads AS told WHERE told.case_no = heads.case_no
) IS NOT TRUE
ON CONFLICT (case_no) DO UPDATE SET seq = excluded.seq, hash = excluded.hash
RETURNING case_no, seq, hash
""")
_LETTERS_MOVED = text("""
WITH given AS (
    SELECT number, sha256, sealed_sha256 AS sealed,
        coalesce(to_char(revoked_on, 'YYYY-MM-DD'), '') AS revoked
    FROM letters
    WHERE district = :district AND number > :after AND number <= :until
      AND sha256 <> '' AND voided_at IS NULL
      -- Somebody has it: it was sent, or given out on request. Until then it may become another.
      AND NOT EXISTS (
          SELECT FROM notices WHERE notices.case_no = letters.case_no AND notices.seq = letters.seq
          HAVING count(*) > 0 AND count(*) FILTER (WHERE status = 'sent') = 0
      )
)
INSERT INTO audit_letters (number, sha256, sealed, revoked)
SELECT number, sha256, sealed, revoked FROM given
WHERE (
    SELECT (told.sha256, told.sealed, told.revoked) = (given.sha256, given.sealed, given.revoked)
    FROM audit_letters AS told WHERE told.number = given.number
) IS NOT TRUE
ON CONFLICT (number) DO UPDATE SET
    sha256 = excluded.sha256, sealed = excluded.sealed, revoked = excluded.revoked
RETURNING number
""")
_AT_ONCE = 5_000
_COLUMNS = (
    AuditDigests.district,
    AuditDigests.day,
    AuditDigests.number,
    AuditDigests.document,
    AuditDigests.hash,
    AuditDigests.key,
    AuditDigests.signature,
)


async def districts(session: AsyncSession) -> Sequence[str]:
    """Every district that has a case or a letter, or had one when a digest was made."""
    either = union(
        select(Openings.district), select(Letters.district), select(AuditDigests.district)
    ).subquery()
    return (await session.scalars(select(either.c.district).order_by(either.c.district))).all()


async def make_digest(
    session: AsyncSession, district: str, day: date, *, made_at: datetime, key: DigestKey
) -> SignedDigest | None:
    """The digest of a district and day, made if there is none; idempotent.

    It tells of every case whose head differs from what was told last, and so of every letter that
    somebody has. A day before the newest
    digest's gets none any more (None): the later one has told everything.
    """
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"digest:{district}"))))
    last = await _newest(session, district)
    if last is not None and last.day >= day:
        return await _of_day(session, district, day)
    heads = await _moved(session, district)
    accesses, last_access = (await session.execute(_ACCESSES)).one()
    digest = Digest(
        district=district,
        day=day,
        number=last.number + 1 if last else 1,
        previous=last.hash if last else "",
        made_at=made_at,
        heads=heads,
        accesses=accesses,
        last_access=last_access,
        letters=await _letters_moved(session, district),
    )
    signed = sign(digest, key, hashing_of(session))
    await session.execute(
        insert(AuditDigests).values(vars(signed) | {"made_at": made_at, "cases": len(heads)})
    )
    return signed


async def stored_digests(session: AsyncSession, district: str = "") -> tuple[SignedDigest, ...]:
    """The digests of a district or of all, each district's in their order."""
    query = select(*_COLUMNS).order_by(AuditDigests.district, AuditDigests.number)
    if district:
        query = query.where(AuditDigests.district == district)
    return tuple(SignedDigest(**row) for row in (await session.execute(query)).mappings())


_ACCESSES = select(func.count(), func.coalesce(func.max(Accesses.id), 0)).select_from(Accesses)


async def _moved(session: AsyncSession, district: str) -> tuple[Head, ...]:
    """The heads that no digest has told of yet, by case number; they count as told from now on."""
    heads: list[Head] = []
    after = ""
    while until := await _until(session, Openings.district, Openings.case_no, district, after):
        place = {"district": district, "after": after, "until": until}
        moved = (await session.execute(_MOVED, place)).all()
        heads += [Head(case_no=no, seq=seq, hash=hashed) for no, seq, hashed in sorted(moved)]
        after = until
    return tuple(heads)


async def _letters_moved(session: AsyncSession, district: str) -> tuple[LetterTold, ...]:
    """The letters that are not as was told yet, by number; they count as told from now on."""
    hashing = hashing_of(session)
    letters: list[LetterTold] = []
    after = ""
    while until := await _until(session, Letters.district, Letters.number, district, after):
        place = {"district": district, "after": after, "until": until}
        moved = sorted(await session.scalars(_LETTERS_MOVED, place))
        stored = await _letters(session, [Letters.number.in_(moved)])
        letters += [each.told(hashing) for each in stored]
        after = until
    return tuple(letters)


async def _until(
    session: AsyncSession,
    of: InstrumentedAttribute[str],
    key: InstrumentedAttribute[str],
    district: str,
    after: str,
) -> str | None:
    """The last key of the next page of a district: so many that a statement on them is short."""
    page = select(key.label("key")).where(of == district, key > after).order_by(key).limit(_AT_ONCE)
    last: str | None = await session.scalar(select(func.max(page.subquery().c.key)))
    return last


async def _newest(session: AsyncSession, district: str) -> Row[int, date, str] | None:
    query = (
        select(AuditDigests.number, AuditDigests.day, AuditDigests.hash)
        .where(AuditDigests.district == district)
        .order_by(AuditDigests.number.desc())
        .limit(1)
    )
    return (await session.execute(query)).one_or_none()


async def _of_day(session: AsyncSession, district: str, day: date) -> SignedDigest | None:
    own = AuditDigests.district == district, AuditDigests.day == day
    found = (await session.execute(select(*_COLUMNS).where(*own))).mappings().one_or_none()
    return None if found is None else SignedDigest(**found)


# --- the record, as verifying reads it -----------------------------------------------------
# Case after case, in one moment of the register.


_CASES_AT_ONCE = 1_000


async def stored_cases(session: AsyncSession, district: str = "") -> AsyncIterator[StoredCase]:
    """Every case of a district, or of all, by case number; a session of `read_sessions`."""
    last = ""
    while True:
        wanted = [Openings.case_no > last]
        if district:
            wanted.append(Openings.district == district)
        page = await _page(session, wanted)
        for case in page:
            yield case
        if len(page) < _CASES_AT_ONCE:
            return
        last = page[-1].case_no


async def cases_of(session: AsyncSession, numbers: Sequence[str]) -> AsyncIterator[StoredCase]:
    """Those of the cases that there are."""
    for first in range(0, len(numbers), _CASES_AT_ONCE):
        asked = numbers[first : first + _CASES_AT_ONCE]
        for case in await _page(session, [Openings.case_no.in_(asked)]):
            yield case


async def stored_letters(session: AsyncSession, district: str = "") -> AsyncIterator[StoredLetter]:
    """Every letter of a district, or of all, by number, with what became void."""
    last = ""
    while True:
        wanted = [Letters.number > last]
        if district:
            wanted.append(Letters.district == district)
        page = await _letters(session, wanted)
        for letter in page:
            yield letter
        if len(page) < _AT_ONCE:
            return
        last = page[-1].number


async def _letters(
    session: AsyncSession, wanted: Sequence[ColumnElement[bool]]
) -> Sequence[StoredLetter]:
    renewed = exists().where(SupersededEvents.case_no == Letters.case_no)
    query = select(Letters, renewed).where(*wanted).order_by(Letters.number).limit(_AT_ONCE)
    return [
        StoredLetter(
            number=row.number,
            district=row.district,
            case_no=row.case_no,
            seq=row.seq,
            content=content_of_letter(
                number=row.number,
                kind=row.template,
                title=row.title,
                issued_on=row.issued_on,
                sha256=row.sha256,
            ),
            sealed=row.sealed_sha256,
            revoked=row.revoked_on.isoformat() if row.revoked_on else "",
            void=row.voided_at is not None,
            renewed=anew,
        )
        for row, anew in (await session.execute(query)).all()
    ]


async def access_counts(session: AsyncSession, last: Mapping[str, int]) -> Mapping[str, int]:
    """How many accesses are logged up to an id; under the same keys."""
    query = select(func.count()).select_from(Accesses)
    return {
        name: await session.scalar(query.where(Accesses.id <= until)) or 0
        for name, until in last.items()
    }


async def _page(
    session: AsyncSession, wanted: Sequence[ColumnElement[bool]]
) -> Sequence[StoredCase]:
    query = (
        select(Openings.case_no, Openings.district, func.coalesce(Cases.last_seq, 0))
        .outerjoin(Cases, Cases.case_no == Openings.case_no)
        .where(*wanted)
        .order_by(Openings.case_no)
        .limit(_CASES_AT_ONCE)
    )
    found = (await session.execute(query)).all()
    numbers = [case_no for case_no, _, _ in found]
    events = await _events(session, Events, numbers)
    superseded = await _events(session, SupersededEvents, numbers)
    restored = await _restored(session, numbers)
    return [
        StoredCase(
            case_no=case_no,
            district=district,
            last_seq=last_seq,
            events=tuple(events.get(case_no, ())),
            superseded=tuple(superseded.get(case_no, ())),
            restored=tuple(restored.get(case_no, ())),
        )
        for case_no, district, last_seq in found
    ]


async def _restored(
    session: AsyncSession, numbers: Sequence[str]
) -> Mapping[str, list[tuple[int, int]]]:
    query = select(Restorations.case_no, Restorations.first_seq, Restorations.last_seq)
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for case_no, first, last in await session.execute(
        query.where(Restorations.case_no == func.any(numbers))
    ):
        found[case_no].append((first, last))
    return found


async def _events(
    session: AsyncSession, table: type[Events | SupersededEvents], numbers: Sequence[str]
) -> Mapping[str, list[StoredEvent]]:
    query = (
        select(
            table.case_no,
            table.seq,
            table.hash,
            table.kind,
            table.title,
            table.at,
            table.actor,
            table.role,
            table.reason,
            cast(table.body, Text),
        )
        .where(table.case_no == func.any(numbers))
        .order_by(table.case_no, table.seq)
    )
    events: dict[str, list[StoredEvent]] = defaultdict(list)
    for case_no, seq, hashed, kind, title, at, actor, role, reason, body in await session.execute(
        query
    ):
        content = content_of(
            kind=kind, title=title, at=at, actor=actor, role=role, reason=reason, body=body
        )
        events[case_no].append(StoredEvent(seq=seq, content=content, hash=hashed))
    return events


async def verify_register(
    reading: Sessions,
    keys: PublicKeys,
    *,
    exported: Sequence[SignedDigest] = (),
    district: str = "",
) -> Report:
    """Read everything, of one district or of all; no key of the register is needed.

    ``reading`` are `read_sessions`, so that cases may go on meanwhile. ``exported`` digests, if
    given, are believed rather than those of the register.
    """
    verification = Verification(keys=keys)
    async with reading() as session:
        verification.take_digests(await stored_digests(session, district), exported)
        async for case in stored_cases(session, district):
            verification.take_case(case)
        # A case may have gone to another district since a digest told of it.
        async for case in cases_of(session, verification.missing):
            verification.take_case(case)
        async for letter in stored_letters(session, district):
            verification.take_letter(letter)
        last = {name: each.last_access for name, each in verification.newest.items()}
        verification.take_accesses(await access_counts(session, last))
    return verification.report()


# --- the chain of a case -------------------------------------------------------------------
# Each event carries the hash of the one before.


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
    return await session.scalar(_HASH, {"case_no": entry.case_no, "seq": first - 1})


# Built once: each entry asks for it.
_HASH = select(Events.hash).where(
    Events.case_no == bindparam("case_no"), Events.seq == bindparam("seq")
)


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
