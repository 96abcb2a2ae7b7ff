"""The whole register as plain values, to be compared."""

import json
from typing import Any

from sqlalchemy import RowMapping, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.projection import tables
from casework.store.engine import Sessions
from casework.store.models import Model
from casework.store.sealing.sealing import SEALED, opener

PROJECTED = tuple(each.table for each in tables())
LOSE_PROJECTED = text(
    f"WITH {', '.join(f'{table} AS (DELETE FROM {table})' for table in PROJECTED)} SELECT"  # noqa: S608
)
"""Take out every row of them; much quicker than TRUNCATE."""

_BY_THE_SERVER = {
    "events": {"recorded_at", "place"},
    "superseded_events": {"id", "recorded_at", "superseded_at"},
    "notices": {"queued_at"},
}
_FILLED = " UNION ALL ".join(
    f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})"  # noqa: S608 - our own names
    for table in Model.metadata.tables
)
_DAYS = "SELECT md5(string_agg(days::text, ' ' ORDER BY calendar, day)) FROM calendar_days days"

_APART = {"case_secrets", "master_keys", "rates"}

Contents = dict[str, list[dict[str, Any]]]


async def contents_of(sessions: Sessions, *tables: str) -> Contents:
    """Every row of the tables (of all, if none is named), by primary key; sealed texts opened.

    All but the secrets, which are made before what they seal, in transactions of their own, and
    how often was asked.
    """
    names = tables or tuple(Model.metadata.tables.keys() - _APART)
    contents: Contents = {name: [] for name in names}
    async with sessions() as session:
        for name in (await session.scalars(text(_FILLED))).all():
            if name in contents:
                contents[name] = await _rows(session, name)
    return contents


async def _rows(session: AsyncSession, name: str) -> list[dict[str, Any]]:
    table = Model.metadata.tables[name]
    if name == "calendar_days":  # one for each day of forty years
        return [{"digest": await session.scalar(text(_DAYS))}]
    columns = [c for c in table.c if c.name not in _BY_THE_SERVER.get(name, ())]
    found = await session.execute(select(*columns).order_by(*table.primary_key))
    return [await _opened(session, name, row) for row in found.mappings()]


async def _opened(session: AsyncSession, name: str, row: RowMapping) -> dict[str, Any]:
    kin = "events" if name == "superseded_events" else name
    if kin not in SEALED:
        return dict(row)
    own = await opener(session, row["case_no"])
    opened = own.row(kin, row)
    if kin == "events":
        opened["body"] = json.loads(own.body(json.dumps(row["body"])))
        if opened["body"] != row["body"]:
            opened["hash"] = ""  # over what is stored, which is never the same twice
    return opened
