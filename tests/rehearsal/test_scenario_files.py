"""A scenario that says what cannot be is refused before anything runs, with its place."""

from datetime import datetime
from pathlib import Path

import pytest

from casework.domain.calendar import ZONE
from casework.rehearsal import ScenarioError, read_scenario
from casework.rehearsal.schema import schema_text

SCHEMA = Path(__file__).parents[1] / "scenarios" / "schema" / "scenario.json"

PLAIN = """
name: 积分新办
source: domain.md
given: {item: PTS_NEW, district: "310101", received_at: 2026-09-17}
steps:
  - at: 2026-09-18 14:30
    do: accept
final: {stage: review}
"""


def read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    read_scenario(path)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("do: accept", "do: acept", "steps.1.do: .*没有此操作"),
        ("do: accept", "signal: accept", "steps.1.signal: .*没有此信号"),
        ("do: accept", "do: accept\n    signal: delivered", "steps.1: .*只能有一个"),
        ("do: accept", "refused: FOUR_EYES", "steps.1: .*须与 do、signal 或 order 同用"),
        ("do: accept", "with: {reason: x}", "steps.1: .*with 须与 do 或 signal 同用"),
        ("do: accept", "do: pre_review", "with.outcome Field required"),
        ("do: accept", "do: extend\n    with: {reason: x}", "with.working_days Field required"),
        ("do: accept", "do: withdraw\n    with: {reasn: x}", "with.reasn .*可用：reason"),
        ("do: accept", "do: accept\n    who: officer", "steps.1.who: Extra inputs"),
        ("2026-09-18 14:30", "2026-09-16", "steps.1.at 2026-09-16 10:00 早于前一步"),
        ("2026-09-18 14:30", "next week", "steps.1.at: .*的形式"),
        ("stage: review", "stage: reviewing", "final.stage"),
        ("stage: review", "never: [lapse]", "final.never.1: .*没有此事项"),
        ("stage: review", "notices: [reminder]", "没有此通知"),
        ('"310101"', "310101", "given.district: .*valid string"),
        ("name: 积分新办", "name: [", "scenario.yaml"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in PLAIN

    with pytest.raises(ScenarioError, match=told):
        read(tmp_path, PLAIN.replace(right, wrong))


LIFT = "{kind: lift_suspension, suspension: lockdown, lifted_on: 2026-09-20, reason: 解封}"
OPEN = "{kind: open_suspension, first_on: 2026-09-10, reason: 封控, basis: 区防控办通告}"

FIRST = f"{{at: 2026-09-10, order: {OPEN}}}"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("do: accept", f"do: accept\n    order: {LIFT}", "steps.1: .*只能有一个"),
        ("do: accept", f"order: {LIFT}\n    with: {{x: 1}}", "steps.1: .*with 须与"),
        ("do: accept", f"order: {LIFT.replace('lift', 'lft')}", "steps.1.order: .*lift_suspension"),
        ("do: accept", f"order: {LIFT.replace('lifted_on', 'until')}", r"\.lifted_on: Field requ"),
        ("do: accept", f"order: {OPEN.replace('first_on', 'from')}", r"\.first_on: Field requ"),
        ("stage: review", "roused: -1", "final.roused"),
        ("given:", f"before: [{{order: {OPEN}}}]\ngiven:", "before.1 须有 at 和 order"),
        ("given:", "before: [{at: 2026-09-10, do: accept}]\ngiven:", "before.1 须有 at 和 order"),
        (
            "given:",
            f"before: [{{at: 2026-09-18, order: {OPEN}}}]\ngiven:",
            "before 须早于收件：2026-09-18 10:00",
        ),
        (
            "given:",
            f"before: [{FIRST}, {FIRST.replace('10', '09', 1)}]\ngiven:",
            "before.2.at 2026-09-09 10:00 早于前一步",
        ),
    ],
)
def test_a_mistake_in_an_order_is_named(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in PLAIN

    with pytest.raises(ScenarioError, match=told):
        read(tmp_path, PLAIN.replace(right, wrong))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"nowhere\.yaml"):
        read_scenario(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("2026-09-18", datetime(2026, 9, 18, 10, tzinfo=ZONE)),
        ('"2026-09-18"', datetime(2026, 9, 18, 10, tzinfo=ZONE)),
        ("2026-09-18 14:30", datetime(2026, 9, 18, 14, 30, tzinfo=ZONE)),
        ("2026-09-18 14:30:05", datetime(2026, 9, 18, 14, 30, 5, tzinfo=ZONE)),
    ],
)
def test_moments_are_local(tmp_path: Path, written: str, read_as: datetime) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(PLAIN.replace("2026-09-18 14:30", written), encoding="utf-8")

    assert read_scenario(path).steps[0].at == read_as


def test_the_schema_of_the_editors_is_current() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()
