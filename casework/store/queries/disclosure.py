"""Personal data in clear, and the cases of a person: for those who say why, and are noted."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import ColumnElement, Select, insert, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.authority import Sight
from casework.domain.case.facts import Actor
from casework.store.access import seen_by
from casework.store.engine import vault_of
from casework.store.models import Accesses, Cases, Openings, Parties
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.queries.case import rows_of
from casework.store.queries.search import SHOWN, CaseSummary
from casework.store.register.by_date import joined
from casework.store.sealing.sealing import opener


@dataclass(frozen=True, kw_only=True)
class PartyInClear:
    """A party with its personal data; every text of an erased one says that it was erased."""

    role: str
    name: str
    id_number: str
    email: str
    phone: str


async def parties_in_clear(session: AsyncSession, case_no: str) -> tuple[PartyInClear, ...]:
    """The parties of a case, none masked; only beside `note_access`."""
    return await rows_of(session, case_no, Parties, PartyInClear)


def _key(row: CaseSummary) -> tuple[datetime, str]:
    return row.received_at, row.case_no


_ORDER = (Cases.received_at, Cases.case_no)
_KEYSET = Keyset("cases_of_subject", _key, TypeAdapter(tuple[AwareDatetime, str]))


async def cases_of_subject(
    session: AsyncSession,
    subject: str,
    sight: Sight | None = None,
    *,
    after: str = "",
    size: int = PAGE_SIZE,
) -> Page[CaseSummary]:
    """A page of the cases of a pseudonym, of every kind, the newest first; raises `CursorError`.

    As far as ``sight`` goes; without one, all.
    """
    size = bounded(size)
    query = joined(select(*SHOWN)).where(
        Openings.subject == subject, Openings.subject != "", *seen_by(sight)
    )
    if after:
        query = query.where(tuple_(*_ORDER) < _KEYSET.key(after))
    newest_first = query.order_by(*(column.desc() for column in _ORDER)).limit(size + 1)
    found = await session.execute(newest_first)
    return _KEYSET.page([CaseSummary(**row) for row in found.mappings()], size)


# --- looks, and who has looked -------------------------------------------------------------
# Looks at personal data in clear: each is noted, with who and why.


_NOBODYS = ""
_REASON = "accesses.reason"


class Looked(StrEnum):
    """What was looked at; the values are stored for ever."""

    DISCLOSE = "disclose"
    FIND = "find"
    DECODE = "decode"
    MATERIAL = "material"
    LETTER = "letter"

    @property
    def label(self) -> str:
        """The words a supervisor reads."""
        return _LABELS[self]


_LABELS = {
    Looked.DISCLOSE: "查看当事人完整信息",
    Looked.FIND: "按证件号码查找办件",
    Looked.DECODE: "查看流程引擎中的明文",
    Looked.MATERIAL: "查看材料",
    Looked.LETTER: "查看文书",
}


@dataclass(frozen=True, kw_only=True)
class Access:
    """One look; ``district`` is the actor's, ``case_no`` empty where a search found nobody."""

    id: int
    at: datetime
    actor: str
    role: str
    district: str
    what: str
    case_no: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class AccessFilter:
    """Empty fields do not restrict. ``district``: the actor's, or that of the case looked at."""

    district: str = ""
    case_no: str = ""
    actor: str = ""
    what: str = ""


async def note_access(  # noqa: PLR0913 - who looked at what, when and why
    session: AsyncSession,
    *,
    at: datetime,
    actor: Actor,
    what: str,
    case_no: str,
    reason: str,
    once_within: timedelta | None = None,
) -> None:
    """Write who looks at what of which case, and why; before the answer goes out.

    Never changed and never deleted. The reason outlives the case's erasure. ``once_within``: the
    same look by the same person so shortly before is enough; a file that is read in parts is one.
    """
    if once_within is not None and await _noted(
        session, since=at - once_within, actor=actor, what=what, case_no=case_no, reason=reason
    ):
        return
    cipher = await vault_of(session).cipher(_NOBODYS)
    await session.execute(
        insert(Accesses).values(
            at=at,
            actor=actor.code,
            role=actor.role,
            district=actor.district,
            what=what,
            case_no=case_no,
            reason=cipher.seal_text(reason, _REASON),
        )
    )


async def _noted(  # noqa: PLR0913 - a look
    session: AsyncSession, *, since: datetime, actor: Actor, what: str, case_no: str, reason: str
) -> bool:
    found = await session.scalars(
        select(Accesses.reason).where(
            Accesses.actor == actor.code,
            Accesses.at >= since,
            Accesses.role == actor.role,
            Accesses.what == what,
            Accesses.case_no == case_no,
        )
    )
    own = await opener(session, _NOBODYS)
    return any(own.text(sealed, _REASON) == reason for sealed in found)


def _access_key(row: Access) -> tuple[int]:
    return (row.id,)


_ACCESSES = Keyset("accesses", _access_key, TypeAdapter(tuple[int]))


async def accesses(
    session: AsyncSession, wanted: AccessFilter, *, after: str = "", size: int = PAGE_SIZE
) -> Page[Access]:
    """A page of looks, the newest first; raises `CursorError`."""
    size = bounded(size)
    query = _accesses(wanted)
    if after:
        query = query.where(Accesses.id < _ACCESSES.key(after)[0])
    found = await session.execute(query.order_by(Accesses.id.desc()).limit(size + 1))
    own = await opener(session, _NOBODYS)
    rows = [
        Access(**{**row, "reason": own.text(row["reason"], _REASON)}) for row in found.mappings()
    ]
    return _ACCESSES.page(rows, size)


def _accesses(wanted: AccessFilter) -> Select[tuple[object, ...]]:
    query = select(*(Accesses.__table__.c[field.name] for field in fields(Access)))
    given = asdict(wanted)
    if district := given.pop("district"):
        query = query.where(_concerns(district))
    return query.where(
        *(Accesses.__table__.c[name] == asked for name, asked in given.items() if asked)
    )


def _concerns(district: str) -> ColumnElement[bool]:
    case = select(1).where(Cases.case_no == Accesses.case_no, Cases.district == district)
    return or_(Accesses.district == district, case.exists())
