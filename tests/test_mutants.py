"""Each rule that ``make nightly`` breaks still stands where it can be broken."""

import pytest

from tests.mutants import MUTANTS, Mutant, place


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.rule)
def test_the_rule_stands_in_one_place(mutant: Mutant) -> None:
    assert place(mutant)
    assert mutant.broken != mutant.text
