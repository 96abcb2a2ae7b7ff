"""Numbers of documents (文号), and which document was made for which event.

A number is given in one transaction with its letter, so that one that is broken off gives none: the
numbers of a district, kind and year have no gap, and none is given twice. A letter is one event's:
whoever asks again gets the same.
"""

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import Text, and_, cast, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.time.calendar import local_date
from casework.store.models import Cases, Events, LetterNumbers, Letters, Notices, Parties
from casework.store.register.parties import NoticeUnknownError
from casework.store.sealing.sealing import opener

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_GROUPS, _GROUP = 6, 4
_ADDRESSED = {"applicant": "applicant", "agent": "applicant", "employer": "employer"}
"""Recipient → the party whose name the letter bears: an agent is told for the applicant."""
_RESULTS = ("approved", "result_ready", "dispatched")
_TAKEN_BACK, _BREACH_DECIDED, _REVOKE = "taken_back", "breach_decided", "revoke"
REVOKING = frozenset({_TAKEN_BACK, _BREACH_DECIDED})
"""The events that may revoke letters of their case."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The letter of an event. Its number is ``word〔year〕series ordinal号``.

    ``handed``: it is given out on request, and nobody is sent it. ``replaces``: the kinds of the
    case's earlier letters that hold no longer. ``officer``: the code of whom it names as contact.
    """

    case_no: str
    seq: int
    template: str
    title: str
    district: str
    word: str
    series: str
    on: date
    handed: bool = False
    replaces: tuple[str, ...] = ()
    officer: str = ""


@dataclass(frozen=True, kw_only=True)
class IssuedLetter:
    """A letter with its number and codes; ``sha256`` is empty as long as there is no document.

    ``seal`` (``file`` or ``signature``) and ``sealed_sha256``: what the city's seal has given.
    ``rating_code`` is None for a letter of before there was one. ``told``: somebody was sent it, so
    that its files may never become others. ``officer`` as it was when the number was given.
    """

    number: str
    code: str
    sha256: str
    seal: str = ""
    sealed_sha256: str = ""
    rating_code: str | None = None
    told: bool = False
    officer: str = ""


@dataclass(frozen=True, kw_only=True)
class KeptLetter:
    """What the register keeps of a letter that has gone out, and that follows from no event.

    The letter's activity tells it to Temporal, so that a register that was lost can have it again.
    ``revokes``: the numbers of the letters that it says hold no longer.
    """

    number: str
    code: str
    rating_code: str | None
    title: str
    district: str
    series: str
    year: int
    ordinal: int
    issued_on: date
    sha256: str
    seal: str
    sealed_sha256: str
    seal_reference: str
    officer: str
    revokes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Whose:
    """The district that handles a case now, and the item it is about."""

    district: str
    item: str


async def whose(session: AsyncSession, case_no: str) -> Whose | None:
    """Whose letters those of a case are; None: there is no such case."""
    query = select(Cases.district, Cases.item).where(Cases.case_no == case_no)
    row = (await session.execute(query)).mappings().one_or_none()
    return Whose(**row) if row is not None else None


@dataclass(frozen=True, kw_only=True)
class Addressees:
    """The names to which a letter is addressed, the applicant's first.

    ``concerns``: the applicant, of whom others are told; empty where the applicant is among them.
    """

    names: tuple[str, ...]
    concerns: str = ""


async def addressees(session: AsyncSession, case_no: str, seq: int) -> Addressees:
    """To whom the letter of an event is addressed.

    What is given out on request is the applicant's.
    """
    told = select(Notices.recipient).where(Notices.case_no == case_no, Notices.seq == seq)
    roles = {_ADDRESSED.get(each, each) for each in await session.scalars(told)}
    roles = roles or {"applicant"}
    query = select(Parties.role, Parties.name).where(
        Parties.case_no == case_no, Parties.role.in_(sorted({"applicant", *roles}))
    )
    own = await opener(session, case_no)
    names = {
        role: own.text(name, "parties.name")
        for role, name in await session.execute(query)
        if not own.is_erased(name)
    }
    first = dict.fromkeys((*_ADDRESSED.values(), *sorted(names)))
    return Addressees(
        names=tuple(names[role] for role in first if role in roles and names.get(role)),
        concerns="" if "applicant" in roles else names.get("applicant", ""),
    )


async def issue(session: AsyncSession, wanted: Wanted) -> IssuedLetter:
    """Give the letter of an event its number, once; a repeat returns the same.

    Revokes what the event revokes, and the letter itself if a later one has revoked it already.
    Raises `NoticeUnknownError`: nobody is to be told of it, or there is no such event.
    """
    # One letter of a case at a time, and none while its event is taken back. The case comes first,
    # as for the recorder.
    found = wanted.handed and await _has_happened(session, wanted)
    told = await _locked(session, wanted.case_no)
    if not found and (wanted.handed or wanted.seq not in told):
        raise NoticeUnknownError(f"{wanted.case_no}:{wanted.seq}")
    if (known := await _issued(session, wanted.case_no, wanted.seq)) is not None:
        return known
    year = wanted.on.year
    ordinal = await _next_number(session, wanted.district, wanted.series, year)
    letter = IssuedLetter(
        number=f"{wanted.word}〔{year}〕{wanted.series}{ordinal}号",
        code=_new_code(),
        sha256="",
        rating_code=_new_code(),
        officer=wanted.officer,
    )
    await session.execute(
        insert(Letters).values(
            number=letter.number,
            code=letter.code,
            rating_code=letter.rating_code,
            case_no=wanted.case_no,
            seq=wanted.seq,
            template=wanted.template,
            title=wanted.title,
            district=wanted.district,
            series=wanted.series,
            year=year,
            ordinal=ordinal,
            issued_on=wanted.on,
            officer=wanted.officer,
        )
    )
    await revoke_letters(session, wanted.case_no)
    if wanted.replaces:
        await session.execute(
            update(Letters)
            .where(Letters.case_no == wanted.case_no, Letters.seq < wanted.seq)
            .where(Letters.template.in_(wanted.replaces))
            .where(Letters.voided_at.is_(None), Letters.revoked_on.is_(None))
            .values(revoked_on=wanted.on, revoked_by=letter.number)
        )
    return letter


async def _has_happened(session: AsyncSession, wanted: Wanted) -> bool:
    """Whether there is the event; nothing is recorded of its case until the transaction ends."""
    query = select(Cases.case_no).where(
        Cases.case_no == wanted.case_no, Cases.last_seq >= wanted.seq
    )
    return await session.scalar(query.with_for_update()) is not None


async def _locked(session: AsyncSession, case_no: str) -> set[int]:
    """The events of a case of which somebody is told; its letters are this transaction's alone."""
    query = select(Notices.seq).where(Notices.case_no == case_no)
    return set(await session.scalars(query.order_by(Notices.key).with_for_update()))


async def note_document(
    session: AsyncSession, number: str, sha256: str, *, instead_of: str = ""
) -> bool:
    """Note the document of a letter; whether it is the letter's now.

    Not if another was noted meanwhile. ``instead_of``: one that never came into the store.
    """
    changed = await session.scalar(
        update(Letters)
        .where(Letters.number == number, Letters.sha256.in_((instead_of, sha256)))
        .values(sha256=sha256)
        .returning(Letters.number)
    )
    return changed is not None


async def note_seal(  # noqa: PLR0913 - one seal, whole
    session: AsyncSession,
    number: str,
    seal: str,
    sha256: str,
    *,
    reference: str,
    instead_of: str = "",
) -> bool:
    """Note what the city's seal has given; whether it is the letter's now, as `note_document`."""
    changed = await session.scalar(
        update(Letters)
        .where(Letters.number == number, Letters.sealed_sha256.in_((instead_of, sha256)))
        .values(seal=seal, sealed_sha256=sha256, seal_reference=reference)
        .returning(Letters.number)
    )
    return changed is not None


async def _issued(session: AsyncSession, case_no: str, seq: int) -> IssuedLetter | None:
    query = select(
        Letters.number,
        Letters.code,
        Letters.sha256,
        Letters.seal,
        Letters.sealed_sha256,
        Letters.rating_code,
        Letters.officer,
        exists()
        .where(Notices.case_no == Letters.case_no, Notices.seq == Letters.seq)
        .where(Notices.status == "sent")
        .label("told"),
    ).where(Letters.case_no == case_no, Letters.seq == seq, Letters.voided_at.is_(None))
    row = (await session.execute(query)).mappings().one_or_none()
    return None if row is None else IssuedLetter(**row)


_KEPT = tuple(each.name for each in fields(KeptLetter) if each.name != "revokes")


async def kept_letter(session: AsyncSession, case_no: str, seq: int) -> KeptLetter | None:
    """The letter of an event, as `regain_letter` needs it; None: there is none."""
    columns = [Letters.__table__.c[name] for name in _KEPT]
    query = select(*columns).where(
        Letters.case_no == case_no, Letters.seq == seq, Letters.voided_at.is_(None)
    )
    row = (await session.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    revoked = select(Letters.number).where(
        Letters.case_no == case_no, Letters.revoked_by == row["number"]
    )
    revokes = tuple(sorted(await session.scalars(revoked)))
    return KeptLetter(**row, revokes=revokes)


async def regain_letter(
    session: AsyncSession, case_no: str, seq: int, template: str, letter: KeptLetter
) -> bool:
    """Write again a letter that has gone out; whether its number and codes are its own now.

    Idempotent. The next number of its kind comes after it. False: another letter has got its number
    meanwhile, or its event another letter.
    """
    values = {name: getattr(letter, name) for name in _KEPT}
    written = insert(Letters).values(case_no=case_no, seq=seq, template=template, **values)
    await session.execute(written.on_conflict_do_nothing())
    counting = insert(LetterNumbers).values(
        district=letter.district, series=letter.series, year=letter.year, last=letter.ordinal
    )
    await session.execute(
        counting.on_conflict_do_update(
            index_elements=list(LetterNumbers.__table__.primary_key),
            set_={"last": func.greatest(LetterNumbers.last, counting.excluded.last)},
        )
    )
    await session.execute(
        update(Letters)
        .where(Letters.case_no == case_no, Letters.number.in_(letter.revokes))
        .values(revoked_on=letter.issued_on, revoked_by=letter.number)
    )
    await revoke_letters(session, case_no)
    own = select(Letters.code).where(Letters.number == letter.number, Letters.case_no == case_no)
    return await session.scalar(own) == letter.code


async def _next_number(session: AsyncSession, district: str, series: str, year: int) -> int:
    """The next number; others who want one of these wait until this transaction has ended."""
    counting = insert(LetterNumbers).values(district=district, series=series, year=year, last=1)
    number: int = (
        await session.execute(
            counting.on_conflict_do_update(
                index_elements=list(LetterNumbers.__table__.primary_key),
                set_={"last": LetterNumbers.last + 1},
            ).returning(LetterNumbers.last)
        )
    ).scalar_one()
    return number


async def revoke_letters(session: AsyncSession, case_no: str) -> None:
    """Revoke what the events of a case revoke: where one is recorded, and where a letter is made.

    A closing that is taken back takes its letters with it, a result that is revoked likewise,
    whether or not a letter says so yet. ``revoked_by`` is empty until there is that letter.
    """
    await _locked(session, case_no)
    query = (
        select(
            Events.seq,
            Events.kind,
            Events.at,
            cast(Events.body, Text).label("body"),
            func.coalesce(Letters.number, "").label("number"),
        )
        .outerjoin(
            Letters,
            and_(
                Letters.case_no == Events.case_no,
                Letters.seq == Events.seq,
                Letters.voided_at.is_(None),
            ),
        )
        .where(Events.case_no == case_no, Events.kind.in_(REVOKING))
        .order_by(Events.seq)
    )
    for event in (await session.execute(query)).all():
        body = json.loads((await opener(session, case_no)).body(event.body))
        if event.kind == _TAKEN_BACK:
            gone = Letters.seq >= body["closed_seq"]
        elif body.get("outcome") == _REVOKE:
            gone = Letters.template.in_(_RESULTS)
        else:
            continue
        await session.execute(
            update(Letters)
            .where(Letters.case_no == case_no, Letters.seq < event.seq, gone)
            .where(Letters.voided_at.is_(None), Letters.revoked_by == "")
            .values(
                revoked_on=func.coalesce(Letters.revoked_on, local_date(event.at)),
                revoked_by=event.number,
            )
        )


async def renew_revocations(session: AsyncSession, case_no: str, void: Sequence[str]) -> None:
    """Let hold again what only letters that became void, or events that are gone, had revoked."""
    await session.execute(
        update(Letters)
        .where(Letters.case_no == case_no, Letters.revoked_on.is_not(None))
        .where(Letters.revoked_by.in_((*void, "")))
        .values(revoked_on=None, revoked_by="")
    )
    await revoke_letters(session, case_no)


def _new_code() -> str:
    """What nobody can guess, as people can type it: 120 bits."""
    letters = "".join(secrets.choice(_ALPHABET) for _ in range(_GROUPS * _GROUP))
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))
