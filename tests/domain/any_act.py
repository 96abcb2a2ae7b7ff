"""Plausible acts on a case of any kind: each field a value of its type that could be meant."""

import types
from collections.abc import Iterable
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from functools import cache
from random import Random
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from casework.domain.case.commands import BESIDE_THE_BODY, Command
from casework.domain.case.facts import Actor
from casework.domain.case.kind import kind_of_case
from casework.domain.case.state import Case
from casework.domain.time.calendar import opening

ENDING = frozenset(
    {"withdraw", "not_accept", "refuse", "record_left", "explain_need", "transfer_need"}
)
"""Verbs that end a case: seldom given, so that there is time for the others."""


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def idle(case: Case) -> set[str]:
    """What nobody would try: to claim where no team has a task."""
    return set() if any(task.team for task in case.open_tasks) else {"claim", "give_back"}


def any_act(dice: Random, case: Case, today: date, words: Iterable[str]) -> Command:
    """A verb of the case's kind by somebody whose role may give it, about things it knows."""
    kind = kind_of_case(case)
    verbs = kind.verbs
    waiting = [verb for task in case.open_tasks for verb in kind.work_of(task.kind)]
    known_verbs = sorted(verbs.keys() - idle(case))
    others = [verb for verb in known_verbs if verb not in ENDING or dice.random() < 0.1]
    verb = dice.choice(waiting if waiting and dice.random() < 0.6 else others)
    return act_of(dice, case, verbs[verb], today, words)


def act_of(
    dice: Random, case: Case, kind: type[Command], today: date, words: Iterable[str]
) -> Command:
    """A command of that kind by somebody whose role may give it."""
    command: Any = kind
    role = dice.choice(sorted(command.roles))
    post = case.posts.get(role)
    code = dice.choice([post.holder, post.backup]) if post else f"{role}"
    actor = Actor(code=code, role=role, district=case.district)
    known = [*words, *(task.id for task in case.open_tasks), *(card.id for card in case.cards)]
    values = {
        field.name: a_value(dice, _hints(command)[field.name], today, known)
        for field in fields(command)
        if field.name not in BESIDE_THE_BODY and (field.default is MISSING or dice.random() < 0.7)
    }
    made: Command = command(actor=actor, **values)
    return made


def a_value(dice: Random, hint: Any, today: date, words: list[str]) -> Any:  # noqa: C901
    """A value of a type, of which texts are some of ``words``."""
    origin = get_origin(hint)
    if origin in {Union, types.UnionType}:
        choices = [each for each in get_args(hint) if each is not type(None)]
        return a_value(dice, dice.choice(choices), today, words)
    if origin is Literal:
        return dice.choice(get_args(hint))
    if origin is tuple:
        inner = get_args(hint)[0]
        return tuple(a_value(dice, inner, today, words) for _ in range(dice.randint(0, 2)))
    if origin is dict:
        return {}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return dice.choice(list(hint))
    if hint is bool:
        return dice.random() < 0.6
    if hint is int:
        return dice.randint(0, 12)
    if hint is date:
        return today + timedelta(days=dice.choice([-30, -3, -1, 0, 0, 1, 30, 400]))
    if hint is datetime:
        return opening(today, "09:30")
    if hint is str:
        return dice.choice(words)
    if isinstance(hint, type) and is_dataclass(hint):
        kind: Any = hint
        return kind(
            **{
                field.name: a_value(dice, _hints(kind)[field.name], today, words)
                for field in fields(kind)
                if field.default is MISSING
            }
        )
    raise TypeError(f"no values for {hint}")
