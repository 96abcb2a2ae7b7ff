"""What a case knows of suspensions, measures, calendar and absences, and how it reads them."""

from dataclasses import replace
from datetime import datetime

from temporalio import workflow

from activities.register import RegisterActivities
from casework.domain.case.events import EventBody, TimeNoted
from casework.domain.case.in_force import InForce, absences, after_measure, note, reckons_until
from casework.domain.case.opening import StartCase
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.policy import Measure
from casework.domain.time.calendar import local_date
from casework.messages.cases import InForceQuestion
from workflows.options import in_register


class Known:
    """The calendar and the orders with which a case computes its dates, as it last read them.

    A case from before there were orders does not read them until it is signalled for the first
    time, because its history must replay unchanged.
    """

    def __init__(self, start: StartCase) -> None:
        self.calendar = start.calendar
        self.in_force = start.in_force
        self._place = _place_of(start.resumed or start)
        self._after = after_measure(start.item)

    @property
    def version(self) -> int | None:
        """The version of what it knows; None while it does not read it."""
        return self.in_force.version if self.in_force is not None else None

    @property
    def measures(self) -> tuple[Measure, ...] | None:
        """The measures it knows; None while it does not read them."""
        return self.in_force.measures if self.in_force is not None else None

    def require_there(self, code: str) -> None:
        """Refuse an officer who was absent on the day of the last reading."""
        if self.in_force is not None and code in self.in_force.absent:
            raise DomainError("OFFICER_ABSENT", "接办人员今日缺岗", "to")

    def begin_to_look(self, case: Case) -> tuple[EventBody, ...]:
        """Read from now on; return what the first reading makes the case note, new or not."""
        if self.in_force is not None:
            return ()
        self.in_force = InForce()
        return (TimeNoted(suspensions=(), pinned=case.pinned),) if case.is_open else ()

    def take(self, case: Case) -> tuple[EventBody, ...]:
        """Return what the case must note of what was last read; a second call returns nothing."""
        if self.in_force is None or not case.is_open:
            return ()
        noted = note(case, self.in_force, self.calendar, self._after)
        self.in_force = replace(self.in_force, calendar=None)
        return noted

    def absences(self, case: Case) -> tuple[EventBody, ...]:
        """Return who is absent, as last read, of those to whom the case has been given since."""
        if self.in_force is None or not case.is_open:
            return ()
        return absences(case, self.in_force)

    def is_of_elsewhere(self, case: Case) -> bool:
        """Whether what it knows belongs to the district from which the case was transferred."""
        return self.in_force is not None and self._place != _place_of(case)

    async def look(self, case: Case, at: datetime) -> None:
        """Read what is in force, and wait for the register however long that takes."""
        question = self.question(case, at)
        if question is None:
            return
        seen = await workflow.execute_local_activity_method(
            RegisterActivities.in_force, question, **in_register("查询现行规定")
        )
        self.learn(seen, case)

    def question(self, case: Case, at: datetime) -> InForceQuestion | None:
        """Return the question for the register; None while the case does not read."""
        if self.in_force is None:
            return None
        if self.is_of_elsewhere(case):  # its versions do not count here
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
        """Take over the register's answer."""
        known = self.in_force.version if self.in_force is not None else 0
        if seen.version < known or self.is_of_elsewhere(case):
            return  # another reading, begun later, was quicker
        if seen.calendar == self.calendar:
            seen = replace(seen, calendar=None)
        self.calendar = seen.calendar or self.calendar
        self.in_force = seen


def _place_of(case: StartCase | Case) -> tuple[str, str]:
    return case.district, case.office
