"""Which verbs a case takes as it stands: its own rules are asked, with what it has to choose from.

A refusal that blames what is still to be typed (a reason, a day) is none of the state. One that
blames no field, or a choice for which the case has nothing to choose, is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from itertools import product
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from casework.domain.case.commands import BESIDE_THE_BODY, Command
from casework.domain.case.facts import Occasion
from casework.domain.case.kind import KNOWN, kind_of_case
from casework.domain.case.letters import parties_of
from casework.domain.case.procedure import decide
from casework.domain.case.state import Case
from casework.domain.errors import DomainError

_TYPED = "…"
"""Stands for a text that somebody will type."""
_MOST = 64
"""So many choices are tried of a verb; where there are more, it is for the case to refuse."""


def refused_as_it_stands(case: Case, verb: str, facts: Occasion) -> DomainError | None:
    """Why a case does not take a verb of its kind from ``facts.actor`` now; None: it may.

    It is tried on a copy: whatever is refused here is refused by `decide`, whatever is typed.
    """
    kind = kind_of_case(case)
    command, hints = kind.verbs[verb], _hints(kind.name, verb)
    chosen = dict(_chosen(command, hints, case, facts))
    refused: DomainError | None = None
    for number, values in enumerate(product(*chosen.values())):
        if number == _MOST:
            return None
        given = dict(zip(chosen, values, strict=True))
        try:
            typed = _typed(command, hints, given, facts)
            decide(case, command(actor=facts.actor, **given, **typed), facts)
        except DomainError as error:
            if error.field and error.field.partition(".")[0] not in chosen:
                return None
            refused = refused or error
        else:
            return None
    return refused or DomainError("NOTHING_TO_CHOOSE", f"没有可以“{command.label}”的内容")


def _choices(name: str, case: Any, facts: Any) -> Iterator[Any] | None:  # noqa: ANN401, C901, PLR0912 - a table
    """What a case has for a field of this name; None: it is typed."""
    match name:
        case "task":
            return (task.id for task in case.open_tasks)
        case "card":
            return (card.id for card in case.cards if card.cleared_at is None)
        case "material":
            return (line.material for line in getattr(case, "lines", ()))
        case "materials":
            listed = getattr(facts.item, "materials", ())
            return ((rule.code,) for rule in listed if rule.deferral)
        case "outreach":
            return (each.outreach for each in getattr(case, "contacts", ()))
        case "other":
            return (each.case_no for each in getattr(case, "others", ()))
        case "party":
            return iter(sorted(parties_of(case)))
        case "request":
            return (visit.request for visit in getattr(case, "visits", ()))
        case "body":
            return (each.id for each in getattr(case, "bodies", ()))
        case "seq":
            return (each.seq for each in case.dated)
        case "finding" if hasattr(case, "findings"):
            return (each.finding for each in case.findings)
        case "remedy":
            return (each.remedy for each in getattr(case, "remedies", ()))
        case "field":
            return iter(sorted({each.field for each in case.dated}))
    return None


def _chosen(
    command: type[Command], hints: Mapping[str, Any], case: Case, facts: Occasion
) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for part in _body(command):
        base = hints[part.name]
        offered = _choices(part.name, case, facts) if _is_missing(part) else None
        if offered is not None and not _is_dataclass_list(base):
            yield part.name, tuple(offered) or (_nothing(base),)
        elif base is bool:
            yield part.name, (True, False)
        elif isinstance(base, type) and issubclass(base, Enum):
            optional = () if _is_missing(part) else (part.default,)
            yield part.name, (*optional, *base)


def _typed(
    command: type[Command], hints: Mapping[str, Any], given: Mapping[str, Any], facts: Occasion
) -> dict[str, Any]:
    return {
        part.name: _something(hints[part.name], facts)
        for part in _body(command)
        if part.name not in given and _is_missing(part)
    }


@cache
def _hints(kind: str, verb: str) -> Mapping[str, Any]:
    hints = get_type_hints(KNOWN[kind].verbs[verb])
    return {name: _plain(hint) for name, hint in hints.items()}


def _body(command: type[Command]) -> Iterator[Field[Any]]:
    return (part for part in fields(command) if part.name not in BESIDE_THE_BODY)


def _is_missing(part: Field[Any]) -> bool:
    return part.default is MISSING and part.default_factory is MISSING


def _plain(hint: Any) -> Any:  # noqa: ANN401 - a type of any form
    while get_origin(hint) in {Annotated, Union, UnionType}:
        arms = get_args(hint)
        is_wrapped = get_origin(hint) is Annotated
        hint = arms[0] if is_wrapped else next(arm for arm in arms if arm is not NoneType)
    return hint


def _is_dataclass_list(base: Any) -> bool:  # noqa: ANN401 - a type
    return get_origin(base) is tuple and is_dataclass(_plain(get_args(base)[0]))


def _nothing(base: Any) -> Any:  # noqa: ANN401 - a value of any type
    return () if get_origin(base) is tuple else 0 if base is int else ""


def _something(base: Any, facts: Occasion) -> Any:  # noqa: ANN401 - a value of any type
    """What somebody could type: the rules look at more only once the state allows the verb."""
    if get_origin(base) in {tuple, dict}:
        return get_origin(base)()
    known = {int: 1, date: facts.today, datetime: facts.at}
    return known.get(base, _TYPED)
