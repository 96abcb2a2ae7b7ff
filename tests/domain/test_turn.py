"""Whose turn it is: total over every state that a scenario reaches, and true to the case."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any, ClassVar

import pytest

from casework.domain.case.facts import CLOCKWORK
from casework.domain.case.kind import KNOWN, Party
from casework.domain.case.state import Case
from casework.domain.case.turn import beside, dates_ahead, turn, wanted
from casework.domain.kinds.appointment.state import AppointmentStage
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import due_on
from casework.rehearsal import RehearsalRoom
from casework.rehearsal.pure.engine import PureEngine
from casework.rehearsal.registry import Registry
from tests.rehearsal.shapes import SCENARIOS, all_elements, cover

OF_EMPLOYERS = ("cycle-g12", "cycle-objection-rejected", "cycle-silent-ended")


class Kept(PureEngine):
    """Remembers the last engine, so that the cases of a scenario can be looked at afterwards."""

    last: ClassVar[PureEngine]

    def __init__(self, registry: Registry, begins_at: datetime) -> None:
        super().__init__(registry, begins_at)
        Kept.last = self

    def moments(self) -> list[tuple[Case, WorkingCalendar, date]]:
        """Each state of each case, with the calendar it knows and the day of its event."""
        cases: Any = self._cases.values()
        return [
            (state, own.facts(CLOCKWORK).calendar, local_date(event.at))
            for own in cases
            for state, event in zip(own.states, own.events, strict=True)
        ]


@pytest.fixture(scope="module")
async def moments() -> list[tuple[Case, WorkingCalendar, date]]:
    """All states of the scenarios that together have every element of any, and of employers."""
    registry = Registry.load()

    @asynccontextmanager
    async def opened(begins_at: datetime) -> AsyncIterator[PureEngine]:
        yield Kept(registry, begins_at)

    room = RehearsalRoom(registry=registry, engine=opened)
    found: list[tuple[Case, WorkingCalendar, date]] = []
    more = [path for path in SCENARIOS if path.stem in OF_EMPLOYERS]
    for path in {*cover(dict(all_elements())), *more}:
        await room.rehearse(path)
        found += Kept.last.moments()  # type: ignore[attr-defined]
    return found


Moments = list[tuple[Case, WorkingCalendar, date]]


def officers(case: Case) -> set[str]:
    """Every code of an officer that the case knows."""
    posts = {code for post in case.posts.values() for code in (post.holder, post.backup)}
    return {code for code in posts | {task.holder for task in case.tasks} if code}


def test_there_is_always_one_sentence_and_it_names_nobody(moments: Moments) -> None:
    for case, calendar, today in moments:
        for day in (today, today + timedelta(days=40)):
            found = turn(case, calendar, day)
            assert found.sentence.endswith("。")
            assert "None" not in found.sentence
            assert not any(code in found.sentence for code in officers(case))
            assert found.until is None or (found.left >= 0 and found.overdue >= 0)
            assert not (found.left and found.overdue)


def test_every_other_task_is_said_beside_it_and_names_nobody(moments: Moments) -> None:
    several = 0
    for case, calendar, today in moments:
        found = beside(case, case.open_tasks, ("还没有核实完：核档。",), calendar, today)
        now = turn(case, calendar, today)
        rest = [task for task in case.open_tasks if task.id != now.task] if case.is_open else []
        several += len(rest) > 1
        assert {task.kind.label for task in rest} <= {
            task.kind.label for task in rest for each in found if task.kind.label in each
        }
        assert len(found) <= len(rest) + 1
        assert bool(found) == case.is_open
        for each in found:
            assert each.endswith("。")
            assert "None" not in each
            assert not any(code in each for code in officers(case))
    assert several


def test_an_open_case_is_somebodys_turn_or_says_until_when_nobody_acts(moments: Moments) -> None:
    for case, calendar, today in moments:
        found = turn(case, calendar, today)
        if not case.is_open:
            assert (found.party, found.clock, found.task) == (Party.NOBODY, "", "")
            assert case.stage.label in found.what
        elif found.party is Party.NOBODY:
            assert found.clock or found.until is None
        if found.task:
            assert case.next_task is not None
            assert found.task == case.next_task.id


def test_the_last_day_is_that_of_a_limit_that_runs(moments: Moments) -> None:
    for case, calendar, today in moments:
        found = turn(case, calendar, today)
        running = {clock.id: clock for clock in case.running}
        if found.clock:
            assert found.until == due_on(running[found.clock], calendar)
        if found.until is not None and found.left:
            assert calendar.shift(today, found.left) <= found.until


def test_who_has_something_to_bring_in_time_has_the_turn(moments: Moments) -> None:
    seen: set[str] = set()
    for case, calendar, today in moments:
        found, things = turn(case, calendar, today), wanted(case)
        assert things == () or case.is_open
        seen.update(each.verb for each in things)
        only_comes = case.stage is AppointmentStage.BOOKED
        if found.party is Party.APPLICANT and "异议" not in found.what and not only_comes:
            assert things
    assert {"supplement", "promise", "materials_received", "evaluate"} <= seen


def test_dates_ahead_are_the_running_limits_in_order(moments: Moments) -> None:
    for case, calendar, today in moments:
        ahead = dates_ahead(case.clocks, calendar, today)
        assert {each.clock for each in ahead} == {clock.id for clock in case.running}
        days = [each.on or date.max for each in ahead]
        assert days == sorted(days)


@pytest.mark.parametrize("kind", KNOWN.values(), ids=lambda kind: kind.name)
def test_every_stage_without_a_task_says_for_whom_it_waits(kind: Any) -> None:
    for step in kind.steps:
        given = step.task is not None or step.also
        assert step.stage.is_final or given or step.waits is not None, step.stage


def test_everybody_has_the_turn_somewhere(moments: Moments) -> None:
    parties = {turn(case, calendar, today).party for case, calendar, today in moments}
    assert parties == set(Party)
