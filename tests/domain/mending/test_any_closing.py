"""Whatever closed it, from whatever stage: taken back, the case is where it was."""

import random
from contextlib import suppress
from datetime import timedelta
from functools import reduce
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from casework.domain.case.commands import Command, ProposeTakingBack, TakeBack
from casework.domain.case.procedure import evolve
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import (
    BreachOutcome,
    DecideBreach,
    Decision,
    NotAccept,
    Refuse,
    SuperiorDecision,
)
from casework.domain.kinds.application.state import Application
from casework.domain.policy import Role, Side
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import due_on, kind_of, read
from casework.domain.time.ladder import Rung, side_of
from casework.letters.texts import render
from casework.messages.cases import CASE
from tests.domain.desk import Desk, actor, open_desk
from tests.domain.test_procedure import HAVE, ITEMS, owe, rebuilt, walk
from tests.examples import examples

CLOSERS: tuple[tuple[type[Command], Role, dict[str, Any]], ...] = (
    (NotAccept, Role.OFFICER, {"reason": "误点", "right_authority": "某区"}),
    (Refuse, Role.HEAD, {"reason": "误点"}),
    (SuperiorDecision, Role.SUPERIOR, {"outcome": Decision.REFUSED, "reason": "误点"}),
    (DecideBreach, Role.HEAD, {"outcome": BreachOutcome.RETURN, "reason": "误点"}),
    (DecideBreach, Role.SUPERIOR, {"outcome": BreachOutcome.REVOKE, "reason": "误点"}),
)


def close(desk: Desk, dice: random.Random) -> None:
    """By any of those whose turn it may be, else by letting the applicant's time run out."""
    for closer, role, fields in dice.sample(CLOSERS, len(CLOSERS)):
        if desk.case.is_open:
            with suppress(DomainError):
                desk.do(closer, role, **fields)
    if desk.case.is_open:
        desk.wait_until(desk.now + timedelta(days=30))


def before_closing(desk: Desk) -> Application:
    closing = desk.case.closing
    assert closing is not None
    first: Application = evolve(None, desk.events[0])
    return reduce(evolve, desk.events[1 : closing.seq - 1], first)


@examples(30)
@given(seed=st.integers(0, 2**32), days=st.integers(0, 60), steps=st.integers(0, 12))
def test_taken_back_it_is_where_it_was(seed: int, days: int, steps: int) -> None:
    dice = random.Random(seed)
    desk = open_desk(dice.choice(ITEMS), have=HAVE, claims={"permit_renewed_on": "2026-09-01"})
    if dice.random() < 0.6:
        owe(desk, dice)
    walk(desk, dice, steps)
    close(desk, dice)
    closing = desk.case.closing
    assume(closing is not None and desk.now.date() + timedelta(days=days) <= closing.until)
    assert closing is not None
    before = before_closing(desk)
    desk.now += timedelta(days=days)
    if not closing.proposed_by:
        desk.do(ProposeTakingBack, Role.SUPERVISOR, reason="误点")
    other = closing.proposed_by == actor(closing.decider).code
    desk.do(TakeBack, closing.decider, backup=other, reason="经核实，确系误办结")

    case = desk.case
    assert case.is_open
    assert case.closed_at is None
    assert case.stage is before.stage
    assert {task.id for task in case.open_tasks} >= {task.id for task in before.open_tasks}
    assert case.lines == before.lines
    assert case.green == before.green
    assert case.contacts == before.contacts
    assert (case.decision, case.decided_on) == (before.decision, before.decided_on)
    assert kinds(case) == kinds(before)
    today = local_date(desk.now)
    for clock in case.running:
        due = due_on(clock, desk.calendar)
        if side_of(clock.id) is Side.APPLICANT:
            assert due is None or due >= today, clock
        if f"{clock.id}:{Rung.RED}" not in case.rungs and kind_of(clock.id) != "green":
            was = next((c for c in before.running if c.id == clock.id), None)
            late = was and read(was, desk.calendar, closing.on).overdue_days
            assert late or not read(clock, desk.calendar, today).overdue_days, clock
    assert rebuilt(desk) == case
    assert CASE.validate_json(CASE.dump_json(case)) == case
    for effect in desk.effects:
        if effect.template:
            render(effect.template, effect.fields | {"case_no": case.case_no})


def kinds(case: Application) -> list[str]:
    return sorted(clock.id.split("#")[0] for clock in case.running)
