"""What is installed: names that are ours alone (docs/adr/0008), and one version everywhere."""

import re
from importlib.metadata import packages_distributions, version

import pytest

import casework
from api.app import create_app
from api.routes.health import Alive
from casework.settings import Settings
from tests.docs.pages import ROOT
from workers.main import BUILD


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
        "worker": BUILD.version.build_id,
    }
    assert set(told.values()) == {casework.__version__}, told
