"""What crosses Temporal, as data: the names and types of workflows, their messages and activities.

``python -m tests.replay.wire`` writes it. Names of Python classes and modules are not in it: they
do not cross the wire.
"""

import importlib
import inspect
import json
import pkgutil
import sys
from collections.abc import Iterator
from functools import partial
from hashlib import sha256
from typing import Any

from pydantic import TypeAdapter
from temporalio import activity, workflow

import activities
from casework.messages.cases import EVENT_BODY
from workers.main import WORKFLOWS

_SAID = ("title", "description")


def wire() -> dict[str, Any]:
    """All that a running case, a backend or a recorded history relies on.

    ``parts``: each object once, under the digest of what it holds; elsewhere ``is`` names it.
    """
    parts: dict[str, Any] = {}
    workflows = {name: found for each in WORKFLOWS for name, found in _workflow(each)}
    told = {
        "workflows": dict(sorted(workflows.items())),
        "activities": dict(sorted(_activities())),
        "events": _plain(EVENT_BODY.json_schema(mode="serialization")),
    }
    return {**{name: _apart(each, parts) for name, each in told.items()}, "parts": parts}


def written() -> str:
    """As ``wire.json`` has it."""
    return json.dumps(wire(), ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _apart(part: Any, parts: dict[str, Any]) -> Any:
    """The same with every object in ``parts``, and its digest in its place."""
    if isinstance(part, list):
        return [_apart(each, parts) for each in part]
    if not isinstance(part, dict):
        return part
    own = {key: _apart(each, parts) for key, each in part.items()}
    for one_of in ("oneOf", "anyOf"):  # in no order
        if one_of in own:
            own[one_of].sort(key=partial(json.dumps, sort_keys=True))
    if part.get("type") != "object" or "properties" not in part:
        return own
    digest = sha256(json.dumps(own, sort_keys=True).encode()).hexdigest()[:12]
    parts[digest] = own
    return {"is": digest}


def _workflow(cls: type) -> Iterator[tuple[str, dict[str, Any]]]:
    defined = workflow._Definition.must_from_class(cls)
    yield (
        defined.name or "*",
        {
            "takes": [_type(each) for each in defined.arg_types or ()],
            "gives": _type(defined.ret_type),
            "updates": {
                name or "*": {"takes": _types(each.arg_types), "gives": _type(each.ret_type)}
                for name, each in sorted(defined.updates.items(), key=str)
            },
            "signals": {
                name or "*": _types(each.arg_types)
                for name, each in sorted(defined.signals.items(), key=str)
            },
            "queries": {
                name or "*": {"takes": _types(each.arg_types), "gives": _type(each.ret_type)}
                for name, each in sorted(defined.queries.items(), key=str)
            },
        },
    )


def _activities() -> Iterator[tuple[str, dict[str, Any]]]:
    for module in pkgutil.iter_modules(activities.__path__, "activities."):
        members = vars(importlib.import_module(module.name)).values()
        classes = [each for each in members if inspect.isclass(each)]
        for holder in (members, *(vars(each).values() for each in classes)):
            for found in holder:
                defined = activity._Definition.from_callable(found) if callable(found) else None
                if defined is not None:
                    yield (
                        defined.name or "*",
                        {"takes": _types(defined.arg_types), "gives": _type(defined.ret_type)},
                    )


def _types(types: list[type] | None) -> list[Any]:
    return [_type(each) for each in types or ()]


def _type(kind: Any) -> Any:
    if kind is None or kind is type(None):
        return None
    if kind is Any or "RawValue" in repr(kind):
        return "any"
    return _plain(TypeAdapter(kind).json_schema(mode="serialization"))


def _plain(schema: dict[str, Any]) -> Any:
    """A schema without names of classes: what is referred to stands in its place."""
    defined = schema.get("$defs", {})

    def put(part: Any, above: tuple[str, ...]) -> Any:
        if isinstance(part, list):
            return [put(each, above) for each in part]
        if not isinstance(part, dict):
            return part
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            return {"again": len(above)} if name in above else put(defined[name], (*above, name))
        fields = part.get("properties", {}).keys()
        kept = {
            key: {field: put(each, above) for field, each in value.items()}
            if key == "properties"
            else put(value, above)
            for key, value in part.items()
            if key not in {"$defs", "discriminator", *_SAID}
        }
        return kept | ({"properties": kept["properties"]} if fields else {})

    return put(schema, ())


if __name__ == "__main__":
    sys.stdout.write(written())
