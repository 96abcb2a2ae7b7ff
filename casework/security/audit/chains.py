"""One case's chain: whether it holds, and if it does not, what was done to it."""

from collections.abc import Iterator
from dataclasses import dataclass

from casework.security.audit.findings import Finding, Tampering
from casework.security.audit.hashing import (
    Hashing,
    StoredCase,
    StoredEvent,
    fits,
    genesis,
    link,
    made_by,
)

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

    For each event the number is sought under which its content fits a hash of the case. What fits
    under another number than its own has been moved; what fits nowhere is given the number that its
    neighbours leave to it.

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


def examine(case: StoredCase) -> tuple[Finding, ...]:
    """What is wrong with the events of one case; of one from before the chain, only gaps."""
    if _holds(case) and not case.superseded:
        return ()
    return (*_events(case), *_superseded(case))


def _finding(case: StoredCase, kind: Tampering, seq: int, until: int | None = None) -> Finding:
    return Finding(
        kind=kind, district=case.district, case_no=case.case_no, seq=seq, until=until or seq
    )


def _holds(case: StoredCase) -> bool:
    """The quick way, for almost all cases: all there, and each hash as it must be."""
    before: str | None = None
    for seq, event in enumerate(case.events, start=1):
        if event.seq != seq or not event.hash or fits(case.case_no, event, before) != event.hash:
            return False
        before = event.hash
    return len(case.events) == case.last_seq


def _events(case: StoredCase) -> Iterator[Finding]:
    if _holds(case):
        return
    places = places_of(case)
    if any(event.hash for event in case.events):
        for event in case.events:
            if not event.hash:
                yield _finding(case, Tampering.HASH_REMOVED, event.seq)
    numbers = {place.number for place in places}
    last = max(numbers, default=0)
    for seq in sorted(set(range(1, last)) - numbers):
        yield _finding(case, Tampering.REMOVED, seq)
    if last < case.last_seq:
        yield _finding(case, Tampering.REMOVED, last + 1, case.last_seq)
    for place in places:
        if kind := _misplaced(case, place, places) or _forked(case, place):
            yield _finding(case, kind, place.event.seq)
    if last > case.last_seq:
        yield _finding(case, Tampering.INSERTED, case.last_seq + 1, last)


def _misplaced(case: StoredCase, place: Place, places: tuple[Place, ...]) -> Tampering | None:
    seq = place.event.seq
    genuine = [other for other in places if other.fits and other is not place]
    if not place.fits:
        taken = any(other.number in {seq, place.number} for other in genuine)
        return Tampering.INSERTED if taken else Tampering.ALTERED
    if _rightful(case, place.number, places) is not place:
        return Tampering.INSERTED
    out_of_order = any(
        other.number > place.number if other.event.seq < seq else other.number < place.number
        for other in genuine
    )
    return Tampering.REORDERED if out_of_order else None


def _rightful(case: StoredCase, number: int, places: tuple[Place, ...]) -> Place:
    """Of the events that fit one number, the one on which the next follows.

    If none does, it is the last: the genuine one has been moved out of the way.
    """
    rivals = [place for place in places if place.fits and place.number == number]
    following = [place.event for place in places if place.number == number + 1]
    followed = (
        place
        for place in rivals
        for event in following
        if fits(case.case_no, event, place.event.hash, seq=number + 1) == event.hash
    )
    return next(followed, rivals[-1])


def _forked(case: StoredCase, place: Place) -> Tampering | None:
    """An event that follows one which has since been superseded."""
    event = place.event
    if not place.fits or place.number != event.seq or not event.hash:
        return None
    stands = {other.hash for other in case.events if other.seq == event.seq - 1}
    if any(fits(case.case_no, event, each) == event.hash for each in stands):
        return None
    replaced = {other.hash for other in case.superseded if other.seq == event.seq - 1}
    forked = any(fits(case.case_no, event, each) == event.hash for each in replaced)
    return Tampering.FORKED if forked else None


def _superseded(case: StoredCase) -> Iterator[Finding]:
    for event in case.superseded:
        if event.hash and not _was_here(case, event):
            yield _finding(case, Tampering.SUPERSEDED_ALTERED, event.seq)


def _was_here(case: StoredCase, event: StoredEvent) -> bool:
    before: set[str | None] = {
        other.hash for other in (*case.events, *case.superseded) if other.seq == event.seq - 1
    }
    if event.seq == 1:
        before = {None}
    return any(fits(case.case_no, event, each) == event.hash for each in before)
