import shutil
from pathlib import Path

import pytest

from casework.policy.catalogue import Catalogue, load_catalogue

ROOT = Path(__file__).parents[2] / "catalogue"
CODES = {
    "MH": "310112",
    "BS": "310113",
    "JA": "310106",
    "HK": "310109",
    "XH": "310104",
    "HP": "310101",
    "PD": "310115",
}
"""The seven districts of Shanghai as domain.md abbreviates them."""


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped catalogue, to be broken."""
    target = tmp_path / "catalogue"
    shutil.copytree(ROOT, target)
    return target
