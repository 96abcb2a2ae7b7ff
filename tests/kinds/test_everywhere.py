"""A new kind of case goes every way without an edit anywhere in the house.

In a process of its own: what the house makes from its kinds it makes once, when it is imported, and
the other tests must not meet this one.
"""

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
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
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    passed = [line for line in ran.stdout.splitlines() if line.startswith("PASSED")]
    assert all(any(way in line for line in passed) for way in _WAYS), ran.stdout
