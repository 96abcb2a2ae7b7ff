"""Letters as documents: those of a case, and what anybody may know of one who holds it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Letters, Notices

HANDED_TO = ("applicant", "employer")
"""Who may have a letter that is sent to nobody, but given out on request."""


class LetterStatus(StrEnum):
    """Whether a letter holds; the words are published."""

    READY = "ready"  # given out, and numbered, when somebody asks for it
    IN_FORCE = "in_force"
    REVOKED = "revoked"  # by a later letter
    VOID = "void"  # a number without a letter: nobody was ever told

    @property
    def label(self) -> str:
        """The word a clerk, and whoever verifies, reads."""
        return _LABELS[self]


_LABELS = {
    LetterStatus.READY: "待出具",
    LetterStatus.IN_FORCE: "有效",
    LetterStatus.REVOKED: "已撤销",
    LetterStatus.VOID: "作废",
}


@dataclass(frozen=True, kw_only=True)
class LetterView:
    """A letter of a case; ``sha256`` is of its PDF, empty while there is none.

    ``seq`` is that of the event of which it tells. ``recipients``: the roles who are told, or may
    have it given out. ``number`` is empty as long as it was not given out (``READY``).
    """

    seq: int
    number: str
    template: str
    title: str
    issued_on: date
    status: LetterStatus
    revoked_on: date | None
    revoked_by: str
    sha256: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LetterStatement:
    """What anybody may know of a letter: nothing of whom it speaks, or of which case."""

    number: str
    kind: str
    title: str
    issued_on: date
    sha256: str
    status: LetterStatus
    revoked_on: date | None
    revoked_by: str


async def letters(session: AsyncSession, case_no: str) -> tuple[LetterView, ...]:
    """The letters of a case in the order of its events; numbers that became void are left out."""
    told = (
        select(func.array_agg(Notices.recipient.distinct()))
        .where(Notices.case_no == Letters.case_no, Notices.seq == Letters.seq)
        .scalar_subquery()
    )
    query = (
        select(Letters, told)
        .where(Letters.case_no == case_no, Letters.voided_at.is_(None))
        .order_by(Letters.seq)
    )
    return tuple(
        LetterView(
            seq=row.seq,
            number=row.number,
            template=row.template,
            title=row.title,
            issued_on=row.issued_on,
            status=_status(row),
            revoked_on=row.revoked_on,
            revoked_by=row.revoked_by,
            sha256=row.sha256,
            recipients=tuple(sorted(recipients or HANDED_TO)),
        )
        for row, recipients in await session.execute(query)
    )


async def statement_of(session: AsyncSession, which: str) -> LetterStatement | None:
    """What may be known of the letter with this number or code; None: there is none."""
    return await _statement(session, or_(Letters.number == which, Letters.code == which.upper()))


async def statement_of_file(session: AsyncSession, sha256: str) -> LetterStatement | None:
    """What may be known of the letter whose document has this digest; None: there is none."""
    return await _statement(session, Letters.sha256 == sha256, Letters.sha256 != "")


async def _statement(
    session: AsyncSession, *conditions: ColumnElement[bool]
) -> LetterStatement | None:
    row = await session.scalar(select(Letters).where(*conditions).limit(1))
    if row is None:
        return None
    return LetterStatement(
        number=row.number,
        kind=row.template,
        title=row.title,
        issued_on=row.issued_on,
        sha256=row.sha256,
        status=_status(row),
        revoked_on=row.revoked_on,
        revoked_by=row.revoked_by,
    )


def _status(row: Letters) -> LetterStatus:
    if row.voided_at is not None:
        return LetterStatus.VOID
    return LetterStatus.REVOKED if row.revoked_by else LetterStatus.IN_FORCE
