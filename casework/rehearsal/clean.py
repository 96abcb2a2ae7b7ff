"""A register in which nothing is in force but what the catalogue says, and nobody has a case."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import Table, delete, exists, or_, select, text

from casework.domain.time.calendar import WorkingCalendar
from casework.local.devstack import StackError
from casework.policy.catalogue import Catalogue
from casework.store.engine import Sessions
from casework.store.in_force import catalogue_measures, seed
from casework.store.models import CalendarDays, CalendarYears, Model, Openings

_CALENDAR = (CalendarDays.__table__, CalendarYears.__table__)
_UNGUARDED = text("SET LOCAL session_replication_role = replica")
"""What is recorded refuses deletion; a rehearsal's own database may forget it all the same."""


async def start_afresh(sessions: Sessions, catalogue: Catalogue, calendar: WorkingCalendar) -> None:
    """Forget earlier rehearsals and their orders, and begin with the catalogue's own rules.

    Raises:
        StackError: a case in the register is a real one; orders of a rehearsal would bend it.
    """
    async with sessions.begin() as session:
        if await session.scalar(select(exists().where(Openings.rehearsal == timedelta()))):
            raise StackError("the register holds real cases: rehearsals need one of their own")
        # 14,000 days are made anew only where an order has changed them.
        bent = select(
            exists().where(or_(CalendarYears.version > 0, CalendarYears.calendar != "CN"))
        )
        kept = () if await session.scalar(bent) else _CALENDAR
        await session.execute(_UNGUARDED)
        for table in _emptied(kept):
            await session.execute(delete(table))
        await seed(session, calendar, catalogue_measures(catalogue))


def _emptied(kept: Iterable[object]) -> list[Table]:
    """All tables but those kept, whatever refers to another before that other."""
    return [table for table in reversed(Model.metadata.sorted_tables) if table not in set(kept)]
