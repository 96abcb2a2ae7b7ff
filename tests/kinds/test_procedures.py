"""The page of procedures is current, and its stage tables are true."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.domain.kinds.procedures_page import procedures_page
from casework.domain.kinds.registry import KINDS, CaseKind
from tests.docs.pages import ROOT
from tests.kinds.watched import Way, explored, ways_of

ROUNDS = 600


def table(kind: CaseKind) -> set[Way]:
    """Every way of the stage table of a kind."""
    steps = KINDS[kind].steps
    return {(kind.value, step.stage, *way) for step in steps for way in step.ways()}


def test_the_page_is_current() -> None:
    page = (ROOT / "docs" / "procedures.md").read_text(encoding="utf-8")
    assert page == procedures_page(), "run: casework catalogue procedures > docs/procedures.md"


@settings(max_examples=25, deadline=None)
@given(kind=st.sampled_from(CaseKind), seed=st.integers(0, 2**32))
def test_no_case_goes_a_way_that_is_not_in_its_table(kind: CaseKind, seed: int) -> None:
    assert ways_of(kind, seed) <= table(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_every_way_of_a_table_is_gone(kind: CaseKind) -> None:
    assert explored(kind, table(kind), rounds=ROUNDS) == table(kind)
