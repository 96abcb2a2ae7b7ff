"""Armed early, never late: whatever is ordered, and in whatever order (design.md, decision 6)."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from casework.domain.errors import DomainError
from casework.domain.policy import Mark, Measure
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Stopped, Suspension
from casework.policy.calendars import load_calendar
from tests.domain.desk import JINGAN, at, open_desk
from tests.domain.dice import notice
from tests.domain.sleepers import EVERYBODY, Authority, Sleeper
from tests.domain.test_procedure import HAVE, ITEMS, any_command, onward, owe
from tests.examples import examples

BEGINNING = "2026-08-03"
ENTITLED = date(2026, 9, 1)
MOST_CASES = 6
SEEDS = st.integers(0, 2**32)
NEAR = st.one_of(st.integers(-3, 3), st.integers(-40, 40))
LENGTHS = st.one_of(st.none(), st.integers(0, 60))


class BentTime(RuleBasedStateMachine):
    """Orders, commands and days in any sequence, over a handful of sleeping cases."""

    @initialize(seeds=st.tuples(SEEDS, SEEDS))
    def begin(self, seeds: tuple[int, int]) -> None:
        self.now: datetime = at(BEGINNING)
        self.authority = Authority(load_calendar())
        self.sleepers: list[Sleeper] = []
        for seed in seeds:
            self.open_case(seed)

    @property
    def today(self) -> date:
        return local_date(self.now)

    def apply_order(self) -> None:
        """What the register does with an order: rouse those who are armed too late, no others."""
        late = [s for s in self.sleepers if s.case.is_open and s.is_armed_late()]
        for sleeper in late:
            true, armed = sleeper.true_next(), sleeper.armed
            assert true is not None, "roused for nothing"
            assert armed is None or true < local_date(armed), "roused, and not armed late"
            sleeper.rouse()

    @precondition(lambda self: len(self.sleepers) < MOST_CASES)
    @rule(seed=SEEDS)
    def open_case(self, seed: int) -> None:
        dice = Random(seed)
        desk = open_desk(
            dice.choice(ITEMS),
            day=f"{self.today}",
            have=dice.choice([HAVE, (*HAVE, "sealed_copies"), ()]),
            claims={"permit_renewed_on": BEGINNING},
            entitled_on=ENTITLED,
        )
        desk.now = self.now
        number = f"{JINGAN}-TEST-0000-{len(self.sleepers):04}"
        sleeper = Sleeper.of(desk, self.authority, number)
        self.sleepers.append(sleeper)
        if dice.random() < 0.3:
            self.owe(sleeper, dice)

    def owe(self, sleeper: Sleeper, dice: Random) -> None:
        owe(sleeper, dice)
        sleeper.settle()
        sleeper.catch_up()

    @rule(seed=SEEDS, straight=st.booleans())
    def act(self, seed: int, straight: bool) -> None:
        """The next steps of a case, or whatever the dice say that is not refused."""
        dice = Random(seed)
        sleeper = dice.choice(self.sleepers)
        if not straight and dice.random() < 0.3:
            self.owe(sleeper, dice)
        for _ in range(dice.randrange(1, 5) if straight else 12):
            command = (onward(sleeper) if straight else None) or any_command(dice)
            with suppress(DomainError):
                sleeper.act(command)
                if not straight:
                    return

    @rule(days=st.sampled_from([0, 1, 1, 2, 5, 10, 30]), hours=st.integers(0, 12))
    def pass_time(self, days: int, hours: int) -> None:
        until = self.now + timedelta(days=days, hours=hours)
        for sleeper in self.sleepers:
            sleeper.sleep_until(until)
        self.now = until

    @rule(
        first=NEAR,
        length=LENGTHS,
        clocks=st.sampled_from(list(Stopped)),
        key=st.sampled_from([EVERYBODY, EVERYBODY, JINGAN, f"{JINGAN}-TEST-0000-0000"]),
    )
    def open_suspension(self, first: int, length: int | None, clocks: Stopped, key: str) -> None:
        first_on = self.today + timedelta(days=first)
        stop = Suspension(
            id=f"order-{len(self.authority.suspensions)}",
            first_on=first_on,
            lifted_on=None if length is None else first_on + timedelta(days=length),
            reason="封控",
            basis="通告第 1 号",
            clocks=clocks,
        )
        self.authority.suspend(key, stop)
        self.apply_order()

    @precondition(lambda self: self.authority.suspensions)
    @rule(seed=SEEDS, days=st.integers(-4, 4), move=st.sampled_from([0, 0, 0, -3, 3]))
    def end_suspension(self, seed: int, days: int, move: int) -> None:
        """Lift it around today, or change it: sooner, later, longer, open again."""
        dice = Random(seed)
        key, stop = dice.choice([*self.authority.suspensions.values()])
        first_on = stop.first_on + timedelta(days=move)
        lifted_on = max(first_on, self.today + timedelta(days=days * dice.choice([1, 1, 10])))
        end = None if dice.random() < 0.1 else lifted_on
        self.authority.suspend(key, replace(stop, first_on=first_on, lifted_on=end))
        self.apply_order()

    @rule(effect=st.sampled_from(["PAPER_NO_LIMIT", "PAPER_DEFERRED"]), until=LENGTHS)
    def dictate_measure(self, effect: str, until: int | None) -> None:
        """Start the measure; or give it another end, or none any more."""
        last = None if until is None else self.today + timedelta(days=until)
        measure = Measure(
            id=f"{effect}.{JINGAN}.20260101",
            effect=effect,
            reference="公告",
            mark=Mark.SOURCE,
            since=date(2026, 1, 1),
            until=last,
        )
        self.authority.dictate(measure)
        self.apply_order()

    @rule(seed=SEEDS, year=st.sampled_from([2026, 2027]))
    def publish_calendar(self, seed: int, year: int) -> None:
        new = notice(Random(seed), year)
        years = (new if old.year == year else old for old in self.authority.calendar.years)
        self.authority.publish(WorkingCalendar(tuple(years)))
        self.apply_order()

    @invariant()
    def nobody_is_armed_late(self) -> None:
        for sleeper in self.sleepers:
            true = sleeper.true_next()
            assert true is None or (sleeper.armed and local_date(sleeper.armed) <= true)

    @invariant()
    def what_is_due_to_a_person_never_moves(self) -> None:
        for sleeper in self.sleepers:
            assert sleeper.case.entitled_on == ENTITLED


BentTime.TestCase.settings = settings(
    max_examples=examples(24).max_examples // 2, stateful_step_count=50, deadline=None
)
test_nobody_is_ever_armed_late = BentTime.TestCase


def test_a_measure_announced_late_disarms_the_paper_that_it_reaches() -> None:
    model = BentTime()
    model.begin((0, 5))
    model.open_case(0)
    model.act(1462, straight=True)
    for _ in range(3):
        model.open_case(0)
    model.dictate_measure("PAPER_NO_LIMIT", until=None)
    model.act(1, straight=False)
    model.nobody_is_armed_late()
    assert [(one.case.stage.value, one.armed) for one in model.sleepers][1] == ("await_paper", None)
