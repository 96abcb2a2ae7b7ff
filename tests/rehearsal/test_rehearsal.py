"""A rehearsal says what differed, and where; it believes nothing that the scenario says."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from casework.domain.time.calendar import ZONE
from casework.rehearsal import Difference, RehearsalReport, RehearsalRoom, ScenarioError

AS_IT_IS = """
name: 积分新办
source: domain.md G15
given:
  item: PTS_NEW
  district: "310101"
  received_at: 2026-09-17 09:30
  claims: {self_score: 125, application_form_filed: true, employer_reviewed: true}
steps:
  - at: 2026-09-17
    do: pre_review
    with: {outcome: passed}
  - do: review
    refused: WRONG_STAGE
  - do: accept
    expect: {clocks: {decide: 2026-10-21}, never: [lapsed]}
  - at: 2026-10-08 09:05
    expect: {card: blue, tasks: [review]}
final:
  stage: review
  cards: [{clock: decide, card: blue, given_on: 2026-10-08}]
  notices: [{template: accepted, dated: 2026-09-17}]
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "scenario.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


async def test_the_same_scenario_is_met_twice(room: RehearsalRoom, write: Write) -> None:
    path = write(AS_IT_IS)

    reports = [await room.rehearse(path), await room.rehearse(path)]

    assert [report.differences for report in reports] == [(), ()]
    assert reports[0].case_no != reports[1].case_no


@pytest.mark.parametrize(
    ("right", "wrong", "difference"),
    [
        (
            "{decide: 2026-10-21}",
            "{decide: 2026-10-22}",
            ("第3步 2026-09-17 10:00 clocks.decide.due_on", "2026-10-22", "2026-10-21"),
        ),
        ("{decide: 2026-10-21}", "{paper: {running: true}}", ("clocks.paper", "有此期限", "无")),
        ("never: [lapsed]", "never: [accepted]", ("never.accepted", "否", "是")),
        ("card: blue, tasks", "card: yellow, tasks", ("card", "yellow", "blue")),
        ("tasks: [review]", "tasks: []", ("第4步 2026-10-08 09:05 tasks", "无", "review")),
        ("stage: review", "stage: reviewed", ("最后 stage", "reviewed", "review")),
        (
            "given_on: 2026-10-08",
            "given_on: 2026-10-07",
            ("最后 cards", "decide:blue 2026-10-07", "decide:blue 2026-10-08"),
        ),
        (
            "given_on: 2026-10-08",
            "open: false",
            ("最后 cards", "decide:blue 已销", "decide:blue 未销"),
        ),
        (
            "notices: [{template: accepted, dated: 2026-09-17}]",
            "notices: [accepted, accepted]",
            ("最后 notices", "accepted、accepted", "accepted"),
        ),
    ],
)
async def test_one_wrong_expectation_is_named(
    rules: RehearsalRoom, write: Write, right: str, wrong: str, difference: tuple[str, str, str]
) -> None:
    assert right in AS_IT_IS

    report = await rules.rehearse(write(AS_IT_IS.replace(right, wrong)))

    where, expected, seen = difference
    (found,) = report.differences
    assert not report.met
    assert found.where.endswith(where)
    assert (found.expected, found.seen) == (expected, seen)


@pytest.mark.parametrize(
    ("right", "wrong", "seen"),
    [
        ("refused: WRONG_STAGE", "refused: FOUR_EYES", "拒绝 WRONG_STAGE"),
        ("refused: WRONG_STAGE", "refused: ''", "拒绝 WRONG_STAGE"),
        ("    with: {outcome: passed}", "    with: {outcome: passed}\n    refused: X", "办成"),
    ],
)
async def test_another_course_ends_the_rehearsal(
    rules: RehearsalRoom, write: Write, right: str, wrong: str, seen: str
) -> None:
    report = await rules.rehearse(write(AS_IT_IS.replace(right, wrong)))

    (found,) = report.differences
    assert "此后各步未推演" in found.where
    assert found.seen.startswith(seen)


async def test_the_timeline_is_told_in_the_clerks_words(rules: RehearsalRoom, write: Write) -> None:
    report = await rules.rehearse(write(AS_IT_IS))

    told = [
        (f"{row.at.astimezone(ZONE):%m-%d}", row.event, row.stage, row.card)
        for row in report.timeline
    ]
    assert told[0] == ("09-17", "收件", "预审", "none")
    assert told[1] == ("09-17", "预审通过", "待受理", "none")
    assert told[2][1].startswith("被拒：审核通过")
    assert ("10-08", "蓝牌：办理期限（2026-10-21 到期）", "审核", "blue") in told
    assert report.timeline[3].notices == ("受理通知书",)


async def test_what_the_submission_is_refused_for_is_no_difference(
    rules: RehearsalRoom, write: Write
) -> None:
    with pytest.raises(ScenarioError, match="height"):
        await rules.rehearse(write(AS_IT_IS.replace("self_score: 125", "height: 180")))


async def test_nobody_in_the_roster_bears_the_name(rules: RehearsalRoom, write: Write) -> None:
    with pytest.raises(ScenarioError, match="hp-o9"):
        await rules.rehearse(write(AS_IT_IS.replace("do: accept", "do: accept\n    as: hp-o9")))


def test_the_report_shows_what_differed() -> None:
    difference = Difference(where="第3步 clocks.decide.due_on", expected="10-22", seen="10-21")
    report = RehearsalReport(
        name="积分新办",
        source="G15",
        title="积分新办",
        case_no="1",
        timeline=(),
        differences=(difference,),
    )
    screen = io.StringIO()

    report.render(Console(file=screen, width=120))

    for text in ("不符", "第3步 clocks.decide.due_on", "10-22", "10-21"):
        assert text in screen.getvalue()
    assert "符合预期" not in screen.getvalue()
