"""Letters as documents: those of a case, and what anybody may know of one who holds it."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlalchemy import ColumnElement, Exists, ScalarSelect, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from casework.store.models import Cases, Letters, Notices, Openings

HANDED_TO = ("applicant", "employer")
"""Who may have a letter that is sent to nobody, but given out on request."""


_REVOKING = frozenset({"taken_back", "request_taken_back", "cycle_taken_back", "breach_decided"})
"""The kinds of letters that take back what an earlier one said."""


class LetterStatus(StrEnum):
    """Whether a letter holds; the words are published."""

    READY = "ready"  # given out, and numbered, when somebody asks for it
    PENDING = "pending"  # nobody has it, for the city's seal is still to be put to it
    IN_FORCE = "in_force"
    REVOKED = "revoked"  # what it said was taken back
    SUPERSEDED = "superseded"  # a later letter says the same thing anew
    VOID = "void"  # a number without a letter: nobody was ever told

    @property
    def label(self) -> str:
        """The word a clerk, and whoever verifies, reads."""
        return _LABELS[self]


_LABELS = {
    LetterStatus.READY: "待出具",
    LetterStatus.PENDING: "待加盖电子印章",
    LetterStatus.IN_FORCE: "有效",
    LetterStatus.REVOKED: "已撤销",
    LetterStatus.SUPERSEDED: "已被替代",
    LetterStatus.VOID: "作废",
}


@dataclass(frozen=True, kw_only=True)
class LetterView:
    """A letter of a case; ``sha256`` is of its PDF, empty while there is none.

    ``sealed_sha256`` is that of the sealed PDF, which is then the letter; empty if there is none.
    ``signature_sha256`` is that of the signature of the seal that lies beside it; empty likewise.

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
    sealed_sha256: str
    signature_sha256: str = ""
    recipients: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class LetterStatement:
    """What anybody may know of a letter: nothing of whom it speaks, or of which case."""

    number: str
    kind: str
    title: str
    issued_on: date
    sha256: str
    sealed_sha256: str
    signature_sha256: str
    status: LetterStatus
    revoked_on: date | None
    revoked_by: str


async def letters(
    session: AsyncSession, case_no: str, *, sealing: bool = False
) -> tuple[LetterView, ...]:
    """The letters of a case in the order of its events; numbers that became void are left out.

    ``sealing``: the city's seal is switched on, so that what has none, and nobody was sent, waits.
    """
    told = (
        select(func.array_agg(Notices.recipient.distinct()))
        .where(Notices.case_no == Letters.case_no, Notices.seq == Letters.seq)
        .scalar_subquery()
    )
    query = (
        select(Letters, _ended_by(), _sent(), told)
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
            status=_status(row, ended_by, waits=sealing and not sent),
            revoked_on=row.revoked_on,
            revoked_by=row.revoked_by,
            sha256=row.sha256,
            sealed_sha256=_given(row, "file"),
            signature_sha256=_given(row, "signature"),
            recipients=tuple(sorted(recipients or HANDED_TO)),
        )
        for row, ended_by, sent, recipients in await session.execute(query)
    )


async def statement_of(
    session: AsyncSession, which: str, *, sealing: bool = False
) -> LetterStatement | None:
    """What may be known of the letter with this number or code; None: there is none.

    ``sealing`` as for `letters`: of a letter that waits for the seal nothing is known yet.
    """
    named = or_(
        Letters.number.in_((which, number_as_printed(which))),
        Letters.code == code_as_printed(which),
    )
    return await _statement(session, named, sealing=sealing)


_YEAR = re.compile(r"[\[({<【〖〈《「『]([0-9]{4})[\])}>】〗〉》」』]")
_NOT_OF_A_CODE = re.compile(r"[^0-9A-Z]")
_MISREAD = str.maketrans("OIL", "011")
_GROUP = 4


def number_as_printed(typed: str) -> str:
    """The number of a letter (文号) as it is printed, however its reader typed it.

    Full width or half, with blanks or without, the year in any brackets.
    """
    plain = "".join(unicodedata.normalize("NFKC", typed).split())
    return _YEAR.sub(r"〔\1〕", plain)


def code_as_printed(typed: str) -> str:
    """A code as it is printed: with or without dashes, in any case, O for 0 and I or L for 1."""
    plain = _NOT_OF_A_CODE.sub("", unicodedata.normalize("NFKC", typed).upper())
    plain = plain.translate(_MISREAD)
    return "-".join(plain[at : at + _GROUP] for at in range(0, len(plain), _GROUP))


async def statement_of_file(
    session: AsyncSession, sha256: str, *, sealing: bool = False
) -> LetterStatement | None:
    """What may be known of the letter whose document, sealed or not, has this digest."""
    plain = and_(Letters.sha256 == sha256, Letters.sha256 != "")
    sealed = and_(Letters.sealed_sha256 == sha256, Letters.seal == "file")
    return await _statement(session, or_(plain, sealed), sealing=sealing)


async def number_signed_by(session: AsyncSession, sha256: str) -> str | None:
    """The number of the letter whose signature, in a file beside it, has this digest."""
    query = select(Letters.number).where(
        Letters.sealed_sha256 == sha256, Letters.seal == "signature", Letters.voided_at.is_(None)
    )
    return (await session.scalars(query.limit(1))).one_or_none()


async def _statement(
    session: AsyncSession, which: ColumnElement[bool], *, sealing: bool
) -> LetterStatement | None:
    query = select(Letters, _ended_by(), _sent()).where(which).limit(1)
    found = (await session.execute(query)).one_or_none()
    if found is None:
        return None
    row, ended_by, sent = found
    status = _status(row, ended_by, waits=sealing and not sent)
    if status is LetterStatus.PENDING:
        return None
    return LetterStatement(
        number=row.number,
        kind=row.template,
        title=row.title,
        issued_on=row.issued_on,
        sha256=row.sha256,
        sealed_sha256=_given(row, "file"),
        signature_sha256=_given(row, "signature"),
        status=status,
        revoked_on=row.revoked_on,
        revoked_by=row.revoked_by,
    )


def _ended_by() -> ScalarSelect[str]:
    """The kind of the letter because of which a letter holds no longer."""
    later = aliased(Letters)
    return select(later.template).where(later.number == Letters.revoked_by).scalar_subquery()


def _sent() -> Exists:
    """Whether somebody was sent the letter."""
    told = exists().where(Notices.case_no == Letters.case_no, Notices.seq == Letters.seq)
    return told.where(Notices.status == "sent")


def _given(row: Letters, what: str) -> str:
    """The digest of what the seal has given: the sealed ``file``, or the ``signature`` beside."""
    return row.sealed_sha256 if row.seal == what else ""


def _status(row: Letters, ended_by: str | None, *, waits: bool) -> LetterStatus:
    if row.voided_at is not None:
        return LetterStatus.VOID
    if row.revoked_on is None:
        waits = waits and not row.seal
        return LetterStatus.PENDING if waits else LetterStatus.IN_FORCE
    revoked = ended_by is None or ended_by in _REVOKING
    return LetterStatus.REVOKED if revoked else LetterStatus.SUPERSEDED


@dataclass(frozen=True, kw_only=True)
class RatingLink:
    """The case that a letter's rating code stands for, and the pseudonym of its applicant."""

    case_no: str
    item_name: str
    subject: str


async def rating_link(session: AsyncSession, code: str) -> RatingLink | None:
    """The case of the letter with this rating code; None: there is none, or it was revoked."""
    query = (
        select(Letters.case_no, Cases.item_name, Openings.subject)
        .join(Cases, Cases.case_no == Letters.case_no)
        .join(Openings, Openings.case_no == Letters.case_no)
        .where(Letters.rating_code == code.upper())
        .where(Letters.voided_at.is_(None), Letters.revoked_on.is_(None))
    )
    row = (await session.execute(query)).mappings().one_or_none()
    return RatingLink(**row) if row else None
