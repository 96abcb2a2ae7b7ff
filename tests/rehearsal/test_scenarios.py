"""Every scenario file is an acceptance test."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from casework.rehearsal import RehearsalReport, RehearsalRoom

DOCS = Path(__file__).parents[2] / "docs" / "rehearsal.md"
SCENARIOS = sorted((Path(__file__).parents[1] / "scenarios").glob("*.yaml"))


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
async def test_scenario(room: RehearsalRoom, path: Path) -> None:
    report = await room.rehearse(path)

    assert report.met, _shown(report)


async def test_the_example_of_the_docs(room: RehearsalRoom, tmp_path: Path) -> None:
    text = DOCS.read_text(encoding="utf-8")
    example = tmp_path / "example.yaml"
    example.write_text(text.split("```yaml\n")[1].split("```")[0], encoding="utf-8")

    report = await room.rehearse(example)

    assert report.met, _shown(report)


def _shown(report: RehearsalReport) -> str:
    screen = io.StringIO()
    report.render(Console(file=screen, width=160))
    return f"{report.name}\n{screen.getvalue()}"


def test_there_are_scenarios() -> None:
    assert len(SCENARIOS) > 20
