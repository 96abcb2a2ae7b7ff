"""A scenario of talent service that says what cannot be is refused before anything runs."""

import re
from pathlib import Path

import pytest

from casework.rehearsal import ScenarioError, read_scenario

PLAIN = """
name: 服务周期
source: domain.md
given:
  talent: {district: "500103", received_at: 2026-03-02, letter: A}
steps:
  - at: 2026-09-17
    open: {request: {service: SVC_SCHOOL}}
  - case: request
    do: accept
  - do: reclassify
    with: {letter: E, reason: 重新认定}
final: {stage: active}
"""
REQUEST = """
name: 服务申请
source: domain.md
given:
  request:
    received_at: 2026-09-17
    service: SVC_SCHOOL
    talent: {district: "500103", received_at: 2026-03-02, letter: A}
steps: []
"""


def read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "scenario.yaml"
    path.write_text(text, encoding="utf-8")
    read_scenario(path)


@pytest.mark.parametrize("text", [PLAIN, REQUEST])
def test_what_can_be_is_read(tmp_path: Path, text: str) -> None:
    read(tmp_path, text)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ('"500103"', "500103", "5 given.talent.district：填写的是 500103，应为 加引号"),
        (
            '"500103"',
            '"500199"',
            "5 given.talent.district：岗位表中没有“500199”的岗位，应为 500112",
        ),
        ("letter: A", "credential: card", "5 given.talent.letter：缺少，应为 letter 或 score"),
        ("letter: A", "letter: A, recognised_on: 2026-03-03", "recognised_on：晚于收件，应为 不晚"),
        ("letter: A", "letter: G", "given.talent.letter：填写的是 G，应为 以下之一：A、B"),
        ("letter: A}", "letter: A}\n  permit: {}", "6 given.permit.district：缺少，应为 加引号"),
        ("case: request", "case: rating", "9 steps.2.case：没有“rating”，此时有：request、talent"),
        ("  - case: request\n    do: accept", "  - do: accept", "steps.2.do：人才服务周期没有 acc"),
        ("do: accept", "signal: accept", "steps.2.signal：没有信号 accept"),
        ("do: reclassify", "signal: verify", "steps.3.signal：没有信号 verify"),
        ("{letter: E,", "{letter: Z,", "12 steps.3.with.letter：填写的是 Z，应为 以下之一：A"),
        ("{letter: E,", "{grade: E,", "12 steps.3.with.grade：reclassify 没有此字段，应为"),
        ("do: accept", "open: {request: {service: SVC_SCHOOL}}", "steps.2.name：已有“request”"),
        ("do: accept", "do: accept\n    name: other", "11 steps.2.name：没有与之同用的字段"),
        (
            "do: accept",
            "do: accept\n    absent: {officer: liaison}",
            "11 steps.2.absent.first_on：缺",
        ),
        ("stage: active", "cycle: {status: gone}", "13 final.cycle.status：填写的是 gone，应为"),
        ("stage: active", "request: {level: district}", "13 final.request：人才服务周期没有此项"),
        (
            "stage: active",
            "notices: [{template: cycle_notice, to: city}]",
            "final.notices.1.to：填写的是 city，应为",
        ),
        ("service: SVC_SCHOOL", "service: SVC_SCHOL", "没有 SVC_SCHOL，应为 SVC_SCHOOL"),
        ("service: SVC_SCHOOL", "service: SVC_SCHOOL, of: lisi", "of：没有“lisi”，应为 talent"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in PLAIN

    with pytest.raises(ScenarioError, match=re.escape(told)):
        read(tmp_path, PLAIN.replace(right, wrong, 1))


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("    received_at: 2026-09-17\n", "", "given.request.received_at：缺少"),
        ("2026-09-17", "2026-03-01", "given.request.received_at：早于 talent.received_at"),
        (
            "steps: []",
            "steps: [{at: 2026-09-16}]",
            "steps.1.at：早于前一步，应为 不早于 2026-09-17",
        ),
    ],
)
def test_a_request_comes_after_its_talent(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    assert right in REQUEST

    with pytest.raises(ScenarioError, match=re.escape(told)):
        read(tmp_path, REQUEST.replace(right, wrong, 1))


RATING = """
name: 服务评价
source: domain.md
given: {rating: {received_at: 2026-09-24, grade: 2}}
steps: []
"""


def test_what_is_rated_is_somewhere(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"given\.rating\.district：缺少"):
        read(tmp_path, RATING)
