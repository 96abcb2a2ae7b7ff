"""Where the time of a run of several rooms went, printed at its end."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import pytest
from _pytest.terminal import TerminalReporter

_SLOWEST = 10


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Print seconds of set-up, body and tear-down: by room, and of the slowest tests."""
    rooms: defaultdict[str, float] = defaultdict(float)
    tests: defaultdict[str, float] = defaultdict(float)
    for report in _reports(terminalreporter):
        rooms[_room(report.nodeid)] += report.duration
        tests[report.nodeid] += report.duration
    if len(rooms) < 2:
        return
    numbers = Counter(_room(test) for test in tests)
    terminalreporter.write_sep("=", f"where {sum(rooms.values()):.0f} s of the processes went")
    for room, seconds in _longest(rooms):
        terminalreporter.write_line(f"{seconds:8.1f} s {numbers[room]:6} {room}")
    terminalreporter.write_sep("-", "the slowest tests")
    for test, seconds in _longest(tests)[:_SLOWEST]:
        terminalreporter.write_line(f"{seconds:8.1f} s        {test}")


def _longest(seconds: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(seconds.items(), key=lambda item: -item[1])


def _reports(reporter: TerminalReporter) -> Iterator[pytest.TestReport]:
    for reports in reporter.stats.values():
        yield from (report for report in reports if isinstance(report, pytest.TestReport))


def _room(test: str) -> str:
    return "/".join(test.partition("::")[0].split("/")[:-1][:2])
