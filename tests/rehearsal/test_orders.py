"""Orders in a rehearsal go the way of real ones, end with it, and stand in the timeline."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from casework.local.devstack import StackError
from casework.rehearsal import RehearsalRoom, ScenarioError
from casework.store.engine import Sessions
from casework.store.models import Openings

BENT = """
name: 补正期间封控
source: domain.md C.6
given:
  item: PTS_NEW
  district: "310113"
  received_at: 2026-12-14 09:00
  channel: email
  claims: {self_score: 125, application_form_filed: true, employer_reviewed: true}
  materials: {all_but: [labour_contract]}
steps:
  - at: 2026-12-15
    do: pre_review
    with: {outcome: faulty}
    # 15 WD: 12-16..18, 12-21..25, 12-28..31, 2027-01-04..06; 01-01 is statutory.
    expect: {clocks: {supplement: {due_on: 2027-01-06, fires_on: 2027-01-05, provisional: true}}}
  - at: 2026-12-21 08:00
    order: {kind: open_suspension, name: lockdown, first_on: 2026-12-21, reason: 封控, basis: 通告}
    expect: {clocks: {supplement: {due_on: null, fires_on: null, paused: true}}, roused: 0}
  - at: 2026-12-22 18:00
    order: {kind: lift_suspension, suspension: lockdown, lifted_on: 2026-12-22, reason: 解封}
    # 12-21 and 12-22 are out: 01-07, 01-08.
    expect: {clocks: {supplement: {due_on: 2027-01-08, paused: false}}, roused: false}
  - at: 2026-12-23
    order:
      kind: import_calendar
      year: {year: 2027, days_off: [2027-01-01], make_up: [2027-01-02], notice: 推演用通知}
final:
  # Sat 01-02 is worked: one day sooner.
  clocks: {supplement: {due_on: 2027-01-07, provisional: false}}
"""

REFUSED = """
name: 不能生效的指令
given:
  item: PTS_NEW
  district: "310113"
  received_at: 2026-12-14 09:00
  claims: {self_score: 125, application_form_filed: true, employer_reviewed: true}
steps:
  - at: 2026-12-21 08:00
    order:
      {kind: open_suspension, first_on: 2026-12-21, reason: x, basis: y, approved_by: supervisor}
    refused: FOUR_EYES
  - order:
      {kind: open_suspension, first_on: 2026-12-21, reason: x, basis: y, approved_by: hk-s1}
    refused: OTHER_DISTRICT
  - order: {kind: open_suspension, first_on: 2026-12-21, reason: 封控, basis: ''}
    refused: FIELD_REQUIRED
  - as: officer
    order: {kind: open_suspension, first_on: 2026-12-21, reason: x, basis: y}
    refused: ROLE_NOT_ALLOWED
  - order:
      kind: open_suspension
      scope: office
      key: 310113/
      first_on: 2026-12-21
      reason: x
      basis: y
    refused: SCOPE_UNKNOWN
  - order: {kind: open_suspension, first_on: 2090-12-21, reason: x, basis: y}
    refused: CALENDAR_YEAR_MISSING
  - order: {kind: lift_suspension, suspension: lockout, lifted_on: 2026-12-22, reason: 解封}
    refused: SUSPENSION_UNKNOWN
  - order: {kind: open_suspension, name: short, first_on: 2026-12-21, reason: x, basis: y}
  - order: {kind: lift_suspension, suspension: short, lifted_on: 2026-12-20, reason: 解封}
    refused: LIFTED_BEFORE_FIRST
  - order: {kind: lift_suspension, suspension: short, lifted_on: 2026-12-21, reason: 解封}
  - at: 2026-12-23
    order: {kind: lift_suspension, suspension: short, lifted_on: 2026-12-24, reason: 解封}
    refused: SUSPENSION_OVER
  - order: {kind: end_measure, measure: NONE.310113.20260101, until: 2026-12-31, reason: 结束}
    refused: MEASURE_UNKNOWN
  - order:
      kind: start_measure
      name: late
      effect: PAPER_NO_LIMIT
      since: 2026-12-23
      until: 2026-12-30
      reason: 疫情
      reference: 通告
  - order:
      {kind: start_measure, effect: PAPER_NO_LIMIT, since: 2026-12-28, reason: x, reference: y}
    refused: MEASURE_EXISTS
  - order: {kind: end_measure, measure: late, until: 2026-12-22, reason: 结束}
    refused: UNTIL_BEFORE_SINCE
  - order:
      kind: import_calendar
      year: {year: 2027, days_off: [2026-01-01], make_up: [], notice: 推演用通知}
    refused: CALENDAR_DAY_INVALID
  - order:
      kind: import_calendar
      year: {year: 2090, days_off: [2090-01-02], make_up: [], notice: 推演用通知}
    refused: CALENDAR_YEAR_GAP
  - order: {kind: move_policy, to: 2027-01-01, reason: 新政策}
    refused: DATE_IN_FUTURE
# Nobody answered within 5 WD of 12-14: deemed accepted.
final: {stage: review}
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str) -> Path:
        path = tmp_path / "scenario.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


async def test_orders_of_a_rehearsal_end_with_it(room: RehearsalRoom, write: Write) -> None:
    path = write(BENT)

    # The calendar that the first has imported would have made the second one differ.
    reports = [await room.rehearse(path), await room.rehearse(path)]

    assert [report.differences for report in reports] == [(), ()]


async def test_the_timeline_tells_the_orders(rules: RehearsalRoom, write: Write) -> None:
    report = await rules.rehearse(write(BENT))

    told = [(f"{row.at:%m-%d}", row.event, row.actor, row.stage) for row in report.timeline]
    assert told[2] == (
        "12-21",
        "指令：暂停申请人的期限：全区 310113，2026-12-21 起，未定解除日",
        "bs-s1",
        "待补正",
    )
    assert [actor for _, event, actor, _ in told if event.startswith("指令")] == [
        "bs-s1",
        "bs-s1",
        "sh-u1",  # a calendar is for everybody
    ]


@pytest.mark.parametrize(
    ("right", "wrong", "difference"),
    [
        ("roused: 0", "roused: 1", ("roused", "0")),
        ("roused: false", "roused: true", ("roused", "否")),
        (
            "fires_on: 2027-01-05",
            "fires_on: 2027-01-06",
            ("clocks.supplement.fires_on", "2027-01-05"),
        ),
        ("paused: false", "paused: true", ("clocks.supplement.paused", "否")),
    ],
)
async def test_a_wrong_expectation_of_bent_time_is_named(
    rules: RehearsalRoom, write: Write, right: str, wrong: str, difference: tuple[str, str]
) -> None:
    assert right in BENT

    report = await rules.rehearse(write(BENT.replace(right, wrong)))

    where, seen = difference
    (found,) = report.differences
    assert found.where.endswith(where)
    assert found.seen == seen


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("basis: 通告}", "basis: 通告, approved_by: supervisor}", "FOUR_EYES"),
        ("basis: 通告}", "basis: 通告, approved_by: hk-s1}", "OTHER_DISTRICT"),
        ("basis: 通告}", "basis: ''}", "FIELD_REQUIRED"),
        (
            "first_on: 2026-12-21, reason",
            "scope: office, key: 310113/, first_on: 2026-12-21, reason",
            "SCOPE_UNKNOWN",
        ),
        ("suspension: lockdown", "suspension: lockout", "SUSPENSION_UNKNOWN"),
        ("lifted_on: 2026-12-22", "lifted_on: 2026-12-20", "LIFTED_BEFORE_FIRST"),
    ],
)
async def test_an_order_is_refused_as_in_production(
    rules: RehearsalRoom, write: Write, right: str, wrong: str, code: str
) -> None:
    assert right in BENT

    report = await rules.rehearse(write(BENT.replace(right, wrong)))

    (found,) = report.differences
    assert "此后各步未推演" in found.where
    assert found.seen.startswith(f"拒绝 {code}")


async def test_both_engines_refuse_the_same(
    room: RehearsalRoom, rules: RehearsalRoom, write: Write
) -> None:
    for each in (room, rules):
        report = await each.rehearse(write(REFUSED))

        assert report.differences == ()


async def test_a_refused_order_is_told_as_such(rules: RehearsalRoom, write: Write) -> None:
    text = BENT.replace("at: 2026-12-21 08:00", "at: 2026-12-21 08:00\n    as: officer")

    report = await rules.rehearse(write(text))

    (found,) = report.differences
    assert found.seen.startswith("拒绝 ROLE_NOT_ALLOWED")
    assert report.timeline[-1].event.startswith("被拒：指令：暂停申请人的期限")


async def test_without_its_orders_of_before_nothing_is_rehearsed(
    rules: RehearsalRoom, write: Write
) -> None:
    before = """before:
  - at: 2026-12-10
    order: {kind: lift_suspension, suspension: none, lifted_on: 2026-12-10, reason: 解封}
given:"""
    with pytest.raises(ScenarioError, match=r"before\.1.*SUSPENSION_UNKNOWN"):
        await rules.rehearse(write(BENT.replace("given:", before, 1)))


async def test_real_cases_are_never_bent(
    room: RehearsalRoom, sessions: Sessions, write: Write
) -> None:
    async with sessions.begin() as session:
        session.add(
            Openings(
                case_no="310106-0000-0000-0001",
                district="310106",
                source="portal",
                reference="1",
                content="",
                subject="",
                rehearsal=timedelta(),
                started_by_run="",
            )
        )

    with pytest.raises(StackError, match="real cases"):
        await room.rehearse(write(BENT))
