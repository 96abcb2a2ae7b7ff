"""The digests in the register: made once for each district and day, and read."""

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Row, func, insert, select, text, union
from sqlalchemy.ext.asyncio import AsyncSession

from casework.security.audit.digests import Digest, DigestKey, Head, SignedDigest, sign
from casework.store.engine import hashing_of
from casework.store.models import Accesses, AuditDigests, Openings

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
_CASES_AT_ONCE = 5_000
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
    """Every district that has a case, or had one when a digest was made."""
    either = union(select(Openings.district), select(AuditDigests.district)).subquery()
    return (await session.scalars(select(either.c.district).order_by(either.c.district))).all()


async def make_digest(
    session: AsyncSession, district: str, day: date, *, made_at: datetime, key: DigestKey
) -> SignedDigest | None:
    """The digest of a district and day, made if there is none; idempotent.

    It tells of every case whose head differs from what was told last. A day before the newest
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
    while until := await _until(session, district, after):
        place = {"district": district, "after": after, "until": until}
        moved = (await session.execute(_MOVED, place)).all()
        heads += [Head(case_no=no, seq=seq, hash=hashed) for no, seq, hashed in sorted(moved)]
        after = until
    return tuple(heads)


async def _until(session: AsyncSession, district: str, after: str) -> str | None:
    """The last of the next cases: so many that a statement on them is short."""
    page = (
        select(Openings.case_no)
        .where(Openings.district == district, Openings.case_no > after)
        .order_by(Openings.case_no)
        .limit(_CASES_AT_ONCE)
        .subquery()
    )
    last: str | None = await session.scalar(select(func.max(page.c.case_no)))
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
