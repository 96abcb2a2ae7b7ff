"""Credit records: broken promises, and their repair (domain.md §C.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.engine import vault_of
from casework.store.models import CreditRecords, Openings
from casework.store.sealing import Opener, opener, openers, sealed_row


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


async def credit_records(
    session: AsyncSession, *, subject: str | None = None, case_no: str | None = None
) -> tuple[CreditRecord, ...]:
    """The records of a subject or of a case, oldest first."""
    query = _records().order_by(CreditRecords.recorded_at, CreditRecords.id)
    if subject is not None:
        query = query.where(Openings.subject == subject)
    if case_no is not None:
        query = query.where(CreditRecords.case_no == case_no)
    rows = (await session.execute(query)).mappings().all()
    own = await openers(session, (row["case_no"] for row in rows))
    return tuple(_record(row, own[row["case_no"]]) for row in rows)


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
