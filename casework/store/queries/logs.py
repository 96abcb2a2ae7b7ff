"""Lists of what was done: signed digests, card digests, jurisdiction transfers."""

from dataclasses import dataclass, fields
from datetime import date, datetime

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import AuditDigests, CardDigests, Transfers
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.sealing.sealing import openers


@dataclass(frozen=True, kw_only=True)
class DigestView:
    """One digest without its text; ``cases`` is of how many cases it tells."""

    district: str
    day: date
    number: int
    made_at: datetime
    cases: int
    hash: str
    key: str
    signature: str


def _key(row: DigestView) -> tuple[date, str]:
    return (row.day, row.district)


_KEYSET = Keyset("audit_digests", _key, TypeAdapter(tuple[date, str]))


async def digests(
    session: AsyncSession, district: str = "", *, after: str = "", size: int = PAGE_SIZE
) -> Page[DigestView]:
    """A page of the digests of a district or of all, the newest first; raises `CursorError`."""
    size = bounded(size)
    place = (AuditDigests.day, AuditDigests.district)
    query = select(*(AuditDigests.__table__.c[field.name] for field in fields(DigestView)))
    if district:
        query = query.where(AuditDigests.district == district)
    if after:
        query = query.where(tuple_(*place) < tuple_(*_KEYSET.key(after)))
    newest_first = query.order_by(*(column.desc() for column in place)).limit(size + 1)
    found = await session.execute(newest_first)
    return _KEYSET.page([DigestView(**row) for row in found.mappings()], size)


@dataclass(frozen=True, kw_only=True)
class CardDigestView:
    """One digest: to whom by code, how many cards it announced, and what became of it."""

    officer: str
    district: str
    day: date
    channel: str
    status: str
    problem: str
    red: int
    yellow: int
    older: int
    queued_at: datetime
    sent_at: datetime | None


def _card_key(row: CardDigestView) -> tuple[date, str, str]:
    return (row.day, row.district, row.officer)


_CARD_KEYSET = Keyset("card_digests", _card_key, TypeAdapter(tuple[date, str, str]))


async def card_digests(  # noqa: PLR0913 - one argument per filter
    session: AsyncSession,
    *,
    district: str = "",
    officer: str = "",
    status: str = "",
    day: date | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[CardDigestView]:
    """A page of digests, the newest first; empty filters do not restrict. Raises `CursorError`."""
    size = bounded(size)
    place = (CardDigests.day, CardDigests.district, CardDigests.officer)
    query = select(*(CardDigests.__table__.c[each.name] for each in fields(CardDigestView)))
    given = {
        CardDigests.district: district,
        CardDigests.officer: officer,
        CardDigests.status: status,
        CardDigests.day: day,
    }
    query = query.where(*(column == value for column, value in given.items() if value))
    if after:
        query = query.where(tuple_(*place) < tuple_(*_CARD_KEYSET.key(after)))
    newest_first = query.order_by(*(column.desc() for column in place)).limit(size + 1)
    found = await session.execute(newest_first)
    return _CARD_KEYSET.page([CardDigestView(**row) for row in found.mappings()], size)


@dataclass(frozen=True, kw_only=True)
class TransferView:
    """One transfer; ``seq`` is that of its event, ``reason`` is in clear."""

    case_no: str
    seq: int
    at: datetime
    actor: str
    role: str
    from_district: str
    from_office: str
    to_district: str
    to_office: str
    reason: str


def _transfer_key(row: TransferView) -> tuple[datetime, str, int]:
    return (row.at, row.case_no, row.seq)


_TRANSFERS = Keyset("transfers", _transfer_key, TypeAdapter(tuple[AwareDatetime, str, int]))


async def transfers(
    session: AsyncSession,
    *,
    district: str = "",
    case_no: str = "",
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[TransferView]:
    """A page of transfers from or to a district, or of all, the newest first.

    Raises:
        CursorError: ``after`` is none of ours.
    """
    size = bounded(size)
    place = (Transfers.at, Transfers.case_no, Transfers.seq)
    query = select(*(Transfers.__table__.c[field.name] for field in fields(TransferView)))
    if district:
        query = query.where(
            or_(Transfers.from_district == district, Transfers.to_district == district)
        )
    if case_no:
        query = query.where(Transfers.case_no == case_no)
    if after:
        query = query.where(tuple_(*place) < tuple_(*_TRANSFERS.key(after)))
    newest_first = query.order_by(*(column.desc() for column in place)).limit(size + 1)
    found = (await session.execute(newest_first)).mappings().all()
    own = await openers(session, (row["case_no"] for row in found))
    rows = [TransferView(**own[row["case_no"]].row("transfers", row)) for row in found]
    return _TRANSFERS.page(rows, size)
