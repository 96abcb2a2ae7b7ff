"""What to write in place of a name that nothing here bears."""

from collections.abc import Iterable
from difflib import get_close_matches


def one_of(wrong: str, known: Iterable[str]) -> str:
    """The nearest known name, or all of them where none is near."""
    names = list(known)
    near = get_close_matches(wrong, names, n=1)
    return f"did you mean {near[0]}?" if near else f"one of: {', '.join(names)}"
