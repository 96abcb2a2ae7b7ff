"""A new kind of case goes every way without an edit anywhere in the house.

In a process of its own: what the house makes from its kinds it makes once, when it is imported, and
the other tests must not meet this one.
"""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kinds.question import IN_CATALOGUE

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
_WAYS = ("http", "command", "rehearsal", "letter", "routes")


@pytest.mark.timeout(300)
def test_a_kind_that_only_the_tests_know_goes_every_way() -> None:
    plugins = ("tests.kinds.at_home", "tests.api.conftest")
    ran = subprocess.run(  # noqa: S603 - our own tests
        [
            *(sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:randomly"),
            *(word for plugin in plugins for word in ("-p", plugin)),
            str(HERE / "everywhere.py"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = [line for line in ran.stdout.splitlines() if line.startswith("PASSED")]
    assert all(any(way in line for line in passed) for way in _WAYS), ran.stdout


def _listed(heading: str) -> list[str]:
    """The files of a list of CONTRIBUTING, by the words before it."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("## A new kind of case")[1]
    _, _, after = text.partition(f"\n{heading}")
    found, _, _ = after.partition("\n\n")[2].partition("\n\n")
    return re.findall(r"^\d+\. `([^`]+)`", found, re.MULTILINE)


def test_contributing_tells_what_it_takes() -> None:
    new, edited = _listed("New files"), _listed("Edited files")
    assert 0 < len(new) <= 12
    assert 0 < len(edited) <= 4
    assert all((ROOT / file).is_file() for file in edited)
    # The process of above edits these; `register` stands for the registry, and its tasks are known.
    told = {f"catalogue/{file}" for file in IN_CATALOGUE}
    assert set(edited) - told == {
        "casework/domain/kinds/registry.py",
        "casework/domain/case/state.py",
    }
    assert told <= set(edited)


@pytest.mark.parametrize("kind", ["rating", "round"])
def test_what_a_new_kind_has_stands_in_its_folder(kind: str) -> None:
    """The files that CONTRIBUTING names are those that the kinds of the house have."""
    named = {file.removeprefix("<kind>/") for file in _listed("New files") if "<kind>/" in file}
    there = {file.name for file in (ROOT / f"casework/domain/kinds/{kind}").glob("*.py")}
    assert named - there <= {"letters.py"}  # a round of visits sends none
