"""A register of another release: every part says so in a line, and what to do, and goes."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from casework.local.devstack import free_port, temporal_server
from casework.store.engine import migrate

LATER = "29991231_later"


@pytest.fixture(scope="module")
async def temporal() -> AsyncIterator[str]:
    async with temporal_server() as address:
        yield address


async def database(postgres_url: str, name: str) -> str:
    """A database without tables beside the register's."""
    server = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
    await server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
    await server.execute(f"CREATE DATABASE {name}")
    await server.close()
    return postgres_url.replace("/casework?", f"/{name}?")


async def migrated_by_a_later_release(url: str) -> None:
    await migrate(url)
    register = await asyncpg.connect(url.replace("+asyncpg", ""))
    await register.execute("UPDATE alembic_version SET version_num = $1", LATER)
    await register.close()


async def ends(part: str, url: str, temporal: str, home: Path) -> tuple[int | None, list[str]]:
    """Run a part until it goes by itself; return its exit code and what it wrote, its log apart."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "casework", *part.split()),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={
            "TEMPORAL_ADDRESS": temporal,
            "CASEWORK_DATABASE_URL": url,
            "CASEWORK_HOME": str(home),
            "CASEWORK_API_PORT": str(free_port()),
            "CASEWORK_API_PROBE_PORT": str(free_port()),
            "CASEWORK_LOG_JSON": "true",
        },
    )
    _, written = await process.communicate()
    lines = written.decode().splitlines()
    return process.returncode, [line for line in lines if not line.startswith("{")]


async def test_worker_and_api_name_a_register_of_another_release_and_go(
    postgres_url: str, temporal: str, tmp_path: Path
) -> None:
    empty = await database(postgres_url, "nobodys")
    later = await database(postgres_url, "somebodys")
    await migrated_by_a_later_release(later)
    (worker, of_the_worker), (api, of_the_api) = await asyncio.gather(
        ends("worker", empty, temporal, tmp_path / "worker"),
        ends("api", later, temporal, tmp_path / "api"),
    )
    assert (worker, of_the_worker) == (
        2,
        ["the worker cannot start: the register has no tables: run `casework migrate`"],
    )
    assert (api, len(of_the_api)) == (2, 1)
    assert of_the_api[0].startswith("the API cannot start: the register was migrated by a later")
    assert LATER in of_the_api[0]
