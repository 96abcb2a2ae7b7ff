"""What a service cycle has done outside: its open requests told, the policy of the next found."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity

from activities.telling import Signal, signal_all
from casework.domain.case.facts import Actor
from casework.domain.kinds.cycle.policy import CyclePolicy
from casework.domain.kinds.cycle.state import CycleKind
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.kinds.request.commands import NoteStanding
from casework.domain.policy import Role
from casework.domain.talent import Standing
from casework.policy.service_catalogue import ServiceCatalogue
from casework.store.queries.talent_service import open_requests_of

CYCLE = Actor(code="cycle", role=Role.SYSTEM)


@dataclass(frozen=True, kw_only=True)
class TellRequests:
    """How the talent stands now; the newest standing wins, in whatever order they arrive."""

    standing: Standing


@dataclass(frozen=True)
class RequestActivities:
    """What a cycle has to say to requests; idempotent on (talent, version, request)."""

    sessions: async_sessionmaker[AsyncSession]

    @activity.defn(name="requests.tell")
    async def tell(self, message: TellRequests) -> int:
        """Signal each open request of the talent; return how many there were.

        A request that is opened meanwhile looks up the standing itself, once it is in the register.
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
class CyclePolicyQuestion:
    """Which cycle, where, and the first day of the cycle."""

    kind: CycleKind
    district: str
    on: date


@dataclass(frozen=True)
class PolicyActivities:
    """Quick, and run as local activities: the catalogue is in memory."""

    catalogue: ServiceCatalogue

    @activity.defn(name="policies.cycle")
    async def cycle(self, question: CyclePolicyQuestion) -> CyclePolicy:
        """The policy of a cycle that begins on that day."""
        return self.catalogue.cycle(question.kind, question.district, question.on)
