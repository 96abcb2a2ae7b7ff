"""How large, how deep and how slow a request may be."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from api.edge.limits import (
    ADDRESS_MAX_BYTES,
    HEADERS_MAX_BYTES,
    JSON_MAX_DEPTH,
    Incoming,
    RefusedBodyError,
)
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from tests.api.conftest import caller, no_register, no_temporal
from tests.api.live import Headers
from tests.api.test_problems import assert_problem

JSON = {"content-type": "application/json"}


@pytest.fixture
def hasty(settings: Settings) -> FastAPI:
    """An API that gives nothing much time."""
    short = {"request_within_seconds": 2, "upload_within_seconds": 2}
    return create_app(
        settings.model_copy(update=short),
        connect_temporal=no_temporal,
        open_register=no_register,
        vault=PLAIN,
    )


async def _never() -> None:
    await asyncio.Event().wait()


@pytest.mark.parametrize("path", ["/v1/applications", "/v1/materials"])
async def test_body_that_does_not_come_is_not_waited_for(
    hasty: FastAPI, bearer: Headers, path: str
) -> None:
    async def trickling() -> AsyncIterator[bytes]:
        yield b"{"
        await _never()

    async with caller(hasty) as http:
        await http.get("/v1/items", headers=bearer("backend"))  # what is made when first needed
        answer = await http.post(path, content=trickling(), headers=bearer("backend") | JSON)
    assert (answer.status_code, assert_problem(answer)["code"]) == (408, "BODY_TOO_SLOW")


async def test_answer_that_does_not_come_is_a_problem_before_the_caller_gives_up(
    hasty: FastAPI, bearer: Headers
) -> None:
    hasty.add_api_route("/slow", _never)
    async with caller(hasty) as http:
        answer = await http.get("/slow", headers=bearer("backend"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (503, "ANSWER_TOO_SLOW")
    assert int(answer.headers["retry-after"]) > 0


async def test_a_failure_that_is_a_timeout_inside_is_a_failure(
    lonely_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken() -> None:
        raise TimeoutError

    # The application is everybody's: other tests read its description.
    monkeypatch.setattr(lonely_app.router, "routes", [*lonely_app.router.routes])
    lonely_app.add_api_route("/broken", broken)
    async with caller(lonely_app) as http:
        answer = await http.get("/broken")
    assert (answer.status_code, assert_problem(answer)["code"]) == (500, "INTERNAL_ERROR")


async def test_address_and_headers_beyond_the_limit_are_refused(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    long = await lonely.get("/v1/items?x=" + "a" * ADDRESS_MAX_BYTES, headers=bearer("ja-o1"))
    assert (long.status_code, assert_problem(long)["code"]) == (414, "ADDRESS_TOO_LONG")
    large = await lonely.get(
        "/v1/items", headers=bearer("ja-o1") | {"x-large": "a" * HEADERS_MAX_BYTES}
    )
    assert (large.status_code, assert_problem(large)["code"]) == (431, "HEADERS_TOO_LARGE")


@pytest.mark.parametrize("length", ["9" * 30, "9" * 5000])
async def test_length_that_no_body_has_is_too_large(
    lonely: httpx.AsyncClient, bearer: Headers, length: str
) -> None:
    headers = bearer("backend") | JSON | {"content-length": length}
    answer = await lonely.post("/v1/applications", content=b"", headers=headers)
    assert (answer.status_code, assert_problem(answer)["code"]) == (413, "BODY_TOO_LARGE")


async def test_limit_that_is_named_is_the_one_of_the_route(
    lonely: httpx.AsyncClient, bearer: Headers, settings: Settings
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(settings.json_max_bytes // 1000 + 1):
            yield b" " * 1000

    answer = await lonely.post(
        "/v1/applications", content=pieces(), headers=bearer("backend") | JSON
    )
    assert f"{settings.json_max_bytes // 1024} KB" in assert_problem(answer)["detail"]


@pytest.mark.parametrize("deep", [JSON_MAX_DEPTH + 1, 900, 50_000])
async def test_json_nested_too_deep_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers, deep: int
) -> None:
    headers = bearer("backend") | JSON
    answer = await lonely.post("/v1/applications", content=b"[" * deep, headers=headers)
    assert (answer.status_code, assert_problem(answer)["code"]) == (422, "BODY_TOO_DEEP")


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def pieces_of(text: bytes, size: int) -> Callable[[], Awaitable[dict[str, object]]]:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]

    async def receive() -> dict[str, object]:
        body = pieces.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(pieces)}

    return receive


@given(
    value=st.recursive(
        st.text(alphabet='ab"\\[]{}\n') | st.integers(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('"\\[{'), inner),
        max_leaves=8,
    ),
    size=st.integers(1, 9),
    around=st.integers(JSON_MAX_DEPTH - 6, JSON_MAX_DEPTH),
)
def test_depth_is_counted_as_json_means_it_however_the_text_is_cut(
    value: object, size: int, around: int
) -> None:
    text = b"[" * around + json.dumps(value).encode() + b"]" * around
    incoming = Incoming(pieces_of(text, size), limit=10**6, json=True)

    async def read() -> None:
        while (await incoming())["more_body"]:
            pass

    too_deep = around + depth(value) > JSON_MAX_DEPTH
    try:
        asyncio.run(read())
    except RefusedBodyError:
        assert too_deep
    else:
        assert not too_deep
