"""Rounds of visits: which are to begin, and the sample of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity

from casework.domain.kinds.round.events import SampleDrawn
from casework.domain.kinds.round.policy import RoundPolicy
from casework.domain.kinds.round.quarter import quarter_of
from casework.domain.kinds.round.sample import sample
from casework.domain.time.calendar import local_date
from casework.messages.cases import StartRound
from casework.messages.visit_rounds import PlanRounds, question, start_round
from casework.policy.service_catalogue import ServiceCatalogue
from casework.policy.service_roster import ServiceRoster
from casework.store.in_force import read_in_force
from casework.store.queries import visitors


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
    services: ServiceCatalogue
    roster: ServiceRoster

    @activity.defn(name="visits.plan")
    async def plan(self, wanted: PlanRounds) -> Sequence[StartRound]:
        """The starts of the current quarter's rounds, one for each platform."""
        starts = []
        quarter = quarter_of(local_date(wanted.at))
        async with self.sessions() as session:
            for district in self.services.platforms():
                asked = question(district, quarter, self.services, wanted.at)
                in_force = await read_in_force(session, asked)
                start = start_round(
                    district,
                    wanted.at,
                    services=self.services,
                    roster=self.roster,
                    in_force=in_force,
                )
                starts.append(replace(start, rehearsal=wanted.rehearsal))
        return starts

    @activity.defn(name="visits.draw")
    async def draw(self, wanted: Draw) -> SampleDrawn:
        """Draw; the same visitors and the same seed give the same sample."""
        async with self.sessions() as session:
            came = await visitors(session, wanted.district, wanted.first_on, wanted.until)
        return SampleDrawn(population=len(came), visits=sample(wanted.seed, came, wanted.policy))
