"""Temporary measures as rows: those of the catalogue, and those that orders start or end."""

from dataclasses import dataclass, fields
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.policy import Mark, Measure
from casework.policy.catalogue import Catalogue
from casework.store.models import Measures

CATALOGUE = "catalogue"
"""The ``origin`` of a measure that no order has touched."""


@dataclass(frozen=True, kw_only=True)
class MeasureRow:
    """A measure in one district; ``until`` is its last day, ``id`` as ``measure_id`` makes it."""

    id: str
    effect: str
    name: str
    district: str
    items: tuple[str, ...]
    since: date
    until: date | None
    online_accepted_from: date | None
    reference: str
    mark: str
    channels: tuple[str, ...] = ()

    @property
    def measure(self) -> Measure:
        """The measure as a case knows it."""
        return Measure(
            id=self.id,
            effect=self.effect,
            name=self.name,
            since=self.since,
            until=self.until,
            online_accepted_from=self.online_accepted_from,
            reference=self.reference,
            mark=Mark(self.mark),
            channels=self.channels,
        )

    def meets(self, other: "MeasureRow") -> bool:
        """Whether both would hold for one item on one day, which no effect may twice."""
        return (
            (self.effect, self.district) == (other.effect, other.district)
            and not set(self.items).isdisjoint(other.items)
            and self.since <= (other.until or date.max)
            and other.since <= (self.until or date.max)
        )


COLUMNS = tuple(Measures.__table__.c[field.name] for field in fields(MeasureRow))


def measure_id(effect: str, district: str, since: date, number: int = 1) -> str:
    """``<EFFECT>.<district>.<YYYYMMDD>``, and ``.2`` for the second that begins on the same day."""
    plain = f"{effect}.{district}.{since:%Y%m%d}"
    return plain if number == 1 else f"{plain}.{number}"


def catalogue_measures(catalogue: Catalogue) -> tuple[MeasureRow, ...]:
    """The measures of the catalogue, one row for each window and district."""
    return tuple(
        MeasureRow(
            id=window.measure.id,
            effect=window.measure.effect,
            name=window.measure.name,
            district=window.district,
            items=window.items,
            since=window.measure.since,
            until=window.measure.until,
            online_accepted_from=window.measure.online_accepted_from,
            reference=window.measure.reference,
            mark=window.measure.mark,
            channels=window.measure.channels,
        )
        for window in catalogue.measures()
    )


async def measures_of(session: AsyncSession, district: str, item: str = "") -> list[MeasureRow]:
    """The measures of a district (for an item), of any date, by id."""
    query = select(*COLUMNS).where(Measures.district == district).order_by(Measures.id)
    rows = [MeasureRow(**row) for row in (await session.execute(query)).mappings()]
    return [row for row in rows if not item or item in row.items]
