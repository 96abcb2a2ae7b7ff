"""Whether a locked dependency has a known vulnerability: `python -m tests.advisories LOCK`.

Where nobody answers who knows advisories (no network, a registry without them), that is said and
nothing fails: what is not known must not keep a change from landing, nor look like an all-clear.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

PIP_AUDIT = (str(Path(sys.executable).with_name("pip-audit")),)
_OPTIONS = (
    *("--require-hashes", "--disable-pip"),
    *("--format", "json", "--progress-spinner", "off", "--timeout", "10"),
)
_REQUIREMENT = re.compile(r"^\S.*(?:\n[ \t]+\S.*)*", re.MULTILINE)


def main(lock: Path, command: Sequence[str] = PIP_AUDIT) -> int:
    """Audit a lock file with hashes; return the exit code: 1 if something in it is vulnerable.

    One requirement is asked about first: whoever does not know that one knows none, and two hundred
    questions need not be sent.
    """
    requirements = [
        found[0] for found in _REQUIREMENT.finditer(lock.read_text()) if "==" in found[0]
    ]
    with tempfile.TemporaryDirectory(prefix="casework-audit-") as folder:
        first = Path(folder) / "first.txt"
        first.write_text(requirements[0] + "\n")
        if not any(_is_known(each) for each in _audited(first, command)):
            print("SKIPPED: no service of advisories answers here; nothing was audited")
            return 0
    dependencies = _audited(lock, command)
    known = [each for each in dependencies if _is_known(each)]
    unknown = len(requirements) - len(known)
    print(f"{len(known)} of {len(requirements)} dependencies audited, {unknown} not known there")
    faults = [(each, fault) for each in known for fault in each["vulns"]]
    for dependency, fault in faults:
        mended = ", ".join(fault["fix_versions"]) or "no version yet"
        found = f"{dependency['name']} {dependency['version']}: {fault['id']}"
        print(f"VULNERABLE: {found}, mended in {mended}")
    return 1 if faults else 0


def _audited(requirements: Path, command: Sequence[str]) -> list[dict[str, Any]]:
    """What is said of each dependency; nothing if nobody answers."""
    answer = subprocess.run(  # noqa: S603 - our own tool, on our own file
        [*command, "-r", str(requirements), *_OPTIONS],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        found: list[dict[str, Any]] = json.loads(answer.stdout)["dependencies"]
    except (ValueError, KeyError):
        return []
    return found


def _is_known(dependency: dict[str, Any]) -> bool:
    return "skip_reason" not in dependency


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
