"""Rehearsals of talent service: several cases, several runs, and nothing believed unseen."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from casework.rehearsal import RehearsalRoom, ScenarioError
from tests.examples import at_night

SCENARIOS = Path(__file__).parents[1] / "scenarios"
MOST_EVENTS_OF_A_RUN = 500

TALENT = """
name: 服务周期
source: domain.md C.8
given:
  talent: {district: "500103", received_at: 2025-03-17, letter: A}
steps:
  - at: 2026-09-17
    open: {request: {service: SVC_SCHOOL}}
    expect: {stage: intake, request: {level: municipal, letter: A}}
  - case: request
    at: 2026-09-18
    do: accept
    expect: {request: {body: municipal/education}}
  - open: {rating: {grade: 5}}
    refused: NOT_RATEABLE
  - case: request
    do: feed_back
    with: {result: 已安排入学}
  - at: 2027-12-17 09:05
    expect: {cycle: {number: 1, opinion: none}}
final:
  stage: notified
  notices: [{template: cycle_notice, to: employer}]
"""
VISITS = """
name: 抽样回访
source: domain.md C.10
given:
  visits: {district: "500103", received_at: 2026-10-01, quarter: 2026Q4, visitors: 2}
steps:
  - at: 2026-11-19 09:05
    expect: {visits: 2}
  - do: record_visit
    with: {request: 2, means: phone, reached: true}
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "scenario.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


async def test_the_timeline_tells_all_cases(room: RehearsalRoom, write: Write) -> None:
    report = await room.rehearse(write(TALENT))

    assert report.differences == ()
    told = [row.event for row in report.timeline]
    assert not told[0].startswith("〔")
    assert sum(event.startswith("〔服务申请〕") for event in told) > 2
    assert set(report.histories) == {"talent", "request"}


@pytest.mark.parametrize(
    ("right", "wrong", "difference"),
    [
        ("level: municipal", "level: district", ("第1步", "request.level", "municipal")),
        ("letter: A}}", "letter: null}}", ("第1步", "request.letter", "A")),
        ("body: municipal", "body: district", ("第2步", "request.body", "municipal/education")),
        ("number: 1", "number: 2", ("第5步", "cycle.number", "1")),
        ("opinion: none", "opinion: early", ("第5步", "cycle.opinion", "none")),
        ("to: employer", "to: applicant", ("最后", "notices", "cycle_notice →employer")),
    ],
)
async def test_one_wrong_expectation_is_named(
    rules: RehearsalRoom, write: Write, right: str, wrong: str, difference: tuple[str, str, str]
) -> None:
    assert right in TALENT

    report = await rules.rehearse(write(TALENT.replace(right, wrong, 1)))

    step, field, seen = difference
    (found,) = report.differences
    assert found.where.startswith(step)
    assert found.where.endswith(field)
    assert found.seen == seen


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("    refused: NOT_RATEABLE\n", "", "NOT_RATEABLE"),
        ("    refused: NOT_RATEABLE\n", "    refused: ''\n", "NOT_RATEABLE"),
    ],
)
async def test_what_is_not_opened_ends_the_rehearsal(
    rules: RehearsalRoom, write: Write, right: str, wrong: str, code: str
) -> None:
    assert right in TALENT

    report = await rules.rehearse(write(TALENT.replace(right, wrong)))

    (found,) = report.differences
    assert "open，此后各步未推演" in found.where
    assert found.seen.startswith(f"拒绝 {code}")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("letter: A}\n", "letter: A, employer: {credit_code: 1X}}\n", "employer.credit_code"),
        ("letter: A}\n", "credential: card}\n", "letter"),
        ('"500103", rec', '"500199", rec', "500199"),
        ("2025-03-17, letter", "2025-03-17, recognised_on: 2025-03-18, letter", "晚于收件"),
    ],
)
async def test_what_production_would_refuse_is_no_difference(
    rules: RehearsalRoom, write: Write, right: str, wrong: str, told: str
) -> None:
    assert right in TALENT

    with pytest.raises(ScenarioError, match=told):
        await rules.rehearse(write(TALENT.replace(right, wrong, 1)))


async def test_a_sample_is_named_by_its_places(rules: RehearsalRoom, write: Write) -> None:
    report = await rules.rehearse(write(VISITS))
    assert report.differences == ()

    with pytest.raises(ScenarioError, match="样本只有 2 件"):
        await rules.rehearse(write(VISITS.replace("request: 2", "request: 3")))


@at_night
async def test_thirty_years_are_a_run_for_each_cycle(room: RehearsalRoom) -> None:
    """In `make test` tests/workflows/test_service_cycle.py lets thirty years pass."""
    report = await room.rehearse(SCENARIOS / "cycle-thirty-years.yaml")

    runs = [json.loads(history)["events"] for history in report.histories["talent"]]
    assert len(runs) == 11
    assert all(len(events) < MOST_EVENTS_OF_A_RUN for events in runs)
    assert report.history == report.histories["talent"][0]
