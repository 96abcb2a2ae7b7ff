"""Which entry speaks on a day: of several layers, the topmost that has begun to speak."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from pydantic import BaseModel

from casework.domain.policy import Limit, LimitName
from casework.policy.catalogue import rules
from casework.policy.catalogue.documents import Location
from casework.policy.catalogue.layers import InForce, in_force
from casework.policy.catalogue.sources import Timeline
from casework.policy.service_catalogue.sources import Limits


def held(day: date, *timelines: Timeline[Any] | None) -> InForce | None:
    """The value in force, or None where there is none or it is repealed; lowest layer first."""
    spoken = [entry for line in timelines if line and (entry := line.at(day))]
    return in_force(spoken[-1]) if spoken else None


def required(day: date, *timelines: Timeline[Any] | None) -> InForce:
    """The same where the check has made sure of it; raises LookupError otherwise."""
    entry = held(day, *timelines)
    if entry is None:
        raise LookupError(f"no value on {day}")
    return entry


def is_offered(day: date, timeline: Timeline[Any]) -> bool:
    """Whether an ``in_force`` says yes that day."""
    entry = held(day, timeline)
    return bool(entry and entry.value)


def limits(day: date, *layers: Limits) -> dict[LimitName, Limit]:
    """The limits in force, lowest layer first."""
    names = dict.fromkeys(name for layer in layers for name in layer)
    entries = ((name, held(day, *(layer.get(name) for layer in layers))) for name in names)
    return {name: rules.limit(entry) for name, entry in entries if entry}


def timelines_of(part: object, place: Location = ()) -> Iterator[tuple[Location, Timeline[Any]]]:
    """Every timeline within a part of a file, with its place."""
    if isinstance(part, Timeline):
        yield place, part
    elif isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from timelines_of(getattr(part, name), (*place, name))
    elif isinstance(part, Mapping):
        for key, value in part.items():
            yield from timelines_of(value, (*place, str(key)))


def days_of(*parts: object) -> list[date]:
    """Every day on which something in these parts changes."""
    lines: Iterable[Timeline[Any]] = (line for part in parts for _, line in timelines_of(part))
    return sorted({entry.since for line in lines for entry in line.root})
