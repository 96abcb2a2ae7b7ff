"""The rules are total: whatever comes, they decide or refuse; and a broken rule would be found.

Each world throws two hundred inputs: 5,000 by default, a million with the profile ``nightly``.
"""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from casework.domain.kinds.registry import CaseKind
from tests.domain.hostile import UnsoundError, any_course, play
from tests.examples import examples

INPUTS = 200


@examples(25, night=5_000)
@given(seed=st.integers(0, 2**48))
@example(1183)  # a refusal named the bodies that a transfer had brought
def test_no_input_breaks_a_rule(seed: int) -> None:
    assert play(seed, INPUTS) >= INPUTS


def test_every_kind_of_case_is_opened() -> None:
    opened = {course.kind for seed in range(200) if (course := any_course(seed))}
    assert opened == set(CaseKind)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("casework.domain.kinds.application.intake.checklist", "package_faults"),
        ("casework.domain.kinds.application.review", "require_text"),
        ("casework.domain.case.moves", "end_clocks"),
        ("casework.domain.case.supervision", "give_card"),
        ("casework.domain.case.passing_time", "rungs"),
        ("casework.domain.case.details", "ledger"),
    ],
)
def test_a_broken_rule_is_found(where: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **named: object) -> object:
        del args, named
        raise KeyError(name)

    monkeypatch.setattr(f"{where}.{name}", broken)
    with pytest.raises(UnsoundError, match=name):
        _play_several()


def _play_several() -> None:
    for seed in range(1, 9):
        play(seed, 20 * INPUTS)
