"""Runs the migrations, on the connection it is given or on that of the settings."""

import asyncio

from alembic import context
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from casework.settings import Settings
from casework.store.engine import take_turn
from casework.store.models import Model


def run(connection: Connection) -> None:
    """Migrate within the connection's transaction."""
    context.configure(
        connection=connection, target_metadata=Model.metadata, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def run_by_settings() -> None:
    """Migrate the database of the settings: the way of the ``alembic`` command."""
    engine = create_async_engine(Settings.load().database)
    async with engine.begin() as connection:
        await take_turn(connection)
        await connection.run_sync(run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    asyncio.run(run_by_settings())
