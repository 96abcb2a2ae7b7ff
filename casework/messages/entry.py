"""From events to what the recorder writes: one entry, as a pure function.

The workflow calls it for its recorder, and the tests for theirs; it knows no database.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from casework.domain.case.events import Event
from casework.domain.case.opening import Party
from casework.domain.case.projection import ahead_of, rows
from casework.domain.case.state import Case
from casework.domain.case.titles import title_of
from casework.domain.policy import Policy
from casework.domain.time.calendar import WorkingCalendar
from casework.messages.cases import EVENT_BODY, Entry, EventRow, NoticeRow, Opening, OperationRow


def make_entry(  # noqa: PLR0913 - one transaction, whole
    events: Sequence[Event],
    *,
    case: Case,
    before: Case | None,
    calendar: WorkingCalendar,
    notices: tuple[NoticeRow, ...] = (),
    opening: Opening | None = None,
    version: int | None = None,
    wakes_at: datetime | None = None,
    then: Case | None = None,
    employer: Party | None = None,
    employer_subject: str | None = None,
    policy: Policy | None = None,
    operations: tuple[OperationRow, ...] = (),
    decided_at: datetime | None = None,
) -> Entry:
    """The entry that brings the register from ``before`` to ``case``, which ``events`` led to.

    The first entry of a case has no ``before`` and an ``opening``. Entries are recorded in the
    order of their events, without a hole. ``then``: the case after its next moment.
    """
    changed = rows(case, calendar, before)
    return Entry(
        case_no=case.case_no,
        events=tuple(_event_row(event) for event in events),
        case=changed.case,
        clocks=changed.clocks,
        tasks=changed.tasks,
        cards=changed.cards,
        lines=changed.lines,
        materials=changed.materials,
        contacts=changed.contacts,
        talents=changed.talents,
        requests=changed.requests,
        ratings=changed.ratings,
        visits=changed.visits,
        transfers=changed.transfers,
        employer=employer,
        employer_subject=employer_subject,
        policy=policy,
        notices=notices,
        operations=operations,
        opening=_opening(opening, employer_subject),
        version=version,
        wakes_at=wakes_at,
        ahead=ahead_of(case, then, calendar) if then is not None else None,
        decided_at=decided_at,
    )


def _opening(opening: Opening | None, employer: str | None) -> Opening | None:
    """The opening of a case that had another employer before it was ever written."""
    if opening is None or employer is None:
        return opening
    return replace(opening, employer_subject=employer)


def _event_row(event: Event) -> EventRow:
    body = event.body
    return EventRow(
        seq=event.seq,
        kind=body.kind,
        title=title_of(event),
        at=event.at,
        actor=event.actor.code,
        role=event.actor.role,
        reason=getattr(body, "reason", ""),
        body=EVENT_BODY.dump_json(body).decode(),
    )
