"""Faults strike while cases go their way, and nothing is lost: ``make chaos`` in a small form."""

import pytest

from tests.chaos.faults import SORTS
from tests.chaos.run import shake
from tests.examples import at_night


@at_night
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("seed", [7, 20])
async def test_nothing_is_lost_whatever_fails(seed: int) -> None:
    """By day one fault of each sort that the network knows (test_proxy.py), a kill of every part
    (tests/e2e/test_faults.py) and feed readers beside overlapping transactions (tests/store).
    """
    ended = await shake(seed=seed, cases=22, faults=2 * len(SORTS), seconds=90)
    assert not ended.found.losses, ended.table()
    assert ended.struck.total() > len(SORTS), ended.table()
    assert ended.acts > 22, ended.table()
