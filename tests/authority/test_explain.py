"""``casework authority explain``: whether somebody may, and if not, why."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from casework.cli.app import app
from casework.store.engine import Sessions
from casework.store.register.recording import record
from tests.store.desks import archived
from tests.store.entries import writer

Run = Callable[..., Awaitable[Result]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, register_url: str) -> Run:
    monkeypatch.setenv("CASEWORK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CASEWORK_DATABASE_URL", register_url)

    async def run(*args: str) -> Result:
        return await asyncio.to_thread(CliRunner().invoke, app, ["authority", "explain", *args])

    return run


async def test_it_says_whether_and_why_not(run: Run, sessions: Sessions) -> None:
    case = writer(archived())
    async with sessions.begin() as session:
        await record(session, case.entry(1))
    allowed = await run("ja-s1", "read", case.case_no)
    assert (allowed.exit_code, allowed.stdout) == (0, "可以：各区的件\n")
    refused = await run("mh-o1", "pre-review", case.case_no)
    assert refused.exit_code == 1
    assert "OTHER_DISTRICT" in refused.stderr
    told = json.loads((await run("ja-o1", "review", case.case_no, "--json")).stdout)
    assert (told["role"], told["allowed"], told["code"]) == ("officer", False, "ROLE_NOT_ALLOWED")


async def test_what_cannot_be_asked_ends_with_2(run: Run, sessions: Sessions) -> None:
    nobody = await run("ja-o1", "read", "310106-0000-0000-0000")
    assert nobody.exit_code == 2
    case = writer(archived())
    async with sessions.begin() as session:
        await record(session, case.entry(1))
    assert (await run("ja-o1", "fly", case.case_no)).exit_code == 2
