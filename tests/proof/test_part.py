"""The keys of the parts, and those that are made for backends."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from casework.cli.app import app
from casework.domain.authority import ITSELF, REOPENING
from casework.domain.case.facts import CLOCKWORK, Actor
from casework.domain.policy import Role
from casework.security.proof.parts import open_signing
from casework.security.proof.verifying import SignersFolder
from casework.settings import Settings, SettingsError

OFFICER = Actor(code="ja-o1", role=Role.OFFICER)
PORTAL = Actor(code="points-portal", role=Role.SYSTEM)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


def test_the_local_stack_makes_its_keys_and_makes_them_known(settings: Settings) -> None:
    for _ in range(2):
        open_signing(settings, "api")
        open_signing(settings, "worker")
    api, worker = SignersFolder(settings.signers_dir).all()
    assert api.rights.cover(OFFICER)
    assert worker.rights.cover(CLOCKWORK)
    assert not worker.rights.cover(OFFICER)
    assert not worker.rights.cover(replace(CLOCKWORK, role=Role.HEAD))
    private = settings.home / "keys" / "api.signing.pem"
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_a_key_that_is_none_is_said_in_one_line(settings: Settings) -> None:
    file = settings.home / "keys" / "api.signing.pem"
    file.parent.mkdir()
    file.write_text("nonsense")
    with pytest.raises(SettingsError, match="Ed25519"):
        open_signing(settings, "api")


def test_in_production_no_key_is_made_by_itself(settings: Settings) -> None:
    production = settings.model_copy(update={"environment": "production"})
    with pytest.raises(SettingsError, match="casework keys signer add api"):
        open_signing(production, "api")
    assert not settings.signers_dir.exists()


def test_a_backend_gets_a_key_of_its_own(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CASEWORK_HOME", str(settings.home))
    file = settings.home / "portal.pem"
    add = ["keys", "signer", "add", "points-portal", "--code", "points-portal", "--to", str(file)]
    made, again = CliRunner().invoke(app, add), CliRunner().invoke(app, add)
    assert (made.exit_code, again.exit_code) == (0, 1)
    assert "PRIVATE" not in made.output
    (known,) = SignersFolder(settings.signers_dir).all()
    assert known.rights.cover(PORTAL)
    assert not known.rights.cover(replace(PORTAL, role=Role.OFFICER))
    assert not known.rights.cover(OFFICER)
    listed = CliRunner().invoke(app, ["keys", "signer", "list"])
    assert known.kid in listed.output


def test_a_backends_key_is_never_left_in_the_working_folder(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (work := tmp_path / "work").mkdir()
    monkeypatch.chdir(work)
    add = ["keys", "signer", "add", "portal", "--code", "portal"]
    refused = CliRunner().invoke(app, add)  # nobody chose a home, and no stack runs here
    assert refused.exit_code == 2
    assert "CASEWORK_HOME" in refused.output
    monkeypatch.setenv("CASEWORK_HOME", str(settings.home))
    made = CliRunner().invoke(app, add)
    written = settings.home / "keys" / "backends" / "portal.pem"
    assert str(written) in made.output
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert not list(work.iterdir())


@pytest.mark.parametrize("words", [["init"], ["signer", "add", "api"]])
def test_no_key_is_made_in_a_folder_that_nobody_chose(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in (["keys", *words], ["token", "ja-o1"], ["issuer", "rotate"], ["audit", "init"]):
        refused = CliRunner().invoke(app, command)
        assert (refused.exit_code, list(tmp_path.iterdir())) == (2, []), command
        assert "CASEWORK_HOME" in refused.output


def test_the_worker_speaks_in_every_name_of_casework_itself(settings: Settings) -> None:
    open_signing(settings, "worker")
    (file,) = settings.signers_dir.iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b'"orders"', b'"of-before"'))  # as an older release knew it
    open_signing(settings, "worker")
    (worker,) = SignersFolder(settings.signers_dir).all()
    for code in ITSELF:
        may = worker.rights.cover(Actor(code=code, role=Role.SYSTEM))
        assert may == (code != REOPENING), code

    assert file.read_bytes() == whole


@pytest.mark.parametrize(
    "words",
    [["portal"], ["../x", "--code", "c"], ["api", "--code", "c"], ["x", "--code", "outreach"]],
)
def test_what_cannot_be_a_signer_is_refused(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("CASEWORK_HOME", str(settings.home))
    where = ["--to", str(settings.home / "x.pem")] if words[0] != "api" else []
    refused = CliRunner().invoke(app, ["keys", "signer", "add", *words, *where])
    assert refused.exit_code == 1
    assert not list(settings.home.rglob("*.json"))
    assert not list(settings.home.rglob("*.pem"))
