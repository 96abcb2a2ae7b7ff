"""What a fuzzed API is asked with, and how its answers are judged."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx
from hypothesis import reject
from hypothesis import strategies as st
from schemathesis import Case as AnyCase
from schemathesis import GenerationMode, SerializationContext, serializer
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from schemathesis.transport.serialization import serialize_binary

from api.edge.problems import MEDIA_TYPE
from tests.api.live import Headers
from tests.api.seeded import FIRM, PERSON, UNSERVED, Seeds

Case = AnyCase[Any]
Operation = APIOperation[Any, Any, Any, Any]

NOBODY = "nobody"
EVERYWHERE = frozenset({"310106", "310104", "500103", "500112", UNSERVED})
ACTORS: Mapping[str, frozenset[str]] = {
    NOBODY: frozenset(),
    "applicant": frozenset(),
    "talent": frozenset(),
    "employer": frozenset(),
    "ja-o1": frozenset({"310106"}),
    "xh-r1": frozenset({"310104"}),
    "xh-h1": frozenset({"310104"}),
    "yz-sp1": frozenset({"500103"}),
    "yb-edu1": frozenset({"500112", UNSERVED}),
    "yb-rv1": frozenset({"500112", UNSERVED}),
    # The municipal platform serves talents of classes A to D, in every district.
    "cq-sp1": frozenset({"500103", "500112"}),
    "ja-s1": EVERYWHERE,
    "sh-u1": EVERYWHERE,
    "backend": EVERYWHERE,
}
"""Everybody who asks, one of each role at least, and the districts that they may see."""

STRANGERS = {
    b"310101199003071230": PERSON.encode(),
    b"91310106MA1FY7XX05": FIRM.encode(),
}
"""The people of the examples are those who ask; nobody may make a marked case theirs."""

HANDS_ON = ("/transfer-jurisdiction", "/reclassify")
"""Make a case another district's or class's, rightly: not asked of the cases that are marked."""


serializer.alias("application/x-ndjson", "text/plain")


@serializer("application/zip")
def as_it_was_drawn(context: SerializationContext, value: Any) -> bytes:
    """An archive is sent as any bytes are: the tool knows no media type of archives."""
    del context
    return bytes(serialize_binary(value))


CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


@dataclass
class Fuzzing:
    """Asks what hypothesis draws for several actors, and keeps account of it.

    ``turns``: one of so many asks, the next one next time; 1: everybody asks everything.
    """

    http: httpx.AsyncClient
    bearer: Headers
    seeds: Seeds
    loop: asyncio.AbstractEventLoop
    turns: int = 1
    asked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Who has asked each operation."""
    statuses: dict[int, int] = field(default_factory=dict)
    _turn: int = 0

    def ask(self, case: Case) -> None:
        """Called in a thread of its own: everything else lives in the event loop."""
        asyncio.run_coroutine_threadsafe(self._ask(case, as_sent(case)), self.loop).result()

    async def _ask(self, case: Case, sent: dict[str, Any]) -> None:
        actors = list(ACTORS)[self._turn % self.turns :: self.turns]
        self._turn += 1
        answers = await asyncio.gather(*(self._answer(sent, actor) for actor in actors))
        for actor, answer in zip(actors, answers, strict=True):
            self.asked[case.operation.label].add(actor)
            self.statuses[answer.status_code] = self.statuses.get(answer.status_code, 0) + 1
            self._judge(case, actor, answer)

    async def _answer(self, sent: dict[str, Any], actor: str) -> httpx.Response:
        own = {} if actor == NOBODY else self.bearer(actor)
        return await self.http.request(**sent | {"headers": sent["headers"] | own})

    def _judge(self, case: Case, actor: str, answer: httpx.Response) -> None:
        said = f"{actor} {case.method} {answer.request.url} {answer.status_code}: {answer.text}"
        # 503 is an answer: on a machine as busy as this, Temporal or the register may be late.
        assert answer.status_code < 500 or answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE, (
            said
        )
        if answer.is_error:
            assert answer.headers["content-type"] == MEDIA_TYPE, said
        case.validate_response(answer, checks=CHECKS)
        text = answer.text + str(answer.headers)
        seen = self.seeds.marks_in(text) - ACTORS[actor]
        assert not seen, said


def as_sent(case: Case) -> dict[str, Any]:
    """The request of a case, whoever makes it; what cannot be sent at all is not asked."""
    sent = dict(case.as_transport_kwargs(base_url="http://casework"))
    headers = {
        name: value
        for name, value in sent["headers"].items()
        if name.lower() not in {"authorization", "connection"}
    }
    ready: dict[str, Any] = {name: sent[name] for name in ("method", "url", "params")}
    if "json" in sent:
        ready["content"] = json.dumps(sent["json"]).encode()
    elif sent.get("files"):
        ready["files"] = sent["files"]
    elif isinstance(sent.get("data"), bytes | str):
        ready["content"] = sent["data"]
    try:
        request = httpx.Request(**ready, headers=headers)
        content = request.read()
    except (ValueError, TypeError, AttributeError, httpx.InvalidURL):
        reject()
    for example, other in STRANGERS.items():
        content = content.replace(example, other)
    return {
        "method": request.method,
        "url": request.url,
        "content": content,
        "headers": {
            name: value for name, value in request.headers.items() if name != "transfer-encoding"
        },
    }


def asks_for_something(operation: Operation) -> bool:
    """Whether there is anything to draw."""
    return any(True for _ in operation.iter_parameters()) or bool(operation.body)


def drawn(operation: Operation, seeds: Seeds) -> Iterator[st.SearchStrategy[Case]]:
    """What an operation is asked: its examples, what its schema allows, and what it does not."""
    strategies = [
        *operation.get_strategies_from_examples(),
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
    ]
    if asks_for_something(operation):
        strategies.append(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    for strategy in strategies:
        yield _planted(strategy, seeds)


@st.composite
def _planted(draw: st.DrawFn, cases: st.SearchStrategy[Case], seeds: Seeds) -> Case:
    """Put what there is in the place of some of what was made up."""
    case = draw(cases)
    if case.path.endswith(HANDS_ON):
        return case
    for place in (case.path_parameters, case.query, case.body):
        if not isinstance(place, dict):
            continue
        for name in sorted(set(place) & set(seeds.values)):
            if draw(st.integers(0, 3)):
                place[name] = draw(st.sampled_from(seeds.values[name]))
    return case
