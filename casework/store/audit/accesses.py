"""Looks at personal data in clear: each is noted, with who and why."""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from enum import StrEnum

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, Select, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.facts import Actor
from casework.store.engine import vault_of
from casework.store.models import Accesses, Cases
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.sealing.sealing import opener

_NOBODYS = ""
_REASON = "accesses.reason"


class Looked(StrEnum):
    """What was looked at; the values are stored for ever."""

    DISCLOSE = "disclose"
    FIND = "find"
    DECODE = "decode"
    MATERIAL = "material"

    @property
    def label(self) -> str:
        """The words a supervisor reads."""
        return _LABELS[self]


_LABELS = {
    Looked.DISCLOSE: "查看当事人完整信息",
    Looked.FIND: "按证件号码查找办件",
    Looked.DECODE: "查看流程引擎中的明文",
    Looked.MATERIAL: "查看材料",
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
    session: AsyncSession, *, at: datetime, actor: Actor, what: str, case_no: str, reason: str
) -> None:
    """Write who looks at what of which case, and why; before the answer goes out.

    Never changed and never deleted. The reason outlives the case's erasure.
    """
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


def _key(row: Access) -> tuple[int]:
    return (row.id,)


_KEYSET = Keyset("accesses", _key, TypeAdapter(tuple[int]))


async def accesses(
    session: AsyncSession, wanted: AccessFilter, *, after: str = "", size: int = PAGE_SIZE
) -> Page[Access]:
    """A page of looks, the newest first; raises `CursorError`."""
    size = bounded(size)
    query = _query(wanted)
    if after:
        query = query.where(Accesses.id < _KEYSET.key(after)[0])
    found = await session.execute(query.order_by(Accesses.id.desc()).limit(size + 1))
    own = await opener(session, _NOBODYS)
    rows = [
        Access(**{**row, "reason": own.text(row["reason"], _REASON)}) for row in found.mappings()
    ]
    return _KEYSET.page(rows, size)


def _query(wanted: AccessFilter) -> Select[tuple[object, ...]]:
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
