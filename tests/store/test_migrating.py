import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, NullPool, inspect, select, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from casework.domain.time.calendar import local_date
from casework.policy.staffing import of_files
from casework.store.engine import (
    UnfitError,
    check,
    migrate,
    pending,
    require_fit_tables,
    revisions,
    sessions,
)
from casework.store.in_force import count_armed_late
from casework.store.in_force.order_book import RECEIPTS
from casework.store.in_force.policy_moves import MOVES
from casework.store.models import Cases, Courses
from casework.store.register.courses import clock_rows, first_of
from casework.store.register.staff import departed, read_staff
from casework.store.telling import Count
from workers.starting import bring_in_staff

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
    ("applied", "newer", "is_newer"),
    [
        ((), False, False),
        (("20261122",), False, False),
        (("20261122",), True, False),
        (("29991231_later",), False, True),
        (("20261122", "29991231_later"), False, True),
    ],
)
def test_tables_of_another_release_do_not_fit(
    applied: tuple[str, ...], newer: bool, is_newer: bool
) -> None:
    with pytest.raises(UnfitError) as unfit:
        require_fit_tables(applied, newer=newer)
    assert unfit.value.is_newer is is_newer
    assert "\n" not in str(unfit.value)


async def test_tables_of_this_release_fit_and_those_of_a_later_one_where_allowed(
    register_url: str,
) -> None:
    engine = create_async_engine(register_url, poolclass=NullPool)
    async with AsyncSession(engine) as session:
        applied = await revisions(session)
    await engine.dispose()
    require_fit_tables(applied)
    require_fit_tables(("29991231_later",), newer=True)


async def test_a_database_of_nobody_has_no_revisions(empty_url: str) -> None:
    engine = create_async_engine(empty_url, poolclass=NullPool)
    async with AsyncSession(engine) as session:
        assert await revisions(session) == ()
    await engine.dispose()


async def test_table_unlike_its_model_is_found(empty_url: str) -> None:
    await migrate(empty_url)
    changes = (
        "ALTER TABLE cases ADD extra text",
        "ALTER TABLE cases ALTER accepted_on SET NOT NULL",
        "ALTER TABLE cases ALTER open_debts TYPE bigint",
        "DROP INDEX cases_newest_idx",
        "ALTER TABLE notices ALTER problem DROP DEFAULT",
    )
    for number, change in enumerate(changes, start=1):
        await execute(empty_url, change)
        assert len(await check(empty_url)) == number, change


BEFORE = "20261122"
CASE = """
INSERT INTO openings VALUES ('c-1', '310106', '', '', '', '', interval '0', '');
INSERT INTO service_items VALUES ('p', '', '', '', '{}');
INSERT INTO cases (case_no, district, item, item_name, channel, policy, stage, stage_since,
    received_at, card, holder, green, open_debts, due_on, last_seq)
VALUES ('c-1', '310106', '', '', '', 'p', 'review', now(), now(), 'none', '', false, 0,
    '2026-10-09', 1);
INSERT INTO clocks VALUES
    ('c-1', 'decide', 'decide', '', 'working_days', 20, '2026-09-10', '2026-10-14', false, false,
     NULL),
    ('c-1', 'notice', 'notice', '', 'working_days', 5, '2026-09-01', '2026-09-08', false, false,
     '2026-09-03'),
    ('c-1', 'review', 'review', '', 'working_days', 15, '2026-09-10', '2026-10-09', false, false,
     NULL)
"""


CLOCKS = """
SELECT case_no, clock, kind, name, unit, amount, started_on, due_on, provisional, paused, ended_on
FROM clocks ORDER BY clock
"""


def walk_to(revision: str) -> Callable[[Connection], None]:
    """Step up or down to a revision."""

    def walk(connection: Connection) -> None:
        config = Config()
        config.set_main_option("script_location", "casework.store:migrations")
        config.attributes["connection"] = connection
        up = revision == BEFORE and not inspect(connection).has_table("cases")
        (command.upgrade if up else command.downgrade)(config, revision)

    return walk


async def test_cases_of_before_there_were_kinds_are_applications(empty_url: str) -> None:
    engine = create_async_engine(empty_url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(walk_to(BEFORE))
        await connection.execute(text(CASE.split(";", maxsplit=1)[0]))
    await migrate(empty_url)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO openings VALUES ('c-2', '310106', '', '', '', '', interval '0', '')"
                " ON CONFLICT DO NOTHING"
            )
        )
        await connection.execute(
            text(
                "INSERT INTO openings"
                " VALUES ('c-3', '310106', '', '', '', '', interval '0', '', 'request')"
            )
        )
        found = await connection.execute(text("SELECT case_no, kind FROM openings ORDER BY 1"))
        assert [tuple(row) for row in found] == [("c-1", "application"), ("c-3", "request")]
    await engine.dispose()


async def test_clocks_of_before_there_were_orders_keep_their_dates_there_and_back(
    empty_url: str,
) -> None:
    async def rows(statement: str) -> list[tuple[Any, ...]]:
        async with engine.begin() as connection:
            return [tuple(row) for row in await connection.execute(text(statement))]

    engine = create_async_engine(empty_url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(walk_to(BEFORE))
        for statement in CASE.split(";"):
            await connection.execute(text(statement))
    before = await rows(CLOCKS)
    await migrate(empty_url)
    async with AsyncSession(engine) as session:
        seen = await clock_rows(session, "c-1")
        assert await session.scalar(select(first_of(Courses.due_on)).select_from(Cases)) == date(
            2026, 10, 9
        )
        assert await count_armed_late(session) == 1
    assert [(row.clock, row.due_on, row.ended_on) for row in seen] == [
        ("decide", date(2026, 10, 14), None),
        ("notice", date(2026, 9, 8), date(2026, 9, 3)),
        ("review", date(2026, 10, 9), None),
    ]
    async with engine.begin() as connection:
        await connection.run_sync(walk_to(BEFORE))
    assert await rows(CLOCKS) == before
    assert await rows("SELECT due_on FROM cases") == [(date(2026, 10, 9),)]
    await engine.dispose()


async def test_a_register_of_before_there_was_staff_gets_it_at_the_first_start(
    empty_url: str,
) -> None:
    await migrate(empty_url)
    engine = create_async_engine(empty_url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(walk_to("20261130_rates"))
    assert "20261201_staff" in await pending(empty_url)
    await migrate(empty_url)
    opened = sessions(engine)
    now = datetime.now(UTC)
    for _ in range(2):  # by the first worker, and by the next
        assert await bring_in_staff(opened, of_files(), now) is None
    async with opened() as session:
        posts = (await read_staff(session)).posts
        gone = departed("310000", "310106", local_date(now))
        assert (await session.scalars(gone)).all() == []
    await engine.dispose()
    assert {post.person for post in posts} == of_files().by_person.keys()
    assert await check(empty_url) == ()


async def test_what_an_order_of_the_last_landing_has_still_to_tell_is_told_after_the_upgrade(
    empty_url: str,
) -> None:
    await migrate(empty_url)
    engine = create_async_engine(empty_url, poolclass=NullPool)
    async with engine.begin() as connection:
        await connection.run_sync(walk_to("20261202_letters"))
        for statement in (
            "INSERT INTO openings VALUES ('c-1', '310106', '', '', '', '', interval '0', '')",
            (
                "INSERT INTO orders (no, kind, status, body, district, proposed_by, proposed_at)"
                " VALUES ('ZL-1', 'move_policy', 'applied', '{}', '310106', 'a', now())"
            ),
            (
                "INSERT INTO policy_moves VALUES ('ZL-1', 'c-1', 'p', 'waiting', '', NULL),"
                " ('ZL-1', 'c-2', 'p', 'moved', '', now())"
            ),
            "INSERT INTO receipts (order_no, case_no, outcome) VALUES ('ZL-1', 'c-1', 'claimed')",
        ):
            await connection.execute(text(statement))
    await migrate(empty_url)
    assert await check(empty_url) == ()
    async with AsyncSession(engine) as session:
        (moved,) = await MOVES.waiting(session, "ZL-1", limit=9)
        (roused,) = await RECEIPTS.waiting(session, "ZL-1", limit=9)
        assert await MOVES.count(session, "ZL-1") == Count(cases=2, done=1)
    assert moved.case_no == roused.case_no == "c-1"
    await engine.dispose()
