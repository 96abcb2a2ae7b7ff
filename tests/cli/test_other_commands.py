"""Commands that need no API: token, catalogue, status, and what they say without a stack."""

import asyncio
import json
import os
import shutil
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import asyncpg
import pytest

from casework.local import devstack
from casework.security.jose import unverified_claims
from tests.cli.conftest import FakeApi, Run


def test_sample_officers_are_listed(run: Run) -> None:
    listed = json.loads(run("token", "--json").stdout)

    assert {"code": "ja-r1", "role": "reviewer", "district": "310106"} in listed
    assert "ja-r1" in run("token").stdout


def test_a_token_speaks_for_the_officer(run: Run) -> None:
    for arguments in (["token", "ja-r1"], ["token", "--as", "ja-r1"]):
        claims = unverified_claims(run(*arguments).stdout.strip())
        assert (claims["sub"], claims["role"], claims["district"]) == (
            "ja-r1",
            "reviewer",
            "310106",
        )


@pytest.mark.parametrize(
    ("code", "role", "district"),
    [
        ("yz-sp1", "specialist", "500103"),
        ("cq-edu1", "liaison", ""),
        ("talent", "talent", ""),
        ("employer", "employer", ""),
    ],
)
def test_people_of_talent_service_have_tokens(
    run: Run, code: str, role: str, district: str
) -> None:
    claims = unverified_claims(run("token", code).stdout.strip())

    assert (claims["sub"], claims["role"], claims["district"]) == (code, role, district)
    assert {"code": code, "role": role, "district": district} in json.loads(
        run("token", "--json").stdout
    )


def test_there_is_no_token_for_a_stranger(run: Run) -> None:
    done = run("token", "nobody")

    assert (done.exit_code, done.stdout) == (2, "")


def test_a_setting_that_is_wrong_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEWORK_API_PORT", "many")

    done = run("status")

    assert done.exit_code == 2
    assert done.stderr.startswith("CASEWORK_API_PORT: ")


def test_the_catalogue_is_in_order(run: Run) -> None:
    done = run("catalogue", "check")

    assert (done.exit_code, done.stdout) == (0, "the catalogue is in order\n")


def test_a_fault_of_the_catalogue_names_file_line_and_field(run: Run, tmp_path: Path) -> None:
    root = tmp_path / "catalogue"
    shutil.copytree(Path(str(files("catalogue") / "items")).parent, root)
    item = root / "items" / "PTS_NEW.yaml"
    text = item.read_text(encoding="utf-8")
    item.write_text(text.replace("op: ge, value: 120", "op: over, value: 120"), encoding="utf-8")

    done = run("catalogue", "check", "--root", str(root))
    found = json.loads(run("catalogue", "check", "--root", str(root), "--json").stdout)

    line = text[: text.index("op: ge, value: 120")].count("\n") + 1
    assert done.exit_code == 1
    assert f"items/PTS_NEW.yaml:{line}: " in done.stdout
    assert {"file", "line", "field", "problem", "right"} == set(found[0])


def test_schemas_are_written_where_asked(run: Run, tmp_path: Path) -> None:
    done = run("catalogue", "schema", str(tmp_path / "schema"))

    written = [Path(line) for line in done.stdout.splitlines()]
    assert {path.name for path in written} >= {"item.json", "profile.json"}
    assert all(json.loads(path.read_text(encoding="utf-8"))["$schema"] for path in written)


def test_status_without_a_stack_is_exit_code_1(run: Run) -> None:
    done = run("status", "--json")

    parts = json.loads(done.stdout)
    assert done.exit_code == 1
    assert {"supervisor", "worker", "api", "town"} <= {part["name"] for part in parts}
    assert not any(part["ready"] for part in parts)


def test_down_without_a_stack_is_no_error(run: Run) -> None:
    assert run("down").exit_code == 0


def test_without_a_database_the_line_says_what_to_set(run: Run) -> None:
    for arguments in (["register", "rebuild"], ["migrate"]):
        done = run(*arguments)
        assert done.exit_code == 2
        assert "CASEWORK_DATABASE_URL" in done.stderr
        assert len(done.stderr.splitlines()) == 1


def test_a_database_that_is_away_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CASEWORK_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")

    for arguments in (["register", "rebuild", "--check"], ["migrate", "--check"]):
        done = run(*arguments)
        assert done.exit_code == 2
        assert len(done.stderr.splitlines()) == 1


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with asyncio.Runner() as runner:
        server = devstack.postgres()
        monkeypatch.setenv("CASEWORK_DATABASE_URL", runner.run(server.__aenter__()))
        yield
        runner.run(server.__aexit__(None, None, None))


@pytest.mark.usefixtures("database")
def test_the_register_is_migrated_once_and_then_checked(run: Run) -> None:
    before = run("migrate", "--check")
    first, second = run("migrate"), run("migrate")

    assert before.exit_code == 1
    assert "not applied" in before.stderr
    assert first.stdout.startswith("applied ")
    assert second.stdout == "nothing to apply\n"
    assert run("migrate", "--check").exit_code == 0
    assert json.loads(run("register", "rebuild", "--json").stdout) == {
        "cases": 0,
        "differences": [],
        "ahead": [],
    }
    assert run("register", "rebuild", "310106-0000-0000-0000").exit_code == 1


@pytest.mark.usefixtures("database")
def test_tables_of_another_release_are_one_line(run: Run) -> None:
    def assert_one_line(word: str, *commands: str) -> None:
        for command in commands:
            done = run(*command.split())
            assert (done.exit_code, done.stdout) == (2, ""), command
            assert len(done.stderr.splitlines()) == 1, done.stderr
            assert word in done.stderr

    assert_one_line("casework migrate", "register rebuild", "register rebuild --check")
    assert run("migrate").exit_code == 0
    asyncio.run(_said_to_be("29991231_later"))
    assert_one_line("29991231_later", "migrate", "migrate --check")


async def _said_to_be(revision: str) -> None:
    register = await asyncpg.connect(os.environ["CASEWORK_DATABASE_URL"].replace("+asyncpg", ""))
    await register.execute("UPDATE alembic_version SET version_num = $1", revision)
    await register.close()


OUTBOX = [
    {
        "channel": "mail",
        "key": "310106-0000-0000-0000/4/applicant",
        "to": "z***@mail.example.com",
        "subject": "受理通知",
        "at": "2026-09-17T01:30:00Z",
        "repeats": 0,
    }
]


def test_the_outbox_is_a_table(run: Run, api: FakeApi) -> None:
    api.says("GET", "/outbox", OUTBOX)

    shown = run("outbox", "--channel", "mail", to=api)

    assert api.asked[0].url.params["channel"] == "mail"
    for text in ("邮件", "z***@mail.example.com", "受理通知", "2026-09-17 09:30"):
        assert text in shown.stdout
    assert json.loads(run("outbox", "--json", to=api).stdout) == OUTBOX


def test_one_message_is_shown_with_its_text(run: Run, api: FakeApi) -> None:
    key = OUTBOX[0]["key"]
    api.says("GET", f"/outbox/mail/{key}", {"detail": "no such message"}, 404)
    api.says("GET", f"/outbox/sms/{key}", {**OUTBOX[0], "text": "您的申请已受理"})

    assert "您的申请已受理" in run("outbox", "--read", str(key), to=api).stdout


def test_a_message_that_never_was_is_exit_code_1(run: Run, api: FakeApi) -> None:
    api.says("GET", "/outbox/mail/none", {}, 404).says("GET", "/outbox/sms/none", {}, 404)

    assert run("outbox", "--read", "none", to=api).exit_code == 1
