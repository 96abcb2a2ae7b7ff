"""The whole register as plain values, to be compared."""

from typing import Any

from sqlalchemy import select

from casework.store.engine import Sessions
from casework.store.models import Model

PROJECTED = (
    *("cases", "clocks", "tasks", "cards", "debts", "materials", "contacts"),
    *("talents", "requests", "ratings", "visits"),
)
_BY_THE_SERVER = {
    "events": {"recorded_at"},
    "superseded_events": {"id", "recorded_at", "superseded_at"},
    "notices": {"queued_at"},
}

Contents = dict[str, list[dict[str, Any]]]


async def contents_of(sessions: Sessions, *tables: str) -> Contents:
    """Every row of the tables (of all, if none is named), by primary key."""
    contents: Contents = {}
    async with sessions() as session:
        for name in tables or Model.metadata.tables:
            table = Model.metadata.tables[name]
            columns = [c for c in table.c if c.name not in _BY_THE_SERVER.get(name, ())]
            found = await session.execute(select(*columns).order_by(*table.primary_key))
            contents[name] = [dict(row) for row in found.mappings()]
    return contents
