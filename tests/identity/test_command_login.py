"""``casework login``: the device flow of the local issuer, as the command uses it."""

import json
import re
import stat
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from casework.cli.app import app
from casework.cli.calling import login
from casework.cli.calling.over_http import connected
from casework.cli.terms.errors import UnusableError
from casework.local.devstack import free_port
from casework.local.issuer.server import issuer_app
from casework.security.identity import TokenVerifier
from casework.settings import Settings
from tests.identity.running import running
from tests.identity.test_local_issuer import HOUR, OFFICER, Moving


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Moving:
    """One clock for the issuer and the command."""
    clock = Moving()
    monkeypatch.setattr(login, "_now", clock)
    return clock


@pytest.fixture
def settings(home: Path, clock: Moving, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    settings = Settings(home=home, issuer_port=free_port())
    monkeypatch.setenv("CASEWORK_HOME", str(home))
    monkeypatch.setenv("CASEWORK_ISSUER_PORT", str(settings.issuer_port))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home.parent / "config"))
    monkeypatch.delenv("CASEWORK_TOKEN", raising=False)
    with running(issuer_app(settings, now=clock), settings.issuer_port):
        yield settings


def run(*words: str) -> Result:
    return CliRunner().invoke(app, words, catch_exceptions=False)


def log_in(settings: Settings, monkeypatch: pytest.MonkeyPatch, person: str = "ja-o1") -> Result:
    """Run the command; its person answers on the page as soon as the address is shown."""
    said: list[str] = []

    def say(line: str = "") -> None:
        said.append(line)
        if line.startswith("open "):
            threading.Thread(target=answer, args=(line.removeprefix("open "), person)).start()

    with monkeypatch.context() as patched:
        patched.setattr(login, "say", say)
        done = run("login")
    done.said = said  # type: ignore[attr-defined]
    return done


def answer(url: str, person: str) -> None:
    with httpx.Client(trust_env=False) as browser:
        page = browser.get(url)
        assert f'value="{person}"' in page.text
        assert url.rpartition("=")[2] in page.text, "the code is there to be compared"
        assert "请回到命令行" in browser.post(url, data={"person": person}).text


def token_file(home: Path) -> Path:
    return home.parent / "config" / "casework" / "login.json"


async def test_a_person_logs_in_from_the_command_line(
    settings: Settings, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: Any = log_in(settings, monkeypatch)
    assert done.exit_code == 0, done.output
    assert done.said[-1].startswith("logged in as ja-o1 until ")
    file = token_file(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    with connected() as client:
        assert not client.acts_by_default
        assert await TokenVerifier.open(settings).verify(client.token) == OFFICER
    with connected(act_as="mh-o1") as other:
        assert (await TokenVerifier.open(settings).verify(other.token)).code == "mh-o1"

    assert run("logout").stdout == "logged out\n"
    assert run("logout").stdout == "not logged in\n"
    with connected() as client:
        assert client.acts_by_default


def test_what_has_ended_is_refreshed_and_then_asks_for_a_new_login(
    settings: Settings, home: Path, clock: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(settings, monkeypatch)
    first = login.token_of_login(settings)
    assert login.token_of_login(settings) == first
    before = token_file(home).read_text()
    clock.ahead = HOUR
    second = login.token_of_login(settings)
    assert second != first
    assert stat.S_IMODE(token_file(home).stat().st_mode) == 0o600

    token_file(home).write_text(before)  # its refresh token has been used
    with pytest.raises(UnusableError, match="casework login"):
        login.token_of_login(settings)
    clock.ahead = timedelta(days=1)
    refused = run("cases")
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (2, 1)


def test_a_logout_ends_the_refresh_token_at_the_issuer(
    settings: Settings, home: Path, clock: Moving, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in(settings, monkeypatch)
    kept = token_file(home).read_text()
    run("logout")
    token_file(home).write_text(kept)
    clock.ahead = HOUR
    with pytest.raises(UnusableError):
        login.token_of_login(settings)


def test_a_code_is_good_once_and_for_ten_minutes(settings: Settings, clock: Moving) -> None:
    with httpx.Client(base_url=settings.oidc_issuer, trust_env=False) as http:
        asked = http.post("/device_authorization", data={"client_id": "casework-cli"}).json()
        form = {
            "grant_type": login.DEVICE,
            "client_id": "casework-cli",
            "device_code": asked["device_code"],
        }
        assert http.post("/token", data=form).json()["error"] == "authorization_pending"
        unknown = http.post("/device?user_code=XXXX-XXXX", data={"person": "ja-o1"})
        assert "没有此代码" in unknown.text
        assert http.post("/token", data=form).json()["error"] == "authorization_pending"
        page = f"/device?user_code={asked['user_code'].lower()}"
        http.post(page, data={"person": "ja-o1"})
        again = http.post(page, data={"person": "mh-o1"})
        assert "没有此代码" in again.text, "who has answered is not replaced"
        other = http.post("/token", data=form | {"client_id": "casework"})
        assert "access_token" not in other.json()
        assert "access_token" in http.post("/token", data=form).json()
        assert "access_token" not in http.post("/token", data=form).json()

        asked = http.post("/device_authorization", data={"client_id": "casework-cli"}).json()
        clock.ahead = timedelta(minutes=11)
        late = http.post(f"/device?user_code={asked['user_code']}", data={"person": "ja-o1"})
        assert "已过期" in late.text
        form["device_code"] = asked["device_code"]
        assert http.post("/token", data=form).json()["error"] == "expired_token"


@pytest.mark.parametrize("client_id", ["casework", "backend", "nobody"])
def test_only_the_command_may_ask_for_a_device(settings: Settings, client_id: str) -> None:
    with httpx.Client(base_url=settings.oidc_issuer, trust_env=False) as http:
        answer = http.post("/device_authorization", data={"client_id": client_id})
    assert answer.status_code in {400, 401}
    assert "device_code" not in answer.json()


def test_the_metadata_names_the_flow(settings: Settings) -> None:
    with httpx.Client(base_url=settings.oidc_issuer, trust_env=False) as http:
        found = http.get("/.well-known/openid-configuration").json()
    assert found["device_authorization_endpoint"] == f"{settings.oidc_issuer}/device_authorization"
    assert login.DEVICE in found["grant_types_supported"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (httpx.Response(200, json={"issuer": "https://sso.example.com"}), "another issuer"),
        (httpx.Response(200, html="<p>hello"), "no issuer"),
        (httpx.Response(200, json={"issuer": "HERE"}), "no device flow"),
        (None, "no answer from the issuer"),
    ],
)
def test_an_issuer_that_cannot_is_one_line(
    settings: Settings, answer: httpx.Response | None, told: str
) -> None:
    def says(request: httpx.Request) -> httpx.Response:
        if answer is None:
            raise httpx.ConnectError("refused", request=request)
        text = answer.text.replace("HERE", settings.oidc_issuer)
        return httpx.Response(200, text=text)

    done = CliRunner().invoke(app, ["login"], obj=httpx.MockTransport(says))
    assert done.exit_code == 2
    assert told in done.stderr
    assert re.fullmatch(r"[^\n]+\n", done.stderr)


def test_a_broken_file_is_named(settings: Settings, home: Path) -> None:
    token_file(home).parent.mkdir(parents=True)
    for content in ("nonsense", "[]", json.dumps({settings.oidc_issuer: 1})):
        token_file(home).write_text(content)
        done = run("cases")
        assert done.exit_code == 2
        assert str(token_file(home)) in done.stderr
