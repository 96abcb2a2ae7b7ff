"""``casework audit``: what an operator and an auditor type, and with which code it ends."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from casework.cli.app import app
from casework.domain.time.calendar import local_date
from casework.security.audit.digests import DigestKey
from tests.audit.conftest import EVENTS, Archive

Run = Callable[..., Awaitable[Result]]
NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, register_url: str) -> Run:
    monkeypatch.setenv("CASEWORK_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CASEWORK_DATABASE_URL", register_url)
    monkeypatch.setenv("NO_COLOR", "1")

    async def run(*args: str, database: str = "") -> Result:
        if database:
            monkeypatch.setenv("CASEWORK_DATABASE_URL", database)
        return await asyncio.to_thread(CliRunner().invoke, app, ["audit", *args])

    return run


async def test_sound_record_ends_with_0(archive: Archive, run: Run) -> None:
    await archive.fill()
    done = await run("verify")
    assert done.exit_code == 0
    assert "未发现改动" in done.stdout
    assert f"1 cases, {EVENTS} events" in done.stdout
    assert "no --public-key" in done.stderr


async def test_tampering_ends_with_1_and_says_where(archive: Archive, run: Run) -> None:
    case_no = await archive.fill()
    await archive.tamper("UPDATE events SET actor = 'x' WHERE seq = 4")
    done = await run("verify")
    assert done.exit_code == 1
    assert all(word in done.stdout for word in ("经过被改动", "altered", case_no))
    (finding,) = json.loads((await run("verify", "--json")).stdout)["findings"]
    assert finding == {
        "kind": "altered",
        "district": "310106",
        "case_no": case_no,
        "seq": 4,
        "until": 4,
        "digest": None,
        "letter": "",
    }


async def test_verifying_that_cannot_be_done_ends_with_2(run: Run, tmp_path: Path) -> None:
    (tmp_path / "310106").mkdir()
    (tmp_path / "310106" / "2026-11-21.json").write_text("{}")
    no_digest = await run("verify", "--from-export", str(tmp_path))
    assert (no_digest.exit_code, no_digest.stdout) == (2, "")
    no_key = tmp_path / "key.pem"
    no_key.write_text("nothing")
    assert (await run("verify", "--public-key", str(no_key))).exit_code == 2
    away = await run("verify", database=NO_DATABASE)
    assert away.exit_code == 2
    assert "the register does not answer" in away.stderr


async def test_auditor_verifies_with_exports_and_a_public_key(
    archive: Archive, run: Run, tmp_path: Path
) -> None:
    case_no = await archive.fill()
    made = await run("digest", "--json")
    assert [each["district"] for each in json.loads(made.stdout)] == ["310106"]
    kept = tmp_path / "kept"
    assert (await run("export", "--to", str(kept))).stdout == "1 digests\n"
    (public_key,) = await asyncio.to_thread(lambda: list(kept.glob("*.public.pem")))
    given = ("--from-export", str(kept), "--public-key", str(public_key))
    assert (await run("verify", *given)).exit_code == 0

    await archive.tamper("UPDATE events SET actor = 'x' WHERE seq = 4")
    await archive.chain_anew(case_no)
    await archive.tamper("DELETE FROM audit_digests", "DELETE FROM audit_heads")
    assert (await run("verify")).exit_code == 0
    found = json.loads((await run("verify", *given, "--json")).stdout)["findings"]
    assert [each["kind"] for each in found] == ["digest_removed", "recomputed"]


async def test_export_that_differs_is_refused(archive: Archive, run: Run, tmp_path: Path) -> None:
    await archive.fill()
    await run("digest")
    yesterday = local_date(datetime.now(UTC)) - timedelta(days=1)
    file = tmp_path / "home" / "audit" / "310106" / f"{yesterday}.json"
    file.write_text(file.read_text().replace("310106", "310101"))
    again = await run("digest")
    assert again.exit_code == 1
    assert "differs from the digest in the register" in again.stderr


async def test_day_that_is_not_over_has_no_digest(run: Run) -> None:
    today = local_date(datetime.now(UTC))
    assert (await run("digest", "--day", str(today))).exit_code == 2
    assert (await run("digest", "--day", "gestern")).exit_code == 2


async def test_history_is_sealed_by_command(archive: Archive, run: Run) -> None:
    await archive.fill()
    await archive.tamper("UPDATE events SET hash = ''")
    assert f"({EVENTS} from before the chain)" in (await run("verify")).stdout
    assert (await run("seal-history")).stdout == f"1 cases, {EVENTS} events sealed\n"
    await archive.digest()
    await archive.tamper("UPDATE events SET hash = ''")
    refused = await run("seal-history", "--json")
    assert refused.exit_code == 1
    assert len(json.loads(refused.stdout)["refused"]) == 1


async def test_key_is_made_once_and_its_public_half_shown(run: Run, tmp_path: Path) -> None:
    shown = await run("init")
    assert shown.stdout.count("BEGIN PUBLIC KEY") == 1
    assert (await run("init")).stdout == shown.stdout
    file = tmp_path / "home" / "keys" / "digest.pem"
    assert DigestKey.init(file).public_pem in shown.stdout
