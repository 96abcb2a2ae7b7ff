"""Takes down what a register holds, loses it, and brings back an older one."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.engine import Sessions
from casework.store.models import Model
from tests.store.emptied import UNGUARDED

Register = Mapping[str, list[Mapping[str, Any]]]

OTHERWISE: Mapping[str, frozenset[str]] = {
    "events": frozenset({"hash", "recorded_at", "place"}),
    "notices": frozenset({"queued_at", "at"}),
    "letters": frozenset({"issued_at"}),
    "changes": frozenset({"at"}),
}
"""What a regenerated register says otherwise than the lost one: when it was written, and hashes."""
OF_THE_CATALOGUE = frozenset({"calendar_years", "calendar_days", "measures"})
"""With these each register begins; no test here has them changed by an order."""
NOT_TOLD = frozenset({"shares", "share_turns", "restorations", "rates", "audit_heads", "receipts"})
"""What no workflow tells: whose turn it is; and what is said of the restoring itself."""


async def taken_down(sessions: Sessions) -> Register:
    """All rows of all tables, so that they can be put back."""
    async with sessions() as session:
        return {
            name: [dict(row) for row in (await session.execute(select(table))).mappings()]
            for name, table in Model.metadata.tables.items()
            if name not in OF_THE_CATALOGUE
        }


def compared(register: Register) -> Mapping[str, set[str]]:
    """The rows that a regenerated register must have alike."""
    return {
        name: {
            repr(sorted((k, v) for k, v in row.items() if k not in OTHERWISE.get(name, ())))
            for row in rows
        }
        for name, rows in register.items()
        if name not in NOT_TOLD
    }


async def put_back(sessions: Sessions, register: Register) -> None:
    """The register as it was taken down, and nothing of what came after; ``{}``: an empty one."""
    async with sessions.begin() as session:
        await session.execute(UNGUARDED)
        for name, table in Model.metadata.tables.items():
            if name in OF_THE_CATALOGUE:
                continue
            await session.execute(text(f"DELETE FROM {name}"))  # noqa: S608 - our own names
            rows = [
                {key: row[key] for key in row if table.c[key].computed is None}
                for row in register.get(name, ())
            ]
            if rows:
                await session.execute(table.insert(), rows)
        await _count_on(session)


async def _count_on(session: AsyncSession) -> None:
    """Identities go on where the older register was: a backup has them as they were, too."""
    await session.execute(
        text(
            "SELECT setval(pg_get_serial_sequence('changes', 'version'),"
            " (SELECT coalesce(max(version), 0) + 1 FROM changes), false)"
        )
    )
