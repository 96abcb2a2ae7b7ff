"""The audit of dependencies: it fails on what is vulnerable, and says when it could not look."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.advisories import main
from tests.docs.pages import ROOT

SAFE = {"name": "alpha", "version": "1.0", "vulns": []}
FAULTY = {
    "name": "beta",
    "version": "2.0",
    "vulns": [{"id": "PYSEC-0000-1", "fix_versions": ["2.1"], "aliases": [], "description": ""}],
}
NOT_THERE = {"name": "gamma", "skip_reason": "not found"}
LOCK = """\
# made by hand
alpha==1.0 \\
    --hash=sha256:00
beta==2.0 \\
    --hash=sha256:11
gamma==3.0 ; sys_platform == "linux" \\
    --hash=sha256:22
"""
_TOOL = """
import json, pathlib, sys
asked = pathlib.Path(sys.argv[sys.argv.index("-r") + 1]).read_text()
with open({asked!r}, "a") as notes:
    print(asked.count("=="), file=notes)
answers = {answers!r}
if answers is None:
    sys.exit("the service is away")
print(json.dumps({{"dependencies": [each for each in answers if each["name"] in asked]}}))
sys.exit(any(each.get("vulns") for each in answers))
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    (tmp_path / "lock").write_text(LOCK)
    return tmp_path / "lock"


def tool(folder: Path, answers: list[dict[str, Any]] | None) -> list[str]:
    """A pip-audit that knows these answers."""
    script = folder / "tool.py"
    script.write_text(_TOOL.format(asked=str(folder / "asked"), answers=answers))
    return [sys.executable, str(script)]


def asked(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "asked").read_text().split()]


def test_nothing_vulnerable_is_no_failure(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(lock, tool(tmp_path, [SAFE, NOT_THERE])) == 0
    assert "1 of 3 dependencies audited, 2 not known there" in capsys.readouterr().out


def test_what_is_vulnerable_fails_and_is_named(
    lock: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(lock, tool(tmp_path, [SAFE, FAULTY, NOT_THERE])) == 1
    assert "VULNERABLE: beta 2.0: PYSEC-0000-1, mended in 2.1" in capsys.readouterr().out


@pytest.mark.parametrize("answers", [None, [], [{"name": "alpha", "skip_reason": "not found"}]])
def test_where_nobody_knows_that_is_said_after_one_question(
    answers: list[dict[str, Any]] | None,
    lock: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(lock, tool(tmp_path, answers)) == 0
    assert capsys.readouterr().out.startswith("SKIPPED: ")
    assert asked(tmp_path) == [1]


def test_every_requirement_of_ours_is_asked_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ours = ROOT / "requirements.lock"
    names = [
        line.partition("==")[0] for line in ours.read_text().splitlines() if line[:1].isalnum()
    ]
    answers = [{"name": name, "version": "1", "vulns": []} for name in names]
    assert main(ours, tool(tmp_path, json.loads(json.dumps(answers)))) == 0
    assert f"{len(names)} of {len(names)} dependencies audited" in capsys.readouterr().out
