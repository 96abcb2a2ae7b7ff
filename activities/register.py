"""The activities with which workflows write entries into the register, and query it."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.domain.case.in_force import InForce
from casework.domain.talent import Standing
from casework.messages.cases import (
    CreditQuestion,
    GiveWay,
    InForceQuestion,
    SamePersonAnswer,
    SamePersonQuestion,
    StandingQuestion,
)
from casework.messages.entry import Entry, Recorded
from casework.messages.schedules import EraseVisitors
from casework.messages.sharing import ClaimAnswer, ClaimQuestion, ShareAnswer, ShareQuestion
from casework.store.in_force import read_in_force
from casework.store.queries import standing
from casework.store.register import credit, parties, shares
from casework.store.register.places import SlotFullError
from casework.store.register.recording import CaseTakenError, CycleExistsError, Written, record
from casework.store.sealing.erasure import erase_visitors


@dataclass(frozen=True)
class RegisterActivities:
    """All are quick and run as local activities."""

    sessions: async_sessionmaker[AsyncSession]

    @activity.defn(name="register.record")
    async def record(self, entry: Entry) -> Recorded:
        """Write one entry in one transaction; a repeat of the same (case, seq) changes nothing.

        ``outdated``: the case does not know an order that was applied, and nothing was written.
        Fails for good as ``CaseTaken`` if another run opened the case, and as ``CYCLE_EXISTS`` if
        the person of a new cycle has one in that city, and as ``SLOT_FULL`` if the slot of a new
        appointment is full; everything else is retried.
        """
        try:
            async with self.sessions.begin() as session:
                written = await record(session, entry)
        except CycleExistsError as error:
            raise ApplicationError(str(error), type="CYCLE_EXISTS", non_retryable=True) from None
        except SlotFullError as error:
            raise ApplicationError(str(error), type="SLOT_FULL", non_retryable=True) from None
        except CaseTakenError as error:
            raise ApplicationError(str(error), type="CaseTaken", non_retryable=True) from None
        if written in {Written.SUPERSEDING, Written.STALE}:
            first, last = entry.events[0].seq, entry.events[-1].seq
            activity.logger.warning(
                "events_decided_twice",
                extra={"outcome": written, "case_no": entry.case_no, "first": first, "last": last},
            )
        return Recorded.OUTDATED if written is Written.OUTDATED else Recorded.WRITTEN

    @activity.defn(name="register.in_force")
    async def in_force(self, question: InForceQuestion) -> InForce:
        """Return what is in force for a case: suspensions, measures, another calendar, absences."""
        async with self.sessions() as session:
            return await read_in_force(session, question)

    @activity.defn(name="register.standing")
    async def standing(self, question: StandingQuestion) -> Standing | None:
        """Return the standing of a talent; None if the register does not know the talent."""
        async with self.sessions() as session:
            return await standing(session, question.talent)

    @activity.defn(name="register.barred")
    async def barred(self, question: CreditQuestion) -> bool:
        """Whether an unrepaired breach bars the applicant from further deferral."""
        async with self.sessions() as session:
            return await credit.barred(session, question.subject)

    @activity.defn(name="register.same_person")
    async def same_person(self, question: SamePersonQuestion) -> SamePersonAnswer:
        """Return the other open applications of the person; none before the case is recorded."""
        async with self.sessions() as session:
            others = await parties.others_of(session, question.case_no, question.items)
        return SamePersonAnswer(others=others)

    @activity.defn(name="register.share_out")
    async def share_out(self, question: ShareQuestion) -> ShareAnswer:
        """Choose who has these roles of a case, once: idempotent on (case, role, event)."""
        async with self.sessions.begin() as session:
            return await shares.share(session, question)

    @activity.defn(name="register.may_claim")
    async def may_claim(self, question: ClaimQuestion) -> ClaimAnswer:
        """Whether this person may claim a task of a team, and who stands by then."""
        async with self.sessions.begin() as session:
            return await shares.may_claim(session, question)

    @activity.defn(name="register.give_way")
    async def give_way(self, way: GiveWay) -> bool:
        """Note that a case is refused as a duplicate of another; False: the other is not open.

        If each of two cases is to be refused for the other, only one is. Idempotent on
        (case, other).
        """
        async with self.sessions.begin() as session:
            if not way.other:
                await parties.stay(session, way.case_no)
                return False
            return await parties.give_way(session, way.case_no, way.other, way.items)

    @activity.defn(name="register.erase_visitors")
    async def erase_visitors(self, wanted: EraseVisitors) -> int:
        """Erase visitors whose data have been kept long enough; return how many, 0: none is left.

        Called again, it goes on with the next ones. What is still under way stays until it is over.
        """
        async with self.sessions.begin() as session:
            return await erase_visitors(session, wanted.on, at=wanted.at)
