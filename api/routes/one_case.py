"""One case as one caller reads it: what several answers rest on is read once."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import reduce

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import permit
from api.edge.problems import no_case
from api.parts import Parts
from casework.domain.authority import Action, Concern
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor, Occasion
from casework.domain.case.in_force import InForce, imposed
from casework.domain.case.procedure import come_up_to, evolve
from casework.domain.case.state import Case
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.messages.cases import InForceQuestion
from casework.store.in_force import read_in_force
from casework.store.register.cases import concern_as, occasion, stored_events


class OneCase:
    """A case that the caller may read, at one moment of the register.

    The events are read, opened and folded once, whoever asks for them. Those methods that need them
    raise ``ErasedError`` where the person was erased, and the 404 where there are none.
    """

    def __init__(
        self, session: AsyncSession, case_no: str, actor: Actor, here: Parts, known: Concern
    ) -> None:
        self.session, self.case_no, self.actor, self.here = session, case_no, actor, here
        self.known = known
        self._events: tuple[Event, ...] | None = None
        self._recorded: Case | None = None
        self._in_force: InForce | None = None
        self._calendar: WorkingCalendar | None = None
        self._stands: tuple[Case, Occasion] | None = None

    async def events(self) -> tuple[Event, ...]:
        """All events, in order."""
        if self._events is None:
            self._events = await stored_events(self.session, self.case_no)
        if not self._events:
            raise no_case()
        return self._events

    async def recorded(self) -> Case:
        """The state to which they lead."""
        if self._recorded is None:
            events = await self.events()
            first: Case = evolve(None, events[0])
            self._recorded = reduce(evolve, events[1:], first)
        return self._recorded

    async def in_force(self) -> InForce:
        """The orders that bear on it."""
        if self._in_force is None:
            question = in_force_question(await self.recorded())
            self._in_force = await read_in_force(self.session, question)
        return self._in_force

    async def calendar(self) -> WorkingCalendar:
        """That of its district."""
        if self._calendar is None:
            district = (await self.recorded()).district
            self._calendar = await self.here.calendar_of(self.session, district)
        return self._calendar

    async def as_it_stands(self) -> tuple[Case, Occasion]:
        """The case by the date, under what is in force now, and what a decision on it may know."""
        if self._stands is None:
            recorded, in_force = await self.recorded(), await self.in_force()
            facts = await occasion(
                self.session,
                recorded,
                self.actor,
                self.here.now(),
                await self.calendar(),
                in_force.measures,
            )
            self._stands = come_up_to(imposed(recorded, in_force), facts), facts
        return self._stands

    async def concern(self) -> Concern:
        """What authority has to know for a verb: four eyes, too."""
        return await concern_as(self.session, await self.recorded())


@asynccontextmanager
async def reading(case_no: str, actor: Actor, here: Parts) -> AsyncIterator[OneCase]:
    """A case that the caller may read.

    Raises:
        DomainError, ProblemError: as `permit` of ``read``.
    """
    async with here.register.reading() as session:
        known = await permit(session, actor, Action.READ, case_no)
        yield OneCase(session, case_no, actor, here, known)


def in_force_question(case: Case) -> InForceQuestion:
    """What to ask the register for, to see a case under what is in force now."""
    return InForceQuestion(
        case_no=case.case_no,
        district=case.district,
        office=case.office,
        item=case.item,
        received_on=local_date(case.reckoned_from),
        calendar_version=0,
        needed_until=case.reckoned_until,
    )
