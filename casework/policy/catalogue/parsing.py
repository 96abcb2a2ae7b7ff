"""From a parsed file to its model, with every fault in words that say what to write instead."""

from collections.abc import Iterator
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from casework.policy.catalogue.documents import Document, Finding, Location
from casework.policy.catalogue.naming import one_of

ModelT = TypeVar("ModelT", bound=BaseModel)

_RIGHTS = {
    "missing": "write it: nothing is assumed",
    "date_type": "write a real date as YYYY-MM-DD, without quotes",
    "bool_type": "write true or false, without quotes",
    "int_type": "write a whole number, without quotes",
    "string_type": "write text; a number such as a district code needs quotes",
    "tuple_type": "write a list: [a, b]",
    "dict_type": "write a mapping: one `key: value` a line",
    "model_type": "write a mapping: one `key: value` a line",
    "string_too_short": "write it, or leave the field out",
    "too_short": "write at least one entry, or leave the field out",
    "greater_than_equal": "write 1 or more; `value: null` repeals",
}
_UNION_TAGS = frozenset({"bool", "int", "str", "tuple[str, ...]", "[key]"})


def parse(document: Document, model: type[ModelT]) -> tuple[ModelT | None, list[Finding]]:
    """The file as its model, or all the faults in its shape."""
    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        schema = model.model_json_schema()
        found = {
            (finding.line, finding.field): finding
            for details in reversed(list(_telling(error.errors(include_url=False))))
            for finding in [_finding(document, details, schema)]
        }
        return None, list(found.values())


def _telling(errors: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """Errors without their echoes: a list is not too short because its entries are faulty."""
    bad_keys = {error["loc"][:-1] for error in errors if error["loc"][-1:] == ("[key]",)}
    for error in errors:
        inside_bad_key = any(error["loc"][: len(key)] == key for key in bad_keys)
        if inside_bad_key and error["loc"][-1:] != ("[key]",):
            continue
        if error["type"] == "too_short" and error["input"]:
            continue
        yield error


def _finding(document: Document, error: ErrorDetails, schema: dict[str, Any]) -> Finding:
    place: Location = tuple(step for step in error["loc"] if step not in _UNION_TAGS)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        known = _fields(schema, place[:-1])
        return document.finding(place, "unknown field", one_of(str(place[-1]), known))
    if kind == "missing":
        return document.finding(place, "missing", _RIGHTS[kind])
    if kind in {"enum", "literal_error"}:
        known = [word.strip("'") for word in context["expected"].replace(" or ", ", ").split(", ")]
        wrong = str(error["input"])
        return document.finding(place, f"{wrong!r} is not known here", one_of(wrong, known))
    if kind == "string_pattern_mismatch":
        right = f"write text of the form {context['pattern']}"
        return document.finding(place, f"{error['input']!r} has the wrong form", right)
    return document.finding(
        place, f"{error['input']!r} will not do", _RIGHTS.get(kind, error["msg"])
    )


def _fields(schema: dict[str, Any], place: Location) -> list[str]:
    """The fields that the schema knows at a place."""
    part = _resolved(schema, schema)
    for step in place:
        if isinstance(step, int):
            part = part.get("items", {})
        else:
            part = part.get("properties", {}).get(step) or part.get("additionalProperties") or {}
        part = _resolved(part, schema)
    return list(part.get("properties", {}))


def _resolved(part: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference, and pass by the null of an optional value."""
    if "anyOf" in part:
        part = next(choice for choice in part["anyOf"] if choice.get("type") != "null")
    if "$ref" in part:
        return _resolved(schema["$defs"][part["$ref"].rsplit("/", 1)[-1]], schema)
    return part
