"""A city with very many open cases: sharing one out, somebody's leaving, rebalancing, the loads.

``python -m bench.load 20000`` measures another number of cases. They are rows of the register, as
their workflows would have left them; those of the first district have their first event, too, so
that a preview finds a state to look at. Everything is read, or taken back.
"""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from statistics import median
from typing import Any

from pydantic import TypeAdapter
from rich.console import Console
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from temporalio.client import Client

from bench.cases import POSTS, Office
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.orders import Rebalance
from casework.domain.policy import Role
from casework.domain.sharing import WEIGHTS, SharingRule, Way
from casework.domain.staff import ChangeStaff, Leave, StaffPost
from casework.domain.time.calendar import local_date
from casework.local.devstack import postgres
from casework.messages.cases import EVENT_BODY
from casework.messages.sharing import ShareQuestion
from casework.policy.calendars import load_calendar
from casework.store.engine import create_engine, migrate, sessions
from casework.store.in_force import seed
from casework.store.in_force.rebalancing import Ground, preview_rebalance
from casework.store.in_force.staff_orders import preview_staff
from casework.store.queries.loads import LoadQuestion, load_page, read_forecast
from casework.store.queries.worklist import TaskFilter, tasks
from casework.store.register.shares import share

CASES = 200_000
FEW = 2_000
"""So many are there when the work list is read for the first time."""
DISTRICTS, PEOPLE = 16, 60
FIRST = "310101"
LOADED = f"{FIRST}-1"
"""Holds besides an equal part every eighth case of the first district."""
ROUNDS = 5
_RULE = SharingRule(way=Way.LEAST_LOADED, cap=0)

_PLACE = (
    """
    INSERT INTO staff_posts (id, person, role, city, district, team, share, rank, since, origin,
           version)
    SELECT 'bench.' || d || '.' || p, d || '-' || p, 'officer', '310000', d::text, 'T' || p % 4,
           100, p, CAST(:today AS date) - 100, 'bench', 1
    FROM generate_series(310101, 310116) AS d, generate_series(1, 60) AS p
    """,
    "INSERT INTO service_items VALUES ('bench', 'PTS_NEW', '310101', '', '{}')",
    "INSERT INTO service_items VALUES (:digest, 'PTS_NEW', '310101', '', CAST(:policy AS jsonb))",
)
_ROWS = (
    """
    CREATE OR REPLACE TEMPORARY VIEW many AS
    SELECT n, district,
           district || regexp_replace(lpad(n::text, 12, '0'), '(....)', '-\\1', 'g') AS case_no,
           district || '-' || CASE WHEN n / 16 % 8 = 0 THEN 1 ELSE n / 16 % 60 + 1 END AS holder,
           district || '-' || (n / 16 + 1) % 60 + 1 AS backup,
           CAST(:today AS date) - n % 20 AS opened, CAST(:today AS date) + n % 45 AS due
    FROM generate_series(CAST(:first AS int), CAST(:cases AS int)) AS n,
         LATERAL (SELECT (310101 + n % 16)::text AS district) AS placed
    """,
    """
    INSERT INTO openings
    SELECT case_no, district, 'bench', 'n-' || n, '', 's' || n, interval '0', '' FROM many
    """,
    """
    INSERT INTO cases (case_no, district, item, item_name, office, channel, policy, stage,
           stage_since, received_at, card, holder, green, open_debts, last_seq, assigned)
    SELECT case_no, district, 'PTS_NEW', '', '', 'online', 'bench', 'pre_review', opened, opened,
           'none', holder, false, 0, 1, holder || ' ' || backup
    FROM many
    """,
    """
    INSERT INTO tasks (case_no, task, district, kind, about, role, holder, backup, opened_at,
           due_on, closed_by)
    SELECT case_no, 'pre_review#1', district, 'pre_review', '', 'officer', holder, backup, opened,
           due, ''
    FROM many
    """,
    """
    INSERT INTO shares (case_no, role, seq, district, item, employer, holder, backup, team, way,
           reason, details, at)
    SELECT case_no, role, 1, district, 'PTS_NEW', 'e' || n % 5000, who, backup, '', 'least_loaded',
           '', '{"passed": [], "claim_within": 0, "considered": 60, "remark": "", "weighs": 2}',
           now() - n % 20 * interval '1 day'
    FROM many,
         LATERAL (VALUES ('officer', holder), ('reviewer', 'r' || backup)) AS shared (role, who)
    """,
    """
    INSERT INTO events (case_no, seq, kind, title, at, actor, role, reason, body)
    SELECT case_no, 1, 'submitted', '', opened, 'backend', 'system', '',
           replace(replace(replace(:body, 'CASE_NO', case_no), 'HOLDER', holder), 'BACKUP', backup)
           ::jsonb
    FROM many WHERE district = '310101'
    """,
    "ANALYZE",
)


@dataclass(frozen=True, kw_only=True)
class City:
    """Milliseconds each, the median of some; ``city_handings``: how many the preview hands on.

    ``worklist_before_ms``: the same list when there were only ``FEW`` cases.
    """

    city_cases: int
    share_ms: float
    leaving_preview_ms: float
    rebalance_preview_ms: float
    city_handings: int
    rebalance_district_preview_ms: float
    loads_ms: float
    what_if_ms: float
    worklist_ms: float
    worklist_before_ms: float


async def measure(cases: int = CASES) -> City:
    """Fill a register of its own and ask it."""
    today = local_date(datetime.now(UTC))  # noqa: TID251 - a measurement happens now
    async with postgres() as url:
        await migrate(url)
        few = min(FEW, cases)
        await fill(url, 1, few, today)
        engine = create_engine(url)
        try:
            register = _Register(sessions(engine))
            before = await register.timed(_worklist)
            await fill(url, few + 1, cases, today)
            return await _asked(register, cases, today, before)
        finally:
            await engine.dispose()


def _opened() -> StartApplication:
    return Office(client=_NOBODY, task_queue="", run="load").opening(1)


async def fill(url: str, first: int, cases: int, today: date) -> None:
    """Make the cases from ``first`` on; the rows are made in the database, which is fastest."""
    engine = create_async_engine(url)  # of this, a statement may take long
    values = {"first": first, "cases": cases, "today": today, "body": _body()}
    item = _opened().item  # the page of a case reads the policy that its first event names
    values |= {"digest": item.digest, "policy": TypeAdapter(type(item)).dump_json(item).decode()}
    async with engine.begin() as connection:
        for statement in (*(_PLACE if first == 1 else ()), *_ROWS):
            given = {name: value for name, value in values.items() if f":{name}" in statement}
            await connection.execute(*_statement(statement, given))
    if first == 1:
        async with sessions(engine).begin() as session:
            await seed(session, load_calendar(), ())
    await engine.dispose()


async def _worklist(session: AsyncSession) -> object:
    return await tasks(session, TaskFilter(holder=LOADED))


def _statement(statement: str, given: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A view takes no parameters."""
    if "CREATE" not in statement:
        return text(statement), given
    for name, value in given.items():
        statement = statement.replace(f":{name}", f"'{value}'")
    return text(statement), {}


def _body() -> str:
    """The first event of a case, with marks for what differs."""
    start = _opened()
    event = start.first_event(datetime.now(UTC))  # noqa: TID251 - a measurement happens now
    written = EVENT_BODY.dump_json(event).decode()
    post = POSTS[Role.OFFICER]
    for known, mark in (
        (start.case_no, "CASE_NO"),
        (f'"{post.holder}"', '"HOLDER"'),
        (f'"{post.backup}"', '"BACKUP"'),
    ):
        written = written.replace(known, mark)
    return written.replace('"district":"310106"', '"district":"310101"')


_NOBODY: Client = None  # type: ignore[assignment]  # nothing is sent


@dataclass(frozen=True)
class _Register:
    begin: Any

    async def timed(self, ask: Callable[[AsyncSession], Awaitable[object]]) -> float:
        """Milliseconds, the median of some; what was written is taken back."""
        taken = []
        for _ in range(ROUNDS):
            async with self.begin() as session:
                started = time.perf_counter()
                await ask(session)
                taken.append(time.perf_counter() - started)
                await session.rollback()
        return 1_000 * median(taken)


async def _asked(register: _Register, cases: int, today: date, before: float) -> City:
    calendar = load_calendar()
    weighed_by = tuple(calendar.shift(today, days) for days, _ in WEIGHTS)
    posts = tuple(
        StaffPost(
            person=f"{FIRST}-{number}",
            role=Role.OFFICER,
            city="310000",
            district=FIRST,
            team=f"T{number % 4}",
            rank=number,
            since=today,
        )
        for number in range(1, PEOPLE + 1)
    )
    one = ShareQuestion(
        case_no=f"{FIRST}-NEW",
        seq=1,
        district=FIRST,
        office="",
        item="PTS_NEW",
        roles=(Role.OFFICER,),
        rules={Role.OFFICER: _RULE},
        posts={},
        on=today,
        weighed_by=weighed_by,
    )
    leaving = ChangeStaff(
        city="310000",
        district=FIRST,
        leave=(Leave(person=LOADED, last_on=today),),
        reason="离岗",
    )
    ground = Ground(on=today, posts=posts, rule=lambda _: _RULE)
    person = Rebalance(district=FIRST, role=Role.OFFICER, person=LOADED, reason="积压")
    everybody = Rebalance(district=FIRST, role=Role.OFFICER, reason="积压")
    load = LoadQuestion(
        posts=posts,
        on=today,
        until=calendar.shift(today, 20),
        weighed_by=weighed_by,
        district=FIRST,
    )
    now = datetime.now(UTC)  # noqa: TID251 - a measurement happens now
    async with register.begin() as session:
        handed = (await preview_rebalance(session, person, ground)).cases
    if not handed:
        raise RuntimeError("the preview hands nothing on, though one person has most")
    away = [f"{FIRST}-{number}" for number in range(1, 4)]
    async with register.begin() as session, session.begin():
        await share(session, replace(one, case_no=f"{FIRST}-FIRST"))  # notes what was opened before
    async with register.begin() as session, session.begin():
        await session.execute(text("ANALYZE shares"))  # as the server does by itself after a while
    return City(
        city_cases=cases,
        share_ms=await register.timed(lambda s: share(s, one)),
        leaving_preview_ms=await register.timed(lambda s: preview_staff(s, leaving, at=now)),
        rebalance_preview_ms=await register.timed(lambda s: preview_rebalance(s, person, ground)),
        city_handings=handed,
        rebalance_district_preview_ms=await register.timed(
            lambda s: preview_rebalance(s, everybody, ground)
        ),
        loads_ms=await register.timed(lambda s: load_page(s, load)),
        what_if_ms=await register.timed(lambda s: read_forecast(s, load, away, [])),
        worklist_ms=await register.timed(_worklist),
        worklist_before_ms=before,
    )


def main() -> None:
    """Measure so many cases and print it."""
    found = asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else CASES))
    for name, value in asdict(found).items():
        Console().print(f"{name} {value:,.1f}")


if __name__ == "__main__":
    main()
