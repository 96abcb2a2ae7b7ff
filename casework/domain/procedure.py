"""The whole procedure of any matter, as two functions: ``decide`` and ``evolve``.

``decide`` says what a command leads to, or why it may not; it is also the validator of the
Temporal update. ``evolve`` says how the state follows from an event; it also rebuilds the
register. Neither looks at a clock on the wall. Which rules apply follows from the command and the
event: each kind of matter has its own.
"""

from dataclasses import fields, is_dataclass, replace
from typing import cast

from casework.domain import (
    contacts,
    corrections,
    deferral,
    green_channel,
    in_force,
    intake,
    jurisdiction,
    late_papers,
    mending,
    passing_time,
    policy_moving,
    result,
    review,
    same_person,
    substitution,
    supervision,
)
from casework.domain.calendar import WorkingCalendar
from casework.domain.case import Case, GreenStatus, Stage
from casework.domain.commands import (
    Command,
    CorrectFact,
    ProposeTakingBack,
    RequestContact,
    ResolveTrouble,
    SettleLatePapers,
    ShareContact,
    TakeBack,
)
from casework.domain.cycle import procedure as cycle
from casework.domain.dates import require_usable_dates
from casework.domain.dispatch import beginning, decision, evolution, follow_up
from casework.domain.errors import DomainError
from casework.domain.events import ContactClosed, Event, EventBody, GreenEnded
from casework.domain.facts import CLOCKWORK, Actor, Occasion
from casework.domain.matter import M, Matter
from casework.domain.narrative import line_of
from casework.domain.policy import Role
from casework.domain.request import procedure as request
from casework.domain.request.commands import NoteStanding
from casework.domain.ticket import procedure as ticket
from casework.domain.visits import procedure as visits

PARTS = (
    intake,
    deferral,
    review,
    green_channel,
    result,
    supervision,
    in_force,
    contacts,
    passing_time,
    substitution,
    jurisdiction,
    policy_moving,
    cycle,
    request,
    ticket,
    visits,
    same_person,
    mending,
    late_papers,
    corrections,
)
"""The parts of the procedures; importing them registers what they decide."""

RECENT = 5
_WHEN_CLOSED = (
    ResolveTrouble,
    RequestContact,
    ShareContact,
    NoteStanding,
    ProposeTakingBack,
    TakeBack,
    SettleLatePapers,
    CorrectFact,
)


def decide(case: Matter, command: Command, facts: Occasion) -> tuple[EventBody, ...]:
    """What follows from a command at ``facts.at``.

    Raises:
        DomainError: with a stable code and a Chinese message, if the command may not be applied.
    """
    late = case.by_date and not case.is_open and isinstance(command, late_papers.BRINGS_PAPERS)
    if not case.is_open and not late and not isinstance(command, _WHEN_CLOSED):
        raise DomainError("CASE_CLOSED", f"本件已办结（{case.stage.label}），不能再操作")
    if "\x00" in _text(command):
        raise DomainError("UNREADABLE", "内容含有无法登记的字符（NUL）")
    if case.by_date:
        require_usable_dates(command)
    if command.actor.role not in command.roles:
        raise DomainError("ROLE_NOT_ALLOWED", f"此岗位不能办理“{command.label}”")
    if not _of_this_district(command.actor, case):
        raise DomainError("OTHER_DISTRICT", "不能办理其他区的件")
    if late:
        return late_papers.came_late(command, case, facts)
    return mending.dated(decision(command, case, facts), case, facts)


def _text(value: object) -> str:
    """All the text in a command; a NUL in it could never be stored."""
    if isinstance(value, str):
        return value
    if isinstance(value, tuple):
        return "".join(_text(part) for part in value)
    if isinstance(value, dict):
        return "".join(_text(part) for entry in value.items() for part in entry)
    if is_dataclass(value):
        return "".join(_text(getattr(value, entry.name)) for entry in fields(value))
    return ""


def _of_this_district(actor: Actor, case: Matter) -> bool:
    return actor.role in {Role.SUPERIOR, Role.SYSTEM} or actor.district in {"", case.district}


def evolve(case: M | None, event: Event) -> M:
    """The state after an event. The first event of a matter says of which kind it is."""
    state: Matter | None = beginning(event.body, event)
    if state is not None:
        state = replace(state, by_date=getattr(event.body, "by_date", False))
    else:
        if case is None:
            raise ValueError(f"event {event.seq} of a case that has not begun")
        state = evolution(event.body, case, event)
        state = corrections.with_facts(mending.remembered(case, state, event), event)
    state = replace(state, seq=event.seq, recent=(*_recent(case), line_of(event))[-RECENT:])
    return cast("M", state)


def _recent(case: Matter | None) -> tuple[str, ...]:
    return case.recent if case is not None else ()


def come_up_to(case: M, facts: Occasion) -> M:
    """The case as it stands by the date of ``facts.at``, whether or not it has noticed.

    A copy, on which what has run out has happened; nothing is recorded. A case of before the date
    decided stands as it is.
    """
    if not case.by_date:
        return case
    while (happened := passing_time.tick(case, facts)) is not None:
        body: EventBody | None = happened.body
        while body is not None:
            event = Event(seq=case.seq + 1, at=happened.at, actor=CLOCKWORK, body=body)
            case = evolve(case, event)
            body = consequence(case, facts.calendar)
    return case


def consequence(case: Matter, calendar: WorkingCalendar) -> EventBody | None:
    """What a state brings about at once, before anything else happens."""
    own = supervision.outdated_cards(case, calendar) or follow_up(case)
    if own is None and case.substitutes:
        return substitution.handed_over(case)
    return own


@follow_up.register
def _(case: Case) -> EventBody | None:
    """The green channel ends with the decision, and with the case what somebody was to be told."""
    decided = case.stage in {Stage.DECIDED, Stage.REFUSED} or case.stage.is_final
    if decided and case.green.status is GreenStatus.OPEN:
        return GreenEnded(reason="已作出决定")
    contact = contacts.left_open(case)
    return ContactClosed(outreach=contact.outreach, reason="办件已办结") if contact else None
