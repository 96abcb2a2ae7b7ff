"""The codec server: what is sealed is shown to who may read the case, and to nobody else."""

import base64
import json
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from itsdangerous import TimestampSigner
from limits.aio.storage import MemoryStorage
from sqlalchemy import update
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from api.access.session import COOKIE
from api.app import create_app
from api.edge.rates import Rates
from casework.security.keyfiles import own_secret
from casework.security.keys.vault import Vault
from casework.settings import Settings
from casework.store.engine import Sessions
from casework.store.models import CaseSecrets
from tests.api.conftest import actor, caller
from tests.api.live import Backend, Headers, Switch
from tests.api.platform import SOMEBODY_ELSE, Platform
from tests.api.test_problems import assert_problem
from tests.api.web_ui import SECRET, Ui, base64_of, body_of
from tests.store.kept import kept_engine

NOT_FOR_YOU, ERASED = "无权查阅", "已依法删除"
NOBODY = "310106-0000-0000-0000"


@dataclass
class Clock:
    """The wall clock of the API, which can be put forward."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def http(
    settings: Settings, temporal: Client, register_url: str, ring_vault: Vault, clock: Clock
) -> AsyncIterator[httpx.AsyncClient]:
    """An API with a vault."""

    async def connected() -> Client:
        return temporal

    app = create_app(
        settings,
        connect_temporal=connected,
        open_register=lambda: kept_engine(register_url),
        vault=ring_vault,
        now=clock,
    )
    async with app.router.lifespan_context(app), caller(app) as http:
        yield http


@pytest.fixture
def ui(
    http: httpx.AsyncClient, bearer: Headers, ring_vault: Vault, switch: Switch, settings: Settings
) -> Ui:
    return Ui(Backend(http, bearer), ring_vault, settings.ui_url)


async def test_who_may_read_the_case_sees_it_in_plain_text(ui: Ui) -> None:
    case_no = await ui.backend.case()
    payload = await ui.sealed(case_no)
    for reader in ("ja-o1", "ja-r1", "ja-h1", "ja-s1", "mh-s1", "sh-u1"):
        assert await ui.shown(reader, payload) == [SECRET], reader


async def test_who_may_not_reads_so_in_its_place(ui: Ui) -> None:
    case_no = await ui.backend.case()
    payload = await ui.sealed(case_no)
    for reader in ("mh-o1", "mh-r1", "cq-sp1", "backend", "applicant", "talent", "employer"):
        answer = await ui.ask(reader, payload)
        assert answer.status_code == 200, answer.text
        assert SECRET not in base64.b64decode(answer.json()["payloads"][0]["data"]).decode()
        assert await ui.shown(reader, payload) == [NOT_FOR_YOU], reader


async def test_each_payload_of_several_cases_is_judged_by_its_own(ui: Ui) -> None:
    own = await ui.backend.case()
    other = await ui.backend.case(district="310112", materials=[])
    payloads = [
        await ui.sealed(own, "甲"),
        await ui.sealed(other, "乙"),
        await ui.sealed(own, "丙"),
    ]
    assert await ui.shown("ja-o1", *payloads) == ["甲", NOT_FOR_YOU, "丙"]
    assert await ui.shown("mh-o1", *payloads) == [NOT_FOR_YOU, "乙", NOT_FOR_YOU]


async def test_the_municipal_platform_sees_talents_of_its_classes_only(ui: Ui) -> None:
    platform = Platform(ui.backend)
    shown = {}
    for letter, person in (("B", {}), ("F", {"talent": SOMEBODY_ELSE})):
        talent = await platform.talent(letter=letter, **person)
        (shown[letter],) = await ui.shown("cq-sp1", await ui.sealed(talent))
    assert shown == {"B": SECRET, "F": NOT_FOR_YOU}


async def test_what_is_of_no_case_is_shown_to_who_oversees_all(ui: Ui) -> None:
    payload = await ui.sealed("")
    assert await ui.shown("ja-s1", payload) == [SECRET]
    assert await ui.shown("ja-o1", payload) == [NOT_FOR_YOU]


async def test_a_case_that_is_not_there_is_not_told_from_one_that_is_not_for_you(ui: Ui) -> None:
    payload = await ui.sealed(NOBODY)
    for scope in (NOBODY, "310106", "x\0y", "龘"):
        payload.metadata["scope"] = scope.encode()
        assert await ui.shown("ja-s1", payload) == [NOT_FOR_YOU], scope


async def test_a_payload_that_says_it_is_of_ones_own_case_is_not_opened(ui: Ui) -> None:
    own = await ui.backend.case()
    await ui.sealed(own)
    other = await ui.backend.case(district="310112", materials=[])
    stolen = await ui.sealed(other)
    stolen.metadata["scope"] = own.encode()
    assert await ui.shown("ja-o1", stolen) == ["内容被改动，不能解读"]


@pytest.mark.parametrize(
    ("what", "notice"),
    [
        ("data", "内容被改动，不能解读"),
        ("cipher", "内容被改动，不能解读"),
        ("key-id", "缺少密钥，不能解读"),
        ("scope", NOT_FOR_YOU),
    ],
)
async def test_altered_payload_is_not_opened(ui: Ui, what: str, notice: str) -> None:
    payload = await ui.sealed(await ui.backend.case())
    if what == "data":
        payload.data = payload.data[:-1] + bytes([payload.data[-1] ^ 1])
    else:
        payload.metadata[what] = b"\xff" if what == "scope" else b"other"
    assert await ui.shown("ja-o1", payload) == [notice]


async def test_erased_case_reads_as_erased(
    ui: Ui, sessions: Sessions, ring_vault: Vault, clock: Clock
) -> None:
    case_no = await ui.backend.case()
    payload = await ui.sealed(case_no)
    await _erase(sessions, ring_vault, case_no, clock())
    assert await ui.shown("ja-s1", payload) == [ERASED]
    assert await ui.shown("mh-o1", payload) == [NOT_FOR_YOU]


async def test_queries_are_listed_for_who_may_not_read_the_details(
    ui: Ui, sessions: Sessions, ring_vault: Vault, clock: Clock, settings: Settings
) -> None:
    """The Web UI lists the queries of a workflow by what it says of itself, and writes into it."""
    case_no = await ui.backend.case()
    payload = await ui.knowing(case_no)
    altered = Payload.FromString(payload.SerializeToString())
    altered.data = altered.data[:-1] + bytes([altered.data[-1] ^ 1])
    lost = Payload.FromString(payload.SerializeToString())
    lost.metadata["key-id"] = b"other"
    (plain,) = await ui.shown("ja-o1", payload)
    assert plain["currentDetails"] == SECRET
    shown = {
        NOT_FOR_YOU: await ui.shown("mh-o1", payload),
        "内容被改动，不能解读": await ui.shown("ja-o1", altered),
        "缺少密钥，不能解读": await ui.shown("ja-o1", lost),
        f"请先登录：{settings.api_public_url}/login": await ui.shown("", payload),
    }
    await _erase(sessions, ring_vault, case_no, clock())
    shown[ERASED] = await ui.shown("ja-s1", payload)
    for words, (answer,) in shown.items():
        assert answer["currentDetails"].startswith(words)
        assert answer["definition"] == plain["definition"], words
        assert answer["definition"]["queryDefinitions"][0]["name"] == "progress"


@pytest.mark.parametrize("definition", [b"{", b"\xff", b"[" * 100_000, b""])
async def test_a_definition_that_is_none_is_not_shown(ui: Ui, definition: bytes) -> None:
    payload = await ui.knowing(await ui.backend.case())
    payload.metadata["definition"] = definition
    assert await ui.shown("mh-o1", payload) == [NOT_FOR_YOU]


async def test_a_page_that_asks_too_often_reads_so(
    lonely_app: FastAPI,
    lonely: httpx.AsyncClient,
    bearer: Headers,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one = Rates(MemoryStorage(), per_minute=1, burst=1)
    monkeypatch.setitem(lonely_app.state._state, "rates", one)
    sealed = {"encoding": base64_of(b"binary/encrypted"), "scope": base64_of(NOBODY.encode())}
    plain = {"metadata": {"encoding": base64_of(b"json/plain")}, "data": base64_of(b"1")}
    body = {"payloads": [{"metadata": sealed, "data": ""}, plain]}
    page = {"Origin": settings.ui_url, "X-Namespace": "default", **bearer("ja-s1")}
    await lonely.post("/codec/decode", json=body, headers=page)
    shown = (await lonely.post("/codec/decode", json=body, headers=page)).json()["payloads"]
    assert json.loads(base64.b64decode(shown[0]["data"])) == "查看过于频繁，请稍后刷新"
    assert shown[1] == plain
    refused = await lonely.post("/codec/decode", json=body, headers=bearer("ja-s1"))
    assert (refused.status_code, assert_problem(refused)["code"]) == (429, "TOO_MANY_REQUESTS")


async def test_a_page_reads_that_the_register_is_away(
    lonely: httpx.AsyncClient, bearer: Headers, settings: Settings
) -> None:
    sealed = {"encoding": base64_of(b"binary/encrypted"), "scope": base64_of(NOBODY.encode())}
    body = {"payloads": [{"metadata": sealed, "data": ""}]}
    page = {"Origin": settings.ui_url, "X-Namespace": "default", **bearer("ja-s1")}
    answer = await lonely.post("/codec/decode", json=body, headers=page)
    assert answer.status_code == 200, answer.text
    (shown,) = answer.json()["payloads"]
    assert json.loads(base64.b64decode(shown["data"])) == "暂时不能解读，请稍后刷新"


async def test_what_was_never_sealed_passes(ui: Ui) -> None:
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"plain"')
    for reader in ("ja-o1", "mh-o1", ""):
        answer = await ui.ask(reader, plain)
        assert answer.json()["payloads"][0]["data"] == base64_of(plain.data)


async def test_page_without_a_login_is_told_to_log_in(ui: Ui, settings: Settings) -> None:
    case_no = await ui.backend.case()
    (told,) = await ui.shown("", await ui.sealed(case_no))
    assert told.startswith(f"请先登录：{settings.api_public_url}/login")


async def test_program_without_a_token_is_refused(ui: Ui) -> None:
    body = body_of(await ui.sealed(await ui.backend.case()))
    forged = {"Authorization": "Bearer forged"}
    for headers in ({}, forged, {"Origin": "https://evil.example.com"}):
        for verb in ("decode", "encode"):
            answer = await ui.backend.http.post(f"/codec/{verb}", json=body, headers=headers)
            assert (answer.status_code, assert_problem(answer)["code"]) == (
                401,
                "NOT_AUTHENTICATED",
            )


async def test_only_pages_of_the_web_ui_may_ask(ui: Ui) -> None:
    asked = {"Access-Control-Request-Method": "POST"}
    # As a browser writes it of the headers that the pages set: in lower case, in order.
    sent = "authorization,authorization-extras,content-type,x-namespace"
    wants = {"Access-Control-Request-Headers": sent}
    ours = await ui.backend.http.options(
        "/codec/decode", headers={"Origin": ui.origin, **asked, **wants}
    )
    assert ours.status_code == 200
    assert ours.headers["access-control-allow-origin"] == ui.origin
    assert ours.headers["access-control-allow-credentials"] == "true"
    assert ours.headers["access-control-allow-methods"] == "POST"
    allowed = set(ours.headers["access-control-allow-headers"].lower().split(", "))
    assert allowed - {"accept", "accept-language", "content-language"} == set(sent.split(","))
    more = {"Access-Control-Request-Headers": f"{sent},x-casework-csrf"}
    strange = await ui.backend.http.options(
        "/codec/decode", headers={"Origin": ui.origin, **asked, **more}
    )
    assert strange.status_code == 400
    for origin, path in (
        ("https://evil.example.com", "/codec/decode"),
        (ui.origin, "/v1/tasks"),
    ):
        headers = {"Origin": origin, **asked, **wants}
        theirs = await ui.backend.http.options(path, headers=headers)
        assert "access-control-allow-origin" not in theirs.headers, path
        read = await ui.backend.http.post(
            path, json={}, headers=ui.backend.bearer("ja-s1") | {"Origin": origin}
        )
        assert "access-control-allow-origin" not in read.headers, path
    answer = await ui.ask("ja-o1")
    assert answer.headers["access-control-allow-origin"] == ui.origin


async def test_a_look_is_noted_once_an_hour(ui: Ui, clock: Clock) -> None:
    case_no, other = await ui.backend.case(), await ui.backend.case()
    payload, second = await ui.sealed(case_no), await ui.sealed(other)
    for _ in range(3):
        await ui.shown("ja-o1", payload, payload)
    await ui.shown("ja-r1", payload, second)
    await ui.shown("mh-o1", payload)
    assert await _looks(ui) == [
        ("ja-o1", case_no),
        *sorted([("ja-r1", case_no), ("ja-r1", other)]),
    ]
    clock.ahead += timedelta(hours=1)
    await ui.shown("ja-o1", payload)
    assert (await _looks(ui)).count(("ja-o1", case_no)) == 2


async def _erase(sessions: Sessions, vault: Vault, case_no: str, at: datetime) -> None:
    async with sessions.begin() as session:
        erased = update(CaseSecrets).where(CaseSecrets.scope == case_no)
        await session.execute(erased.values(secret=None, erased_at=at))
    vault.forget(case_no)


async def _looks(ui: Ui) -> list[tuple[str, str]]:
    """Who looked at which case, oldest first."""
    answer = await ui.backend.get("ja-s1", "/v1/accesses", what="decode")
    assert answer.status_code == 200, answer.text
    return [(row["actor"], row["case_no"]) for row in reversed(answer.json()["items"])]


async def test_nothing_is_encoded(ui: Ui) -> None:
    answer = await ui.backend.http.post(
        "/codec/encode", json=body_of(), headers=ui.backend.bearer("sh-u1")
    )
    assert (answer.status_code, assert_problem(answer)["code"]) == (403, "DECODES_ONLY")


@pytest.mark.parametrize(
    "body",
    [
        [],
        {"payloads": "all"},
        {"payloads": [{"data": "%%%"}]},
        {"payloads": [{"metadata": {"encoding": "不是"}}]},
        {"payloads": [{}] * 1001},
    ],
)
async def test_nonsense_is_refused(lonely: httpx.AsyncClient, bearer: Headers, body: Any) -> None:
    answer = await lonely.post("/codec/decode", json=body, headers=bearer("ja-s1"))
    assert answer.status_code == 422
    assert_problem(answer)


async def test_nothing_is_shown_while_looks_cannot_be_noted(
    lonely: httpx.AsyncClient, bearer: Headers
) -> None:
    sealed = {"encoding": base64_of(b"binary/encrypted"), "scope": base64_of(NOBODY.encode())}
    body = {"payloads": [{"metadata": sealed, "data": ""}]}
    answer = await lonely.post("/codec/decode", json=body, headers=bearer("ja-s1"))
    assert (answer.status_code, assert_problem(answer)["code"]) == (503, "REGISTER_AWAY")


async def test_a_login_counts_on_pages_of_the_web_ui_only(ui: Ui, settings: Settings) -> None:
    body = body_of(await ui.sealed(await ui.backend.case()))
    until = int((datetime.now(UTC) + timedelta(hours=1)).timestamp())
    login = {"actor": asdict(actor("ja-s1")), "number": "a-session", "until": until}
    kept = json.dumps({"login": login}).encode()
    signer = TimestampSigner(own_secret(settings, settings.session_key_file))
    cookie = {"Cookie": f"{COOKIE}={signer.sign(base64.b64encode(kept)).decode()}"}
    page = await ui.backend.http.post("/codec/decode", json=body, headers=cookie | ui.as_page())
    (shown,) = page.json()["payloads"]
    assert json.loads(base64.b64decode(shown["data"])) == SECRET
    for origin in ({}, {"Origin": "https://evil.example.com"}):
        stolen = await ui.backend.http.post("/codec/decode", json=body, headers=cookie | origin)
        assert (stolen.status_code, assert_problem(stolen)["code"]) == (403, "FOREIGN_ORIGIN")
