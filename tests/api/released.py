"""What has been promised of the HTTP API, and what of a newer description breaks that promise.

``released.json`` is the description without words, examples and problems. Something new may come;
what is there may not go or become narrower for what is sent, nor wider for what is answered.

    python -m tests.api.released

writes it anew, and refuses where something breaks, unless `api.edge.openapi.CONTRACT` was raised.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from api.app import create_app
from casework.settings import Settings

RELEASED = Path(__file__).with_name("released.json")
Json = Mapping[str, Any]

_WORDS = {"description", "title", "examples", "example", "summary"}
_LOWER = ("maxLength", "maximum", "exclusiveMaximum", "maxItems", "maxProperties")
_HIGHER = ("minLength", "minimum", "exclusiveMinimum", "minItems", "minProperties")
_OF_TEXTS = {"maxLength", "minLength", "pattern", "format"}
_OF_NUMBERS = {"maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "multipleOf"}
_ANY_BYTES = "binary"
"""A format that every text has: it only says that nobody need make a text of it."""
_EXACT = ("pattern", "format", "multipleOf", "uniqueItems")


def promised(document: Json) -> Json:
    """What of a description is a promise."""
    operations = {
        f"{method.upper()} {path}": {
            "id": operation["operationId"],
            "parameters": {
                f"{each['in']} {each['name']}": {
                    "required": each.get("required", False),
                    "schema": _plain(each["schema"]),
                }
                for each in operation.get("parameters", ())
            },
            "body": {
                "required": operation.get("requestBody", {}).get("required", False),
                "content": _content(operation.get("requestBody", {})),
            },
            "answers": {
                status: _content(answer)
                for status, answer in operation["responses"].items()
                if status.startswith("2")
            },
        }
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }
    schemas = {name: _plain(each) for name, each in document["components"]["schemas"].items()}
    version = document["info"]["x-contract"]
    return {"contract": version, "operations": operations, "schemas": schemas}


def _content(holder: Json) -> Json:
    return {
        kind: _plain(told.get("schema", {})) for kind, told in holder.get("content", {}).items()
    }


def _plain(part: Any, *, names: bool = False) -> Any:
    if isinstance(part, Mapping):
        return {
            key: _plain(each, names=key == "properties")
            for key, each in part.items()
            if names or key not in _WORDS
        }
    return [_plain(each) for each in part] if isinstance(part, list) else part


def breaks(before: Json, now: Json) -> list[str]:
    """What of a newer promise breaks an older one; empty where nothing does."""
    return sorted(dict.fromkeys(_Comparison(before["schemas"], now["schemas"]).all(before, now)))


class _Comparison:
    def __init__(self, before: Json, now: Json) -> None:
        self._before = before
        self._now = now
        self._compared: set[tuple[str, str, bool]] = set()

    def all(self, before: Json, now: Json) -> Iterator[str]:
        for key, old in before["operations"].items():
            new = now["operations"].get(key)
            if new is None:
                yield f"{key}: is gone"
                continue
            if old["id"] != new["id"]:
                yield f"{key}: its id was {old['id']}, is {new['id']}"
            yield from self._asked(key, old, new)
            yield from self._answered(key, old["answers"], new["answers"])

    def _asked(self, key: str, old: Json, new: Json) -> Iterator[str]:
        for name, each in old["parameters"].items():
            if name not in new["parameters"]:
                yield f"{key}: parameter {name} is gone"
                continue
            other = new["parameters"][name]
            if other["required"] and not each["required"]:
                yield f"{key}: parameter {name} is required"
            yield from self.sent(f"{key} {name}", each["schema"], other["schema"])
        for name in new["parameters"].keys() - old["parameters"].keys():
            if new["parameters"][name]["required"]:
                yield f"{key}: new parameter {name} is required"
        if new["body"]["required"] and not old["body"]["required"]:
            yield f"{key}: a body is required"
        for kind, schema in old["body"]["content"].items():
            if kind not in new["body"]["content"]:
                yield f"{key}: takes no {kind}"
            else:
                yield from self.sent(f"{key} body", schema, new["body"]["content"][kind])

    def _answered(self, key: str, old: Json, new: Json) -> Iterator[str]:
        for status, contents in old.items():
            for kind, schema in contents.items():
                if kind not in new.get(status, {}):
                    yield f"{key}: answers no {status} {kind}"
                else:
                    # What is answered must be allowed by what was promised.
                    found = self._wider(f"{key} {status}", new[status][kind], schema, sent=False)
                    yield from found

    def sent(self, place: str, old: Json, new: Json) -> Iterator[str]:
        """What could be sent and cannot be any more."""
        yield from self._wider(place, old, new, sent=True)

    def _wider(self, place: str, some: Json, all_: Json, *, sent: bool) -> Iterator[str]:
        """Where ``some`` allows what ``all_`` does not."""
        # Of what is sent the older is to be allowed by the newer; of what is answered, reversed.
        of_some, of_all = (self._before, self._now) if sent else (self._now, self._before)
        if "$ref" in some or "$ref" in all_:
            pair = (some.get("$ref", place), all_.get("$ref", place), sent)
            if pair in self._compared:
                return
            self._compared.add(pair)
            place = some.get("$ref", all_.get("$ref", place)).rpartition("/")[2]
        some, all_ = _followed(some, of_some), _followed(all_, of_all)
        if (options := _options(some)) is not None:
            for each in options:
                if each != {"type": "null"} or not _takes_null(all_):
                    yield from self._wider(place, each, all_, sent=sent)
            return
        if (options := _options(all_)) is not None:
            tried = [list(self._fresh().wider(place, some, each, sent=sent)) for each in options]
            if all(tried):
                yield from min(tried, key=len)
            return
        yield from self._limits(place, some, all_, sent=sent)
        yield from self._members(place, some, all_, sent=sent)

    def _fresh(self) -> "_Comparison":
        found = _Comparison(self._before, self._now)
        found._compared = self._compared.copy()
        return found

    wider = _wider

    def _limits(self, place: str, some: Json, all_: Json, *, sent: bool) -> Iterator[str]:
        if "type" in all_ and some.get("type") != all_["type"]:
            integers = some.get("type") == "integer" and all_["type"] == "number"
            if not integers:
                yield f"{place}: type {some.get('type', 'any')} against {all_['type']}"
                return
        all_ = {key: each for key, each in all_.items() if _concerns(key, some)}
        values = _values(all_)
        if values is not None and sent and not (_values(some) or {...}) <= values:
            yield f"{place}: a value is not taken any more"  # new values may come in answers
        for bounds, worse in ((_LOWER, min), (_HIGHER, max)):
            for name in bounds:
                if name in all_ and (
                    (sent and name not in some)
                    or (name in some and worse(some[name], all_[name]) != some[name])
                ):
                    yield f"{place}: {name} {some.get(name, 'none')} against {all_[name]}"
        for name in _EXACT:
            if sent and name in all_ and some.get(name) != all_[name] != _ANY_BYTES:
                yield f"{place}: {name} {some.get(name, 'none')} against {all_[name]}"

    def _members(self, place: str, some: Json, all_: Json, *, sent: bool) -> Iterator[str]:
        own, others = some.get("properties", {}), all_.get("properties", {})
        for name in set(all_.get("required", ())) - set(some.get("required", ())):
            yield f"{place}.{name}: {'is required' if sent else 'may be missing'}"
        closed = all_.get("additionalProperties") is False
        for name, schema in own.items():
            if name in others:
                yield from self._wider(f"{place}.{name}", schema, others[name], sent=sent)
            elif sent and closed:
                yield f"{place}.{name}: is not taken any more"
        if not sent:
            for name in others.keys() - own.keys():
                yield f"{place}.{name}: is not answered any more"
        for name in ("items", "additionalProperties"):
            if isinstance(some.get(name), Mapping) and isinstance(all_.get(name), Mapping):
                yield from self._wider(f"{place}[]", some[name], all_[name], sent=sent)


def _followed(schema: Json, schemas: Json) -> Json:
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    return schema


def _options(schema: Json) -> list[Json] | None:
    return schema.get("anyOf") or schema.get("oneOf")


def _takes_null(schema: Json) -> bool:
    options = _options(schema)
    return ("type" not in schema and options is None) or {"type": "null"} in (options or ())


def _concerns(bound: str, schema: Json) -> bool:
    """Whether a bound says anything of what has the type of this schema."""
    kind = schema.get("type")
    texts, numbers = bound in _OF_TEXTS, bound in _OF_NUMBERS
    return kind is None or not (
        (texts and kind != "string") or (numbers and kind not in {"integer", "number"})
    )


def _values(schema: Json) -> set[Any] | None:
    if "const" in schema:
        return {schema["const"]}
    return set(schema["enum"]) if "enum" in schema else None


def text_of(promise: Json) -> str:
    """A promise as it is kept: a line for each operation and schema."""

    def block(name: str) -> str:
        lines = (
            f"  {json.dumps(key)}: {json.dumps(each, sort_keys=True, ensure_ascii=False)}"
            for key, each in sorted(promise[name].items())
        )
        return f' "{name}": {{\n' + ",\n".join(lines) + "\n }"

    return "\n".join(
        (
            "{",
            f' "contract": "{promise["contract"]}",',
            f"{block('operations')},",
            block("schemas"),
            "}",
            "",
        )
    )


def described() -> Json:
    """What the API of this tree promises."""
    return promised(create_app(Settings()).openapi())


def main() -> int:
    """Write ``released.json`` anew; 1 if that would break what it promises."""
    now = described()
    before = json.loads(RELEASED.read_text()) if RELEASED.exists() else now
    broken = breaks(before, now) if before["contract"] == now["contract"] else []
    for each in broken:
        sys.stderr.write(f"{each}\n")
    if not broken:
        RELEASED.write_text(text_of(now))
    return bool(broken)


if __name__ == "__main__":
    sys.exit(main())
