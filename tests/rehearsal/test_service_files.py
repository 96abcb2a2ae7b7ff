"""A scenario of talent service that says what cannot be is refused before anything runs."""

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
        ('"500103"', "500103", r"given\.talent\.district: .*valid string"),
        ("letter: A", "letter: G", r"given\.talent\.letter"),
        ("letter: A}", "letter: A}\n  permit: {}", r"given\.permit\.district"),
        ("case: request", "case: rating", r"steps\.2\.case 没有“rating”，此时有：request、talent"),
        ("  - case: request\n    do: accept", "  - do: accept", r"steps\.2\.do: .*没有 accept"),
        ("do: accept", "signal: accept", r"steps\.2\.signal: .*没有此信号"),
        ("do: reclassify", "signal: verify", r"steps\.3\.signal: .*没有此信号"),
        ("{letter: E,", "{letter: Z,", r"steps\.3\.with\.letter"),
        ("{letter: E,", "{grade: E,", r"steps\.3\.with\.grade 不是"),
        ("do: accept", "open: {request: {service: SVC_SCHOOL}}", r"steps\.2\.name 已有“request”"),
        ("do: accept", "do: accept\n    name: other", r"steps\.2: .*name 须与 open 同用"),
        ("do: accept", "do: accept\n    absent: {officer: liaison}", r"steps\.2\.absent\.first_on"),
        ("stage: active", "cycle: {status: gone}", r"final\.cycle\.status"),
        (
            "stage: active",
            "notices: [{template: cycle_notice, to: city}]",
            r"final\.notices\.1\.to",
        ),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in PLAIN

    with pytest.raises(ScenarioError, match=told):
        read(tmp_path, PLAIN.replace(right, wrong, 1))


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("    received_at: 2026-09-17\n", "", "given.request 须有 talent 和 received_at"),
        ("2026-09-17", "2026-03-01", "received_at 不能早于 talent.received_at"),
        ("steps: []", "steps: [{at: 2026-09-16}]", r"steps\.1\.at 2026-09-16 10:00 早于前一步"),
    ],
)
def test_a_request_comes_after_its_talent(
    tmp_path: Path, right: str, wrong: str, told: str
) -> None:
    assert right in REQUEST

    with pytest.raises(ScenarioError, match=told):
        read(tmp_path, REQUEST.replace(right, wrong, 1))


RATING = """
name: 服务评价
source: domain.md
given: {rating: {received_at: 2026-09-24, grade: 2}}
steps: []
"""


def test_what_is_rated_is_somewhere(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"given\.rating 须有 district"):
        read(tmp_path, RATING)
