"""At whatever hour a case is looked at, what the date has decided is seen."""

from collections.abc import Callable
from pathlib import Path

import pytest

from casework.rehearsal import RehearsalRoom

ODD = """
name: 办理期限，任何时刻
given:
  item: PTS_NEW
  district: "310101"
  received_at: 2026-09-16 15:00
  claims: {self_score: 125, application_form_filed: true, employer_reviewed: true}
steps:
  - at: 2026-09-17
    do: pre_review
    with: {outcome: passed}
  - do: accept
    # 20 WD, 09-25 and 10-01..07 off, 09-20 and 10-10 worked: 10-21. The tenth is 10-08.
    expect: {clocks: {decide: 2026-10-21}}
  - do: review
  - do: report_up
  - at: 2026-10-07 23:59
    expect: {card: none, cards: []}
  - at: 2026-10-08 00:01
    expect: {cards: [{clock: decide, card: blue, due: 2026-10-21, open: true}]}
  - at: 2026-10-21 23:59
    expect: {cards: [{clock: decide, card: yellow, due: 2026-10-21, open: true}]}
  - at: 2026-10-22 00:01
    expect: {card: red}
final:
  cards:
    - {clock: decide, card: blue, given_on: 2026-10-08, open: false}
    - {clock: decide, card: yellow, given_on: 2026-10-20, open: false}
    - {clock: decide, card: red, given_on: 2026-10-22, due: 2026-10-21}
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "scenario.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


async def test_a_card_is_there_from_midnight(
    room: RehearsalRoom, rules: RehearsalRoom, write: Write
) -> None:
    for each in (room, rules):
        report = await each.rehearse(write(ODD))

        assert report.differences == ()


async def test_nobody_is_told_to_look_where_nothing_is_due(
    room: RehearsalRoom, write: Write
) -> None:
    looks = (
        ODD.partition("  - at: 2026-10-07")[0]
        + "  - at: 2026-09-20 00:01\n    expect: {card: none}\n"
    )

    report = await room.rehearse(write(looks))

    assert report.differences == ()
    assert "look_again" not in report.history


@pytest.mark.parametrize(
    ("right", "wrong", "seen"),
    [
        ("card: yellow, due: 2026-10-21, open", "card: yellow, due: 2026-10-20, open", "10-21"),
        ("card: yellow, due", "card: blue, due", "decide:yellow"),
        ("given_on: 2026-10-20, open: false", "given_on: 2026-10-20, open: true", "已销"),
    ],
)
async def test_a_wrong_card_is_named(
    rules: RehearsalRoom, write: Write, right: str, wrong: str, seen: str
) -> None:
    assert right in ODD

    report = await rules.rehearse(write(ODD.replace(right, wrong, 1)))

    (found,) = report.differences
    assert found.where.endswith(" cards")
    assert seen in found.seen
