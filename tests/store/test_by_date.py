"""Lists, searches and views say by the date what the case itself will say when it wakes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from casework.domain.case.commands import BESIDE_THE_BODY
from casework.domain.case.facts import CLOCKWORK
from casework.domain.case.passing_time import next_moment, tick
from casework.domain.case.procedure import come_up_to
from casework.domain.kinds.application.commands import Accept, PreReview, PreReviewOutcome
from casework.domain.policy import Role
from casework.domain.time.calendar import ZONE
from casework.store.engine import Sessions
from casework.store.queries import CaseFilter, TaskFilter, TaskView, case_view, search_cases, tasks
from tests.domain.any_act import any_act
from tests.domain.desk import ALL_FILES, Desk, open_desk
from tests.store.conftest import Recording
from tests.store.entries import Writer, writer

DISTRICT = "310106"
OF_A_CASE = {"last_seq", "stage_since", "closed_at", "due_on", "accepted_on", "decided_on"}
"""What a list does not show by the date, and the new number of the last event."""


def then(desk: Desk) -> Any:
    moment = next_moment(desk.case, desk.item, desk.calendar)
    assert moment is not None
    return come_up_to(desk.case, replace(desk.facts(CLOCKWORK), at=moment))


def noticing(desk: Desk) -> None:
    """The case wakes for its next moment."""
    moment = next_moment(desk.case, desk.item, desk.calendar)
    assert moment is not None
    desk.now = max(desk.now, moment)
    while (came := tick(desk.case, desk.facts(CLOCKWORK))) is not None:
        desk.apply(came.body, at=came.at)


def at_the_time_of(desk: Desk, *, before: bool) -> Writer:
    """A case whose own time is the day of its next moment, or the day before."""
    moment = next_moment(desk.case, desk.item, desk.calendar)
    assert moment is not None
    noon = moment.astimezone(ZONE).replace(hour=0, minute=1) - timedelta(days=before)
    case = writer(desk)
    case.opening = replace(case.opening, rehearsal=noon - datetime.now(UTC))
    return case


async def seen(sessions: Sessions, case_no: str, stages: set[str], cards: set[str]) -> Any:
    """What each list and the page of the case say."""
    async with sessions() as session:
        view = await case_view(session, case_no)
        assert view is not None
        everything = (await search_cases(session, CaseFilter())).rows
        work = (await tasks(session, TaskFilter(district=DISTRICT))).rows
        officers = sorted({row.holder for row in work} | {row.backup for row in work})
        found: dict[str, Any] = {
            **{s: await search_cases(session, CaseFilter(stage=s)) for s in sorted(stages)},
            **{c: await search_cases(session, CaseFilter(card=c)) for c in sorted(cards)},
            **{o: await tasks(session, TaskFilter(officer=o)) for o in officers},
        }
    shown = [list(page.rows) for page in found.values()]
    view_row = (view.stage, view.card, view.holder, sorted(t.task for t in view.tasks))
    return (
        view_row,
        [_plain(row) for row in everything],
        [_plain(row) for row in work],
        [[_plain(row) for row in rows] for rows in shown],
    )


def _plain(row: Any) -> dict[str, Any]:
    left_out = {"assigned"} if isinstance(row, TaskView) else {"assigned", *OF_A_CASE}
    return {name: value for name, value in vars(row).items() if name not in left_out}


def some_desk(seed: int) -> Desk:
    """An application after some plausible acts, open, with something still to fire."""
    dice = Random(seed)
    have = dice.choice([ALL_FILES, (*ALL_FILES, "sealed_copies"), ALL_FILES[:2]])
    desk = open_desk(day="2026-09-16", have=have)
    for _ in range(dice.randint(0, 12)):
        command = any_act(dice, desk.case, desk.now.date(), (*ALL_FILES, "理由"))
        try:
            fields = {k: v for k, v in vars(command).items() if k not in BESIDE_THE_BODY}
            desk.do(type(command), command.actor.role, **fields)
        except Exception as error:  # noqa: BLE001 - a refusal; whatever else, the domain tests find
            assert error.args
        desk.wait_until(desk.now + timedelta(hours=dice.randint(1, 90)))
    return desk


@pytest.mark.parametrize("seed", range(30))
async def test_before_it_wakes_a_case_is_shown_as_when_it_has(
    seed: int, recorded: Recording, sessions: Sessions
) -> None:
    desk = some_desk(seed)
    if not desk.case.is_open or next_moment(desk.case, desk.item, desk.calendar) is None:
        pytest.skip("nothing is to come")
    case, after = at_the_time_of(desk, before=False), then(desk)
    stages, cards = {desk.case.stage, after.stage}, {desk.case.card, after.card}
    await recorded(case.entry(then=after))
    asleep = await seen(sessions, case.case_no, stages, cards)
    noticing(desk)
    await recorded(case.entry())
    awake = await seen(sessions, case.case_no, stages, cards)
    assert asleep == awake
    assert asleep[0][:3] == (after.stage, after.card, after.holder)


async def test_the_evening_before_nothing_has_happened(
    recorded: Recording, sessions: Sessions
) -> None:
    desk = open_desk()
    case = at_the_time_of(desk, before=True)
    await recorded(case.entry(then=then(desk)))
    async with sessions() as session:
        assert (await search_cases(session, CaseFilter(card="blue"))).rows == ()
        (row,) = (await search_cases(session, CaseFilter(card="none"))).rows
        assert row.stage == "pre_review"


async def test_a_case_deemed_accepted_over_the_holiday_is_the_reviewers_at_midnight(
    recorded: Recording, sessions: Sessions
) -> None:
    """Due on 09-30, in National Day week nobody has looked: by the date it was accepted."""
    desk = open_desk(day="2026-09-22")
    while (await_ := next_moment(desk.case, desk.item, desk.calendar)) and await_.day != 1:
        noticing(desk)
    case = at_the_time_of(desk, before=False)
    await recorded(case.entry(then=then(desk)))
    async with sessions() as session:
        (row,) = (await search_cases(session, CaseFilter(stage="review"))).rows
        assert row.card == "red"
        assert (await search_cases(session, CaseFilter(stage="pre_review"))).rows == ()
        (task,) = (await tasks(session, TaskFilter(role="reviewer"))).rows
        assert (task.kind, task.stage) == ("review", "review")
        assert (await tasks(session, TaskFilter(role="officer"))).rows == ()


async def test_a_decision_that_is_overdue_is_red_from_midnight(
    recorded: Recording, sessions: Sessions
) -> None:
    desk = open_desk("PTS_NEW", day="2026-09-16")
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    while then(desk).card != "red":
        noticing(desk)
    assert desk.case.card == "yellow"
    case = at_the_time_of(desk, before=False)
    await recorded(case.entry(then=then(desk)))
    async with sessions() as session:
        (row,) = (await search_cases(session, CaseFilter(card="red"))).rows
        assert (row.case_no, row.card) == (case.case_no, "red")
        assert (await search_cases(session, CaseFilter(card="yellow"))).rows == ()
