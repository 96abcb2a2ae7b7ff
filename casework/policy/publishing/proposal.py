"""Whether a catalogue may be published: it checks what nobody may change by publishing."""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from enum import Enum
from typing import Any

from casework.domain.policy import Measure, Policy
from casework.domain.publishing import (
    check_first_day,
    check_new,
    check_past,
    check_words,
    last_past_day,
)
from casework.policy.publishing.differences import Change, policy_differences
from casework.policy.publishing.places import Place, places, policy_at, turning_days
from casework.policy.publishing.versions import HeldCatalogues, WholeCatalogue

_WORDING = frozenset(
    {"digest", "resolved_on", "name", "district_name", "names", "material_names", "text"}
)
"""What no case is judged by: a mistake in writing may be mended for the past as well."""


@dataclass(frozen=True, kw_only=True)
class PastEdit:
    """An item of a district that the proposed catalogue would have had otherwise on a past day.

    ``text`` says what, in the words of a difference.
    """

    place: Place
    on: date
    text: str


def require_publishable(
    held: HeldCatalogues, proposed: WholeCatalogue, first_on: date, today: date
) -> None:
    """Refuse a catalogue that may not be published from that day.

    Raises:
        DomainError: ``FIRST_DAY_PAST``, ``CATALOGUE_UNCHANGED``, ``WORD_TAKEN``,
            ``EDITS_THE_PAST``.
    """
    check_first_day(first_on, today)
    if held.versions:
        check_new(proposed.digest, held.on(first_on).digest)
    check_words(
        proposed.letters.words(),
        [held.sample.letters.words(), *held.contents.words()],
    )
    edits = past_edits(held, proposed, last_past_day(first_on, today))
    check_past(f"{edit.place.label} {edit.on} {edit.text}" for edit in edits)


def past_edits(held: HeldCatalogues, proposed: WholeCatalogue, last: date) -> Iterator[PastEdit]:
    """What the proposed catalogue says otherwise about days up to ``last`` than that in force then.

    A catalogue that was in force before may come back: its version begins on its own first day,
    and days before that keep the version that they had. Wording may be mended.
    """
    if any(version.digest == proposed.digest for version in held.versions):
        return
    current = held.on(last)
    for place in places(current, proposed):
        days = turning_days(place, current, proposed)
        for day in sorted(each for each in days and days | {last} if each <= last):
            before, after = policy_at(current, place, day), policy_at(proposed, place, day)
            if _digest(before) != _digest(after) and _judged(before) != _judged(after):
                facts = {**current.catalogue.facts(), **proposed.catalogue.facts()}
                told = policy_differences(before, after, facts)
                text = next((text for how, text in told if how is not Change.WORDING), "")
                yield PastEdit(place=place, on=day, text=text)
                break


def _digest(policy: Policy | None) -> str:
    return policy.digest if policy else ""


def _judged(policy: Policy | None) -> object:
    """What cases are judged by, in a form that can be compared."""
    return None if policy is None else _plain(policy)


def _plain(value: Any) -> object:  # noqa: ANN401 - any part of a policy
    if isinstance(value, Measure):
        # A later end of a measure that runs changes no past day.
        return (value.effect, value.online_accepted_from, value.channels)
    if is_dataclass(value):
        names = (field.name for field in fields(value) if not _is_wording(field.name))
        return tuple((name, _plain(getattr(value, name))) for name in names)
    if isinstance(value, dict):
        return tuple(sorted((str(key), _plain(each)) for key, each in value.items()))
    if isinstance(value, tuple | list):
        return tuple(_plain(each) for each in value)
    return value.value if isinstance(value, Enum) else value


def _is_wording(name: str) -> bool:
    return name in _WORDING or name.endswith("reference")
