"""Told to look again are exactly the cases whose workflows would wake too late."""

import random
from datetime import datetime

from sqlalchemy import update

from casework.domain.case.passing_time import next_moment
from casework.domain.orders import Content
from casework.store.engine import Sessions
from casework.store.in_force import (
    Receipt,
    armed_late,
    count_armed_late,
    write_receipts,
)
from casework.store.models import Armings
from tests.domain.desk import open_desk
from tests.store.conftest import Recording
from tests.store.entries import writer
from tests.store.orders import DISTRICT, Looker, closing, give, lifting
from tests.store.test_orders_applied import WITH_A_WORKING_HOLIDAY
from tests.store.test_rebuild import any_desk

ORDERS: list[Content] = [
    closing("2026-09-17"),
    lifting("o-0", "2026-09-18"),
    WITH_A_WORKING_HOLIDAY,
    closing("2026-09-20", "2026-10-12", reach=DISTRICT),
]


async def truly_late(looker: Looker, armed: datetime | None) -> bool:
    """Whether the case, were it to look now, would find that it should wake on an earlier day."""
    desk, known = looker.writer.desk, looker.known
    before = desk.case, desk.calendar, desk.events[:]
    await looker.look()
    moment = next_moment(desk.case, desk.item, desk.calendar)
    looker.known = known
    (desk.case, desk.calendar), desk.events[:] = before[:2], before[2]
    return moment is not None and (armed is None or moment.date() < armed.date())


async def test_late_are_those_that_the_rules_find_late(
    recorded: Recording, sessions: Sessions
) -> None:
    dice = random.Random(7)
    lookers, armed = [], []
    for number in range(1, 25):
        desk = any_desk(dice) if number % 2 else open_desk()
        looker = await Looker.opened(writer(desk, number=number), sessions)
        entry = looker.entry()
        await recorded(entry)
        lookers.append(looker)
        armed.append(entry.wakes_at)
    counts = []
    for number, content in enumerate(ORDERS):
        await give(sessions, f"o-{number}", content)
        expected = [
            looker.writer.case_no
            for looker, wakes_at in zip(lookers, armed, strict=True)
            if await truly_late(looker, wakes_at)
        ]
        async with sessions() as session:
            late = await armed_late(session, f"o-{number}", 100)
            assert [case.case_no for case in late] == expected
            assert await count_armed_late(session) == len(expected)
        counts.append(len(expected))
        for place, looker in enumerate(lookers):
            if dice.random() < 0.5:  # some notice by themselves
                await looker.look()
                if len(looker.writer.desk.events) > len(looker.writer.events):
                    entry = looker.entry()
                    await recorded(entry)
                    armed[place] = entry.wakes_at
    assert counts[0] == 0, "opening makes nothing due earlier"
    assert min(counts[1:3]) > 0


async def test_pages_go_on_after_what_has_a_receipt(
    recorded: Recording, sessions: Sessions
) -> None:
    desk = open_desk()
    await recorded(*(writer(desk, number=number).entry() for number in range(1, 8)))
    await give(sessions, "o-1", closing("2026-09-17"))
    seen = list[str]()
    while True:
        async with sessions.begin() as session:
            page = await armed_late(session, "o-1", 3)
            told = [case.case_no for case in page[:2]]
            assert {case.workflow_id for case in page} <= {f"app.310106.{c.case_no}" for c in page}
            receipts = [Receipt(case_no=number, outcome="signalled") for number in told]
            await write_receipts(session, "o-1", receipts)
            await write_receipts(session, "o-1", receipts)
        if not page:
            break
        seen += told
    assert [number[-1] for number in seen] == list("1234567")
    await give(sessions, "o-2", closing("2026-09-18"))
    async with sessions.begin() as session:
        last = (await armed_late(session, "o-2", 9))[-1].case_no
        await write_receipts(session, "o-2", [Receipt(case_no=last, outcome="gone")])
        passed_over = await armed_late(session, "o-2", 9)
    assert [case.case_no[-1] for case in passed_over] == list("123456")


async def test_closed_case_and_case_that_wakes_in_time_are_left_alone(
    recorded: Recording, sessions: Sessions
) -> None:
    looker = await Looker.opened(writer(open_desk()), sessions)
    await recorded(looker.entry())
    async with sessions.begin() as session:
        assert await count_armed_late(session) == 0
        await session.execute(update(Armings).values(wakes_at=None))
        assert await count_armed_late(session) == 1
        await session.execute(update(Armings).values(version=None))
        assert await count_armed_late(session) == 1
