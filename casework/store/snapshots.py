"""Takes down what is reported each day, and reads it again: a past report never changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import not_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.reports import Period, Tally, period_of
from casework.domain.time.calendar import local_date
from casework.store.models import ReportSnapshots
from casework.store.queries.reports import By, Counted, Place, count

_BY = tuple(By)
_TALLY = TypeAdapter(Tally)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """A report as it stood at ``taken_at``; ``final``: its period was over."""

    period: Period
    taken_at: datetime
    final: bool
    cells: Mapping[tuple[str, ...], Tally]
    names: Mapping[str, str]

    def counted(self, place: Place, sees: Callable[[str], bool], by: Sequence[By] = ()) -> Counted:
        """What was counted of a place, by group; ``sees``: whether a district is seen."""
        wanted = (place.district, place.item, place.office, place.channel)
        cells: dict[tuple[str, ...], Tally] = {} if by else {(): Tally()}
        for cell, tally in self.cells.items():
            if all(not each or each == own for each, own in zip(wanted, cell, strict=True)) and (
                sees(cell[0])
            ):
                key = tuple(cell[_BY.index(each)] for each in by)
                cells[key] = cells.get(key, Tally()) + tally
        return Counted(cells=dict(sorted(cells.items())), names=self.names)


async def take(session: AsyncSession, period: Period, at: datetime) -> bool:
    """Take a report down as it stands now; whether it was, for one that is final never changes.

    ``at`` is the instant that is noted, and which decides whether the period is over.
    """
    final = local_date(at) > period.last_on
    if (found := await session.get(ReportSnapshots, period.name)) is not None and found.final:
        return False
    counted = await count(session, period, Place(), _BY)
    body = {
        "names": dict(counted.names),
        "cells": [
            {"of": list(cell), "tally": _TALLY.dump_python(tally, mode="json")}
            for cell, tally in counted.cells.items()
        ],
    }
    row = insert(ReportSnapshots).values(
        period=period.name,
        first_on=period.first_on,
        last_on=period.last_on,
        taken_at=at,
        final=final,
        body=body,
    )
    changed = {name: row.excluded[name] for name in ("taken_at", "final", "body")}
    written = await session.execute(
        row.on_conflict_do_update(
            index_elements=[ReportSnapshots.period],
            set_=changed,
            where=not_(ReportSnapshots.final),
        ).returning(ReportSnapshots.period)
    )
    return written.first() is not None


async def snapshot(session: AsyncSession, period: Period) -> Snapshot | None:
    """The report of a period as it was taken down last; None if it never was."""
    query = select(ReportSnapshots).where(ReportSnapshots.period == period.name)
    found = await session.scalar(query)
    if found is None:
        return None
    return Snapshot(
        period=period_of(found.period),
        taken_at=found.taken_at,
        final=found.final,
        cells={
            tuple(each["of"]): _TALLY.validate_python(each["tally"]) for each in found.body["cells"]
        },
        names=found.body["names"],
    )
