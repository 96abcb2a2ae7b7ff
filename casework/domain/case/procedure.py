"""The whole procedure of any case, as two functions: ``decide`` and ``evolve``.

``decide`` says what a command leads to, or why it may not; it is also the validator of the
Temporal update. ``evolve`` says how the state follows from an event; it also rebuilds the
register. Neither looks at a clock on the wall. Which rules apply follows from the command and the
event: each kind of case has its own.
"""

from dataclasses import fields, is_dataclass, replace
from typing import cast

from casework.domain.case import (
    in_force,
    jurisdiction,
    letters,
    mending,
    passing_time,
    sharing,
    supervision,
    together,
)
from casework.domain.case.commands import Command
from casework.domain.case.events import Event, EventBody, NoteAdded, line_of
from casework.domain.case.facts import CLOCKWORK, Actor, Occasion
from casework.domain.case.kind import beginning, kind_of_case
from casework.domain.case.rules import Decisions, Evolutions, also, rule_for
from casework.domain.case.state import Case, M
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.dates import require_usable_dates

DECISIONS: Decisions = also(
    supervision.DECISIONS,
    jurisdiction.DECISIONS,
    mending.DECISIONS,
    letters.DECISIONS,
    sharing.DECISIONS,
    together.DECISIONS,
)
"""What every kind of case that has the verb decides alike."""
EVOLUTIONS: Evolutions = also(
    supervision.EVOLUTIONS,
    in_force.EVOLUTIONS,
    passing_time.EVOLUTIONS,
    jurisdiction.EVOLUTIONS,
    mending.EVOLUTIONS,
    letters.EVOLUTIONS,
    sharing.EVOLUTIONS,
    together.EVOLUTIONS,
)

RECENT = 5


def decide(case: Case, command: Command, facts: Occasion) -> tuple[EventBody, ...]:
    """What follows from a command at ``facts.at``.

    Raises:
        DomainError: with a stable code and a Chinese message, if the command may not be applied.
    """
    late = case.by_date and not case.is_open and mending.brings_papers(command, case)
    if not case.is_open and not late and not command.when_closed:
        raise DomainError("CASE_CLOSED", f"本件已办结（{case.stage.label}），不能再操作")
    if "\x00" in _text(command):
        raise DomainError("UNREADABLE", "内容含有无法登记的字符（NUL）")
    if case.by_date:
        require_usable_dates(command)
    if command.actor.role not in command.roles:
        raise DomainError("ROLE_NOT_ALLOWED", f"此岗位不能办理“{command.label}”")
    if command.actor.code in case.apart:
        raise DomainError("RELATION_DECLARED", "您须回避本件，不能办理")
    if not _of_this_district(command.actor, case) and not together.is_asked(command, case):
        raise DomainError("OTHER_DISTRICT", "不能办理其他区的件")
    if late:
        return mending.came_late(command, case, facts)
    return mending.dated(_decision(command, case, facts), case, facts)


def _decision(command: Command, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    own = rule_for(command, kind_of_case(case).decisions)
    rule = own or rule_for(command, DECISIONS)
    if rule is None:
        raise NotImplementedError(f"no decision for {type(command).__name__}")
    return rule(command, case, facts)


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


def _of_this_district(actor: Actor, case: Case) -> bool:
    return actor.role in {Role.SUPERIOR, Role.SYSTEM} or actor.district in {"", case.district}


def evolve(case: M | None, event: Event) -> M:
    """The state after an event. The first event of a case says of which kind it is."""
    begin = beginning(event.body)
    state: Case
    if begin is not None:
        by_date = getattr(event.body, "by_date", False)
        state = replace(begin(event.body, event), by_date=by_date)
    else:
        if case is None:
            raise ValueError(f"event {event.seq} of a case that has not begun")
        state = _evolution(event.body, case, event)
        state = mending.with_facts(mending.remembered(case, state, event), event)
        state = together.without_lapsed(state, event)
        state = letters.hung(state, event)
    recent = _recent(case)
    if not isinstance(event.body, NoteAdded):  # that is for those who read the file
        recent = (*recent, line_of(event))[-RECENT:]
    return cast("M", replace(state, seq=event.seq, recent=recent))


def _evolution(body: EventBody, case: Case, event: Event) -> Case:
    own = rule_for(body, kind_of_case(case).evolutions)
    rule = own or rule_for(body, EVOLUTIONS)
    if rule is None:
        raise NotImplementedError(f"no evolution for {type(body).__name__}")
    return rule(body, case, event)


def _recent(case: Case | None) -> tuple[str, ...]:
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


def consequence(case: Case, calendar: WorkingCalendar) -> EventBody | None:
    """What a state brings about at once, before anything else happens."""
    own = supervision.outdated_cards(case, calendar) or kind_of_case(case).follow_up(case)
    if own is None and case.substitutes:
        return supervision.handed_over(case)
    return own
