"""Sealing what the register held in clear from before there was sealing."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    RowMapping,
    String,
    Table,
    and_,
    cast,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from casework.security.keys.vault import Cipher, ErasedError, is_sealed
from casework.store.engine import Sessions, let_record_change, vault_of
from casework.store.models import Absences, Cases, Model, Openings
from casework.store.sealing.sealing import (
    ABSENCE_REASON,
    MARK,
    NOBODYS,
    SEALED,
    sealed_body,
    sealed_row,
)

_BATCH = 500
_WITH_BODY = ("events", "superseded_events")


@dataclass(frozen=True, kw_only=True)
class SealReport:
    """``cases``: how many had rows to seal. ``left``: events in clear that a hash stands over."""

    cases: int
    left: int


async def seal_register(sessions: Sessions) -> SealReport:
    """Seal each text in clear, case by case; again, it finds nothing more to do.

    Each case is a transaction of its own and waits for its recorder: it may run beside the workers,
    and be broken off. Events that have their hash stay as they are.
    """
    cases, last = 0, ""
    while numbers := await _page(sessions, last):
        for case_no in numbers:
            async with sessions.begin() as session:
                cases += await seal_case(session, case_no)
        last = numbers[-1]
    async with sessions.begin() as session:
        await _seal_absences(session)
        left = [await session.scalar(_left(name)) or 0 for name in _WITH_BODY]
    return SealReport(cases=cases, left=sum(left))


async def seal_case(session: AsyncSession, case_no: str) -> bool:
    """Seal the texts in clear of one case; whether there were any. An erased one has none."""
    try:
        cipher = await vault_of(session).cipher(case_no)
    except ErasedError:
        return False
    await session.execute(select(1).where(Cases.case_no == case_no).with_for_update())
    await let_record_change(session)
    rows = [await _seal(session, cipher, table, case_no) for table in _tables()]
    return any(rows)


async def _seal_absences(session: AsyncSession) -> None:
    """Seal the reasons that were written before there was sealing."""
    cipher = await vault_of(session).cipher(NOBODYS)
    in_clear = and_(Absences.reason != "", ~Absences.reason.startswith(MARK))
    query = select(Absences.id, Absences.reason).where(in_clear).with_for_update()
    for number, reason in (await session.execute(query)).all():
        sealed = cipher.seal_text(reason, ABSENCE_REASON)
        await session.execute(update(Absences).where(Absences.id == number).values(reason=sealed))


async def _page(sessions: Sessions, last: str) -> list[str]:
    """The next cases with something in clear."""
    in_clear = (exists().where(t.c.case_no == Openings.case_no, _open(t)) for t in _tables())
    query = select(Openings.case_no).where(Openings.case_no > last, or_(*in_clear))
    async with sessions() as session:
        return list(await session.scalars(query.order_by(Openings.case_no).limit(_BATCH)))


def _tables() -> list[Table]:
    return [Model.metadata.tables[name] for name in (*SEALED, "superseded_events")]


async def _seal(session: AsyncSession, cipher: Cipher, table: Table, case_no: str) -> int:
    key = list(table.primary_key)
    texts: list[ColumnElement[Any]] = [table.c[name] for name in _columns(table)]
    if table.name in _WITH_BODY:
        texts.append(cast(table.c.body, String).label("body"))
    query = select(*key, *texts).where(table.c.case_no == case_no, _open(table))
    rows = (await session.execute(query)).mappings().all()
    for row in rows:
        where = (column == row[column.name] for column in key)
        await session.execute(update(table).where(*where).values(_sealed(cipher, table, row)))
    return len(rows)


def _sealed(cipher: Cipher, table: Table, row: RowMapping) -> Mapping[str, Any]:
    in_clear = {name: row[name] for name in _columns(table) if not is_sealed(row[name])}
    values: dict[str, Any] = dict(sealed_row(cipher, _kin(table), in_clear))
    if table.name in _WITH_BODY:
        values["body"] = json.loads(sealed_body(cipher, row["body"]))
    return values


def _columns(table: Table) -> tuple[str, ...]:
    return SEALED[_kin(table)]


def _kin(table: Table) -> str:
    """What was superseded stays sealed as the event that it was."""
    return "events" if table.name == "superseded_events" else table.name


def _open(table: Table) -> ColumnElement[bool]:
    """That a row has a text in clear which may be sealed."""
    if table.name in _WITH_BODY:
        return and_(~table.c.body.has_key("sealed"), table.c.hash == "")
    return or_(
        *(and_(table.c[name] != "", ~table.c[name].startswith(MARK)) for name in _columns(table))
    )


def _left(name: str) -> Any:  # noqa: ANN401 - a count
    table = Model.metadata.tables[name]
    in_clear = and_(~table.c.body.has_key("sealed"), table.c.hash != "")
    return select(func.count()).select_from(table).where(in_clear)
