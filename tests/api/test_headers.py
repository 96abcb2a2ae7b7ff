"""What a browser is told it must not do with our answers."""

import base64
import hashlib
import re

import httpx
import pytest

from api.app import create_app
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from tests.api.conftest import caller, no_register, no_temporal
from tests.api.live import Headers

ALWAYS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/items"),
        ("GET", "/v1/applications/310106-0000-0000-0000"),
        ("GET", "/nowhere"),
        ("POST", "/v1/applications"),
        ("GET", "/v1/items?" + "a" * 9000),
        ("GET", "/health"),
        ("GET", "/ready"),
    ],
)
@pytest.mark.parametrize("known", [True, False])
async def test_every_answer_forbids_what_no_answer_needs(
    lonely: httpx.AsyncClient, bearer: Headers, method: str, path: str, known: bool
) -> None:
    answer = await lonely.request(method, path, headers=bearer("ja-o1") if known else {})
    assert ALWAYS.items() <= dict(answer.headers).items()
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


async def test_page_of_documentation_runs_its_own_scripts_and_no_others(
    lonely: httpx.AsyncClient,
) -> None:
    answer = await lonely.get("/docs")
    policy = answer.headers["content-security-policy"]
    scripts = re.search(r"script-src ([^;]+)", policy)
    assert scripts
    inline = re.findall(r"<script>(.*?)</script>", answer.text, re.DOTALL)
    hashes = {
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in inline
    }
    assert inline
    assert set(scripts[1].split()) == {"'self'", *hashes}
    assert "://" not in policy


async def test_nothing_is_documented_where_that_is_not_wanted(settings: Settings) -> None:
    app = create_app(
        settings.model_copy(update={"docs": False}),
        connect_temporal=no_temporal,
        open_register=no_register,
        vault=PLAIN,
    )
    async with caller(app) as http:
        for path in ("/", "/docs", "/openapi.json", "/redoc", "/docs/swagger-ui.css"):
            assert (await http.get(path)).status_code == 404


def test_documentation_is_shown_by_default_in_the_local_stack_only() -> None:
    assert Settings().docs
    assert not Settings(environment="production").docs


async def test_browsers_are_told_to_come_by_https_in_production(settings: Settings) -> None:
    app = create_app(
        settings.model_copy(update={"environment": "production"}),
        connect_temporal=no_temporal,
        open_register=no_register,
        vault=PLAIN,
    )
    async with caller(app) as http:
        answer = await http.get("/health")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
