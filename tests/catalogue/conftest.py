import shutil
from pathlib import Path

import pytest

from casework.catalogue import Catalogue, load_catalogue

ROOT = Path(__file__).parents[2] / "catalogue"


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped catalogue, to be broken."""
    target = tmp_path / "catalogue"
    shutil.copytree(ROOT, target)
    return target
