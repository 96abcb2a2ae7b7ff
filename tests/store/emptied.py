"""The register before the first case: what the catalogue puts in force, and nothing else.

A function in the database does it in one call, with a copy of what the catalogue has put in force:
a test writes a handful of the tables, and most cost then one look.
"""

from functools import cache

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from casework.policy.calendars import load_calendar
from casework.policy.catalogue import load_catalogue
from casework.store.in_force import MeasureRow, catalogue_measures, seed
from casework.store.models import Model

CALENDAR = ("calendar_days", "calendar_years")
SEEDED = (*CALENDAR, "measures")

UNGUARDED = text("SET LOCAL session_replication_role = replica")
"""Some tables refuse deletion: only a superuser can pass over their triggers."""

_PREPARED = text("SELECT to_regprocedure('emptied.empty()') IS NOT NULL")
_EMPTY = text("SELECT emptied.empty()")


def _function() -> str:
    others = Model.metadata.tables.keys() - {*SEEDED}
    # Ten times as quick as TRUNCATE.
    emptied = (
        f"IF EXISTS (SELECT FROM {table}) THEN DELETE FROM {table}; END IF;"  # noqa: S608
        for table in others
    )
    calendar = (
        f"DELETE FROM {table}; INSERT INTO {table} TABLE emptied.{table};"  # noqa: S608
        for table in CALENDAR
    )
    return f"""
        CREATE FUNCTION emptied.empty() RETURNS void LANGUAGE plpgsql
        SET session_replication_role = replica AS $$
        BEGIN
            {" ".join(emptied)}
            DELETE FROM measures;
            INSERT INTO measures TABLE emptied.measures;
            IF NOT EXISTS (SELECT FROM calendar_days)
                OR EXISTS (SELECT FROM calendar_years WHERE version > 0) THEN
                {" ".join(calendar)}
            END IF;
        END $$
    """  # noqa: S608 - our own names


async def empty(engine: AsyncEngine) -> None:
    """Take out all cases and orders. The calendar is written anew only if an order changed it."""
    async with AsyncSession(engine) as session, session.begin():
        if not await session.scalar(_PREPARED):
            await _prepare(session)
        await session.execute(_EMPTY)


async def _prepare(session: AsyncSession) -> None:
    await session.execute(UNGUARDED)
    for table in SEEDED:
        await session.execute(text(f"DELETE FROM {table}"))  # noqa: S608 - our own names
    await seed(session, load_calendar(), measures())
    await session.execute(text("CREATE SCHEMA emptied"))
    for table in SEEDED:
        await session.execute(text(f"CREATE TABLE emptied.{table} AS TABLE {table}"))
    await session.execute(text(_function()))


@cache
def measures() -> tuple[MeasureRow, ...]:
    return catalogue_measures(load_catalogue())
