"""The description of the API is one that the tools of others can read."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from api.app import create_app
from casework.settings import Settings
from tests.api.released import RELEASED, breaks, promised
from tests.docs.pages import CONTRACT, rows, section

ASCII_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
OPERATION_ID = re.compile(r"[a-z][a-z_]*(?:[.][a-z][a-z_]*){1,2}")
SCALARS = {"string", "integer", "boolean"}
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
        ("get", "/health", "health.get"),
        ("post", "/v1/applications", "applications.submit"),
        ("get", "/v1/applications", "applications.list"),
        ("get", "/v1/orders/{no}", "orders.get"),
        ("get", "/v1/orders/{no}/cases", "orders.cases"),
        ("post", "/v1/applications/{case_no}/pre-review", "applications.pre_review"),
        ("post", "/v1/requests/{case_no}/give-notice", "requests.give_notice"),
        ("get", "/v1/talents/{case_no}/code.svg", "talents.code_svg"),
        ("get", "/v1/catalogue/archives/{sha256}", "catalogue.archives.get"),
        ("post", "/v1/materials", "materials.upload"),
        ("post", "/codec/decode", "codec.decode"),
    ):
        assert described["paths"][path][method]["operationId"] == name
    for _, _, operation in operations(described):
        assert OPERATION_ID.fullmatch(operation["operationId"])


def test_each_operation_names_the_codes_that_its_rules_refuse_with(
    described: dict[str, Any],
) -> None:
    of = {each["operationId"]: set(each["x-codes"]) for _, _, each in operations(described)}
    listed = set(rows(section(CONTRACT, "Codes")))
    assert {name: codes - listed for name, codes in of.items() if not codes <= listed} == {}
    for name, code in (
        ("applications.accept", "DUPLICATE_UNDECIDED"),
        ("applications.supplement", "UNKNOWN_MATERIAL"),
        ("applications.submit", "OTHER_SOURCE"),
        ("requests.feed_back", "NOT_YOUR_TASK"),
        ("orders.approve", "ORDER_DECIDED"),
        ("tasks.list", "CURSOR_INVALID"),
    ):
        assert code in of[name], name
        assert code not in of["health.get"]
    assert "UNKNOWN_MATERIAL" not in of["tasks.list"], "it names its own"


# --- what generators of clients stumble over -----------------------------------------------


def parts_of(part: object, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object of a description, and where it stands."""
    if isinstance(part, dict):
        yield place, part
        for key, each in part.items():
            yield from parts_of(each, f"{place}/{key}")
    elif isinstance(part, list):
        for number, each in enumerate(part):
            yield from parts_of(each, f"{place}/{number}")


def faults_of(described: dict[str, Any]) -> list[str]:
    """What a generator cannot make code of, or makes code of that does not compile.

    Each was found with openapi-generator (Java) or openapi-python-client.
    """
    schemas = described["components"]["schemas"]
    found = [] if described.get("servers") else ["no servers: a client knows no address"]
    found += [f"{name}: names of modules" for name in schemas if "__" in name]
    titles = Counter(each["title"] for each in schemas.values() if "title" in each)
    found += [f"{title}: two schemas are called so" for title in titles if titles[title] > 1]
    for _, method, operation in operations(described):
        types = operation.get("requestBody", {}).get("content", {})
        told = operation.get("parameters", ())
        if len(types) > 1 and all(each.get("required") for each in told):
            found.append(f"{method} {operation['operationId']}: nothing may be left out but types")
    for place, part in parts_of(described):
        options = [each for each in part.get("anyOf", ()) if each != {"type": "null"}]
        if any(each.get("const") == "" for each in options):
            found.append(f"{place}: a choice between texts has a default that is no code")
        if len(options) > 1 and any(each.get("type") == "array" for each in options):
            found.append(f"{place}: a list as one of several has no class")
        if len(options) > 1 and {each.get("type") for each in options} <= SCALARS:
            found.append(f"{place}: a number would be read as a text")
        told = part.get("discriminator")
        told = told if isinstance(told, dict) else {}
        mapping = told.get("mapping", {})
        for name in {each.rpartition("/")[2] for each in mapping.values()}:
            if told["propertyName"] not in schemas[name].get("required", ()):
                found.append(f"{place}: {name} may leave out what it is told apart by")
        if "oneOf" in part and "discriminator" not in part:
            found.append(f"{place}: nothing tells these apart")
    return found


def test_generators_can_make_clients_of_it(described: dict[str, Any]) -> None:
    assert faults_of(described) == []


def test_what_they_cannot_would_be_found(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    broken: dict[str, Any]
    for broken in (
        {"a__b__C": {}},
        {"C": {"anyOf": [{"type": "string", "minLength": 1}, {"type": "string", "const": ""}]}},
        {"C": {"anyOf": [{"type": "string"}, {"type": "array"}, {"type": "null"}]}},
        {"C": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
        {"C": {"oneOf": [{"$ref": "#/components/schemas/Done"}, {"type": "integer"}]}},
    ):
        assert faults_of({**described, "components": {"schemas": {**schemas, **broken}}})
    twice = {"A": {"title": "Way"}, "B": {"title": "Way"}}
    assert faults_of({**described, "components": {"schemas": {**schemas, **twice}}})
    assert faults_of({**described, "servers": []})
    types: dict[str, Any] = {"a/b": {}, "c/d": {}}
    upload = {"operationId": "dreams.upload", "requestBody": {"content": types}}
    assert faults_of({**described, "paths": {"/dreams": {"post": upload}}})


def test_the_examples_are_what_they_are_examples_of(described: dict[str, Any]) -> None:
    whole = Resource.from_contents(described, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource("urn:api", whole)

    def faults(schema: Any, example: object) -> list[str]:
        whole = pointed(schema)
        return [
            each.message for each in OAS31Validator(whole, registry=registry).iter_errors(example)
        ]

    tried = 0
    for place, part in parts_of(described):
        if place.endswith(("/properties", "/examples")):
            continue
        shown = part.get("examples", ())
        schema = part.get("schema", {key: part[key] for key in part if key != "examples"})
        told = [each["value"] for each in shown.values()] if isinstance(shown, dict) else [*shown]
        told += [part["example"]] if "example" in part else []
        for example in told:
            tried += 1
            assert faults(schema, example) == [], place
    assert tried > len(described["paths"])


def pointed(part: Any) -> Any:
    """The same with references that lead into the whole description."""
    if isinstance(part, dict):
        return {
            key: f"urn:api{each}" if key == "$ref" and isinstance(each, str) else pointed(each)
            for key, each in part.items()
        }
    return [pointed(each) for each in part] if isinstance(part, list) else part


# --- what was promised ---------------------------------------------------------------------


def test_nothing_breaks_what_was_released(described: dict[str, Any]) -> None:
    """If something must: raise ``CONTRACT`` of ``api/edge/openapi.py``, with the path."""
    before, now = json.loads(RELEASED.read_text()), promised(described)
    if before["contract"] == now["contract"]:
        assert breaks(before, now) == [], "see tests/api/released.py"


@pytest.fixture(scope="module")
def promise(lonely_app: FastAPI) -> Any:
    return promised(lonely_app.openapi())


def changed(promise: Any, path: str, value: Any) -> Any:
    """A copy in which one place has another value; None takes it away."""
    whole = json.loads(json.dumps(promise))
    *way, last = path.split("|")
    part = whole
    for key in way:
        part = part[key]
    if value is None:
        del part[last]
    else:
        part[last] = value
    return whole


SUBMIT = "operations|POST /v1/applications"
LIST = "operations|GET /v1/tasks"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (SUBMIT, None),
        (f"{SUBMIT}|id", "applications.open"),
        (f"{SUBMIT}|body|content|application/json", None),
        (f"{SUBMIT}|answers|201", None),
        (f"{SUBMIT}|parameters|header X-New", {"required": True, "schema": {"type": "string"}}),
        (f"{LIST}|parameters|query cursor", None),
        (f"{LIST}|parameters|query size|schema|maximum", 1),
        ("schemas|Submission|required", ["district", "item", "applicant", "channel", "claims"]),
        ("schemas|Submission|properties|employer", None),
        ("schemas|Submission|properties|district|pattern", "^31[0-9]{4}$"),
        ("schemas|ApprovalBody|properties|reason|maxLength", 3),
        ("schemas|Channel|enum", ["online"]),
        ("schemas|Done|properties|seq", None),
        ("schemas|Done|properties|seq|type", "string"),
        ("schemas|Done|properties|seq", {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        ("schemas|Done|required", ["case_no"]),
    ],
)
def test_what_breaks_a_promise_is_found(promise: Any, path: str, value: Any) -> None:
    assert breaks(promise, changed(promise, path, value)) != []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("operations|POST /v1/dreams", {"id": "dreams.submit"}),
        (f"{LIST}|parameters|query since", {"required": False, "schema": {"type": "string"}}),
        (f"{LIST}|parameters|query size|schema|maximum", 100_000),
        (f"{SUBMIT}|answers|203", {"application/json": {"type": "string"}}),
        ("schemas|Submission|properties|note", {"type": "string"}),
        ("schemas|Submission|required", ["district"]),
        ("schemas|ApprovalBody|properties|reason|maxLength", 3_000),
        ("schemas|Done|properties|more", {"type": "string"}),
        ("schemas|Dream", {"type": "string"}),
    ],
)
def test_what_is_only_added_breaks_nothing(promise: Any, path: str, value: Any) -> None:
    assert breaks(promise, changed(promise, path, value)) == []


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
    told = {"/v1/seal-certificate", "/v1/webhook-keys", "/v1/due-calendars/{secret}"}
    assert open_to_all == {"/health", "/ready", "/v1/rating-links/{code}", *verification, *told}
