"""What operators watch of the register: the same as counting by hand, and about nobody."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from casework.domain.case.state import TaskKind
from casework.domain.time.calendar import local_date
from casework.messages.orders import OrderStatus
from casework.store.engine import Sessions, migrations_behind
from casework.store.models import Cases, Courses, MasterKeys, Orders
from casework.store.queries.figures import DUE, LABELS, figures
from tests.store.conftest import Recording
from tests.store.crowd import gather_crowd
from tests.store.desks import archived, breached
from tests.store.entries import APPLICANT, EMPLOYER, writer

NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)


async def read(sessions: Sessions, at: datetime = NOW) -> dict[tuple[str, ...], float]:
    async with sessions() as session:
        found = await figures(session, at)
    names = [(each.name, *each.labels) for each in found]
    assert len(names) == len(set(names))
    return dict(zip(names, (each.value for each in found), strict=True))


async def test_a_register_without_cases_has_only_what_is_about_nothing(sessions: Sessions) -> None:
    async with sessions() as session:
        assert await migrations_behind(session) == 0
    found = await read(sessions)
    assert found["letter_waiting_seconds",] == 0
    assert not {name for name, *labels in found if labels}


async def test_a_broken_promise_is_counted_once_in_each_figure(
    recorded: Recording, sessions: Sessions
) -> None:
    broken, done = writer(breached()), writer(archived(), number=2, subject="s-2")
    await recorded(broken.entry())
    await recorded(done.entry())
    found = await read(sessions)
    district = broken.desk.case.district
    assert found["cases_open", district, "review"] == 1
    assert ("cases_open", district, "archived") not in found
    assert found["debts_open", district] == 1
    assert found["cards_open", district, "yellow"] == 1
    assert found["tasks_open", district, "decide_breach"] == 1


async def test_no_label_names_a_case_or_a_person(recorded: Recording, sessions: Sessions) -> None:
    case = writer(breached())
    await recorded(case.entry())
    labels = {label for _, *labels in await read(sessions) for label in labels}
    about = {case.case_no, APPLICANT.name, APPLICANT.id_number, EMPLOYER.name, "ja-o1", "ja-r1"}
    assert labels
    assert not labels & about
    known = {kind.value for kind in TaskKind} | set(OrderStatus) | set(DUE)
    known |= {"review", "blue", "yellow", "red", "queued", "refused", "audit", "cards"}
    assert labels - known == {case.desk.case.district}


async def test_figures_are_those_of_a_count_by_hand(
    sessions: Sessions, register_engine: AsyncEngine
) -> None:
    async with register_engine.begin() as connection:
        await connection.execute(text("DROP VIEW IF EXISTS crowd"))
        await gather_crowd(connection, 400)
        now: datetime = await connection.scalar(select(func.now()))  # type: ignore[assignment]
        late = (now - timedelta(minutes=now.minute % 60)).replace(microsecond=0)
        await connection.execute(text("DROP VIEW crowd"))
        await connection.execute(
            update(Courses).where(Courses.district == "310103").values(due_on=None)
        )
    found = await read(sessions, late)
    today = local_date(late)
    async with sessions() as session:
        rows = (await session.execute(select(Cases.district, Cases.stage, Cases.closed_at))).all()
        lines = await session.execute(
            text("SELECT courses.district, due_on FROM clocks JOIN courses ON id = course "
                 "WHERE ended_on IS NULL")
        )  # fmt: skip
        clocks = Counter((row.district, _bucket(row.due_on, today)) for row in lines)
    by_hand = Counter((row.district, row.stage) for row in rows if row.closed_at is None)
    assert _of(found, "cases_open") == dict(by_hand)
    assert _of(found, "clocks_running") == dict(clocks)
    assert found["clocks_suspended", "310103"] == clocks["310103", "unknown"] > 0


def _of(found: dict[tuple[str, ...], float], name: str) -> dict[tuple[str, ...], float]:
    return {labels: value for (first, *labels_), value in found.items() if first == name
            for labels in [tuple(labels_)]}  # fmt: skip


def _bucket(due_on: object, today: object) -> str:
    if due_on is None:
        return "unknown"
    left = (due_on - today).days  # type: ignore[operator]  # two dates
    return "overdue" if left < 0 else "today" if not left else "week" if left <= 7 else "later"


async def test_ages_are_counted_from_what_waits_longest(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for no, hours in (("ZL-1", 3), ("ZL-2", 50)):
            await session.execute(
                insert(Orders).values(
                    no=no, kind="x", status="proposed", body={}, district="",
                    proposed_by="sh-u1", proposed_at=NOW - timedelta(hours=hours),
                )
            )  # fmt: skip
        await session.execute(
            insert(MasterKeys).values(id="20260101-aa", seen_at=NOW - timedelta(days=9))
            .on_conflict_do_nothing()
        )  # fmt: skip
    found = await read(sessions)
    assert found["orders_waiting", "proposed"] == 2
    assert found["order_waiting_seconds", "proposed"] == 50 * 3600
    assert found["key_age_seconds",] <= 9 * 86400


async def test_every_figure_has_labels_that_are_named(sessions: Sessions) -> None:
    assert {name for name, *_ in await read(sessions)} <= set(LABELS)
