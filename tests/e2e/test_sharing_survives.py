"""A thousand submissions at once, by two APIs and two workers, which are killed midway."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.domain.sharing import WEIGHTS, weight_on
from casework.domain.time.calendar import local_date
from casework.local.devstack import free_port
from casework.local.issuer.tokens import LocalIssuer
from casework.policy.calendars import load_calendar
from casework.policy.publishing.archive import packed
from casework.policy.publishing.versions import read_whole
from casework.settings import LOOPBACK
from casework.store.engine import create_engine, sessions
from casework.store.register.shares import loads_of
from tests.e2e.test_publishing_survives import approved, proposed
from tests.e2e.town_hall import PATIENCE, TownHall, answers, beside
from tests.examples import at_night
from tests.insisting import insisted
from tests.publishing.trees import PACKAGED

CASES = 1_000
AT_ONCE = 100
"""So many requests are under way at a time."""
PEOPLE = 7
IN_TURN, BY_LOAD = "310109", "310113"
WAYS = {IN_TURN: "in_turn", BY_LOAD: "least_loaded"}


@pytest.fixture
async def sharing(hall: TownHall) -> AsyncIterator[TownHall]:
    """Two districts with people and ways of their own, and afterwards none."""
    files = dict(PACKAGED.files)
    for district, way in WAYS.items():
        files[f"sharing/{district}.yaml"] = (
            f'items:\n  "*":\n    officer:\n      - from: 2004-07-01\n'
            f"        value: {{way: {way}}}\n        reference: 内部设定\n"
            f"        mark: proposal\n"
        ).encode()
        await approved(hall, await _staffed(hall, district))
    await approved(hall, await proposed(hall, read_whole(packed(files))))
    yield hall
    await approved(hall, await proposed(hall, PACKAGED))


async def _staffed(hall: TownHall, district: str) -> str:
    today = str(local_date(datetime.now(UTC)))
    place = {"role": "officer", "city": "310000", "district": district, "since": today}
    posts = [place | {"person": f"s{district}-{n}", "rank": n + 3} for n in range(PEOPLE - 2)]
    content = {"kind": "change_staff", "city": "310000", "district": district}
    async with hall.counter("sh-u1", Role.SUPERIOR, "") as http:
        body = content | {"posts": posts, "reason": "新增人员"}
        ordered = await hall.insist(http, "/orders", body, key=f"staff-{district}")
        return str(ordered["no"])


@at_night
@pytest.mark.timeout(3_600)
async def test_nobody_has_too_much_though_all_come_at_once_and_parts_are_killed(
    sharing: TownHall,
) -> None:
    """In `make test` a hundred are shared out at once in tests/store/test_shares.py."""
    hall = sharing
    port, probes = free_port(), free_port()
    with ExitStack() as stack:
        other = stack.enter_context(
            beside(hall.settings, "api", api_port=port, api_probe_port=probes)
        )
        metrics = f"{LOOPBACK}:{free_port()}"
        worker = stack.enter_context(
            beside(hall.settings, "worker", worker_metrics_address=metrics)
        )
        await answers(f"http://{LOOPBACK}:{port}")
        asking = asyncio.create_task(
            _submitted(hall, [hall.settings.api_local_url, f"http://{LOOPBACK}:{port}"])
        )
        await _recorded(hall, CASES // 4)
        worker.kill()
        await _recorded(hall, CASES // 3)
        other.kill()
        await _recorded(hall, CASES // 2)
        await hall.kill("worker")
        numbers = await asking
    assert len(set(numbers)) == CASES
    await _recorded(hall, CASES)

    for district in WAYS:
        ours = {number for number in numbers if number.startswith(district)}
        tasks = [row for row in await _open_tasks(hall, district) if row[0] in ours]
        assert len(tasks) == len(ours) == CASES // len(WAYS), "one task each"
        assert all(holder for _, holder, _ in tasks), "nothing without a holder"
        shares = [row for row in await _rows(hall, _SHARES, district) if row[0] in ours]
        assert sorted(shares) == sorted(row[:2] for row in tasks), "nobody twice"
        got = Counter(holder for _, holder, _ in tasks)
        assert len(got) == PEOPLE
        if district == IN_TURN:
            assert max(got.values()) - min(got.values()) <= 1, got
        else:
            loads, heaviest = await _loads(hall, got, [row[2] for row in tasks])
            assert max(loads.values()) - min(loads.values()) <= heaviest, (loads, got)


async def _loads(
    hall: TownHall, people: Collection[str], due: Sequence[Any]
) -> tuple[dict[str, int], int]:
    """What each has, as sharing out weighs it; and the weight of the heaviest of these tasks."""
    engine, today = create_engine(hall.settings.database), local_date(datetime.now(UTC))
    weighed_by = [load_calendar().shift(today, days) for days, _ in WEIGHTS]
    try:
        async with sessions(engine)() as session:
            found = await loads_of(session, people, weighed_by)
    finally:
        await engine.dispose()
    return {who: each.weight for who, each in found.items()}, max(
        weight_on(each, weighed_by) for each in due
    )


_TASKS = """
SELECT case_no, holder, due_on FROM tasks
WHERE district = :district AND role = 'officer' AND closed_at IS NULL
"""
_SHARES = "SELECT case_no, holder FROM shares WHERE district = :district AND role = 'officer'"


async def _rows(hall: TownHall, statement: str, district: str) -> list[tuple[Any, ...]]:
    engine = create_engine(hall.settings.database)
    try:
        async with engine.connect() as connection:
            found = await connection.execute(text(statement), {"district": district})
            return [tuple(row) for row in found]
    finally:
        await engine.dispose()


async def _open_tasks(hall: TownHall, district: str) -> list[tuple[Any, ...]]:
    return await _rows(hall, _TASKS, district)


async def _recorded(hall: TownHall, least: int) -> None:
    """Wait until so many cases are in the register."""
    async with asyncio.timeout(10 * PATIENCE.total_seconds()):
        while True:
            if sum([len(await _open_tasks(hall, each)) for each in WAYS]) >= least:
                return
            await asyncio.sleep(0.5)


async def _submitted(hall: TownHall, urls: list[str]) -> list[str]:
    """Submit all, each at one of the two; whoever gets no answer asks the other."""
    actor = Actor(code="backend", role=Role.SYSTEM, district="")
    now = datetime.now(UTC)
    token = LocalIssuer.open(hall.settings).mint(actor, ttl=PATIENCE * 20, at=now)
    gate = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(
        headers={"Authorization": f"Bearer {token}"}, timeout=200, trust_env=False
    ) as http:
        async with hall.counter("backend", Role.SYSTEM, "") as own:
            await hall.upload(own)

        async def one(number: int) -> str:
            district = tuple(WAYS)[number % len(WAYS)]
            body = hall.application(f"at-once-{number}", district=district)
            asked = itertools.cycle([*urls[number % 2 :], *urls[: number % 2]])
            async with gate:
                answer = await insisted(
                    lambda: http.post(f"{next(asked)}/v1/applications", json=body),
                    also=[HTTPStatus.ACCEPTED],
                    within=10 * PATIENCE,
                )
            assert answer.is_success, answer.text
            return str(answer.json()["case_no"])

        return list(await asyncio.gather(*map(one, range(CASES))))
