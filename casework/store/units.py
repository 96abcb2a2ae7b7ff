"""The register of units (单位): proposed, confirmed by another person, found by mailbox."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import Boolean, ColumnElement, Text, cast, func, or_, select, tuple_, update
from sqlalchemy.dialects.postgresql import array, insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.errors import DomainError
from casework.domain.units import (
    Unit,
    UnitStatus,
    require_decidable,
    require_free,
    require_in_force,
)
from casework.store.engine import vault_of
from casework.store.models.units import Units
from casework.store.paging import PAGE_SIZE, Keyset, Page, bounded
from casework.store.sealing.sealing import NOBODYS, opener

NEWEST: Keyset[Unit, tuple[AwareDatetime, str]] = Keyset(
    "units", lambda each: (each.proposed_at, each.id), TypeAdapter(tuple[AwareDatetime, str])
)
_ORDER = (Units.proposed_at, Units.id)
_SEALED = ("mailbox", "contact", "phone", "reason", "decision", "end_reason")
_COLUMNS = tuple(Units.__table__.c[field.name] for field in fields(Unit))


@dataclass(frozen=True, kw_only=True)
class UnitFilter:
    """An empty field does not restrict. ``name``: a part of it, or of a short name."""

    district: str = ""
    status: str = ""
    credit_code: str = ""
    name: str = ""

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Of a query of units."""
        for column, wanted in (
            (Units.district, self.district),
            (Units.status, self.status),
            (Units.credit_code, self.credit_code),
        ):
            if wanted:
                yield column == wanted
        if self.name:
            yield or_(
                Units.name.contains(self.name, autoescape=True),
                func.jsonb_exists(Units.short_names, cast(self.name, Text), type_=Boolean),
            )


async def take_units_turn(session: AsyncSession, district: str) -> None:
    """Wait for others who change the units of a district: what is free is asked one by one."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"units {district}"))))


async def propose_unit(
    session: AsyncSession, unit: Unit, *, keys: Collection[str], mailbox_is: str, content: str
) -> tuple[Unit, str]:
    """Write a proposal, or find the one of its number; the second is the content of that one.

    ``keys``: the names as mails are compared; ``mailbox_is``: the pseudonym of the mailbox;
    ``content``: a digest of what was asked, which the caller compares.

    Raises:
        DomainError: as `require_free` does.
    """
    await take_units_turn(session, unit.district)
    known = await session.execute(select(*_COLUMNS, Units.content).where(Units.id == unit.id))
    row = known.mappings().one_or_none()
    if row is not None:
        return await _opened(session, row), row["content"]
    await _require_free(session, unit, mailbox_is)
    cipher = await vault_of(session).cipher(NOBODYS)
    said = asdict(unit) | {
        name: cipher.seal_text(getattr(unit, name), f"units.{name}") if getattr(unit, name) else ""
        for name in _SEALED
    }
    said |= {"keys": tuple(keys), "mailbox_is": mailbox_is, "content": content}
    said |= {"status": unit.status.value}
    await session.execute(insert(Units).values(said))
    return unit, content


async def decide_unit(  # noqa: PLR0913 - who decided what, when and why
    session: AsyncSession, no: str, *, by: str, at: datetime, confirmed: bool, decision: str = ""
) -> Unit:
    """Confirm or reject a proposal; what it changes is replaced in the same transaction.

    The same decision by the same person again changes nothing.

    Raises:
        DomainError: ``UNIT_NOT_FOUND``, and as `require_decidable` and `require_free` do.
    """
    unit = await _locked(session, no)
    status = UnitStatus.IN_FORCE if confirmed else UnitStatus.REJECTED
    if unit.status is status and unit.decided_by == by:
        return unit
    require_decidable(unit, by)
    if confirmed:
        mailbox_is = await session.scalar(select(Units.mailbox_is).where(Units.id == no)) or ""
        await _require_free(session, unit, mailbox_is)
        if unit.replaces:
            await _write(session, unit.replaces, status=UnitStatus.REPLACED.value)
    cipher = await vault_of(session).cipher(NOBODYS)
    sealed = cipher.seal_text(decision, "units.decision") if decision else ""
    await _write(session, no, status=status.value, decided_by=by, decided_at=at, decision=sealed)
    return replace(unit, status=status, decided_by=by, decided_at=at, decision=decision)


async def end_unit(session: AsyncSession, no: str, *, by: str, at: datetime, reason: str) -> Unit:
    """Take no more mails from its mailbox; a repeat by the same person changes nothing.

    Raises:
        DomainError: ``UNIT_NOT_FOUND``, ``UNIT_NOT_IN_FORCE``.
    """
    unit = await _locked(session, no)
    if unit.status is UnitStatus.ENDED and unit.ended_by == by:
        return unit
    require_in_force(unit)
    cipher = await vault_of(session).cipher(NOBODYS)
    await _write(
        session,
        no,
        status=UnitStatus.ENDED.value,
        ended_by=by,
        ended_at=at,
        end_reason=cipher.seal_text(reason, "units.end_reason"),
    )
    return replace(unit, status=UnitStatus.ENDED, ended_by=by, ended_at=at, end_reason=reason)


async def find_unit(session: AsyncSession, no: str) -> Unit | None:
    """One registration, opened."""
    found = await session.execute(select(*_COLUMNS).where(Units.id == no))
    row = found.mappings().one_or_none()
    return None if row is None else await _opened(session, row)


async def units(
    session: AsyncSession, wanted: UnitFilter, *, after: str = "", size: int = PAGE_SIZE
) -> Page[Unit]:
    """A page, the newest first; raises `CursorError`."""
    query = select(*_COLUMNS).where(*wanted.conditions())
    if after:
        query = query.where(tuple_(*_ORDER) < NEWEST.key(after))
    query = query.order_by(*(each.desc() for each in _ORDER)).limit(bounded(size) + 1)
    found = (await session.execute(query)).mappings().all()
    return NEWEST.page([await _opened(session, row) for row in found], bounded(size))


# --- whose mailbox it is -------------------------------------------------------------------


async def registers_units(session: AsyncSession, district: str) -> bool:
    """Whether the district has any unit; before the first one it asks no sender who they are."""
    query = select(Units.id).where(Units.district == district, _in_force()).limit(1)
    return await session.scalar(query) is not None


async def unit_of_mailbox(session: AsyncSession, district: str, mailbox_is: str) -> Unit | None:
    """The unit whose registered mailbox it is, by the pseudonym of the mailbox."""
    query = select(*_COLUMNS).where(
        Units.district == district, Units.mailbox_is == mailbox_is, _in_force()
    )
    row = (await session.execute(query)).mappings().one_or_none()
    return None if row is None else await _opened(session, row)


async def named_units(
    session: AsyncSession, district: str, keys: Collection[str]
) -> tuple[str, ...]:
    """The names and short names of the units that bear one of these names, as mails write them."""
    if not keys:
        return ()
    query = select(Units.name, Units.short_names).where(
        Units.district == district, _in_force(), Units.keys.op("?|")(array(sorted(keys)))
    )
    return tuple(
        name for row in (await session.execute(query)) for name in (row.name, *row.short_names)
    )


def _in_force() -> ColumnElement[bool]:
    return Units.status == UnitStatus.IN_FORCE.value


async def _require_free(session: AsyncSession, unit: Unit, mailbox_is: str) -> None:
    there = (Units.district == unit.district, Units.id != unit.id)
    same = await session.execute(
        select(*_COLUMNS).where(*there, Units.credit_code == unit.credit_code)
    )
    taken = await session.execute(
        select(*_COLUMNS).where(*there, Units.mailbox_is == mailbox_is, _in_force())
    )
    of_unit, of_mailbox = map(_sealed_rows, (same.mappings(), taken.mappings()))
    require_free(unit, of_unit, of_mailbox)


async def _locked(session: AsyncSession, no: str) -> Unit:
    district = await session.scalar(select(Units.district).where(Units.id == no))
    await take_units_turn(session, district or "")
    unit = await find_unit(session, no)
    if unit is None:
        raise DomainError("UNIT_NOT_FOUND", "没有此单位登记编号，请核对")
    return unit


async def _write(session: AsyncSession, no: str, **said: object) -> None:
    await session.execute(update(Units).where(Units.id == no).values(**said))


def _sealed_rows(rows: Any) -> tuple[Unit, ...]:  # noqa: ANN401 - rows of SQLAlchemy's
    """Registrations as they are stored: what is sealed in them is of no matter here."""
    return tuple(_unit(row) for row in rows)


async def _opened(session: AsyncSession, row: Mapping[Any, Any]) -> Unit:
    own = await opener(session, NOBODYS)
    return _unit({**row, **{name: own.text(row[name], f"units.{name}") for name in _SEALED}})


def _unit(row: Mapping[Any, Any]) -> Unit:
    said = {field.name: row[field.name] for field in fields(Unit)}
    said |= {"status": UnitStatus(row["status"]), "short_names": tuple(row["short_names"])}
    return Unit(**said)
