"""What API and worker refuse to start with."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from casework.settings import Settings, SettingsError
from casework.surroundings import Part, require_fit

PARTS: tuple[Part, ...] = ("api", "worker")


@pytest.fixture(autouse=True)
def _no_temporal_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEMPORAL_ADDRESS", raising=False)


@pytest.fixture
def fit(home: Path) -> dict[str, Any]:
    """Settings of production with which both parts start."""
    keys = home / "keys"
    files = [
        *(keys / name for name in ("ring.json", "pseudonyms.key", "session.key", "digest.pem")),
        *(keys / name for name in ("api.signing.pem", "worker.signing.pem")),
        keys / "clients" / "casework.secret",
        home / "roster.yaml",
        home / "service.yaml",
        home / "password",
    ]
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return {
        "environment": "production",
        "home": home,
        "database_url": "postgresql://clerk:hush@db.example.com/casework",
        "oidc_issuer": "https://sso.example.com/realms/hr",
        "api_public_url": "https://casework.example.com",
        "roster_file": home / "roster.yaml",
        "service_roster_file": home / "service.yaml",
        "sms_url": "https://sms.example.com",
        "superior_url": "https://superior.example.com",
    }


def refusal(settings: Mapping[str, Any], part: Part) -> str:
    with pytest.raises(SettingsError) as refused:
        require_fit(Settings(**settings), part)
    line = str(refused.value)
    assert "\n" not in line
    assert "hush" not in line
    return line


@pytest.mark.parametrize("part", PARTS)
def test_whole_production_settings_are_taken(fit: dict[str, Any], part: Part) -> None:
    require_fit(Settings(**fit), part)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("database_url", None),
        ("encrypt_payloads", False),
        ("oidc_issuer", "http://127.0.0.1:8070"),
        ("oidc_issuer", "http://sso.example.com/realms/hr"),
        ("api_public_url", "http://casework.example.com"),
        ("roster_file", None),
        ("service_roster_file", None),
        ("key_ring_file", "/nowhere/ring.json"),
        ("signing_key_file", "/nowhere/key.pem"),
    ],
)
def test_each_wrong_setting_is_named(
    fit: dict[str, Any], part: Part, variable: str, value: Any
) -> None:
    line = refusal(fit | {variable: value}, part)
    assert f"CASEWORK_{variable.upper()}" in line
    assert line.count("CASEWORK_") == 2  # the environment, and what is wrong with it


@pytest.mark.parametrize(
    ("part", "variable", "value"),
    [
        ("api", "session_key_file", "/nowhere/session.key"),
        ("api", "oidc_client_secret_file", "/nowhere/secret"),
        ("worker", "digest_key_file", "/nowhere/digest.pem"),
        ("worker", "smtp_password_file", "/nowhere/password"),
        ("worker", "sms_token_file", "/nowhere/token"),
        ("worker", "superior_token_file", "/nowhere/token"),
        ("worker", "sms_url", "http://127.0.0.1:8090"),
        ("worker", "superior_url", "http://127.0.0.1:8090"),
    ],
)
def test_each_part_is_asked_for_what_it_needs(
    fit: dict[str, Any], part: Part, variable: str, value: str
) -> None:
    wrong = Settings(**fit | {variable: value})
    with pytest.raises(SettingsError, match=f"CASEWORK_{variable.upper()}"):
        require_fit(wrong, part)
    (other,) = set(PARTS) - {part}
    require_fit(wrong, other)


def test_a_token_does_not_travel_in_the_open(fit: dict[str, Any], home: Path) -> None:
    token = {"superior_token_file": home / "password"}
    require_fit(Settings(**fit | token), "worker")
    line = refusal(fit | token | {"superior_url": "http://superior.example.com"}, "worker")
    assert "CASEWORK_SUPERIOR_URL must be an https address" in line


def test_all_that_is_wrong_stands_in_one_line(home: Path) -> None:
    bare = {"environment": "production", "home": home, "encrypt_payloads": False}
    for part, own in (("api", "SESSION_KEY_FILE"), ("worker", "SMS_URL")):
        line = refusal(bare, part)  # type: ignore[arg-type]
        for variable in ("DATABASE_URL", "OIDC_ISSUER", "KEY_RING_FILE", "ROSTER_FILE", own):
            assert f"CASEWORK_{variable}" in line


@pytest.mark.parametrize("part", PARTS)
def test_the_local_stack_stays_on_this_machine(
    part: Part, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_fit(Settings(home=home), part)
    for url in (
        "postgresql://clerk@localhost/casework",
        "postgresql://clerk@[::1]:5432/casework",
        "postgresql://clerk@/casework?host=/run/postgresql",
    ):
        require_fit(Settings(home=home, database_url=url), part)
    for changed in (
        {"database_url": "postgresql://clerk:hush@db.example.com/casework"},
        {"database_url": "postgresql://clerk:hush@/casework?host=db.example.com"},
        {"api_host": "0.0.0.0"},  # noqa: S104 - refused
    ):
        line = refusal({"home": home, **changed}, part)
        assert "set CASEWORK_ENVIRONMENT=production" in line
    monkeypatch.setenv("TEMPORAL_ADDRESS", "temporal.example.com:7233")
    assert "TEMPORAL_ADDRESS" in refusal({"home": home}, part)


@pytest.mark.parametrize("part", PARTS)
async def test_the_process_ends_with_that_line(part: Part, home: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "casework", part),
        env={
            "PATH": os.environ["PATH"],
            "CASEWORK_HOME": str(home),
            "CASEWORK_ENVIRONMENT": "production",
            "CASEWORK_DATABASE_URL": "postgresql://clerk:hush@db.example.com/casework",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    (line,) = output.decode().strip().splitlines()
    assert process.returncode == 2
    assert "CASEWORK_OIDC_ISSUER must be an https address" in line
    assert "hush" not in line
    assert not (home / "keys").exists()


def test_settings_show_no_secret(home: Path) -> None:
    settings = Settings(home=home, database_url="postgresql://clerk:hush@db.example.com/casework")
    assert (
        "hush"
        not in f"{settings!r} {settings} {settings.model_dump()} {settings.model_dump_json()}"
    )
    assert "hush" in settings.child_environment()["CASEWORK_DATABASE_URL"]
    assert "hush" in settings.database
