"""Our top-level names are plain words: no other distribution may own them (docs/adr/0008)."""

from importlib.metadata import packages_distributions

import pytest


@pytest.mark.parametrize("name", ["casework", "workflows", "activities", "workers", "api"])
def test_no_other_distribution_owns_the_name(name: str) -> None:
    assert set(packages_distributions().get(name, [])) <= {"casework"}
