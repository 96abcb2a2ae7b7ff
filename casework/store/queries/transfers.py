"""The log of jurisdiction transfers."""

from dataclasses import dataclass, fields
from datetime import datetime

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Transfers
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.sealing.sealing import openers


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


def _key(row: TransferView) -> tuple[datetime, str, int]:
    return (row.at, row.case_no, row.seq)


_KEYSET = Keyset("transfers", _key, TypeAdapter(tuple[AwareDatetime, str, int]))


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
        query = query.where(tuple_(*place) < tuple_(*_KEYSET.key(after)))
    newest_first = query.order_by(*(column.desc() for column in place)).limit(size + 1)
    found = (await session.execute(newest_first)).mappings().all()
    own = await openers(session, (row["case_no"] for row in found))
    rows = [TransferView(**own[row["case_no"]].row("transfers", row)) for row in found]
    return _KEYSET.page(rows, size)
