import shutil
from pathlib import Path

import pytest

from casework.policy.service_catalogue import ServiceCatalogue, load_service_catalogue
from casework.policy.service_roster import ServiceRoster, load_service_roster

ROOT = Path(__file__).parents[2] / "catalogue"


@pytest.fixture(scope="session")
def catalogue() -> ServiceCatalogue:
    return load_service_catalogue()


@pytest.fixture(scope="session")
def roster() -> ServiceRoster:
    return load_service_roster()


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The shipped catalogue, to be broken."""
    target = tmp_path / "catalogue"
    shutil.copytree(ROOT, target)
    return target


def edit(root: Path, file: str, old: str, new: str) -> str:
    """Replace the first ``old`` in a file and return what the file then holds."""
    path = root / file
    text = path.read_text(encoding="utf-8")
    changed = text.replace(old, new, 1)
    assert changed != text, f"{file} has no {old!r}"
    path.write_text(changed, encoding="utf-8")
    return changed
