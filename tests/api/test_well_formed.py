"""Requests that leave open what is meant are refused, with the field."""

import json
from typing import Any

import pytest

from tests.api.live import Backend
from tests.api.test_problems import assert_problem


def _fields(answer: Any) -> list[str]:
    assert answer.status_code == 422
    return [error["field"] for error in assert_problem(answer)["errors"]]


@pytest.mark.parametrize(
    "path", ["applications", "requests", "absences", "orders", "reassignments"]
)
@pytest.mark.parametrize("key", [" ", "a b", "键", "a" * 101, "a/b", 'a"'])
async def test_a_malformed_key_is_refused_wherever_it_comes(
    backend: Backend, path: str, key: str
) -> None:
    headers = {name.encode(): value.encode() for name, value in backend.bearer("ja-s1").items()}
    headers[b"idempotency-key"] = key.encode()
    answer = await backend.http.post(f"/v1/{path}", json={}, headers=headers)
    assert _fields(answer) == ["Idempotency-Key"]


async def test_two_keys_are_refused(backend: Backend) -> None:
    headers = [*backend.bearer("ja-s1").items(), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    answer = await backend.http.post("/v1/reassignments", json={}, headers=headers)
    assert _fields(answer) == ["Idempotency-Key"]


async def test_a_key_that_stands_twice_in_a_body_is_refused(backend: Backend) -> None:
    case_no = await backend.case()
    json_of = backend.bearer("ja-o1") | {"content-type": "application/json"}
    for body, field in (
        ('{"outcome": "faulty", "outcome": "passed"}', "outcome"),
        ('{"outcome": "faulty", "faults": [{"code": "A", "about": "x", "code": "B"}]}', "code"),
        (r'{"outcome": "passed", "\u006futcome": "passed"}', "outcome"),
    ):
        answer = await backend.http.post(
            f"/v1/applications/{case_no}/pre-review", content=body, headers=json_of
        )
        assert _fields(answer) == [field]
    once = json.dumps({"outcome": "passed"})
    answer = await backend.http.post(
        f"/v1/applications/{case_no}/pre-review", content=once, headers=json_of
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "asked",
    ["tasks?holder=", "absences?officer=", "absences?officer=%20", "cases?stage=", "cases?green="],
)
async def test_a_parameter_that_says_nothing_is_refused(backend: Backend, asked: str) -> None:
    answer = await backend.http.get(f"/v1/{asked}", headers=backend.bearer("ja-s1"))
    assert _fields(answer) == [asked.partition("?")[2].partition("=")[0]]
