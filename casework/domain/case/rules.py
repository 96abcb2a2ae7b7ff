"""The tables in which a part of a procedure says what it decides and how the state follows.

Each rule is a function with a name. A rule of a kind takes the commands, events and states of its
kind; that only those come to it is seen to by the tables.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, TypeVar

from casework.domain.case.events import EventBody
from casework.domain.case.state import Case

Decisions = dict[type, Callable[..., tuple[EventBody, ...]]]
"""Command → (command, case, facts) → what follows; DomainError where it may not be."""
Evolutions = dict[type, Callable[..., Case]]
"""Event → (body, case, event) → the state after it; never refuses, never looks at policy."""
Fields = dict[str, str]
Letter = tuple[str, Fields]
"""Template and fields of a letter."""
Letters = dict[type, Callable[..., Letter | None]]
"""Event → (body, event, case, calendar) → the letter it asks for, if any."""
End = Callable[..., EventBody]
"""(clock, case, facts) → what running out of time brings about."""

T = TypeVar("T")


def rule_for(message: object, table: Mapping[type, T]) -> T | None:
    """The rule for a message of this type, or of the nearest type above it."""
    return next((table[each] for each in type(message).__mro__ if each in table), None)


def also(*tables: Mapping[type, Any]) -> dict[type, Any]:
    """Several tables as one. ValueError if two have a rule for the same type."""
    rules: dict[type, Any] = {}
    for table in tables:
        if twice := rules.keys() & table.keys():
            raise ValueError(f"two rules for {', '.join(sorted(each.__name__ for each in twice))}")
        rules |= table
    return rules


# --- rows ----------------------------------------------------------------------------------
# How a table of the register is declared: one object, from which all that writes it is built.


@dataclass(frozen=True, kw_only=True)
class RowsOf:
    """Rows of one table that follow from the state of a case."""

    member: str  # the member of an entry
    table: str  # the table of the register
    row: type  # the dataclass of a row
    of: Callable[[Any], tuple[Any, ...]]  # state -> rows, in a stable order
    sealed: tuple[str, ...] = ()  # columns sealed before they are written
    key: tuple[str, ...] = ()  # tells the rows of a case apart; none: a case has one at the most
    words: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Column → what a clerk calls it."""
    says: Mapping[str, Callable[[Any], str]] = field(default_factory=dict, compare=False)
    """Column → how a value of it is said, where that is not the value: money, a code."""


def said_as(words: type[Enum]) -> Callable[[Any], str]:
    """How the values of an enumeration with labels are said; the empty one as nothing."""
    labels = {each.value: str(getattr(each, "label", each.value)) for each in words}
    return lambda value: labels.get(value, value)
