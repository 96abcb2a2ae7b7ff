"""The register as the world of a case that is tried: asked as workflows ask it by activities.

What a choice or a claim would write is written in the session, whose owner takes it all back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import await_only, greenlet_spawn

from activities.talent_service import NextCycle, next_cycle
from casework.domain.authority import Matrix
from casework.domain.case.commands import Command
from casework.domain.case.in_force import InForce
from casework.domain.case.opening import StartCase
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.application.state import OtherCase
from casework.domain.kinds.cycle.state import CycleKind
from casework.domain.kinds.registry import CaseKind
from casework.domain.orders import keys_of
from casework.domain.talent import Standing
from casework.domain.time.calendar import local_date
from casework.messages.cases import InForceQuestion
from casework.messages.sharing import ClaimAnswer, ClaimQuestion, ShareAnswer, ShareQuestion
from casework.policy.authority import load_authority
from casework.policy.publishing.versions import WholeCatalogue
from casework.store.queries import standing
from casework.store.register import credit, parties, shares
from casework.store.register.in_force import current_version, read_in_force
from casework.trial.case import KINDS_OF, PureCase, Tried

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class RegisterWorld:
    """``time`` is that of the case; ``catalogue`` is that in force on a day.

    Made for ``try_in``: its answers can be had there only.
    """

    session: AsyncSession
    time: datetime
    item: str
    catalogue: Callable[[date], WholeCatalogue]

    def authority(self) -> Matrix:
        """The table in force, with the staff of the day."""
        return load_authority(local_date(self.time))

    def read(self, question: InForceQuestion) -> InForce:
        """What is in force for a case."""
        return await_only(read_in_force(self.session, question))

    def version_for(self, case: Case) -> int:
        """The version of the last order that concerns the case."""
        keys = keys_of(case.district, case.office, case.case_no)
        return await_only(current_version(self.session, keys))

    def share(self, question: ShareQuestion) -> ShareAnswer:
        """Choose who has these roles of a case."""
        return await_only(shares.share(self.session, question))

    def may_claim(self, question: ClaimQuestion) -> ClaimAnswer:
        """Whether a person may claim a task of a team."""
        return await_only(shares.may_claim(self.session, question))

    def is_barred(self, subject: str) -> bool:
        """Whether an unrepaired breach bars the subject from further deferral."""
        return await_only(credit.barred(self.session, subject))

    def others_of(self, case_no: str) -> tuple[OtherCase, ...]:
        """The other open applications of the same person for the same item."""
        return await_only(parties.others_of(self.session, case_no, (self.item,)))

    def give_way(self, case_no: str, other: str) -> bool:
        """Note that it is refused for another one, if that is among its others."""
        return await_only(parties.give_way(self.session, case_no, other, (self.item,)))

    def standing_of(self, talent: str) -> Standing | None:
        """How a talent stands."""
        return await_only(standing(self.session, talent))

    def next_cycle(self, kind: CycleKind, district: str, on: date) -> NextCycle:
        """The policy of a cycle that begins on that day, and its version."""
        return next_cycle(self.catalogue(on), kind, district, on)


async def try_in(
    session: AsyncSession,
    basis: StartCase,
    command: Command,
    *,
    now: datetime,
    catalogue: Callable[[date], WholeCatalogue],
) -> Tried:
    """Return what a command would lead to for the case of a basis, by this session's register.

    ``now`` is the time of the server. Roll the session back afterwards.

    Raises:
        DomainError: it would be refused, with the code with which the case refuses it.
    """
    if basis.resumed is None:
        raise DomainError("CASE_NOT_FOUND", "没有此办件编号，请核对")
    world = RegisterWorld(
        session=session,
        time=now + basis.rehearsal,
        item=basis.resumed.item,
        catalogue=catalogue,
    )
    case = KINDS_OF.get(CaseKind(basis.kind), PureCase).resumed(basis, world)
    tried: Tried = await greenlet_spawn(case.tried, command)
    return tried
