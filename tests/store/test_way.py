"""The way of an entry from the workflow to its row is short, and nothing on it is done twice."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from activities.register import RegisterActivities
from casework.messages.entry import make_entry
from casework.store.engine import Sessions
from tests.store.desks import archived
from tests.store.entries import writer

ROOT = Path(__file__).parents[2]
MOST_FILES = 23
"""From the events to the statement, with sealing and chain."""


@contextmanager
def entered() -> Iterator[Counter[tuple[str, str]]]:
    """While within: the functions of ours that are called, by file and name."""
    calls: Counter[tuple[str, str]] = Counter()
    seen: dict[int, FrameType] = {}  # held, so that no frame takes the place of another

    def note(frame: FrameType, event: str, _: object) -> None:
        file = Path(frame.f_code.co_filename)
        if event != "call" or not file.is_relative_to(ROOT) or id(frame) in seen:
            return  # a coroutine that goes on is called again
        place = file.relative_to(ROOT)
        if place.parts[0] in {"casework", "activities", "workflows"}:
            seen[id(frame)] = frame
            calls[str(place), frame.f_code.co_name] += 1

    before = sys.gettrace()
    sys.settrace(note)
    try:
        yield calls
    finally:
        sys.settrace(before)


async def test_an_ordinary_entry_takes_a_short_way_and_nothing_is_done_twice(
    sealed_sessions: Sessions,
) -> None:
    register = RegisterActivities(sealed_sessions)
    for number in (1, 2):  # by the second, what is built once for all entries is built
        case = writer(archived(), number=number)
        await register.record(case.entry(1, version=0))
        before = case.case
        case.entry(1)
        after = case.case
        assert after is not None
        with entered() as calls:
            entry = make_entry(
                case.events[-1:],
                case=after,
                before=before,
                calendar=case.desk.calendar,
                version=0,
            )
            await register.record(entry)
    files = {file for file, _ in calls}
    assert len(files) <= MOST_FILES, sorted(files)
    times: Counter[str] = Counter()
    for (_, name), number in calls.items():
        times[name] += number
    assert times["record"] == 2  # the activity, and what it calls
    for once in ("make_entry", "_prepared", "sealed", "chained", "document_of", "_write"):
        assert times[once] == 1, once
    assert "_reconcile" not in times
