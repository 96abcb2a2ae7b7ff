"""How much is tried: a part in ``make test``, all in ``make nightly``."""

import pytest
from hypothesis import settings

_NIGHTLY = 5_000


def is_night() -> bool:
    """Whether this is ``make nightly``, by its profile of Hypothesis."""
    return settings().max_examples >= _NIGHTLY


at_night = pytest.mark.skipif(not is_night(), reason="`make nightly` does")
"""For what something cheaper finds in ``make test``: its docstring says what."""


def examples(number: int, night: int | None = None) -> settings:
    """So many of a property in ``make test``; in ``make nightly`` so many as ``night`` says, by
    default ten times the number of the day, and never more than its profile.
    """
    current = settings()
    most = min(night or 10 * number, current.max_examples) if is_night() else number
    return settings(current, max_examples=most, deadline=None)
