"""Whatever is sent to whatever route: a problem in one shape, and never a 500."""

import json
import re
from collections.abc import Sequence
from itertools import cycle
from typing import Any, TypeVar
from zlib import crc32

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from api.app import ROUTERS
from api.edge.faults import FORMS
from api.routes import verbs
from api.routes.checks import SYSTEMS_ONLY, verbs_at
from api.routes.examples import EXAMPLES, SERVICE_EXAMPLES
from casework.domain.case.kind import Kind
from casework.domain.identifiers import CASE_NO
from casework.domain.kinds.cycle.commands import ChangeEmployer
from casework.domain.kinds.registry import KINDS
from casework.domain.policy import Role
from casework.filing.bodies import SUBMISSION
from casework.local.issuer.people import OUTSIDE
from casework.policy.roster import load_roster
from casework.policy.service_roster import load_service_roster
from casework.settings import Settings
from tests.api.live import Headers
from tests.examples import is_night

T = TypeVar("T")
CASE = "310106-0000-0000-0000"
SECRET = "310101199003071230"
FILLINGS = {
    "case_no": CASE,
    "id": "DW-0000-0000-0000",
    "sha256": "ab" * 32,
    "which": "ab" * 32,
    "seq": "7",
    "key": "key-1",
    "code": "PTS_NEW",
    "record_id": f"{CASE}:7",
    "no": "ZL-0000-0000-0000",
    "person": "ja-o1",
    "year": "2026",
    "relation_id": "ja-o1-0123456789ab",
    "secret": "a" * 43,
    "phrase_id": "ab" * 16,
    "number": "PAPER_DEFERRED.310106.20220301-0000",
}
STRANGE = ("%00", "%F0%9F", "..%2F..", "a" * 300, SECRET, "张三", "'; DROP TABLE cases; --")
NONSENSE = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"17",
    b"{",
    b"\xff\xfe",
    b"NaN",
    b'{"nobody": "%s"}' % SECRET.encode(),
    b'{"actor": {"code": "ja-h1", "role": "head"}}',
    b'{"\\ud800": 1}',
    b'{"reason": "\\u0000"}',
    b'{"reason": "\\ud800"}',
    b'{"reason": 1, "outcome": "%s", "materials": "%s"}' % (SECRET.encode(), SECRET.encode()),
    b'{"materials": [{"code": "x", "form": "electronic", "sha256": "../../etc/passwd"}]}',
    b'{"materials": [null], "faults": [[]], "claims": {"x": []}, "applicant": 7}',
    b"[" * 5000,
    b'{"a":' * 900 + b"1" + b"}" * 900,
    b"1" * 5000,
]
WITH_A_BODY = {"POST", "PUT", "PATCH"}
ROUTES = [
    (method, route.path)
    for router in ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods or ())
]

VERBS = {route.path for route in verbs.router.routes if isinstance(route, APIRoute)}


def _share(sorts: Sequence[T], path: str) -> Sequence[T]:
    """Of what is sent, every other one for a route in ``make test``; at night all.

    The routes of verbs are made by one function: each of them takes a sixth.
    """
    part = 1 if is_night() else 6 if path in VERBS else 2
    return sorts[crc32(path.encode()) % part :: part]


def assert_problem(
    answer: httpx.Response, more: frozenset[str] | set[str] = frozenset()
) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    members = {"type", "title", "status", "code", "detail", "instance", "errors"}
    assert set(problem) == members | more
    assert problem["status"] == answer.status_code
    assert re.fullmatch(r"[A-Z_]+", problem["code"])
    assert re.search(r"[一-鿿]", problem["title"])
    assert re.search(r"[一-鿿]", problem["detail"])
    assert all(set(error) == {"field", "detail"} for error in problem["errors"])
    return problem


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_nonsense_is_answered_by_a_problem(
    lonely: httpx.AsyncClient, bearer: Headers, method: str, path: str
) -> None:
    nonsense = _share(NONSENSE, path) if method in WITH_A_BODY else NONSENSE[:2]
    for content, caller in zip(nonsense, cycle(("backend", "ja-s1")), strict=False):
        headers = bearer(caller) | {"content-type": "application/json"}
        answer = await lonely.request(
            method, path.format(**FILLINGS), content=content, headers=headers
        )
        if not answer.is_success:
            problem = assert_problem(answer)
            assert answer.status_code != 500, content
            assert SECRET not in str(problem)


@pytest.mark.parametrize(("method", "path"), [each for each in ROUTES if "{" in each[1]])
async def test_strange_path_is_answered_by_a_problem(
    lonely: httpx.AsyncClient, bearer: Headers, method: str, path: str
) -> None:
    for strange in _share(STRANGE, path):
        filled = re.sub(r"\{\w+\}", strange, path)
        answer = await lonely.request(method, filled, headers=bearer("ja-s1"))
        # What may be the number of an outreach is looked for in the register, which is away.
        assert answer.status_code in {404, 405, 422, 503}
        assert_problem(answer)


@pytest.mark.parametrize("header", [None, "Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer \t"])
async def test_every_route_wants_a_token(lonely: httpx.AsyncClient, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}
    # That it wants one shows without; what is wrong with one is said by one function.
    for method, path in ROUTES if header is None else ROUTES[:: 1 if is_night() else 6]:
        answer = await lonely.request(method, path.format(**FILLINGS), headers=headers)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"].startswith("Bearer"), (method, path)
        assert assert_problem(answer)["code"] == "NOT_AUTHENTICATED", (method, path)


_OF_A_FEW = dict.fromkeys(
    ("tickets", "mails", "parcels", "appointments", "walkthroughs"),
    frozenset({Role.OFFICER, Role.SUPERVISOR}),
)
_OF_A_FEW["wages"] = frozenset({Role.OFFICER, Role.HEAD, Role.SUPERVISOR})
"""The kinds with which only some have to do."""


def _who_may(path: str, verb: str) -> str:
    """Somebody of the case's district, or of none, whose post the verb is for."""
    roles = verbs_at(path)[verb].roles
    rosters = [load_roster().people, load_service_roster().people]
    if path not in {"applications", *_OF_A_FEW}:
        rosters.reverse()  # a platform's people first: the centre's serve no talents
    staff = [each for people in rosters for each in people.values()]
    if path in _OF_A_FEW:
        staff = [each for each in staff if each.role in _OF_A_FEW[path]]
        staff.sort(key=lambda each: each.role is Role.HEAD)  # who may less than the others
    able = [each for each in staff if each.role in roles and each.district in {CASE[:6], ""}]
    return next((each.code for each in able), "") or next(c for c in OUTSIDE if c in roles)


@pytest.mark.parametrize(
    ("path", "verb"),
    [(path, verb) for path in {k.path: k for k in KINDS.values()} for verb in verbs_at(path)],
)
async def test_verb_is_answered_by_503_while_temporal_is_away(
    lonely: httpx.AsyncClient, bearer: Headers, path: str, verb: str
) -> None:
    body = dict((EXAMPLES | SERVICE_EXAMPLES)[verbs_at(path)[verb]])
    if verb in {"supplement", "materials_received"}:
        body["materials"] = [{"code": "original_certificates", "form": "original"}]
    if "pieces" in body:  # no file is there
        body["pieces"] = []
    answer = await lonely.post(
        f"/v1/{path}/{CASE}/{verb.replace('_', '-')}",
        json=body,
        headers=bearer(_who_may(path, verb)),
    )
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    # The register, away as well, is asked whose a card is, where a case is from, its parties,
    # and whether a place is free.
    asks_before = {
        "correct_address",
        "issue_credential",
        "join_ticket",
        "move_appointment",
        "transfer_jurisdiction",
    }
    away = "REGISTER_AWAY" if verb in asks_before else "TEMPORAL_AWAY"
    assert assert_problem(answer)["code"] == away


async def test_submission_is_answered_by_503_while_temporal_is_away(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    body = {**SUBMISSION, "materials": [], "received_at": None}
    answer = await lonely.post("/v1/applications", json=body, headers=bearer("backend"))
    assert answer.status_code == 503
    assert assert_problem(answer)["code"] == "TEMPORAL_AWAY"


async def test_ready_names_what_is_away(lonely: httpx.AsyncClient) -> None:
    assert (await lonely.get("/health")).json()["status"] == "ok"
    answer = await lonely.get("/ready")
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    fields = [error["field"] for error in assert_problem(answer)["errors"]]
    assert fields == ["temporal", "register"]


async def test_unknown_address_and_method_are_problems(lonely: httpx.AsyncClient) -> None:
    answer = await lonely.get("/nowhere")
    assert (answer.status_code, assert_problem(answer)["code"]) == (404, "NO_SUCH_ADDRESS")
    answer = await lonely.delete("/v1/applications")
    assert (answer.status_code, assert_problem(answer)["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert "POST" in answer.headers["allow"]


async def test_body_that_is_not_called_json_is_refused(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    for content_type in ("application/x-www-form-urlencoded", "text/plain"):
        answer = await lonely.post(
            f"/v1/applications/{CASE}/withdraw",
            content=b"{}",
            headers=bearer("ja-o1") | {"content-type": content_type},
        )
        assert (answer.status_code, assert_problem(answer)["code"]) == (
            415,
            "UNSUPPORTED_MEDIA_TYPE",
        )


async def test_body_beyond_the_limit_is_refused_announced_or_not(
    lonely: httpx.AsyncClient, bearer: Headers, settings: Settings
) -> None:
    async def pieces() -> Any:
        for _ in range(settings.json_max_bytes // 1000 + 1):
            yield b" " * 1000

    announced = b" " * (settings.json_max_bytes + 1)
    for content in (announced, pieces()):
        answer = await lonely.post(
            "/v1/applications",
            content=content,
            headers=bearer("backend") | {"content-type": "application/json"},
        )
        assert (answer.status_code, assert_problem(answer)["code"]) == (413, "BODY_TOO_LARGE")


async def test_failure_inside_shows_nothing_of_the_inside(
    lonely: httpx.AsyncClient,
    lonely_app: FastAPI,
    bearer: Headers,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def broken(*_: object) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(lonely_app.state.parts.desk.__class__, "application", broken)
    body = {**SUBMISSION, "materials": [], "received_at": None}
    answer = await lonely.post(
        "/v1/applications", json=body, headers=bearer("backend") | {"x-request-id": "r-1"}
    )
    problem = assert_problem(answer)
    assert (answer.status_code, problem["code"]) == (500, "INTERNAL_ERROR")
    assert "r-1" in problem["detail"]
    assert answer.headers["x-request-id"] == "r-1"
    assert SECRET not in answer.text
    logged = "".join(capsys.readouterr())
    assert "request_failed" in logged
    assert "ValueError" in logged
    assert SECRET not in logged


async def test_log_of_a_request_names_no_person(
    lonely: httpx.AsyncClient, bearer: Headers, capsys: pytest.CaptureFixture[str]
) -> None:
    await lonely.get(f"/v1/applications?holder={SECRET}", headers=bearer("ja-o1"))
    await lonely.get(f"/v1/applications/{SECRET}", headers=bearer("ja-o1"))
    await lonely.get(f"/{SECRET}")
    await lonely.post(
        f"/v1/applications/{CASE}/withdraw", json={"reason": SECRET}, headers=bearer("ja-o1")
    )
    logged = "".join(capsys.readouterr())
    assert logged.count("milliseconds") == 4
    assert CASE in logged
    assert "ja-o1" in logged
    assert SECRET not in logged


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_verb_has_its_route_label_and_example(lonely_app: FastAPI, kind: Kind) -> None:
    document = lonely_app.openapi()
    schemas = document["components"]["schemas"]
    for verb, command in kind.verbs.items():
        path = f"/v1/{kind.path}/{{case_no}}/{verb.replace('_', '-')}"
        if verb in SYSTEMS_ONLY:
            assert path not in document["paths"]
            continue
        operation = document["paths"][path]["post"]
        assert operation["summary"] == command.label
        name = "EmployerChangeBody" if command is ChangeEmployer else f"{command.__name__}Body"
        assert name in json.dumps(operation["requestBody"])
        assert schemas[name]["examples"] == [(EXAMPLES | SERVICE_EXAMPLES)[command]]
        assert "actor" not in schemas[name].get("properties", {})


async def test_documentation_needs_no_network(lonely: httpx.AsyncClient) -> None:
    assert (await lonely.get("/")).headers["location"] == "/docs"
    page = (await lonely.get("/docs")).text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    for address in addresses:
        assert address.startswith("/")
        assert (await lonely.get(address)).status_code == 200
    assert "://" not in page.replace("http://casework", "")


async def test_a_wrong_case_number_is_explained(lonely: httpx.AsyncClient, bearer: Headers) -> None:
    wrong = "310112-4O2J-5S06-9FJ"
    for path in (f"/v1/cases/{wrong}", f"/v1/talents/{wrong}", f"/v1/cases/{wrong}/explanation"):
        answer = await lonely.get(path, headers=bearer("ja-s1"))
        problem = assert_problem(answer)
        assert (answer.status_code, problem["code"]) == (422, "INVALID_REQUEST")
        assert problem["errors"][0]["field"] == "case_no"
        for part in ("第 1 组中没有字母 O，请核对是否为 0", "第 3 组应为四位"):
            assert part in problem["errors"][0]["detail"]


def test_no_pattern_is_shown_to_anybody(lonely_app: FastAPI) -> None:
    document = lonely_app.openapi()
    left, patterns = [document], set()
    while left:
        part: Any = left.pop()
        if isinstance(part, dict):
            patterns |= {part["pattern"]} if isinstance(part.get("pattern"), str) else set()
            left += part.values()
        elif isinstance(part, list):
            left += part
    explained = set(FORMS) | {f"^{CASE_NO.pattern}$"}
    patterns = {each.removeprefix("^$|") for each in patterns}  # or empty, where it may be
    assert patterns
    assert patterns <= explained, "say in api/edge/faults.py what the pattern asks for"
