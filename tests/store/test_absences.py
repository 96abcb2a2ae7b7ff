"""Who is absent on which day."""

from dataclasses import replace
from datetime import date

import pytest

from casework.store.engine import Sessions
from casework.store.register.absences import (
    Absence,
    absences,
    absent_officers,
    end_absence,
    find_absence,
    record_absence,
)
from tests.domain.desk import at
from tests.store.conftest import in_clear_and_sealed

pytestmark = in_clear_and_sealed


def absence(number: str = "a-1", *, officer: str = "yb-specialist-a") -> Absence:
    """From Monday to Friday."""
    return Absence(
        id=number,
        officer=officer,
        first_on=date(2026, 9, 14),
        last_on=date(2026, 9, 18),
        reason="年休假",
        recorded_by="yb-supervisor-a",
        recorded_at=at("2026-09-11"),
    )


async def test_absence_is_recorded_once(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await record_absence(session, absence())
        await record_absence(session, replace(absence(), last_on=date(2026, 12, 31)))
        assert (await absences(session)).rows == (absence(),)
        assert await find_absence(session, "a-1") == absence()
        assert await find_absence(session, "a-2") is None


@pytest.mark.parametrize(
    ("day", "absent"), [(13, False), (14, True), (16, True), (18, True), (19, False)]
)
async def test_officer_is_absent_from_the_first_day_to_the_last(
    day: int, absent: bool, sessions: Sessions
) -> None:
    on = date(2026, 9, day)
    async with sessions.begin() as session:
        await record_absence(session, absence())
        assert bool((await absences(session, on)).rows) == absent
        assert await absent_officers(session, on) == (("yb-specialist-a",) if absent else ())


async def test_who_is_back_early_is_there_from_that_day_on_and_an_earlier_end_stands(
    sessions: Sessions,
) -> None:
    back = date(2026, 9, 16)
    async with sessions.begin() as session:
        await record_absence(session, absence())
        for ended_on in (date(2026, 9, 17), back, date(2026, 9, 18), back):
            ended = await end_absence(session, "a-1", ended_on)
        assert ended == replace(absence(), ended_on=back)
        assert await absent_officers(session, date(2026, 9, 15)) == ("yb-specialist-a",)
        assert await absent_officers(session, back) == ()
        assert await end_absence(session, "a-9", back) is None


async def test_two_absences_of_one_officer_are_one_absent_officer(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for each in (absence(), absence("a-2"), absence("a-3", officer="ab")):
            await record_absence(session, each)
        assert await absent_officers(session, date(2026, 9, 14)) == ("ab", "yb-specialist-a")
        assert [each.id for each in (await absences(session, officer="ab")).rows] == ["a-3"]
