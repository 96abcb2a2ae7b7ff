"""Entries as the workflow makes them, from the events of a desk."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import reduce

from casework.domain.case.events import Event
from casework.domain.case.opening import Party
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.kinds.application.events import Submitted
from casework.domain.kinds.application.state import Application
from casework.messages.entry import Entry, NoticeRow, Opening, make_entry
from tests.domain.desk import Desk, open_desk

APPLICANT = Party(
    name="王小明", id_number="11010519491231002X", email="wang@mail.example", phone="13800001234"
)
EMPLOYER = Party(name="某某公司", id_number="91350100M000100Y43")


def opening_of(desk: Desk, case_no: str, *, run: str = "run-1", subject: str = "s-1") -> Opening:
    return Opening(
        source="backend",
        reference=f"ref-{case_no}",
        content="digest",
        subject=subject,
        item=desk.item,
        rehearsal=timedelta(days=-400, seconds=3),
        applicant=APPLICANT,
        employer=EMPLOYER,
        started_by_run=run,
    )


@dataclass
class Writer:
    """Cuts the events of a desk into entries, under any case number."""

    desk: Desk
    case_no: str
    opening: Opening
    case: Application | None = None
    events: list[Event] = field(default_factory=list)

    def entry(
        self,
        count: int | None = None,
        *,
        notices: tuple[NoticeRow, ...] = (),
        version: int | None = None,
        wakes_at: datetime | None = None,
        then: Case | None = None,
    ) -> Entry:
        """The next entry, of ``count`` events; of all that are left, without."""
        seq, before = len(self.events), self.case
        events = [self._own(event) for event in self.desk.events[seq:][:count]]
        assert events, "the desk has no more events"
        after = reduce(evolve, events[1:], evolve(before, events[0]))
        self.events, self.case = self.events + events, after
        return make_entry(
            events,
            case=after,
            before=before,
            calendar=self.desk.calendar,
            notices=notices,
            opening=None if before else self.opening,
            version=version,
            wakes_at=wakes_at,
            then=then and replace(then, case_no=self.case_no),
        )

    def rest(self, counts: Iterator[int]) -> Iterator[Entry]:
        """All that is left, in entries of ``counts`` events."""
        while len(self.events) < len(self.desk.events):
            yield self.entry(next(counts))

    def _own(self, event: Event) -> Event:
        if not isinstance(event.body, Submitted):
            return event
        return replace(event, body=replace(event.body, case_no=self.case_no))


def writer(
    desk: Desk | None = None, *, number: int = 1, run: str = "run-1", subject: str = "s-1"
) -> Writer:
    desk = desk or open_desk()
    case_no = f"310106-TEST-0000-{number:04}"
    return Writer(desk, case_no, opening_of(desk, case_no, run=run, subject=subject))
