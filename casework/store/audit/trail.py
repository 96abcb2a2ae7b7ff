"""The record as verifying reads it: case after case, in one moment of the register."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence

from sqlalchemy import ColumnElement, Text, cast, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.security.audit.digests import PublicKeys, SignedDigest
from casework.security.audit.findings import Report
from casework.security.audit.hashing import StoredCase, StoredEvent, content_of
from casework.security.audit.verifying import Verification
from casework.store.audit.digests import stored_digests
from casework.store.engine import Sessions
from casework.store.models import Accesses, Cases, Events, Openings, SupersededEvents

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
    return [
        StoredCase(
            case_no=case_no,
            district=district,
            last_seq=last_seq,
            events=tuple(events.get(case_no, ())),
            superseded=tuple(superseded.get(case_no, ())),
        )
        for case_no, district, last_seq in found
    ]


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
        last = {name: each.last_access for name, each in verification.newest.items()}
        verification.take_accesses(await access_counts(session, last))
    return verification.report()
