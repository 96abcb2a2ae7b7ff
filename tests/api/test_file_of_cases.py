"""A file of cases over a real connection: broken off, corrected, sent again; nothing twice."""

import asyncio
import json
import socket
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
import pytest
import uvicorn
from sqlalchemy import func, select
from temporalio.client import Client
from typer.testing import CliRunner, Result

from api.routes.submissions import MOST_LINES, MOST_REFERENCES
from casework.cli.app import app as command
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.models import Events, Openings
from tests.api.conftest import app_over
from tests.api.live import Backend, Headers, Switch
from tests.citizens import citizen
from tests.examples import is_night

LINES = MOST_LINES if is_night() else 24
AT_ONCE = 200 if is_night() else 7
PATH = "/v1/submissions"
EVERY = 4
"""Each fourth line is wrong."""
WRONG: tuple[tuple[dict[str, Any], int, str], ...] = (
    ({"district": "110101"}, 422, "district"),
    ({"item": "NO_SUCH"}, 422, "item"),
    ({"channel": "pigeon"}, 422, "channel"),
    ({"claims": {"self_score": "many"}}, 422, "claims.self_score"),
    ({"applicant": {"name": "张三", "id_number": "1"}}, 422, "applicant.email"),
    ({"source": "elsewhere"}, 403, "source"),
    (
        {"materials": [{"code": "diploma", "form": "electronic", "sha256": "0" * 64}]},
        422,
        "materials.0.sha256",
    ),
)
"""What is changed in a line, and the answer: its status, and the field that it names."""

pytestmark = pytest.mark.timeout(1_800 if is_night() else 120)


@pytest.fixture
async def served(
    settings: Settings, temporal: Client, register_url: str, switch: Switch, bearer: Headers
) -> AsyncIterator[Backend]:
    """The API on a port of the loopback, and a client that has its answers as they come."""
    app = app_over(settings, temporal, register_url)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, timeout=120) as http:
            yield Backend(http, bearer)
        server.should_exit = True
        await serving


class File:
    """Lines of submissions, each of another person, every fourth of them wrong until corrected."""

    def __init__(self, one: dict[str, Any], name: str) -> None:
        self.right = [_of(one, f"{name}-{number:04}") for number in range(LINES)]
        kinds = enumerate(range(EVERY - 1, LINES, EVERY))
        self.wrong = {line: WRONG[number % len(WRONG)] for number, line in kinds}

    @property
    def references(self) -> list[str]:
        return [body["reference"] for body in self.right]

    def lines(self, *, corrected: bool) -> list[bytes]:
        changed = {} if corrected else {line: change for line, (change, _, _) in self.wrong.items()}
        bodies = (body | changed.get(line, {}) for line, body in enumerate(self.right))
        return [json.dumps(body, ensure_ascii=False).encode() for body in bodies]

    def content(self, *, corrected: bool) -> bytes:
        return b"\n".join(self.lines(corrected=corrected))


def _of(one: dict[str, Any], reference: str) -> dict[str, Any]:
    """The same for somebody else."""
    person = one["applicant"] | {"id_number": citizen(reference)}
    return one | {"reference": reference, "applicant": person}


async def _answers(backend: Backend, content: bytes) -> AsyncGenerator[dict[str, Any], None]:
    headers = backend.bearer("backend")
    async with backend.http.stream("POST", PATH, content=content, headers=headers) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            yield json.loads(line)


async def _whole(backend: Backend, content: bytes) -> list[dict[str, Any]]:
    """The answers to a file, as a backend gets them that sends again what nobody could answer."""
    while True:
        told = [each async for each in _answers(backend, content)]
        if all(each["status"] < 500 for each in told):
            return told


async def _recorded(sessions: Sessions, file: File) -> dict[str, int]:
    """The cases of the file, and how often each was submitted."""
    query = (
        select(Openings.case_no, func.count(Events.seq))
        .join(Events, Events.case_no == Openings.case_no)
        .where(Openings.reference.in_(file.references), Events.kind == "submitted")
        .group_by(Openings.case_no)
    )
    async with sessions() as session:
        return {str(case_no): int(events) for case_no, events in await session.execute(query)}


async def test_a_whole_file_is_sent_broken_off_corrected_and_sent_again(
    served: Backend, sessions: Sessions
) -> None:
    file = File(await served.submission(), "whole")
    wrong, first = file.content(corrected=False), LINES // 3 if LINES < MOST_LINES else 20
    taken: dict[int, dict[str, Any]] = {}
    async with aclosing(_answers(served, wrong)) as answers:
        async for each in answers:
            taken[each["line"]] = each
            if len(taken) == first:
                break  # and the connection is closed, whatever is still to come
    began = monotonic()
    times = [monotonic() - began async for _ in _answers(served, wrong)]
    told = await _whole(served, wrong)
    assert [each["line"] for each in told] == list(range(1, LINES + 1))
    for line, each in enumerate(told):
        if line not in file.wrong:
            assert each["status"] in {200, 201}, each
            continue
        _, status, field = file.wrong[line]
        assert each["status"] == status, each
        errors = {error["field"]: error["detail"] for error in each["body"]["errors"]}
        assert errors[field], each
    assert taken
    for line, each in taken.items():
        if each["status"] < 300:
            assert each["body"] == told[line - 1]["body"]
    cases = await _recorded(sessions, file)
    assert list(cases.values()) == [1] * (LINES - len(file.wrong))

    corrected = file.content(corrected=True)
    again = await _whole(served, corrected)
    for line, each in enumerate(again):
        assert each["status"] in ({200, 201} if line in file.wrong else {200}), each
    events = await _recorded(sessions, file)
    assert list(events.values()) == [1] * LINES
    assert cases.keys() < events.keys()
    third = await _whole(served, corrected)
    assert [each["body"] for each in third] == [each["body"] for each in again]
    assert {each["status"] for each in third} == {200}
    assert await _recorded(sessions, file) == events

    numbers = [each["body"]["case_no"] for each in again]
    for begin in range(0, LINES, MOST_REFERENCES):
        some = file.references[begin : begin + MOST_REFERENCES]
        answer = await served.post("backend", "/v1/cases/by-reference", {"references": some})
        found = [[case["case_no"] for case in each["cases"]] for each in answer.json()["items"]]
        assert found == [[each] for each in numbers[begin : begin + MOST_REFERENCES]]
    if is_night():
        # A quarter of the lines takes as long as another; were it quadratic, seven times as long.
        quarter = LINES // 4
        assert times[-1] - times[-quarter] < 4 * times[quarter]


class Cut(httpx.HTTPTransport):
    """A network that breaks off within an answer, after so many lines in all."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after
        self.sent: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(len(request.read().splitlines()))
        answer = super().handle_request(request)
        return httpx.Response(
            answer.status_code, headers=answer.headers, stream=_Part(self, answer)
        )


class _Part(httpx.SyncByteStream):
    def __init__(self, cut: Cut, answer: httpx.Response) -> None:
        self._cut = cut
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._answer.iter_raw():
            for line in piece.splitlines(keepends=True):
                if not self._cut.left:
                    yield line[: len(line) // 2]
                    raise httpx.ReadError("cut")
                self._cut.left -= 1
                yield line

    def close(self) -> None:
        self._answer.close()


async def test_the_command_goes_on_with_a_file_that_broke_off(
    served: Backend, sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("casework.cli.cases.in_bulk.AT_ONCE", AT_ONCE)
    monkeypatch.setenv("CASEWORK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    file = File(await served.submission(), "command")
    place = tmp_path / "cases.jsonl"
    token = served.bearer("backend")["Authorization"].removeprefix("Bearer ")
    options = ["--api", str(served.http.base_url), "--token", token]

    async def run(cut: Cut) -> Result:
        args = ["bulk", "submit", str(place), *options]
        return await asyncio.to_thread(CliRunner().invoke, command, args, obj=cut)

    place.write_bytes(file.content(corrected=False))
    middle = LINES // 2
    first = await run(Cut(middle))
    assert first.exit_code
    assert "broke off" in first.stderr
    second_way = Cut(10 * LINES)
    second = await run(second_way)
    assert second.exit_code == 1
    of_before = len([line for line in file.wrong if line < middle])
    assert sum(second_way.sent) == LINES - middle + of_before
    for line, (_, _, field) in file.wrong.items():
        assert f"第 {line + 1} 行" in second.stderr
        assert field in second.stderr
    assert len(await _recorded(sessions, file)) == LINES - len(file.wrong)
    place.write_bytes(file.content(corrected=True))
    third_way, fourth_way = Cut(10 * LINES), Cut(10 * LINES)
    third = await run(third_way)
    assert third.exit_code == 0, third.output
    assert sum(third_way.sent) == len(file.wrong)
    assert max(third_way.sent) <= AT_ONCE
    fourth = await run(fourth_way)
    assert (fourth.exit_code, fourth_way.sent) == (0, [])
    assert f"先前已收 {LINES}" in fourth.output
    assert list((await _recorded(sessions, file)).values()) == [1] * LINES
