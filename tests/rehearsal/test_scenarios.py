"""Every scenario file is an acceptance test: all of them on the rules, some on Temporal as well."""

import io
import re
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

import pytest
from rich.console import Console

from casework.domain.time.calendar import local_date
from casework.rehearsal import RehearsalReport, RehearsalRoom
from tests.examples import is_night
from tests.rehearsal.shapes import SCENARIOS, all_elements, cover

DOCS = Path(__file__).parents[2] / "docs" / "rehearsal.md"
NUMBER = re.compile(r"\b(?:ZL|\d{6})(?:-[0-9A-Z]{4}){3}\b")
ON_TEMPORAL = SCENARIOS if is_night() else cover(all_elements())


Played = Callable[[Path], Awaitable[RehearsalReport]]


@pytest.fixture(scope="module")
def played(rules: RehearsalRoom) -> Played:
    """What the rules make of a scenario; each is played once, whichever test asks first."""
    reports: dict[Path, RehearsalReport] = {}

    async def play(path: Path) -> RehearsalReport:
        if path not in reports:
            reports[path] = await rules.rehearse(path)
        return reports[path]

    return play


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
async def test_by_the_rules(played: Played, path: Path) -> None:
    report = await played(path)

    assert report.met, _shown(report)


@pytest.mark.parametrize("path", ON_TEMPORAL, ids=lambda path: path.stem)
async def test_on_temporal(room: RehearsalRoom, played: Played, path: Path) -> None:
    report = await room.rehearse(path)

    assert report.met, _shown(report)
    assert told(report) == told(await played(path))


async def test_the_example_of_the_docs(
    room: RehearsalRoom, rules: RehearsalRoom, tmp_path: Path
) -> None:
    text = DOCS.read_text(encoding="utf-8")
    example = tmp_path / "example.yaml"
    example.write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")

    for each in (room, rules):
        report = await each.rehearse(example)

        assert report.met, _shown(report)


def test_temporal_plays_each_element_of_any_scenario() -> None:
    known = all_elements()
    chosen = cover(known)

    assert frozenset().union(*(known[path] for path in chosen)) == frozenset().union(
        *known.values()
    )
    assert len(chosen) < len(SCENARIOS)


def told(report: RehearsalReport) -> Mapping[str, list[tuple[object, ...]]]:
    """The story of each case, but for the minute and for numbers made for one rehearsal.

    Sorted within a day: of an order and an outreach that begin together, or of two cases that wake
    on one day, either may be first. Which state each event led to is told with it.
    """
    story: dict[str, list[tuple[object, ...]]] = {}
    for row in report.timeline:
        case = row.event.partition("〕")[0] if row.event.startswith("〔") else ""
        event = NUMBER.sub("…", row.event)
        shown = (local_date(row.at), event, row.actor, row.stage, row.card, row.notices)
        story.setdefault(case, []).append(shown)
    return {case: sorted(rows, key=str) for case, rows in story.items()}


def _shown(report: RehearsalReport) -> str:
    screen = io.StringIO()
    report.render(Console(file=screen, width=160))
    return f"{report.name}\n{screen.getvalue()}"


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) > 20
