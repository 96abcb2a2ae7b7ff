"""The register as a command reaches it by itself: sessions that seal and open."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from casework.settings import Settings
    from casework.store.engine import Sessions


@asynccontextmanager
async def open_register(settings: "Settings") -> AsyncIterator["Sessions"]:
    """Yield sessions over the settings' register and key ring; raise `SettingsError`."""
    from casework.store.engine import create_engine, sessions
    from casework.store.sealing.ring_vault import RingVault

    now = datetime.now(UTC)  # noqa: TID251 - the command is a composition root
    vault = RingVault.open(settings, lambda: create_engine(settings.database), at=now)
    engine = create_engine(settings.database)
    try:
        async with aclosing(vault):
            yield sessions(engine, vault)
    finally:
        await engine.dispose()
