"""Where the events of a broken chain belong.

The chain is put right in thought: for each event the number is sought under which its content
fits a hash of the case. What fits under another number than its own has been moved; what fits
nowhere is given the number that its neighbours leave to it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from casework.security.audit.hashing import Hashing, made_by
from casework.security.audit.links import StoredCase, StoredEvent, fits, genesis, link

_REACH = 40
"""How far from its own number an event is sought: the search grows with the square of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The ``number`` under which an event was recorded; if nothing ``fits``, a guess."""

    event: StoredEvent
    number: int
    fits: bool


def places_of(case: StoredCase) -> tuple[Place, ...]:
    """The place of each event, in the order in which they stand.

    An event whose predecessor is gone cannot be tried: it is taken for genuine.
    """
    found = [_sought(case, index) for index in range(len(case.events))]
    guessed = list(_guessed(case, found))
    return tuple(
        Place(
            event=event,
            number=guess,
            fits=number is not None or (guess > 1 and guess - 1 not in guessed),
        )
        for event, number, guess in zip(case.events, found, guessed, strict=True)
    )


def _sought(case: StoredCase, index: int) -> int | None:
    event = case.events[index]
    if not event.hash:
        return event.seq
    near = range(max(0, index - _REACH), min(len(case.events), index + _REACH + 1))
    hashes = {case.events[at].hash for at in near}
    before: set[str | None] = {
        *hashes,
        *(other.hash for other in case.superseded),
        *(_made_anew(case, at) for at in near),
    }
    numbers = range(max(1, event.seq - _REACH), event.seq + _REACH + 1)
    for seq in sorted(numbers, key=lambda number: abs(number - event.seq)):
        links = {None} if seq == 1 else before
        if any(fits(case.case_no, event, each, seq=seq) in hashes for each in links):
            return seq
    return None


def _made_anew(case: StoredCase, index: int) -> str:
    """The hash that the event should have: the next one tells whether its own was replaced."""
    event, case_no = case.events[index], case.case_no
    before = case.events[index - 1].hash if index else ""
    hashing = made_by(event.hash) or made_by(before) or Hashing.SHA256
    return link(hashing, case_no, event.seq, event.content, before or genesis(hashing, case_no))


def _guessed(case: StoredCase, found: list[int | None]) -> Iterator[int]:
    """What fits nowhere has been moved as far as what comes after it."""
    for index, (event, number) in enumerate(zip(case.events, found, strict=True)):
        if number is not None:
            yield number
            continue
        later = zip(case.events[index:], found[index:], strict=True)
        shifts = (place - other.seq for other, place in later if place is not None)
        yield max(1, event.seq + next(shifts, 0))
