"""Whatever comes as a mail: bounded memory and time, no file, no connection, nothing in logs."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples import is_night

COUNT, PARTS = (12_500, 8) if is_night() else (250, 1)
"""A hundred thousand by night, in eight processes one after the other."""
MOST_GROWN_KB = 400 << 10
"""What one archive may unpack to, twice; it is given back."""
MOST_SECONDS = 10.0


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("seed", range(PARTS))
def test_mutated_mails_are_read_within_bounds(seed: int, tmp_path: Path) -> None:
    read = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "tests.incoming.fuzz", str(seed), str(COUNT)],
        capture_output=True,
        env={"TMPDIR": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    logged = read.stderr.decode()
    assert read.returncode == 0, logged[-2_000:]
    found = json.loads(read.stdout)
    assert sum(found["verdicts"].values()) == COUNT
    assert set(found["verdicts"]) == {"cases", "notice", "triage", "silent"}
    assert found["attempted"] == {}
    assert found["grown_kb"] < MOST_GROWN_KB
    assert found["slowest"] < MOST_SECONDS
    assert list(tmp_path.iterdir()) == []
    for personal in ("张三", "李四", "310101199003071230", "firm.example.com", "example.com"):
        assert personal not in logged, "a log has what a mail says"
