import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.store.engine import Sessions, among, create_engine, read_sessions, sessions
from casework.store.models import Cases
from casework.store.queries import CaseFilter, case_view, search_cases
from tests.store.conftest import Recording
from tests.store.desks import archived
from tests.store.entries import writer


async def kill_server_side(engine: AsyncEngine) -> None:
    """End the only connection of the engine's pool behind its back."""
    async with engine.connect() as connection:
        pid = await connection.scalar(select(func.pg_backend_pid()))
    killer = create_engine(engine.url.render_as_string(hide_password=False))
    async with killer.connect() as connection:
        await connection.execute(select(func.pg_terminate_backend(pid, 5000)))
    await killer.dispose()


async def test_reader_sees_one_moment_and_writes_nothing(
    register_url: str, recorded: Recording
) -> None:
    case = writer(archived())
    await recorded(case.entry(1))
    engine = create_engine(register_url, pool_size=1)
    async with read_sessions(engine)() as reader:
        assert (await search_cases(reader, CaseFilter())).rows[0].last_seq == 1
        await recorded(case.entry())
        view = await case_view(reader, case.case_no)
        assert view is not None
        assert view.last_seq == 1
        with pytest.raises(DBAPIError, match="read-only"):
            await reader.execute(text("DELETE FROM uploads"))
    async with sessions(engine).begin() as writing:
        await writing.execute(text("DELETE FROM uploads"))
    await engine.dispose()


async def test_among_takes_more_values_than_a_statement_has_places(
    recorded: Recording, sessions: Sessions
) -> None:
    case = writer(archived())
    await recorded(case.entry(1))
    many = [case.case_no, *map(str, range(40_000))]
    async with sessions() as session:
        for numbers, found in ((many, [case.case_no]), ([], [])):
            query = select(Cases.case_no).where(among(Cases.case_no, numbers))
            assert list(await session.scalars(query)) == found


async def test_failure_tells_nothing_of_the_people(register_url: str) -> None:
    engine = create_engine(register_url)
    async with sessions(engine)() as session:
        with pytest.raises(DBAPIError) as failure:
            await session.execute(text("SELECT CAST(:name AS text) FROM nowhere"), {"name": "王"})
    assert "王" not in str(failure.value)
    await engine.dispose()


async def test_pinging_engine_does_not_feel_a_lost_connection(register_url: str) -> None:
    engine = create_engine(register_url, pool_size=1, ping=True)
    await kill_server_side(engine)
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await engine.dispose()


async def test_plain_engine_fails_once_and_begins_anew(register_url: str) -> None:
    engine = create_engine(register_url, pool_size=1)
    await kill_server_side(engine)
    async with engine.connect() as connection:
        with pytest.raises(DBAPIError):
            await connection.scalar(text("SELECT 1"))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT 1")) == 1
    await engine.dispose()
