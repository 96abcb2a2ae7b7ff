"""From what pydantic finds in a scenario to problems in Chinese, one for each place."""

from collections.abc import Iterable, Iterator, Mapping

from pydantic_core import ErrorDetails

from casework.rehearsal.dates_written import wrong_day, wrong_moment
from casework.rehearsal.faults import MISSING, UNKNOWN_FIELD, Place, Problem, one_of
from casework.rehearsal.shape import DAYS_ONLY, Shape, child
from casework.rehearsal.written import Written

_LONGEST = 40


def problems(
    errors: Iterable[ErrorDetails], shape: Shape, data: object, written: Written, at: Place = ()
) -> Iterator[Problem]:
    """Each fault once; ``data`` is what the errors are about, and stands at ``at``.

    A place that could not be read is not told of again.
    """
    known = {problem.place for problem in written.problems}
    found: dict[Place, Problem] = {}
    for error in errors:
        problem = _problem(error, shape, data, written, at)
        found.setdefault(problem.place, problem)
    for place, problem in found.items():
        # A choice of forms is faulted as a whole beside the fault within the form that was meant.
        is_echo = any(place != other and other[: len(place)] == place for other in found)
        if place not in known and not (is_echo and not problem.what.startswith(MISSING)):
            yield problem


def _problem(
    error: ErrorDetails, shape: Shape, data: object, written: Written, at: Place
) -> Problem:
    kind, inner = error["type"], _place(error, data)
    place = (*at, *inner)
    if kind == "missing":
        return Problem(place=place, what=MISSING, right=shape.right(inner, data))
    if kind == "extra_forbidden":
        there = shape.fields(inner[:-1], data)
        return Problem(place=place, what=UNKNOWN_FIELD, right=one_of(inner[-1], there))
    if error["loc"][-1:] == ("[key]",):
        return Problem(place=place, what=f"没有 {inner[-1]}", right=shape.key(inner, data))
    if kind in {"union_tag_invalid", "union_tag_not_found"}:
        return _kind(place, inner, shape, data)
    value = _value(data, inner)
    if isinstance(value, str) and (only := shape.dates(inner, data)):
        wrong = wrong_day(value) if only == DAYS_ONLY else wrong_moment(value)
        if wrong:
            return Problem(place=place, what=wrong[0], right=wrong[1])
    right = shape.right(inner, data, value)
    return Problem(place=place, what=_said(error, value, written.text(place)), right=right)


def _kind(place: Place, inner: Place, shape: Shape, data: object) -> Problem:
    value = _value(data, inner)
    written = value.get("kind") if isinstance(value, Mapping) else None
    what = f"没有 {written}" if written else MISSING
    right = shape.kinds(inner, data, written)
    return Problem(place=(*place, "kind"), what=what, right=right)


def _place(error: ErrorDetails, data: object) -> Place:
    """Where it is in the data: pydantic also names the forms that it has tried."""
    place: list[str | int] = []
    location = error["loc"]
    for number, part in enumerate(location):
        if _has(data, part):
            data = child(data, part)
        elif not (error["type"] == "missing" and number == len(location) - 1):
            continue
        place.append(part)
    return tuple(place)


def _has(data: object, part: str | int) -> bool:
    if isinstance(data, Mapping):
        return part in data
    return isinstance(data, list) and isinstance(part, int) and part < len(data)


def _value(data: object, place: Place) -> object:
    for part in place:
        data = child(data, part) if _has(data, part) else data
    return data


def _said(error: ErrorDetails, value: object, text: str | None) -> str:
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, ValueError) and not str(cause).isascii():
        return str(cause)  # one of ours says more than the value
    if value is None:
        return "没有填写"
    if isinstance(value, list | Mapping):
        return "填写的是" + ("列表" if isinstance(value, list) else "一组字段")
    return f"填写的是 {str(value if text is None else text)[:_LONGEST]}"
