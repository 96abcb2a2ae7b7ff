"""A marked secret in every place where one may stand is found nowhere else."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx
import psutil
import pytest
from pydantic import SecretStr

from api.app import create_app
from casework.local.devstack import free_port
from casework.security.keys.vault import PLAIN
from casework.settings import Settings, SettingsError
from tests.api.conftest import caller, no_register, no_temporal

SECRET = "Zq9-kept-to-ourselves"
AWAY = f"postgresql://casework:{SECRET}@127.0.0.1:1/casework"


def _files(folder: Path) -> dict[str, str]:
    """A file with the secret for each setting that names one."""
    file = folder / "secret"
    file.write_text(SECRET)
    return {
        f"CASEWORK_{name.upper()}": str(file)
        for name in Settings.model_fields
        if name.endswith(("_token_file", "_password_file", "_secret_file"))
    }


@pytest.fixture
def marked(tmp_path: Path) -> dict[str, str]:
    """The environment of a process whose every secret is the marked one."""
    return {
        "PATH": os.environ["PATH"],
        "COLUMNS": "200",
        "CASEWORK_HOME": str(tmp_path / "home"),
        "CASEWORK_API_PORT": str(free_port()),
        "CASEWORK_DATABASE_URL": AWAY,
        "CASEWORK_LOG_JSON": "true",
        "TEMPORAL_ADDRESS": "127.0.0.1:1",
        "TEMPORAL_API_KEY": SECRET,
        **_files(tmp_path),
    }


def test_there_are_secrets_in_files(marked: Mapping[str, str]) -> None:
    assert sum(name.endswith("_FILE") for name in marked) >= 3


def test_settings_show_no_secret(
    marked: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in marked.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    assert settings.database == AWAY.replace("postgresql", "postgresql+asyncpg")
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert SECRET not in shown


@pytest.mark.parametrize("name", Settings.model_fields)
def test_what_a_setting_holds_stands_in_no_message(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"CASEWORK_{name.upper()}", SECRET)
    try:
        settings = Settings.load()
    except SettingsError as error:
        assert SECRET not in str(error)
        assert f"CASEWORK_{name.upper()}" in str(error)
    else:
        held = getattr(settings, name)
        assert isinstance(held, SecretStr) or SECRET in str(held)


@pytest.mark.parametrize("words", [["status"], ["status", "--json"], ["migrate"]])
def test_no_command_prints_it(words: list[str], marked: dict[str, str]) -> None:
    ended = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "casework", *words],
        env=marked,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout + ended.stderr
    assert SECRET not in ended.stdout + ended.stderr


async def test_the_api_shows_it_neither_in_answers_nor_logs_nor_the_list_of_processes(
    marked: dict[str, str],
) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "casework", "api"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=marked,
    )
    assert process.stdout
    written = b""
    async for line in process.stdout:
        written += line
        if b"startup complete" in line:
            break
    try:
        commands = " ".join(psutil.Process(process.pid).cmdline())
        url = f"http://127.0.0.1:{marked['CASEWORK_API_PORT']}"
        token = {"Authorization": f"Bearer {SECRET}.{SECRET}.{SECRET}"}
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=60) as http:
            answers = [
                await http.get("/ready"),
                await http.get("/openapi.json"),
                await http.get("/v1/applications", headers=token),
                await http.get(
                    "/v1/applications", headers={"Cookie": f"casework_session={SECRET}"}
                ),
                await http.get(f"/login/callback?code={SECRET}&state={SECRET}"),
            ]
    finally:
        process.send_signal(signal.SIGTERM)
        rest, _ = await process.communicate()
    shown = commands + "".join(answer.text + str(answer.headers) for answer in answers)
    assert SECRET not in shown
    logged = (written + rest).decode()
    assert "/v1" in logged or "/applications" in logged
    assert SECRET not in logged


async def test_the_description_holds_nothing_of_the_settings(
    marked: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in marked.items():
        monkeypatch.setenv(name, value)
    settings = Settings.load()
    app = create_app(settings, connect_temporal=no_temporal, open_register=no_register, vault=PLAIN)
    async with caller(app) as http:
        described = (await http.get("/openapi.json")).text
    assert json.loads(described)["paths"]
    for hidden in (SECRET, str(settings.home), "127.0.0.1"):
        assert hidden not in described
