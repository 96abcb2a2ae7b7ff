"""The description of the API is one that the tools of others can read."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.app import create_app
from casework.settings import Settings

ASCII_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def described(lonely_app: FastAPI) -> dict[str, Any]:
    return lonely_app.openapi()


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_it_is_valid_and_a_name_in_chinese_would_be_found(described: dict[str, Any]) -> None:
    assert errors_of(described) == []
    schemes = described["components"]["securitySchemes"]
    broken = {"令牌": schemes["bearer"]}
    alone = {**described, "paths": {}, "components": {"securitySchemes": broken}}
    assert any("令牌" in error for error in errors_of(alone))


async def test_a_route_that_comes_later_leaves_it_valid() -> None:
    async def late() -> None: ...

    app = create_app(Settings())
    schemas = app.openapi()["components"]["schemas"]
    app.add_api_route("/late", late, summary="后来")
    described = app.openapi()
    assert "/late" in described["paths"]
    assert described["components"]["schemas"] == schemas
    assert referred_to(described) <= {f"#/components/schemas/{name}" for name in schemas}


def referred_to(part: object) -> set[str]:
    """Each schema to which something refers."""
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(referred_to, part.values()))
    return set[str]().union(*map(referred_to, part)) if isinstance(part, list) else set()


def errors_of(described: dict[str, Any]) -> list[str]:
    return [error.message for error in OpenAPIV31SpecValidator(described).iter_errors()]


def test_what_programs_make_names_of_is_ascii(described: dict[str, Any]) -> None:
    parts = described["components"]
    names = [*parts["schemas"], *parts["securitySchemes"]]
    for path, _, operation in operations(described):
        names += [operation["operationId"], *operation["tags"]]
        names += [parameter["name"] for parameter in operation.get("parameters", ())]
        assert path.isascii()
    for schema in parts["schemas"].values():
        names += schema.get("properties", ())
    assert [name for name in names if not ASCII_NAME.fullmatch(name)] == []


def test_each_operation_has_an_id_and_a_title_of_its_own(described: dict[str, Any]) -> None:
    counts = Counter(operation["operationId"] for _, _, operation in operations(described))
    assert [name for name, count in counts.items() if count > 1] == []
    for path, method, operation in operations(described):
        assert CHINESE.search(operation["summary"]), (method, path)


def test_the_id_of_an_operation_follows_from_its_address(described: dict[str, Any]) -> None:
    """So it stays: moving or renaming a function changes nothing."""
    for method, path, name in (
        ("get", "/health", "get_health"),
        ("post", "/v1/applications", "post_applications"),
        ("get", "/v1/orders/{no}/cases", "get_orders_by_no_cases"),
        ("post", "/v1/applications/{case_no}/pre-review", "pre_review"),
        ("post", "/v1/requests/{case_no}/give-notice", "requests_give_notice"),
        ("get", "/v1/talents/{case_no}/code.svg", "get_talents_by_case_no_code_svg"),
        ("post", "/codec/decode", "post_codec_decode"),
    ):
        assert described["paths"][path][method]["operationId"] == name


def test_every_tag_is_told_in_chinese(described: dict[str, Any]) -> None:
    told = {tag["name"]: tag for tag in described["tags"]}
    used = {tag for _, _, operation in operations(described) for tag in operation["tags"]}
    assert used == told.keys()
    for tag in told.values():
        assert CHINESE.search(tag["description"])
        assert tag["description"].startswith(tag["x-displayName"])


def test_whoever_needs_a_token_is_told_so(described: dict[str, Any]) -> None:
    assert described["components"]["securitySchemes"].keys() == {"bearer"}
    open_to_all = {
        path for path, _, operation in operations(described) if not operation.get("security")
    }
    verification = {"/v1/verify", "/v1/verify/{which}", "/v1/verification-key"}
    told = {"/v1/webhook-keys", "/v1/due-calendars/{secret}"}
    assert open_to_all == {"/health", "/ready", "/v1/rating-links/{code}", *verification, *told}
