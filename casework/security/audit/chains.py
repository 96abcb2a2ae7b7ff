"""One case's chain: whether it holds, and if it does not, what was done to it."""

from collections.abc import Iterator

from casework.security.audit.findings import Finding, Tampering
from casework.security.audit.links import StoredCase, StoredEvent, fits
from casework.security.audit.places import Place, places_of


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
