"""The whole register as plain values, to be compared."""

import json
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.projection import TABLES
from casework.store.engine import Sessions
from casework.store.models import Model
from casework.store.sealing.sealing import SEALED, opener

PROJECTED = tuple(each.table for each in TABLES)
_BY_THE_SERVER = {
    "events": {"recorded_at"},
    "superseded_events": {"id", "recorded_at", "superseded_at"},
    "notices": {"queued_at"},
}

Contents = dict[str, list[dict[str, Any]]]


async def contents_of(sessions: Sessions, *tables: str) -> Contents:
    """Every row of the tables (of all, if none is named), by primary key; sealed texts opened.

    All but the secrets: they are made before what they seal, in transactions of their own.
    """
    contents: Contents = {}
    async with sessions() as session:
        for name in tables or Model.metadata.tables.keys() - {"case_secrets", "master_keys"}:
            table = Model.metadata.tables[name]
            columns = [c for c in table.c if c.name not in _BY_THE_SERVER.get(name, ())]
            found = await session.execute(select(*columns).order_by(*table.primary_key))
            contents[name] = [await _opened(session, name, row) for row in found.mappings()]
    return contents


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
