"""How much is tried: a part in ``make test``, all in ``make nightly``."""

from hypothesis import settings

_NIGHTLY = 5_000


def is_night() -> bool:
    """Whether this is ``make nightly``, by its profile of Hypothesis."""
    return settings().max_examples >= _NIGHTLY


def examples(number: int) -> settings:
    """So many of a property in ``make test``; in ``make nightly`` as many as its profile says."""
    current = settings()
    most = current.max_examples if is_night() else number
    return settings(current, max_examples=most, deadline=None)
