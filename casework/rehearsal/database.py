"""The register of rehearsals: never the one of real cases."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from casework.local.devstack import postgres
from casework.store.engine import migrate


@asynccontextmanager
async def rehearsal_database() -> AsyncIterator[str]:
    """Run a throw-away PostgreSQL with an empty, migrated register and yield its URL."""
    async with postgres() as url:
        await migrate(url)
        yield url
