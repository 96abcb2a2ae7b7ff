"""Many cases at once: a file of submissions, and what became of those of a system."""

import asyncio
import json
from codecs import BOM_UTF8
from collections.abc import AsyncIterator, Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any

import httpx
from fastapi import Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from api.access.caller import CSRF_HEADER
from api.access.guard import Caller, sight_of
from api.edge.problems import invalid
from api.edge.rates import Rates
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.lists import CaseItem, case_item
from api.routes.routers import with_token
from casework.domain.kinds.registry import KINDS
from casework.filing.bodies import Body
from casework.store.queries.search import cases_by_reference

MOST_LINES = 1000
MOST_REFERENCES = 200
_AT_ONCE = 8
_WAITS_AT_MOST = 5.0
MEDIA_TYPE = "application/x-ndjson"
_PATHS = sorted(
    {"applications", "consultations", *(kind.path for kind in KINDS.values() if kind.opens)}
)
SubmittedTo = StrEnum("SubmittedTo", {path.upper().replace("-", "_"): path for path in _PATHS})  # type: ignore[misc]  # made from the kinds

_LINES = {"type": "string", "format": "binary", "maxLength": 20 * 1024 * 1024}

router = with_token(tags=["intake"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))

Reference = Annotated[str, StringConstraints(pattern=r"^[^\x00]{1,100}$")]


class SubmissionsQuery(BaseModel):
    """What the lines open."""

    model_config = ConfigDict(extra="forbid")

    to: Annotated[SubmittedTo, Field(description="各行提交到 /v1/ 的哪一处")] = SubmittedTo(
        "applications"
    )


class ReferencesBody(Body):
    """References of one's own; ``source`` narrows them to those filed under it."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"references": ["T-000001"]}]})

    references: Annotated[tuple[Reference, ...], Field(min_length=1, max_length=MOST_REFERENCES)]
    source: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._:-]{0,64}$")] = ""


class Referred(BaseModel):
    """A reference and the cases that the caller sees under it: one of each kind and district."""

    reference: str
    cases: list[CaseItem]


class ReferredItems(BaseModel):
    """One for each reference, in the order in which they were asked for; one named twice twice."""

    items: list[Referred]


@router.post(
    "/submissions",
    summary="批量提交",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "逐行答复：line、status 和单件提交时的答复 body，每行一个 JSON",
            "content": {MEDIA_TYPE: {"schema": {"type": "string"}}},
        }
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {MEDIA_TYPE: {"schema": _LINES}},
        }
    },
)
async def submit_all(
    asked: Annotated[SubmissionsQuery, Query()], actor: Caller, request: Request
) -> StreamingResponse:
    """Open a case, or log a consultation, for each line, a thousand at most, as if posted alone.

    A line is answered in its turn by ``{"line", "status", "body"}``: its number in the file, and
    what the single request is answered. Empty lines are counted and not answered. Whoever has no
    answer to some lines sends these, or all, again: the reference makes the same case of the same
    line (docs/adr/0049). Once the caller's token is no longer valid, the other lines are answered
    401 and not looked at.
    """
    content = (await request.body()).removeprefix(BOM_UTF8)
    lines = [each for each in enumerate(content.split(b"\n"), 1) if each[1].strip()]
    if not lines:
        raise invalid("body", "没有内容：每行一件，JSON 格式")
    if len(lines) > MOST_LINES:
        raise invalid("body", f"至多 {MOST_LINES} 行，请分开提交", "TOO_MANY_LINES")
    rates: Rates = request.app.state.rates
    answers = _answers(lines, asked.to, request, rates, f"actor {actor.code}")
    return StreamingResponse(answers, media_type=MEDIA_TYPE)


async def _answers(
    lines: Sequence[tuple[int, bytes]], to: str, request: Request, rates: Rates, client: str
) -> AsyncIterator[bytes]:
    """The answer to each line, a few at once; whoever is too fast waits."""
    kept = ("cookie", "authorization")
    headers = {name: request.headers[name] for name in kept if name in request.headers}
    headers |= {"content-type": "application/json", CSRF_HEADER: "submissions"}
    inside = httpx.ASGITransport(request.app)
    async with httpx.AsyncClient(
        transport=inside, base_url=str(request.base_url), headers=headers
    ) as http:
        unknown: list[httpx.Response] = []

        async def ask(line: bytes) -> httpx.Response:
            while not unknown:
                told = await http.post(f"/v1/{to}", content=line)
                if told.status_code == HTTPStatus.UNAUTHORIZED:
                    # Asked on, each would count as a failed login of this machine.
                    unknown.append(told)
                if told.status_code != HTTPStatus.TOO_MANY_REQUESTS:
                    return told
                await asyncio.sleep(min(await rates.wait(client) or 1, _WAITS_AT_MOST))
            return unknown[0]

        async def answer(number: int, line: bytes) -> bytes:
            told = await ask(line)
            said: dict[str, Any] = {"line": number, "status": told.status_code, "body": told.json()}
            return json.dumps(said, ensure_ascii=False).encode() + b"\n"

        for begin in range(0, len(lines), _AT_ONCE):
            some = lines[begin : begin + _AT_ONCE]
            for each in await asyncio.gather(*(answer(number, line) for number, line in some)):
                yield each


@router.post("/cases/by-reference", summary="按外部编号查询办件", tags=["reading"])
async def by_reference(body: ReferencesBody, actor: Caller, here: Here) -> ReferredItems:
    """Where the cases of these references stand, as far as the caller sees them."""
    async with here.register.reading() as session:
        found = await cases_by_reference(
            session, sight_of(actor), body.references, source=body.source
        )
    cases: dict[str, list[CaseItem]] = {reference: [] for reference in body.references}
    for row in found:
        cases[row.reference].append(case_item(row))
    return ReferredItems(
        items=[Referred(reference=name, cases=cases[name]) for name in body.references]
    )
