"""What a case knows of the rules in force from outside, and how it looks them up."""

from dataclasses import replace
from datetime import datetime

from temporalio import workflow

from activities.register import RegisterActivities
from casework.domain.case.events import EventBody, TimeNoted
from casework.domain.case.in_force import InForce, after_measure, note, reckons_until
from casework.domain.case.opening import StartCase
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.policy import Measure
from casework.domain.time.calendar import local_date
from casework.messages.cases import InForceQuestion
from workflows.options import in_register


class Known:
    """The calendar and the orders under which a case reckons, as it last saw them.

    A case of before there were orders does not look, until it is told to for the first time: what
    it has done so far must replay as it was.
    """

    def __init__(self, start: StartCase) -> None:
        self.calendar = start.calendar
        self.in_force = start.in_force
        self._place = _place_of(start.resumed or start)
        self._after = after_measure(start.item)

    @property
    def version(self) -> int | None:
        """The version of what it knows; None while it does not look."""
        return self.in_force.version if self.in_force is not None else None

    @property
    def measures(self) -> tuple[Measure, ...] | None:
        """The measures it knows; None while it does not look."""
        return self.in_force.measures if self.in_force is not None else None

    def require_there(self, code: str) -> None:
        """Refuse an officer who is absent on the day of the last look."""
        if self.in_force is not None and code in self.in_force.absent:
            raise DomainError("OFFICER_ABSENT", "接办人员今日缺岗", "to")

    def begin_to_look(self, case: Case) -> tuple[EventBody, ...]:
        """From now on look. What a case notes that has never looked, even if nothing is new."""
        if self.in_force is not None:
            return ()
        self.in_force = InForce()
        return (TimeNoted(suspensions=(), pinned=case.pinned),) if case.is_open else ()

    def take(self, case: Case) -> tuple[EventBody, ...]:
        """What the case has to note of what was last seen; asked a second time, nothing."""
        if self.in_force is None or not case.is_open:
            return ()
        noted = note(case, self.in_force, self.calendar, self._after)
        self.in_force = replace(self.in_force, calendar=None)
        return noted

    def is_of_elsewhere(self, case: Case) -> bool:
        """Whether what it knows is in force where the case was before, in another district."""
        return self.in_force is not None and self._place != _place_of(case)

    async def look(self, case: Case, at: datetime) -> None:
        """Look up what is in force; the register answers, however long that takes."""
        question = self.question(case, at)
        if question is None:
            return
        seen = await workflow.execute_local_activity_method(
            RegisterActivities.in_force, question, **in_register("查询现行规定")
        )
        self.learn(seen, case)

    def question(self, case: Case, at: datetime) -> InForceQuestion | None:
        """What the register is asked; None while the case does not look."""
        if self.in_force is None:
            return None
        if self.is_of_elsewhere(case):  # its versions say nothing here
            self._place, self.in_force = _place_of(case), InForce()
        return InForceQuestion(
            case_no=case.case_no,
            district=case.district,
            office=case.office,
            item=case.item,
            received_on=local_date(case.reckoned_from),
            calendar_version=self.in_force.calendar_version,
            calendar_until=max((year.year for year in self.calendar.years), default=0),
            needed_until=max(case.reckoned_until, reckons_until(case, self.calendar)),
            on=local_date(at) if case.substitutes else None,
        )

    def learn(self, seen: InForce, case: Case) -> None:
        """Take over what the register has answered."""
        known = self.in_force.version if self.in_force is not None else 0
        if seen.version < known or self.is_of_elsewhere(case):
            return  # another look, begun later, was quicker
        if seen.calendar == self.calendar:
            seen = replace(seen, calendar=None)
        self.calendar = seen.calendar or self.calendar
        self.in_force = seen


def _place_of(case: StartCase | Case) -> tuple[str, str]:
    return case.district, case.office
