import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from casework.store.engine import check, migrate, pending

NAME = "migrating"


@pytest.fixture
async def empty_url(postgres_url: str) -> AsyncIterator[str]:
    """A database without tables beside the register's."""
    server = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    await server.execute(f"CREATE DATABASE {NAME}")
    yield postgres_url.replace("/casework?", f"/{NAME}?")
    await server.execute(f"DROP DATABASE {NAME} WITH (FORCE)")
    await server.close()


async def execute(url: str, statement: str) -> None:
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.execute(text(statement))
    await engine.dispose()


async def test_models_equal_what_the_migrations_make(register_url: str) -> None:
    assert await pending(register_url) == ()
    assert await check(register_url) == ()


async def test_two_that_migrate_at_once_both_succeed(empty_url: str) -> None:
    assert await pending(empty_url)
    await asyncio.gather(*(migrate(empty_url) for _ in range(4)))
    assert await check(empty_url) == ()


async def test_empty_database_has_everything_pending(empty_url: str) -> None:
    assert [fault.split(":")[0] for fault in await check(empty_url)] == [
        "not applied" for _ in await pending(empty_url)
    ]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE cases ADD extra text",
        "ALTER TABLE cases ALTER due_on SET NOT NULL",
        "ALTER TABLE cases ALTER open_debts TYPE bigint",
        "DROP INDEX cases_newest_idx",
        "ALTER TABLE notices ALTER problem DROP DEFAULT",
    ],
)
async def test_table_unlike_its_model_is_found(empty_url: str, change: str) -> None:
    await migrate(empty_url)
    await execute(empty_url, change)
    assert len(await check(empty_url)) == 1
