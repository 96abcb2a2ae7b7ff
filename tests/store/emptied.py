"""The register before the first case: what the catalogue puts in force, and nothing else."""

from functools import cache

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from casework.policy.calendars import load_calendar
from casework.policy.catalogue import load_catalogue
from casework.store.in_force import MeasureRow, catalogue_measures, seed
from casework.store.models import Model

CALENDAR = ("calendar_days", "calendar_years")
_UNTOUCHED = text(
    "SELECT EXISTS (SELECT FROM calendar_days)"
    " AND NOT EXISTS (SELECT FROM calendar_years WHERE version > 0)"
)

UNGUARDED = text("SET LOCAL session_replication_role = replica")
"""Some tables refuse deletion: only a superuser can pass over their triggers."""


def _emptying(*kept: str) -> str:
    # All at once, so that no order matters; ten times as quick as TRUNCATE.
    emptied = (
        f"{table} AS (DELETE FROM {table})"  # noqa: S608 - our own names
        for table in Model.metadata.tables
        if table not in kept
    )
    return f"WITH {', '.join(emptied)} SELECT"


async def empty(engine: AsyncEngine) -> None:
    """Take out all cases and orders. The calendar is written anew only if an order changed it."""
    async with AsyncSession(engine) as session, session.begin():
        await session.execute(UNGUARDED)
        untouched = await session.scalar(_UNTOUCHED)
        await session.execute(text(_emptying(*CALENDAR) if untouched else _emptying()))
        await seed(session, load_calendar(), measures())


@cache
def measures() -> tuple[MeasureRow, ...]:
    return catalogue_measures(load_catalogue())
