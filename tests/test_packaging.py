"""What is installed: names that are ours alone (docs/adr/0008), and one version everywhere."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from hatchling.build import build_wheel

import casework
from api.app import create_app
from api.routes.health import Alive
from casework import contract
from casework.domain.authority import Action
from casework.domain.case.kind import KNOWN
from casework.domain.policy import Role
from casework.policy.authority import load_authority
from casework.settings import Settings
from tests.docs.pages import ROOT
from workers.main import deployment


@pytest.mark.parametrize("name", ["casework", "workflows", "activities", "workers", "api"])
def test_no_other_distribution_owns_the_name(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"casework"}


def test_the_version_is_that_of_the_newest_heading_of_the_changelog() -> None:
    heading = re.search(
        r"^## (\S+)( \(unreleased\))?", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert heading
    newest = f"{heading[1]}.dev0" if heading[2] else heading[1]
    assert casework.__version__ == newest


def test_everybody_tells_the_same_version() -> None:
    told = {
        "pip": version("casework"),  # of the environment: `make env` brings it up to date
        "OpenAPI": create_app(Settings()).openapi()["info"]["version"],
        "health": Alive().version,
        "worker": deployment().version.build_id,
    }
    assert set(told.values()) == {casework.__version__}, told


CONTRACT = ROOT / "deploy/contract"
HEAVY = ("sqlalchemy", "asyncpg", "fastapi", "starlette", "structlog", "yaml", "httpx", "api")
LOOK = f"""
import sys
sys.path[:0] = [sys.argv[1], sys.argv[2]]
import casework.contract
assert casework.contract.__file__.startswith(sys.argv[1]), casework.contract.__file__
assert all(hasattr(casework.contract, name) for name in casework.contract.__all__)
print(*[name for name in {HEAVY!r} if name in sys.modules])
"""


def wheel_of_the_contract(folder: Path) -> Path:
    """The distribution ``casework-contract``, built from this tree."""
    before = Path.cwd()
    os.chdir(CONTRACT)  # as a build front end does
    try:
        return folder / build_wheel(str(folder))
    finally:
        os.chdir(before)


def test_the_contract_can_be_had_without_the_rest(tmp_path: Path) -> None:
    """Only its wheel and the packages that are installed; ``-S``: not the tree itself."""
    wheel = wheel_of_the_contract(tmp_path)
    told = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-I", "-S", "-c", LOOK, wheel, sysconfig.get_path("purelib")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stdout.split()) == (0, []), told.stderr


def test_the_contract_has_the_start_of_every_kind_that_a_system_opens() -> None:
    opened = {
        kind.message
        for name, kind in KNOWN.items()
        if kind.message and load_authority().extent(name, Action.OPEN, Role.SYSTEM)
    }
    assert opened
    assert {each.__name__ for each in opened} <= {*contract.__all__}


def test_the_contract_needs_no_other_versions_than_the_whole() -> None:
    alone, whole = (
        set(tomllib.loads((folder / "pyproject.toml").read_text())["project"]["dependencies"])
        for folder in (CONTRACT, ROOT)
    )
    assert alone < whole
