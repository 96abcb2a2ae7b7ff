"""Reads the parts of a scenario that may be faulty anywhere: a value of the kind, or nothing."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import reduce
from typing import Any

from pydantic import TypeAdapter, ValidationError

from casework.rehearsal.faults import Place
from casework.rehearsal.given import KIND_OF, AnyGiven, Firm, Given, Person, ServiceGiven
from casework.rehearsal.model_faults import place_of
from casework.rehearsal.values import read_moment

_GIVEN: TypeAdapter[Given | ServiceGiven] = TypeAdapter(AnyGiven)
_OF_SOMEBODY = Person.model_fields.keys() | Firm.model_fields.keys()


def mapping(value: object) -> Mapping[str, Any]:
    """The fields; none if it has none."""
    return value if isinstance(value, Mapping) else {}


def entries(value: object, place: Place) -> Iterator[tuple[Place, Any]]:
    """Each entry of a list with its place; none if it is no list."""
    if isinstance(value, list):
        for number, each in enumerate(value):
            yield (*place, number), each


def text(value: object) -> str:
    """The text; empty if it is none."""
    return value if isinstance(value, str) else ""


def moment(value: object) -> datetime | None:
    """The moment; None if it is none."""
    try:
        return None if value is None else read_moment(value)
    except ValueError:
        return None


def day(value: object) -> date | None:
    """The day; None if it is none."""
    return value if isinstance(value, date) and not isinstance(value, datetime) else None


def given(value: object) -> Given | ServiceGiven | None:
    """What is given; None if anything is faulty but who somebody is and how they are reached."""
    try:
        return _GIVEN.validate_python(value)
    except ValidationError as error:
        places = [place_of(each, value) for each in error.errors()]
    if not all(place and place[-1] in _OF_SOMEBODY for place in places):
        return None
    try:
        return _GIVEN.validate_python(reduce(_without, places, value))
    except ValidationError:
        return None


def _without(value: object, place: Place) -> object:
    """The same but for what stands at the place."""
    return {
        name: _without(inner, place[1:]) if place[:1] == (name,) else inner
        for name, inner in mapping(value).items()
        if place != (name,)
    }


def called(value: object) -> str:
    """What a case that is given is called, unless the scenario says otherwise."""
    names = mapping(value)
    return next((name for name in KIND_OF if name in names), "application")
