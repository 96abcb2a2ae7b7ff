"""The measurement of the desk, small: an officer's day goes to its end, and the pages are there."""

from dataclasses import asdict

import pytest

from bench.desk import measure
from tests.examples import at_night


@at_night
@pytest.mark.timeout(600)
async def test_four_people_decide_a_case_each() -> None:
    """By day the pages that it goes through are those of test_acts.py."""
    found = await measure("smoke", cases=320, each=1)
    assert found.day_cases == 2
    assert all(value > 0 for name, value in asdict(found).items() if name.endswith("_ms"))
