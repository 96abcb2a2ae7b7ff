"""The date decides: when timers fire has no meaning, and the state by the date is always the same.

Each world plays random acts at random minutes on two copies of a case. One notices all that runs
out at 00:00 of its day; the other when a timer fires, hours or days late, or when an act comes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import CLOCKWORK, Actor, Occasion
from casework.domain.case.passing_time import next_moment, tick
from casework.domain.case.procedure import come_up_to, consequence, decide, evolve
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.rating.state import Grade
from casework.domain.time.calendar import local_date, opening
from tests.domain.any_act import any_act
from tests.domain.cycle.desk import PERMIT, open_cycle
from tests.domain.desk import ALL_FILES, open_desk
from tests.domain.rating.given import given_rating
from tests.domain.request.desk import open_desk as open_request
from tests.domain.round.begun import begun_round
from tests.examples import examples

WORDS = (*ALL_FILES, "sealed_copies", "personnel_file", "理由", "情况属实", "decide:red", "")
ACTS = 12


@dataclass
class Copy:
    """A case with what a decision on it may know."""

    case: Case
    facts: Callable[[datetime, Actor], Occasion]

    def act(self, seed: int, at: datetime) -> str:
        """Try one act; return what became of it."""
        self.come_up(at)
        command = any_act(Random(seed), self.case, local_date(at), WORDS)
        try:
            bodies = decide(self.case, command, self.facts(at, command.actor))
        except DomainError as error:
            return f"{type(command).__name__}: {error.code}"
        for body in bodies:
            self._apply(body, command.actor, at)
        return type(command).__name__

    def come_up(self, at: datetime) -> None:
        while (came := tick(self.case, self.facts(at, CLOCKWORK))) is not None:
            self._apply(came.body, CLOCKWORK, came.at)

    def next(self) -> datetime | None:
        occasion = self.facts(opening(date(2026, 1, 1), "00:00"), CLOCKWORK)
        return next_moment(self.case, occasion.item, occasion.calendar)

    def _apply(self, body: EventBody, who: Actor, at: datetime) -> None:
        calendar = self.facts(at, who).calendar
        more: EventBody | None = body
        while more is not None:
            event = Event(seq=self.case.seq + 1, at=at, actor=who, body=more)
            self.case = evolve(self.case, event)
            who, more = CLOCKWORK, consequence(self.case, calendar)


def _application(dice: Random) -> Copy:
    items = {"PTS_NEW": "310106", "HJ_RES": "310106", "HJ_OVS": "310115", "PTS_REN": "310109"}
    item, district = dice.choice(sorted(items.items()))
    have = dice.choice([ALL_FILES, (*ALL_FILES, "sealed_copies"), ALL_FILES[:2]])
    desk = open_desk(item, day=_day(dice), have=have, district=district)
    return Copy(case=desk.case, facts=lambda at, who: replace(desk.facts(who), at=at))


def _request(dice: Random) -> Copy:
    desk = open_request(day=_day(dice))
    return Copy(case=desk.case, facts=lambda at, who: replace(desk.facts(who), at=at))


def _cycle(dice: Random) -> Copy:
    started = f"{dice.choice([2022, 2023, 2024])}-{dice.choice(['03-17', '09-30', '01-31'])}"
    desk: Any = dice.choice([_talent, _permit])(started)
    return Copy(case=desk.case, facts=lambda at, who: replace(desk.facts(who), at=at))


def _talent(started: str) -> Any:
    return open_cycle(starts_on=started)


def _permit(started: str) -> Any:
    ends_on = f"{int(started[:4]) + 1}{started[4:]}"
    return open_cycle(policy=PERMIT, starts_on=started, ends_on=ends_on)


def _rating(dice: Random) -> Copy:
    desk: Any = given_rating(dice.choice([Grade.DISSATISFIED, Grade.VERY_DISSATISFIED]))
    return Copy(case=desk.case, facts=lambda at, who: replace(desk._facts(who), at=at))


def _round(dice: Random) -> Copy:
    del dice
    desk: Any = begun_round()
    return Copy(case=desk.case, facts=lambda at, who: replace(desk._facts(who), at=at))


def _day(dice: Random) -> str:
    return (date(2026, 1, 5) + timedelta(days=dice.randrange(300))).isoformat()


KINDS = {
    "application": _application,
    "request": _request,
    "cycle": _cycle,
    "rating": _rating,
    "round": _round,
}


@pytest.mark.parametrize("kind", KINDS)
@examples(30)
@given(seed=st.integers(0, 2**48))
def test_whenever_timers_fire_the_state_is_that_of_the_date(kind: str, seed: int) -> None:
    dice = Random(seed)
    prompt = KINDS[kind](dice)
    late = replace(prompt)
    now = prompt.case.received_at
    most = dice.choice([600, 5_000, 30_000, 200_000])
    for _ in range(ACTS):
        until = now + timedelta(minutes=dice.randint(0, most))
        while (moment := prompt.next()) is not None and moment <= until and prompt.case.is_open:
            prompt.come_up(max(moment, now))
        while (moment := late.next()) is not None and late.case.is_open:
            fires = max(moment, now) + timedelta(minutes=dice.choice([0, 432, 540, 13_000]))
            if fires > until:
                break
            late.come_up(fires)
        now = until
        seen = come_up_to(late.case, late.facts(now, CLOCKWORK))
        if prompt.case.is_open:
            prompt.come_up(now)
        assert seen == prompt.case
        act = dice.getrandbits(32)
        assert late.act(act, now) == prompt.act(act, now)
        assert late.case == prompt.case
