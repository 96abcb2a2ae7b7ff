"""Several cases in one scenario: each of its own person and time, told and looked at by name."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from casework.domain.identifiers import check_citizen_id
from casework.rehearsal import RehearsalRoom, ScenarioError, read_scenario
from casework.rehearsal.given import Given, applicant_of, person_called

SEVERAL = """
name: 三件
cases:
  first:
    given:
      item: HJ_OVS
      district: "310115"
      received_at: 2026-06-02
      person: a
      claims: {application_form_filed: true}
    final: {stage: await_paper}
  early:
    given: {item: HJ_RES, district: "310115", received_at: 2026-06-01, person: a}
    final: {stage: pre_review}
  late:
    given: {item: HJ_OVS, district: "310115", received_at: 2026-06-08}
    final: {stage: pre_review, events_include: [submitted]}
steps:
  - at: 2026-06-01 15:00
    case: early
    expect: {stage: pre_review}
  - at: 2026-06-03
    do: pre_review
    with: {outcome: passed}
    expect: {stage: await_paper}
  - case: early
    expect: {stage: pre_review}
final: {stage: await_paper}
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "scenario.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


async def test_each_case_comes_in_at_its_time(room: RehearsalRoom, write: Write) -> None:
    report = await room.rehearse(write(SEVERAL))

    assert report.differences == ()
    told = [(f"{row.at:%m-%d}", row.event) for row in report.timeline]
    assert told[:3] == [
        ("06-01", "〔early〕收件"),
        ("06-02", "〔first〕收件"),
        ("06-03", "〔first〕预审通过"),
    ]
    assert ("06-08", "〔late〕收件") in told
    assert set(report.histories) == {"first", "early", "late"}


async def test_what_one_case_should_have_become_is_told_with_its_name(
    rules: RehearsalRoom, write: Write
) -> None:
    text = SEVERAL.replace("final: {stage: pre_review}", "final: {stage: await_paper}")

    report = await rules.rehearse(write(text))

    (found,) = report.differences
    assert (found.where, found.seen) == ("最后〔early〕 stage", "pre_review")


def test_the_same_name_is_the_same_person(write: Write) -> None:
    people = {}
    for name, given in read_scenario(write(SEVERAL)).givens.items():
        assert isinstance(given, Given)
        people[name] = applicant_of(given)

    assert people["first"] == people["early"]
    assert people["late"].id_number not in {people["first"].id_number, "310101199003071230"}


@pytest.mark.parametrize("name", ["a", "b", "张三", "x" * 20])
def test_a_made_up_number_is_valid(name: str) -> None:
    number = person_called(name).id_number

    assert check_citizen_id(number, date(2026, 6, 1)).number == number


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("case: early\n    expect", "case: late\n    expect", "“late”此时尚未收件"),
        ("case: early\n    expect", "case: second\n    expect", "没有“second”，此时有：early"),
        ("2026-06-01 15:00", "2026-05-31", "steps.1.at：早于前一步，应为 不早于 2026-06-01 10:00"),
        ("name: 三件", "name: 三件\ngiven: {item: HJ_OVS}", "cases：与 given 同时出现"),
        ("cases:", "case:", "case：没有此字段，应为 cases"),
    ],
)
def test_a_mistake_is_named(write: Write, right: str, wrong: str, told: str) -> None:
    assert right in SEVERAL

    with pytest.raises(ScenarioError, match=told):
        read_scenario(write(SEVERAL.replace(right, wrong, 1)))
