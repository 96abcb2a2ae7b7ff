"""Orders as tests give them, and cases that look."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.case.in_force import InForce, note
from casework.domain.case.passing_time import next_moment
from casework.domain.kinds.application.measures import put_off
from casework.domain.orders import (
    Content,
    EndMeasure,
    LiftSuspension,
    OpenSuspension,
    Order,
    Reach,
    Scope,
    StartMeasure,
)
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Stopped
from casework.messages.cases import InForceQuestion
from casework.messages.entry import Entry
from casework.store.engine import Sessions
from casework.store.in_force import Applied, apply_order, read_in_force
from tests.domain.desk import at
from tests.store.entries import Writer

PROPOSER = Actor(code="ja-supervisor-a", role=Role.SUPERVISOR, district="310106")
APPROVER = Actor(code="ja-supervisor-b", role=Role.SUPERVISOR, district="310106")
DISTRICT = Reach(scope=Scope.DISTRICT, key="310106")


def closing(first_on: str, lifted_on: str = "", **changes: Any) -> OpenSuspension:
    """The district is sealed off."""
    content: dict[str, Any] = {
        "reach": DISTRICT,
        "first_on": date.fromisoformat(first_on),
        "lifted_on": date.fromisoformat(lifted_on) if lifted_on else None,
        "reason": "封控",
        "basis": "通告第 1 号",
        "clocks": Stopped.BOTH,
    }
    return OpenSuspension(**content | changes)


def lifting(suspension: str, day: str) -> LiftSuspension:
    return LiftSuspension(suspension=suspension, lifted_on=date.fromisoformat(day), reason="解封")


def starting(since: str, until: str = "", **changes: Any) -> StartMeasure:
    content: dict[str, Any] = {
        "effect": "PAPER_NO_LIMIT",
        "district": "310106",
        "items": ("HJ_RES",),
        "since": date.fromisoformat(since),
        "until": date.fromisoformat(until) if until else None,
        "reason": "疫情",
        "reference": "通告第 2 号",
    }
    return StartMeasure(**content | changes)


def ending(measure: str, day: str) -> EndMeasure:
    return EndMeasure(measure=measure, until=date.fromisoformat(day), reason="恢复")


def order(no: str, content: Content) -> Order:
    return Order(no=no, content=content, proposed_by=PROPOSER)


async def give(sessions: Sessions, no: str, content: Content, day: str = "2026-09-17") -> Applied:
    """Bring an order into force on that day."""
    async with sessions.begin() as session:
        return await apply_order(session, order(no, content), APPROVER, at(day))


@dataclass
class Looker:
    """A case as its workflow keeps it: it records under what it knows, and looks when told."""

    writer: Writer
    sessions: Sessions
    known: InForce

    @classmethod
    async def opened(cls, writer: Writer, sessions: Sessions) -> "Looker":
        looker = cls(writer, sessions, InForce())
        looker.known = await looker.read()
        looker.take_note()
        return looker

    @property
    def now(self) -> datetime:
        return self.writer.desk.now

    async def read(self) -> InForce:
        case = self.writer.desk.case
        question = InForceQuestion(
            case_no=self.writer.case_no,
            district=case.district,
            office=case.office,
            item=case.item,
            received_on=local_date(case.received_at),
            calendar_version=self.known.calendar_version,
        )
        async with self.sessions() as session:
            return await read_in_force(session, question)

    async def look(self) -> None:
        self.known = await self.read()
        self.take_note()

    def take_note(self) -> None:
        desk = self.writer.desk
        desk.calendar = self.known.calendar or desk.calendar
        for body in note(desk.case, self.known, desk.calendar):
            desk.apply(body, CLOCKWORK)
        if desk.case.by_date and (brought := put_off(desk.case, desk.facts(CLOCKWORK))):
            desk.apply(brought, CLOCKWORK)

    def entry(self) -> Entry:
        desk = self.writer.desk
        wakes_at = next_moment(desk.case, desk.item, desk.calendar)
        return self.writer.entry(version=self.known.version, wakes_at=wakes_at)
