"""The command in this process, with settings of its own and a fake API in place of the network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer.main
from typer.testing import CliRunner, Result

from casework.cli.app import app

Run = Callable[..., Result]

COMMAND = typer.main.get_command(app)


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEWORK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("CASEWORK_TOKEN", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command; ``to`` stands in for the network."""
    # Made once: making some two hundred commands takes longer than any test of one.
    monkeypatch.setattr("typer.testing._get_command", lambda _: COMMAND)

    def run(
        *args: str,
        to: httpx.BaseTransport | None = None,
        stdin: str = "",
        env: dict[str, str] | None = None,
        prog: str | None = None,
    ) -> Result:
        return CliRunner().invoke(
            app, [*args], obj=to, input=stdin, env=env, prog_name=prog, catch_exceptions=False
        )

    return run


class FakeApi(httpx.BaseTransport):
    """Answers by (method, path) and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[tuple[str, str], list[httpx.Response]] = {}
        self.asked: list[httpx.Request] = []

    def says(
        self, method: str, path: str, body: Any, status: int = 200, **headers: str
    ) -> "FakeApi":
        """The next answer of that route; the last one is repeated."""
        answer = httpx.Response(status, json=body, headers=headers)
        self.answers.setdefault((method, path), []).append(answer)
        return self

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        queue = self.answers[request.method, request.url.path]
        return queue.pop(0) if len(queue) > 1 else queue[0]


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()
