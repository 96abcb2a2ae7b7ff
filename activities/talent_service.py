"""Activities of talent service: the policy of a new cycle, the standing of a talent, visits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity

from activities.telling import Signal, signal_all
from casework.domain.case.facts import Actor
from casework.domain.kinds.cycle.state import CycleKind, CyclePolicy
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.kinds.request.commands import NoteStanding
from casework.domain.kinds.round.events import SampleDrawn
from casework.domain.kinds.round.opening import StartRound, quarter_of
from casework.domain.kinds.round.procedure import sample
from casework.domain.kinds.round.state import RoundPolicy
from casework.domain.policy import Role
from casework.domain.talent import Standing
from casework.domain.time.calendar import local_date
from casework.filing.bodies import RoundBody
from casework.filing.desk import ServiceDesk
from casework.messages.schedules import PlanRounds
from casework.policy.publishing.versions import WholeCatalogue
from casework.store.in_force import read_in_force
from casework.store.queries import open_requests_of, visitors


@dataclass(frozen=True, kw_only=True)
class CyclePolicyQuestion:
    """The kind and the district of a cycle, and its first day."""

    kind: CycleKind
    district: str
    on: date


@dataclass(frozen=True, kw_only=True)
class NextCycle:
    """The policy of a cycle, and the digest of the catalogue version that it is from."""

    policy: CyclePolicy
    catalogue: str


def next_cycle(whole: WholeCatalogue, kind: CycleKind, district: str, on: date) -> NextCycle:
    """The policy that a catalogue has for a cycle that begins on that day."""
    return NextCycle(policy=whole.services.cycle(kind, district, on), catalogue=whole.digest)


@dataclass(frozen=True)
class PolicyActivities:
    """Quick, and run as local activities. ``catalogue`` is that in force on a day, in memory."""

    catalogue: Callable[[date], WholeCatalogue]

    @activity.defn(name="policies.next_cycle")
    async def next_cycle(self, question: CyclePolicyQuestion) -> NextCycle:
        """Return what holds for a cycle that begins on that day: the version in force then."""
        return next_cycle(
            self.catalogue(question.on), question.kind, question.district, question.on
        )

    @activity.defn(name="policies.cycle")
    async def cycle(self, question: CyclePolicyQuestion) -> CyclePolicy:
        """Return the policy alone, as cycles asked before they named its version."""
        return (await self.next_cycle(question)).policy


CYCLE = Actor(code="cycle", role=Role.SYSTEM)


@dataclass(frozen=True, kw_only=True)
class TellRequests:
    """Sends the new standing of a talent; the newest one counts, in whatever order they arrive."""

    standing: Standing


@dataclass(frozen=True)
class RequestActivities:
    """Tells the requests of a talent its standing; once per (talent, version, request)."""

    sessions: async_sessionmaker[AsyncSession]

    @activity.defn(name="requests.tell")
    async def tell(self, message: TellRequests) -> int:
        """Signal each open request of the talent; return how many there were.

        A request that is opened meanwhile reads the standing itself, once it is in the register.
        """
        standing = message.standing
        async with self.sessions() as session:
            requests = await open_requests_of(session, standing.talent)
        told = await signal_all(
            [
                Signal(
                    workflow_id=workflow_id(CaseKind.REQUEST, number),
                    name="note_standing",
                    request_id=f"{standing.talent}:{standing.version}:{number}",
                    payload=(NoteStanding(actor=CYCLE, standing=standing),),
                )
                for number in requests
            ]
        )
        return sum(told)


@dataclass(frozen=True, kw_only=True)
class Draw:
    """Asks for a sample of a platform's visitors from ``first_on`` to ``until``, both included."""

    district: str
    first_on: date
    until: date
    seed: str
    policy: RoundPolicy


@dataclass(frozen=True)
class VisitActivities:
    """Both only read: a repeat gives the same answer unless the register has changed.

    ``desk``: with the catalogue in force on a day.
    """

    sessions: async_sessionmaker[AsyncSession]
    desk: Callable[[date], ServiceDesk]

    @activity.defn(name="visits.plan")
    async def plan(self, wanted: PlanRounds) -> Sequence[StartRound]:
        """Return the starts of the current quarter's rounds, one for each platform."""
        today = local_date(wanted.at)
        starts, desk, quarter = [], self.desk(today), quarter_of(today)
        async with self.sessions() as session:
            for district in desk.services.platforms():
                body = RoundBody(district=district, quarter=quarter)
                in_force = await read_in_force(session, desk.ask_for_round(body, wanted.at))
                if in_force.calendar is None:
                    raise ValueError("a round begins under the register's calendar")
                start = desk.round(body, None, wanted.at, in_force, in_force.calendar)
                starts.append(replace(start, rehearsal=wanted.rehearsal))
        return starts

    @activity.defn(name="visits.draw")
    async def draw(self, wanted: Draw) -> SampleDrawn:
        """Draw the sample; the same visitors and the same seed give the same sample."""
        async with self.sessions() as session:
            came = await visitors(session, wanted.district, wanted.first_on, wanted.until)
        return SampleDrawn(population=len(came), visits=sample(wanted.seed, came, wanted.policy))
