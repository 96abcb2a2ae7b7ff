"""The published contract and the code say the same."""

import ast
import hashlib
import json
import re
from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from pydantic import TypeAdapter

from activities.departments import ReportUp
from api.app import ROUTERS
from api.bodies import body_of
from api.callbacks import Callback
from api.health import router as health
from api.problems import ProblemBody
from api.submission import Submission
from casework.domain.commands import FACTS, VERBS, PreReview
from casework.domain.orders import OpenSuspension
from casework.messages import (
    Receipt,
    StartApplication,
    Submit,
    application_id,
    case_number,
    read_command,
)
from casework.temporal import SEARCH_ATTRIBUTES, TASK_QUEUE
from tests.docs.pages import CONTRACT, ROOT, rows, section

MESSAGES: dict[str, type] = {
    each.__name__: each
    for each in (
        Callback,
        OpenSuspension,
        PreReview,
        ProblemBody,
        Receipt,
        ReportUp,
        StartApplication,
        Submission,
        Submit,
    )
}
EXAMPLES = re.findall(r"^```json (\w+)\n(.*?)^```", CONTRACT, re.MULTILINE | re.DOTALL)
OFFICER = {"code": "ja-o1", "role": "officer", "district": "310106"}


def bodies() -> list[tuple[str, dict[str, Any]]]:
    blocks = [json.loads(text) for message, text in EXAMPLES if message == "bodies"]
    return [pair for block in blocks for pair in block.items()]


@pytest.mark.parametrize(("message", "text"), EXAMPLES, ids=[each[0] for each in EXAMPLES])
def test_an_example_is_the_message_it_claims_to_be(message: str, text: str) -> None:
    if message == "bodies":
        return
    content = json.loads(text)
    assert TypeAdapter(MESSAGES[message]).validate_json(text)
    assert not unknown_fields(content, MESSAGES[message])


def unknown_fields(content: dict[str, Any], message: type) -> set[str]:
    """What an example has and a dataclass has not; other models refuse it themselves."""
    return set(content) - {f.name for f in fields(message)} if is_dataclass(message) else set()


def test_every_message_has_an_example() -> None:
    assert {message for message, _ in EXAMPLES} == {*MESSAGES, "bodies"}


def test_every_verb_has_one_example() -> None:
    assert sorted(verb for verb, _ in bodies()) == sorted(VERBS)


@pytest.mark.parametrize(("verb", "body"), bodies(), ids=[verb for verb, _ in bodies()])
def test_the_example_of_a_verb_is_a_body_and_a_command(verb: str, body: dict[str, Any]) -> None:
    assert body_of(verb).model_validate_json(json.dumps(body))
    assert isinstance(read_command(verb, body | {"actor": OFFICER}), VERBS[verb])


def test_the_tables_of_verbs_name_every_verb_and_who_may() -> None:
    assert rows(section(CONTRACT, "Verbs")) == {
        verb: ", ".join(sorted(c.roles)) for verb, c in VERBS.items()
    }


def test_the_signals_are_named() -> None:
    text = section(CONTRACT, "Signals")
    assert all(f"`{fact}`" in text for fact in FACTS)


def test_the_search_attributes_are_listed_with_their_types() -> None:
    types = rows(section(CONTRACT, "The case"))
    for key in SEARCH_ATTRIBUTES:
        assert types[key.name] == key.indexed_value_type.name.title()


def test_the_task_queue_is_named() -> None:
    assert f"| task queue | `{TASK_QUEUE}` |" in CONTRACT


def test_the_case_number_is_made_as_described() -> None:
    text = "310106\x1fpoints-portal\x1f2026-000123"
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    letters = [alphabet[number // 2 ** (5 * i) % 32] for i in range(12)]
    described = "-".join(["310106", *("".join(letters[i : i + 4]) for i in (0, 4, 8))])
    assert described == case_number("310106", "points-portal", "2026-000123")
    assert f"`{described}`" in CONTRACT
    assert f"`{application_id(described)}`" in CONTRACT


def test_every_route_is_listed() -> None:
    verbs = {verb.replace("_", "-") for verb in VERBS}
    there = {f"GET {route.path}" for route in health.routes}  # type: ignore[attr-defined]
    for router in ROUTERS:
        for route in router.routes:
            (method,) = route.methods  # type: ignore[attr-defined]
            path: str = "/v1" + route.path  # type: ignore[attr-defined]
            place, _, last = path.rpartition("/")
            is_verb = method == "POST" and place == "/v1/applications/{case_no}" and last in verbs
            there.add(f"{method} {place}/{{verb}}" if is_verb else f"{method} {path}")
    assert set(rows(section(CONTRACT, "HTTP"))) == there


CODE = re.compile(r"[A-Z]+(_[A-Z]+)+")
REFUSING = (
    "api",
    "workflows",
    "casework/domain",
    "casework/due.py",
    "casework/roster.py",
    "casework/store/in_force",
)
NO_CODES = {"MATERIAL_MISSING"}  # the code of a fault, which no verb is refused with


def codes_in_code() -> set[str]:
    """Constants written as codes where something is refused, policy's own names left out."""
    policy_files = (*ROOT.glob("catalogue/measures/*"), *ROOT.glob("catalogue/items/*"))
    not_codes = {file.stem for file in policy_files} | NO_CODES
    files = [ROOT / "casework/catalogue/errors.py"]
    for place in REFUSING:
        path = ROOT / place
        files += [path] if path.suffix else path.rglob("*.py")
    found = {
        node.value
        for file in files
        if file.name != "identifiers.py"  # a wrong number is a fault, never a refusal
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        if CODE.fullmatch(node.value) and node.value not in not_codes
    }
    return found | {"TEMPORAL_AWAY", "REGISTER_AWAY", "MATERIALS_AWAY", "UNREADABLE"}


def test_the_codes_are_those_of_the_code() -> None:
    listed = set(rows(section(CONTRACT, "Codes")))
    assert listed == codes_in_code()


def test_the_verbs_are_refused_by_listed_codes() -> None:
    listed = set(rows(section(CONTRACT, "Codes")))
    named = set(re.findall(r"`([A-Z]+(?:_[A-Z]+)+)`", section(CONTRACT, "Verbs")))
    assert named <= listed
