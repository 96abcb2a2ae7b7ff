"""The faults follow from the seed, and none is left out."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tests.chaos.faults import SORTS, plan
from tests.examples import examples

SEEDS = st.integers(0, 2**31)
EVERY = frozenset((sort.kind, sort.part) for sort in SORTS)


@given(seed=SEEDS, count=st.integers(0, 600))
@examples(50)
def test_the_same_seed_plans_the_same_and_no_sort_is_left_out(seed: int, count: int) -> None:
    faults = plan(seed, count)
    assert faults == plan(seed, count)
    assert len(faults) == count
    first = [(fault.kind, fault.part) for fault in faults[: len(SORTS)]]
    assert len(first) == len(set(first)), "each sort once before one comes again"
    if count >= len(SORTS):
        assert set(first) == EVERY
    bounds = {(sort.kind, sort.part): sort for sort in SORTS}
    for fault in faults:
        sort = bounds[fault.kind, fault.part]
        assert sort.shortest <= fault.seconds <= sort.longest
        assert 0 <= fault.how < 1


@given(seed=SEEDS)
@examples(10)
def test_what_cannot_be_made_here_is_left_out(seed: int) -> None:
    faults = plan(seed, 200, without=frozenset({"disk full"}))
    assert Counter(fault.kind for fault in faults)["disk full"] == 0
    assert len(faults) == 200


def test_another_seed_plans_otherwise() -> None:
    assert plan(1, 100) != plan(2, 100)
