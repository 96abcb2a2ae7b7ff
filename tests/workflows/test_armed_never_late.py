"""Random orders over a real case on a server that skips time: armed early, never late.

Whatever is opened, changed and lifted, no case is armed too late once an order is done, and each
thing that time brings about comes on its day under what is in force by then, never while paused.
"""

import asyncio
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import zip_longest

import pytest
from temporalio.client import WorkflowUpdateFailedError

from casework.domain.case.events import Event, RungReached
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.passing_time import fires_on
from casework.domain.case.procedure import evolve
from casework.domain.kinds.application.commands import OfferDeferral, Promise
from casework.domain.kinds.application.events import DebtOverdue
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.application.state import Application
from casework.domain.orders import ChangeSuspension, Content, LiftSuspension
from casework.domain.policy import Role
from casework.domain.time.calendar import WorkingCalendar, local_date, opening
from casework.domain.time.clock import Stopped, is_paused
from casework.domain.time.ladder import MIDNIGHT
from casework.domain.time.suspension import impose
from casework.messages.cases import InForceQuestion, Receipt, application_id
from casework.messages.orders import Approval
from casework.messages.temporal import TASK_QUEUE
from casework.store.in_force import count_armed_late, read_calendar, read_in_force
from casework.store.register.cases import stored_events
from tests.examples import is_night
from tests.workflows import ordering
from tests.workflows.conftest import Bench

STEPS = 9
OFFICER = Actor(code="ja-o1", role=Role.OFFICER, district=ordering.JINGAN)
OWED = "sealed_copies"


@dataclass
class World:
    """A case whose applicant owes a seal, and what has been ordered so far."""

    bench: Bench
    start: StartApplication
    dice: random.Random
    received_on: date
    open: list[str] = field(default_factory=list)
    laws: list[tuple[datetime, InForce]] = field(default_factory=list)
    keys: Iterator[int] = field(default_factory=itertools.count)

    async def now(self) -> datetime:
        return await self.bench.environment.get_current_time()

    async def order(self) -> None:
        """One random order, approved, and everybody told whom it concerns."""
        ordered_at = await self.now()
        today = local_date(ordered_at)
        content = self._content(today)
        order = ordering.order_of(content, f"{self.start.case_no}-{next(self.keys)}")
        client = self.bench.environment.client
        await ordering.propose(client, order)
        try:
            await ordering.decide(client, order, Approval(actor=ordering.APPROVER))
        except WorkflowUpdateFailedError:  # what is over cannot be changed any more
            self.open.remove(content.suspension)  # type: ignore[union-attr]
            return
        with self.bench.environment.auto_time_skipping_disabled():
            await ordering.result(client, order)
            await self._nobody_is_armed_late()
        if isinstance(content, LiftSuspension):
            self.open.remove(content.suspension)
        elif not isinstance(content, ChangeSuspension):
            self.open.append(order.no)
        await self.note_the_law(ordered_at)

    def _content(self, today: date) -> Content:
        first = today + timedelta(days=self.dice.randint(-3, 5))
        end = self.dice.choice([None, first + timedelta(days=self.dice.randint(0, 12))])
        clocks = self.dice.choice(list(Stopped))
        known = self.dice.choice(self.open) if self.open else ""
        match self.dice.choice(["open", "change", "lift"]) if known else "open":
            case "change":
                return ChangeSuspension(
                    suspension=known,
                    first_on=first,
                    lifted_on=end,
                    reason="变更",
                    basis="通告",
                    clocks=clocks,
                )
            case "lift":
                lifted = today + timedelta(days=self.dice.randint(6, 8))
                return LiftSuspension(suspension=known, lifted_on=lifted, reason="解封")
            case _:
                return ordering.opening(first, lifted_on=end, clocks=clocks)

    async def _nobody_is_armed_late(self) -> None:
        async with asyncio.timeout(60):
            while True:
                async with self.bench.sessions() as session:
                    if await count_armed_late(session) == 0:
                        return
                await asyncio.sleep(0.05)

    async def note_the_law(self, since: datetime) -> None:
        question = InForceQuestion(
            case_no=self.start.case_no,
            district=self.start.district,
            office=self.start.office,
            item=self.start.item.code,
            received_on=self.received_on,
            calendar_version=0,
        )
        async with self.bench.sessions() as session:
            law = await read_in_force(session, question)
        self.laws.append((since, law))

    async def check_what_has_fired(self) -> int:
        """Compare each firing with what the domain says of the law by which it was noticed."""
        async with self.bench.sessions() as session:
            events = await stored_events(session, self.start.case_no)
            calendar, _ = await read_calendar(session, self.start.district)
        fired = 0
        before: Application | None = None
        for event in events:
            if before is not None and isinstance(event.body, RungReached | DebtOverdue):
                self._fired_on_its_day(event, before, calendar)
                fired += 1
            before = evolve(before, event)
        return fired

    def _fired_on_its_day(
        self, event: Event, before: Application, calendar: WorkingCalendar
    ) -> None:
        """At the first minute of the day that follows from a law not over by then."""
        body = event.body
        name = body.clock if isinstance(body, RungReached) else f"defer:{OWED}"
        clock = next(c for c in before.running if c.id == name)
        # The case has noticed later that day, or when an order put the day into the past.
        ends = [since for since, _ in self.laws[1:]]
        laws = [
            law for (_, law), end in zip_longest(self.laws, ends) if end is None or end > event.at
        ]
        assert before.suspensions in [law.suspensions for law in laws], f"{body}: by an old law"
        assert clock == impose(clock, before.suspensions, before.pinned)
        day = fires_on(clock, before, calendar)
        assert day is not None, f"{body} while nothing is known to fire"
        assert event.at == opening(day, MIDNIGHT), f"{body}: {event.at}, due {day}"
        if isinstance(body, RungReached):
            ran_out = body.due_on is not None and body.due_on < day
            assert ran_out or not is_paused(clock, day), f"{body} while paused"


@pytest.mark.parametrize("seed", range(40 if is_night() else 2))
async def test_random_orders_never_leave_the_case_armed_late(bench: Bench, seed: int) -> None:
    plain = bench.backend.opening(seed)
    start = replace(plain, materials=tuple(m for m in plain.materials if m.code != OWED))
    today = local_date(await bench.environment.get_current_time())
    world = World(bench=bench, start=start, dice=random.Random(seed), received_on=today)
    handle = await bench.backend.client.start_workflow(
        "Application", start, id=application_id(start.case_no), task_queue=TASK_QUEUE
    )
    offer = OfferDeferral(actor=OFFICER, materials=(OWED,), reason="封控")
    await handle.execute_update("offer_deferral", offer, result_type=Receipt)
    promise = Promise(actor=OFFICER, signed_on=local_date(await world.now()))
    await handle.execute_update("promise", promise, result_type=Receipt)
    await world.note_the_law(await world.now())
    for _ in range(STEPS):
        await world.order()
        await bench.environment.sleep(timedelta(hours=world.dice.randint(6, 130)))
    await bench.environment.sleep(timedelta(days=40))
    with bench.environment.auto_time_skipping_disabled():
        assert await world.check_what_has_fired() > 0
