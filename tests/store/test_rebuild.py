import random
from uuid import UUID

import pytest
from sqlalchemy import Select, select, update

from casework.store.engine import Sessions
from casework.store.models import Cases, Clocks, Courses, Tasks
from casework.store.queries import state
from casework.store.register.rebuild import Difference, rebuild
from tests.domain.desk import Desk, open_desk
from tests.domain.test_procedure import HAVE, ITEMS, owe, walk
from tests.examples import is_night
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.contents import LOSE_PROJECTED, contents_of
from tests.store.desks import archived, breached
from tests.store.entries import Writer, writer

pytestmark = in_clear_and_sealed


def courses_of(case_no: str) -> Select[UUID]:
    return select(Clocks.course).where(Clocks.case_no == case_no, Clocks.kind == "decide")


def any_desk(dice: random.Random) -> Desk:
    have = dice.choice([HAVE, (*HAVE, "sealed_copies"), ()])
    desk = open_desk(dice.choice(ITEMS), have=have, claims={"permit_renewed_on": "2026-09-01"})
    if dice.random() < 0.5:
        owe(desk, dice)
    walk(desk, dice, steps=30)
    return desk


async def record_in_pieces(recorded: Recording, case: Writer, dice: random.Random) -> None:
    await recorded(*case.rest(iter(lambda: dice.choice([1, 1, 1, 2, 5]), 0)))


@pytest.mark.parametrize("seed", range(12 if is_night() else 3))
async def test_any_walk_rebuilt_equals_what_was_recorded_live(
    seed: int, recorded: Recording, sessions: Sessions
) -> None:
    dice = random.Random(seed)
    case = writer(any_desk(dice))
    await record_in_pieces(recorded, case, dice)
    live = await contents_of(sessions)
    assert (await rebuild(sessions, write=False)).differences == ()

    async with sessions.begin() as session:
        await session.execute(LOSE_PROJECTED)
    report = await rebuild(sessions)
    assert report.cases == 1
    assert await contents_of(sessions) == live
    async with sessions() as session:
        assert await state(session, case.case_no) == case.case


async def test_damage_is_found_and_put_right(recorded: Recording, sessions: Sessions) -> None:
    cases = [writer(archived(), number=1), writer(breached(), number=2)]
    await recorded(*(case.entry() for case in cases))
    sound = await contents_of(sessions)
    async with sessions.begin() as session:
        damaged = cases[1].case_no
        await session.execute(
            update(Cases).where(Cases.case_no == damaged).values(stage="archived")
        )
        await session.execute(
            update(Courses).where(Courses.id.in_(courses_of(damaged))).values(provisional=True)
        )
        await session.execute(
            update(Tasks).where(Tasks.case_no == damaged).values(task=Tasks.task + "x")
        )
    found = await rebuild(sessions, write=False)
    assert found.cases == 2
    assert found.differences == (Difference(case_no=damaged, tables=("cases", "clocks", "tasks")),)
    only_the_sound = await rebuild(sessions, cases[0].case_no)
    assert only_the_sound.differences == ()
    assert await contents_of(sessions) != sound
    assert (await rebuild(sessions)).differences == found.differences
    assert await contents_of(sessions) == sound


async def test_rebuild_of_an_unknown_case_does_nothing(sessions: Sessions) -> None:
    assert (await rebuild(sessions, "310106-NONE")).differences == ()
