"""Rounds of visits: which are to begin, and the sample of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity

from casework.domain.kinds.round.events import SampleDrawn
from casework.domain.kinds.round.opening import StartRound
from casework.domain.kinds.round.policy import RoundPolicy
from casework.domain.kinds.round.quarter import quarter_of
from casework.domain.kinds.round.sample import sample
from casework.domain.time.calendar import local_date
from casework.filing.bodies import RoundBody
from casework.filing.desk import ServiceDesk
from casework.messages.visit_rounds import PlanRounds
from casework.store.in_force import read_in_force
from casework.store.queries.talent_service import visitors


@dataclass(frozen=True, kw_only=True)
class Draw:
    """A sample of who came to a platform from ``first_on`` to ``until``, both included."""

    district: str
    first_on: date
    until: date
    seed: str
    policy: RoundPolicy


@dataclass(frozen=True)
class VisitActivities:
    """Both read only: repeated, they answer the same unless the register has changed."""

    sessions: async_sessionmaker[AsyncSession]
    desk: ServiceDesk

    @activity.defn(name="visits.plan")
    async def plan(self, wanted: PlanRounds) -> Sequence[StartRound]:
        """The starts of the current quarter's rounds, one for each platform."""
        starts, desk = [], self.desk
        quarter = quarter_of(local_date(wanted.at))
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
        """Draw; the same visitors and the same seed give the same sample."""
        async with self.sessions() as session:
            came = await visitors(session, wanted.district, wanted.first_on, wanted.until)
        return SampleDrawn(population=len(came), visits=sample(wanted.seed, came, wanted.policy))
