"""The places of a slot in a real register: never over-booked, given back, and erased in time."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import insert, select, update
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.register import RegisterActivities
from casework.domain.authority import Glimpse, Sight
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.kinds.appointment.events import AppointmentCancelled, AppointmentMoved
from casework.domain.kinds.appointment.opening import until_day
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role
from casework.messages.entry import Entry
from casework.store.engine import Sessions
from casework.store.in_force.order_book import armed_late
from casework.store.models import Appointments, Armings, Notices
from casework.store.queries.appointments import VisitorRow, visitors
from casework.store.register.places import Place, SlotFullError, hold, taken
from casework.store.register.recording import Written, record
from casework.store.sealing.erasure import erase_visitors, erased
from tests.domain.appointment import BOOKED, JINGAN, given_appointment
from tests.domain.desk import at
from tests.examples import is_night
from tests.store.conftest import Recording
from tests.store.orders import closing, give
from tests.store.served import Served, talent

OFFICE = "静安区人才服务中心"
DAY = date(2026, 9, 22)
PLACES = 3
OFFICER = Actor(code="ja-o1", role=Role.OFFICER)


def booking(number: int, at: str = "10:00") -> Served:
    this = given_appointment(replace(BOOKED, at=at))
    served = Served(
        kind=CaseKind.APPOINTMENT,
        events=tuple(this.events),
        item=this.policy,
        calendar=this.calendar,
        reference=f"ref-{number}",
    )
    return served.told(case_no=f"{JINGAN}-TEST-0000-{number:04}", places=PLACES)


def then(case: Served, body: object) -> Entry:
    """The entry of one more event."""
    seq = len(case.events) + 1
    event = Event(seq=seq, at=case.events[0].at, actor=OFFICER, body=body)  # type: ignore[arg-type]  # one of its events
    return replace(case, events=(*case.events, event)).entries(1)[-1]


def cancelled(case: Served) -> Entry:
    return then(case, AppointmentCancelled(reason="来电取消"))


def moved(case: Served, at: str) -> Entry:
    clock = until_day("appointment#2", case.item, DAY, DAY - timedelta(days=5))  # type: ignore[arg-type]  # the policy of an appointment
    body = AppointmentMoved(
        day=DAY,
        at=at,
        until="17:00",
        places=PLACES,
        keep_until=DAY + timedelta(days=30),
        reason="来电改期",
        until_day=clock,
    )
    return then(case, body)


def place(at: str) -> Place:
    return Place(district=JINGAN, office=OFFICE, day=DAY, at=at, places=PLACES)


async def used(sessions: Sessions) -> dict[str, int]:
    async with sessions() as session:
        found = await taken(session, JINGAN, OFFICE, DAY, DAY)
    slots: Counter[str] = Counter()
    for (_, begins, _), number in found.items():
        slots[begins] += number
    return dict(slots)


async def test_of_many_who_book_at_once_as_many_get_a_place_as_there_are(
    sessions: Sessions,
) -> None:
    register, environment = RegisterActivities(sessions), ActivityEnvironment()
    cases = [booking(number) for number in range(1, 13)]
    entries = [case.entries()[0] for case in cases]
    answers = await asyncio.gather(
        *(environment.run(register.record, entry) for entry in entries), return_exceptions=True
    )
    refused = [answer for answer in answers if isinstance(answer, ApplicationError)]
    assert len(refused) == len(entries) - PLACES, answers
    assert {failure.type for failure in refused} == {"SLOT_FULL"}
    assert all(failure.non_retryable for failure in refused)
    assert await used(sessions) == {"10:00": PLACES}
    # Whoever has a place and asks again has the same one.
    winner = next(
        entry
        for entry, answer in zip(entries, answers, strict=True)
        if not isinstance(answer, BaseException)
    )
    async with sessions.begin() as session:
        assert await record(session, winner) is Written.REPEATED
    assert await used(sessions) == {"10:00": PLACES}


@dataclass
class Window:
    """An office where everybody acts at once, and what each has got."""

    sessions: Sessions
    dice: Random
    number: int = 0
    standing: dict[str, Served] = field(default_factory=dict)

    async def book(self) -> None:
        self.number += 1
        case = booking(self.number, self.dice.choice(["10:00", "13:30"]))
        try:
            await self._record(case.entries()[0])
        except SlotFullError:
            return
        self.standing[case.case_no] = case

    async def cancel(self, case: Served) -> None:
        await self._record(cancelled(case))

    async def move(self, case: Served) -> None:
        at = self.dice.choice(["10:00", "13:30", "15:30"])
        try:
            async with self.sessions.begin() as session:
                await hold(session, place(at), case.case_no, "points")
        except SlotFullError:
            self.standing[case.case_no] = case
            return
        await self._record(moved(case, at))

    async def _record(self, entry: Entry) -> None:
        async with self.sessions.begin() as session:
            await record(session, entry)

    def round(self) -> list[Awaitable[None]]:
        """Some book, and some of those who have a place give it up or move."""
        acts: list[Awaitable[None]] = [self.book() for _ in range(self.dice.randrange(1, 7))]
        for number in sorted(self.standing):
            lot = self.dice.random()
            if lot < 0.5:
                acts.append(self.cancel(self.standing.pop(number)))
            elif lot < 0.8:
                acts.append(self.move(self.standing.pop(number)))
        self.dice.shuffle(acts)
        return acts


@pytest.mark.parametrize("seed", range(40 if is_night() else 3))
async def test_whatever_happens_at_once_no_slot_has_more_than_its_places(
    seed: int, sessions: Sessions
) -> None:
    window = Window(sessions, Random(seed))
    for _ in range(4):
        await asyncio.gather(*window.round())
        counted = await used(sessions)
        assert max(counted.values(), default=0) <= PLACES
        async with sessions() as session:
            query = select(Appointments.at).where(Appointments.takes_place)
            booked = Counter(await session.scalars(query))
        assert counted == dict(booked)  # nothing is held that nobody has


async def test_a_place_that_is_given_up_is_free_again(
    recorded: Recording, sessions: Sessions
) -> None:
    cases = [booking(number) for number in range(1, PLACES + 1)]
    await recorded(*(case.entries()[0] for case in cases))
    with pytest.raises(SlotFullError, match="已约满"):
        await recorded(booking(9).entries()[0])
    await recorded(cancelled(cases[0]))
    assert await recorded(booking(9).entries()[0]) == [Written.NEW]
    async with sessions.begin() as session:
        with pytest.raises(SlotFullError):
            await hold(session, place("10:00"), cases[0].case_no, "points")


async def test_who_comes_on_a_day_is_told_in_the_district_alone(
    recorded: Recording, sessions: Sessions
) -> None:
    cases = [booking(1, "13:30"), booking(2, "10:00"), booking(3, "10:00")]
    await recorded(*(case.entries()[0] for case in cases))

    def of(district: str) -> Sight:
        glimpse = Glimpse(district=district)
        return Sight(code="x", subject="", glimpses={CaseKind.APPOINTMENT: glimpse})

    async with sessions() as session:
        whole = await visitors(session, of(JINGAN), day=DAY)
        found: list[VisitorRow] = []
        page = await visitors(session, of(JINGAN), day=DAY, size=1)
        found += page.rows
        while page.next:
            page = await visitors(session, of(JINGAN), day=DAY, size=1, after=page.next)
            found += page.rows
        elsewhere = await visitors(session, of("310112"), day=DAY)
    assert [row.at for row in whole.rows] == ["10:00", "10:00", "13:30"]
    assert tuple(found) == whole.rows
    assert elsewhere.rows == ()
    assert all(row.visitor.endswith("*") for row in whole.rows)


@pytest.mark.parametrize("vault", ["sealed"], indirect=True)
async def test_a_visitor_is_erased_when_the_time_is_over_and_no_other_case(
    recorded: Recording, sessions: Sessions
) -> None:
    case, coming = booking(1), booking(2)
    of_the_same = talent()
    await recorded(case.entries()[0], coming.entries()[0], cancelled(case))
    await recorded(*of_the_same.entries())
    keep_until = DAY + timedelta(days=30)
    now = datetime(2026, 11, 30, tzinfo=UTC)

    async def erase_on(day: date) -> int:
        async with sessions.begin() as session:
            return await erase_visitors(session, day, at=now)

    letter = {
        "case_no": case.case_no,
        "seq": 1,
        "template": "appointment_booked",
        "recipient": "applicant",
        "channel": "sms",
        "key": "k",
        "status": "queued",
    }
    async with sessions.begin() as session:
        await session.execute(insert(Notices).values(letter))
    assert await erase_on(keep_until + timedelta(days=1)) == 0  # its letters are still to go out
    async with sessions.begin() as session:
        await session.execute(update(Notices).values(status="sent"))
    assert await erase_on(keep_until) == 0
    assert await erase_on(keep_until + timedelta(days=1)) == 1
    assert await erase_on(keep_until + timedelta(days=1)) == 0
    async with sessions() as session:
        assert await erased(session, case.case_no)
        assert not await erased(session, coming.case_no)  # it is under way
        assert not await erased(session, of_the_same.case_no)
        page = await visitors(session, None, day=DAY)
        assert {row.case_no: row.visitor for row in page.rows}[case.case_no] == ""


@pytest.mark.parametrize(
    ("channels", "first_on", "told"),
    [
        (("window",), "2026-09-21", True),
        (("window",), "2026-09-23", False),
        (("post",), "2026-09-21", False),
    ],
)
async def test_an_order_that_closes_the_window_tells_whoever_was_to_come(
    channels: tuple[str, ...],
    first_on: str,
    told: bool,
    recorded: Recording,
    sessions: Sessions,
) -> None:
    case = booking(1)
    await recorded(case.entries()[0])
    async with sessions.begin() as session:  # it wakes for its reminder
        await session.execute(update(Armings).values(wakes_at=at("2026-09-18")))
    await give(sessions, "o-1", closing(first_on, channels=channels))
    async with sessions() as session:
        late = await armed_late(session, "o-1", 10)
    assert [each.case_no for each in late] == ([case.case_no] if told else [])
