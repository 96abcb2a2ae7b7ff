"""A scenario that says what cannot be is refused before anything runs, with its place."""

import re
from datetime import datetime
from pathlib import Path

import pytest

from casework.domain.time.calendar import ZONE
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
        ("do: accept", "do: acept", "7 steps.1.do：没有操作 acept，应为 accept"),
        ("do: accept", "signal: accept", "7 steps.1.signal：没有信号 accept"),
        ("do: accept", "do: accept\n    signal: delivered", "6 steps.1：一步只能做一件事"),
        ("do: accept", "refused: FOUR_EYES", "7 steps.1.refused：没有与之同用的字段，应为 与 do"),
        ("do: accept", "with: {reason: x}", "7 steps.1.with：没有与之同用的字段，应为 与 do"),
        ("do: accept", "do: pre_review", "6 steps.1.with.outcome：缺少，应为 以下之一：faulty"),
        (
            "do: accept",
            "do: extend\n    with: {reason: x}",
            "8 steps.1.with.working_days：缺少，应为 -1000000 至 1000000 的整数",
        ),
        (
            "do: accept",
            "do: withdraw\n    with: {reasn: x}",
            "8 steps.1.with.reasn：withdraw 没有此字段，应为 reason",
        ),
        ("do: accept", "do: accept\n    who: officer", "8 steps.1.who：没有此字段，应为"),
        (
            "2026-09-18 14:30",
            "2026-09-16",
            "6 steps.1.at：早于前一步，应为 不早于 2026-09-17 10:00",
        ),
        ("2026-09-18 14:30", "next week", "6 steps.1.at：填写的是 next week，应为 时刻，如"),
        ("stage: review", "stage: reviewing", "8 final.stage：没有阶段 reviewing，应为 review"),
        ("stage: review", "never: [lapse]", "8 final.never.1：没有事项 lapse，应为 lapsed"),
        ("stage: review", "notices: [reminder]", "final.notices.1：没有通知 reminder，应为 "),
        (
            '"310101"',
            "310101",
            '4 given.district：填写的是 310101，应为 加引号的六位区划代码，如 "3',
        ),
        ("name: 积分新办", "name: [", "YAML 有误"),
        ("source: domain.md", "soruce: domain.md", "3 soruce：没有此字段，应为 source"),
        ("stage: review", "visits: 3", "8 final.visits：办件没有此项，应为 抽样回访才有的项"),
        ("stage: review", "stage: completed", "8 final.stage：办件没有阶段 completed"),
        ("stage: review", "roused: 1", "8 final.roused：此前没有指令"),
        ("stage: review", "clocks: {decid: 2026-10-21}", "没有期限 decid，应为 decide"),
        (
            "stage: review",
            'clocks: {"defer:paper": 2026-10-21}',
            "没有材料 paper，应为 以下之一：appl",
        ),
        ("stage: review", "debts: {paper: fulfilled}", "没有材料 paper，应为 以下之一：appl"),
        ("stage: review", "holder: hp-o9", "8 final.holder：岗位表中没有 hp-o9，应为 hp-o"),
        ("stage: review", "accepted_on: 2026-09-19", "2026-09-19 还没有到，应为 不晚于查看的那天"),
        ("stage: review", "contacts: {x: reeched}", "final.contacts.x：填写的是 reeched，应为 re"),
        (
            "stage: review",
            "cards: [{clock: decide, card: red, due: 2026-2-1}]",
            "不带时间的 2026-02-01",
        ),
        (
            "item: PTS_NEW",
            "item: PTS_NWE",
            "4 given.item：事项目录中没有事项 PTS_NWE，应为 PTS_NEW",
        ),
        ('"310101"', '"310100"', "4 given.district：事项目录中没有区 310100，应为 310"),
        ("2026-09-17}", "2026-09-17, claims: {scroe: 1}}", "没有事实 scroe，应为"),
        (
            "2026-09-17}",
            "2026-09-17, claims: {permit_renewed_on: 2062-09-01}}",
            "不能晚于收件日（2026-09-17）",
        ),
        ("2026-09-17}", "2026-09-17, materials: [diplma]}", "没有材料 diplma，应为 diploma"),
        ("2026-09-17}", "2026-09-17, materials: {all_but: [diplma]}}", "all_but.1：没有材料 dip"),
        ("2026-09-17}", "2026-09-17, entered_at: 2026-09-16}", "entered_at：早于 received_at"),
        ("2026-09-17}", "2026-09-17, entered_at: 2027-09-16}", "不能早于 60 天前"),
        ("2026-09-17}", "2026-09-17, person: a, applicant: {}}", "given.person：与 applicant 同"),
        (
            "2026-09-17}",
            "2026-09-17, posts: {officer: {holder: hp-o1, backup: x}}}",
            "given.posts.officer.backup：岗位表中没有此人员编号",
        ),
        (
            "2026-09-17}",
            "2026-09-17, posts: {officer: {holder: hp-r1}}}",
            "given.posts.officer.holder：岗位表中此人员不在此岗位",
        ),
        ("do: accept", "do: accept\n    as: hp-o9", "8 steps.1.as：hp-o9 不是角色，也不是岗位表"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in PLAIN

    with pytest.raises(ScenarioError, match=re.escape(told)):
        read(tmp_path, PLAIN.replace(right, wrong))


LIFT = "{kind: lift_suspension, suspension: lockdown, lifted_on: 2026-09-20, reason: 解封}"
OPEN = "{kind: open_suspension, first_on: 2026-09-10, reason: 封控, basis: 区防控办通告}"

MEASURE = "{kind: start_measure, effect: PAPER_NO_LIMT, since: 2026-09-10, reason: x, reference: y}"

FIRST = f"{{at: 2026-09-10, order: {OPEN}}}"


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        (
            "do: accept",
            f"do: accept\n    order: {LIFT}",
            "steps.1：一步只能做一件事，写了 do、order",
        ),
        ("do: accept", f"order: {LIFT}\n    with: {{x: 1}}", "steps.1.with：没有与之同用的字段"),
        (
            "do: accept",
            f"order: {LIFT.replace('lift', 'lft', 1)}",
            "7 steps.1.order.kind：没有 lft_suspension，应为 lift_suspension",
        ),
        ("do: accept", f"order: {LIFT.replace('lifted_on', 'until')}", "order.lifted_on：缺少"),
        (
            "do: accept",
            f"order: {OPEN.replace('first_on', 'from')}",
            "order.first_on：缺少，应为 日期",
        ),
        (
            "do: accept",
            f"order: {MEASURE}",
            "order.effect：没有措施 PAPER_NO_LIMT，应为 PAPER_NO_LI",
        ),
        (
            "stage: review",
            "roused: -1",
            "8 final.roused：填写的是 -1，应为 true 或 false 或 不小于 0",
        ),
        ("given:", f"before: [{{order: {OPEN}}}]\ngiven:", "4 before.1.at：缺少"),
        ("given:", "before: [{at: 2026-09-10, do: accept}]\ngiven:", "4 before.1.order：缺少"),
        (
            "given:",
            f"before: [{{at: 2026-09-18, order: {OPEN}}}]\ngiven:",
            "4 before.1.at：晚于收件，应为 不晚于 2026-09-17 10:00",
        ),
        (
            "given:",
            f"before: [{FIRST}, {FIRST.replace('10', '09', 1)}]\ngiven:",
            "4 before.2.at：早于前一步，应为 不早于 2026-09-10 10:00",
        ),
    ],
)
def test_a_mistake_in_an_order_is_named(tmp_path: Path, right: str, wrong: str, told: str) -> None:
    assert right in PLAIN

    with pytest.raises(ScenarioError, match=re.escape(told)):
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
