"""Credit records: broken promises, and their repair (domain.md §C.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import Select, exists, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.store.access import seen_cases
from casework.store.engine import vault_of
from casework.store.models import CreditRecords, Openings
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.sealing.sealing import Opener, opener, openers, sealed_row


@dataclass(frozen=True, kw_only=True)
class CreditRecord:
    """One breach; ``subject`` is a pseudonym. ``id`` is ``<case no>:<seq>`` of its event."""

    id: str
    subject: str
    case_no: str
    seq: int
    material: str
    recorded_at: datetime
    reason: str
    repaired_at: datetime | None
    repaired_by: str
    repair_reason: str


async def barred(session: AsyncSession, subject: str) -> bool:
    """Whether an unrepaired breach, in whatever case, bars the subject from further deferral."""
    unrepaired = (
        exists()
        .where(CreditRecords.case_no == Openings.case_no)
        .where(Openings.subject == subject, CreditRecords.repaired_at.is_(None))
    )
    return bool(await session.scalar(select(unrepaired)))


def _key(row: CreditRecord) -> tuple[datetime, str]:
    return row.recorded_at, row.id


_ORDER = (CreditRecords.recorded_at, CreditRecords.id)
_KEYSET = Keyset("credit_records", _key, TypeAdapter(tuple[AwareDatetime, str]))


async def credit_records(  # noqa: PLR0913 - one argument per filter
    session: AsyncSession,
    *,
    subject: str | None = None,
    case_no: str | None = None,
    unrepaired: bool = False,
    sight: Sight | None = None,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[CreditRecord]:
    """A page of the records of a subject, of a case, or of all, oldest first.

    ``sight``: whose list it is. Raises `CursorError`.
    """
    size = bounded(size)
    query = _records().order_by(*_ORDER).limit(size + 1)
    if subject is not None:
        query = query.where(Openings.subject == subject)
    if case_no is not None:
        query = query.where(CreditRecords.case_no == case_no)
    if unrepaired:
        query = query.where(CreditRecords.repaired_at.is_(None))
    if sight is not None and not sight.is_whole:
        query = query.where(CreditRecords.case_no.in_(seen_cases(sight)))
    if after:
        query = query.where(tuple_(*_ORDER) > _KEYSET.key(after))
    rows = (await session.execute(query)).mappings().all()
    own = await openers(session, (row["case_no"] for row in rows))
    return _KEYSET.page([_record(row, own[row["case_no"]]) for row in rows], size)


async def repair(
    session: AsyncSession, record_id: str, *, by: str, reason: str, at: datetime
) -> CreditRecord | None:
    """Mark a breach as repaired, once: a repeat leaves who, why and when. None: no such record."""
    query = _records().where(CreditRecords.id == record_id)
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    cipher = await vault_of(session).cipher(row["case_no"])
    await session.execute(
        update(CreditRecords)
        .where(CreditRecords.id == record_id, CreditRecords.repaired_at.is_(None))
        .values(
            repaired_at=at,
            repaired_by=by,
            **sealed_row(cipher, "credit_records", {"repair_reason": reason}),
        )
    )
    row = (await session.execute(query)).mappings().one()
    return _record(row, await opener(session, row["case_no"]))


def _record(row: Mapping[Any, Any], own: Opener) -> CreditRecord:
    return CreditRecord(**own.row("credit_records", row))


def _records() -> Select[tuple[object, ...]]:
    return select(*CreditRecords.__table__.c, Openings.subject).join(
        Openings, Openings.case_no == CreditRecords.case_no
    )
