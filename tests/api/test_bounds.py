"""Whatever a request may say has a bound, which its schema shows and its answer names."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from tests.api.live import Headers

CLOSED = {"enum", "const", "format"}
"""What needs no length: there are few such texts, or they are dates."""


def unbounded(schema: dict[str, Any], parts: dict[str, Any], place: str) -> Iterator[str]:
    """Where in a schema a text, list, table or number has no bound."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        if name not in place.split("."):
            yield from unbounded(parts[name], parts, f"{place}.{name}")
        return
    for each in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from unbounded(each, parts, place)
    if not _is_bounded(schema):
        yield place
    if "items" in schema:
        yield from unbounded(schema["items"], parts, f"{place}[]")
    for name, each in schema.get("properties", {}).items():
        yield from unbounded(each, parts, f"{place}.{name}")


def _is_bounded(schema: dict[str, Any]) -> bool:
    match schema.get("type"):
        case "string" if not CLOSED & schema.keys():
            return "maxLength" in schema or _ends(schema.get("pattern", "*"))
        case "integer" | "number" if not CLOSED & schema.keys():
            return bool({"maximum", "exclusiveMaximum"} & schema.keys())
        case "array":
            return "maxItems" in schema
        case "object":
            return not schema.get("additionalProperties") or "maxProperties" in schema
    return True


def _ends(pattern: str) -> bool:
    """Whether a text of that pattern can only be so long."""
    return pattern.endswith("$") and not {"*", "+"} & set(pattern.replace("\\+", ""))


def test_every_body_and_parameter_has_bounds(lonely_app: FastAPI) -> None:
    document = lonely_app.openapi()
    parts = document["components"]["schemas"]
    found: list[str] = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            here = f"{method} {path}"
            for parameter in operation.get("parameters", ()):
                found += unbounded(parameter["schema"], parts, f"{here}?{parameter['name']}")
            content = operation.get("requestBody", {}).get("content", {})
            for body in content.values():
                found += unbounded(body["schema"], parts, here)
    assert not found, "\n".join(sorted(set(found)))


SCAN = {"code": "labour_contract", "form": "electronic", "sha256": "a" * 64}


@pytest.mark.parametrize(
    ("verb", "body", "field", "right"),
    [
        (
            "materials-received",
            {"materials": [SCAN | {"sha256": f"{n:064x}"} for n in range(2000)]},
            "materials",
            "至多 200 项",
        ),
        ("materials-received", {"materials": [SCAN, SCAN]}, "materials.1", "重复"),
        ("not-accept", {"reason": "x" * 1001, "right_authority": "y"}, "reason", "至多 1000"),
        ("extend", {"working_days": 10**12, "reason": "x"}, "working_days", "不得大于"),
        (
            "pre-review",
            {"outcome": "faulty", "faults": [{"code": "A", "about": "b", "text": "x" * 501}]},
            "faults.0.text",
            "至多 500",
        ),
    ],
)
async def test_what_is_too_much_is_answered_with_its_field(
    lonely: httpx.AsyncClient,
    bearer: Headers,
    *,
    verb: str,
    body: dict[str, Any],
    field: str,
    right: str,
) -> None:
    path = f"/v1/applications/310106-0000-0000-0000/{verb}"
    answer = await lonely.post(path, json=body, headers=bearer("ja-o1"))
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID_REQUEST")
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert right in error["detail"]
