"""What came out of a rehearsal, and how it is printed."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from casework.domain.case.events import RUNGS
from casework.domain.time.calendar import ZONE
from casework.rehearsal.faults import Fault

_STYLES = {"blue": "blue", "yellow": "yellow", "red": "bold red"}


@dataclass(frozen=True, kw_only=True)
class Difference:
    """``where``: the step, numbered from one, with its moment and field."""

    where: str
    expected: str
    seen: str


@dataclass(frozen=True, kw_only=True)
class TimelineRow:
    """One event, or an attempt that was refused. ``card``: the highest open one after it."""

    at: datetime
    event: str
    actor: str
    stage: str
    card: str
    notices: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RehearsalReport:
    """``title`` tells what was rehearsed: name, item, district.

    ``history``: that of the first run of the workflow as JSON, for the replay tests;
    ``histories``: those of all runs of each case, by the name that the scenario has for it.
    """

    name: str
    source: str
    title: str
    case_no: str
    timeline: tuple[TimelineRow, ...]
    differences: tuple[Difference, ...]
    history: str = field(default="", repr=False)
    histories: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)

    @property
    def met(self) -> bool:
        """Whether everything was as the scenario expects."""
        return not self.differences

    def render(self, console: Console) -> None:
        """Print the timeline, and what differed."""
        console.print(_timeline(self))
        if self.met:
            console.print(Text("符合预期", style="green"))
            return
        console.print(_differences(self.differences))


def _timeline(report: RehearsalReport) -> Table:
    table = Table(
        "时间", "事项", "办理人", "阶段", "牌", "通知", title=f"{report.title}  {report.source}"
    )
    for row in report.timeline:
        table.add_row(
            row.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M"),
            Text(row.event),
            row.actor,
            row.stage,
            Text(RUNGS.get(row.card, ""), style=_STYLES.get(row.card, "")),
            "、".join(row.notices),
        )
    return table


def _differences(differences: tuple[Difference, ...]) -> Table:
    table = Table("何处", "预期", "实际", title="不符", title_style="bold red")
    for difference in differences:
        table.add_row(Text(difference.where), Text(difference.expected), Text(difference.seen))
    return table


class VerdictKind(StrEnum):
    """The values stand in the JSON of the verdicts."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_PLAYABLE = "not_playable"

    @property
    def label(self) -> str:
        """The word that policy staff use."""
        return _LABELS[self]


_LABELS = {
    VerdictKind.MET: "符合预期",
    VerdictKind.NOT_MET: "不符",
    VerdictKind.NOT_PLAYABLE: "未能推演",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Of one file: the ``report`` of its rehearsal, or the ``faults`` that left it unplayed."""

    path: Path
    report: RehearsalReport | None = None
    faults: tuple[Fault, ...] = ()

    @property
    def kind(self) -> VerdictKind:
        """Whether it was played, and met."""
        if self.report is None:
            return VerdictKind.NOT_PLAYABLE
        return VerdictKind.MET if self.report.met else VerdictKind.NOT_MET

    def render(self, console: Console) -> None:
        """Print the timeline and what differed, or one line for each fault."""
        if self.report is not None:
            self.report.render(console)
        for fault in self.faults:
            console.print(Text(str(fault), style="red"), soft_wrap=True)

    def as_json(self) -> dict[str, Any]:
        """All of it, as plain values."""
        report = self.report
        return {
            "file": str(self.path),
            "verdict": self.kind.value,
            "name": report.name if report else "",
            "source": report.source if report else "",
            "case_no": report.case_no if report else "",
            "faults": [
                {
                    "line": fault.line or None,
                    "field": fault.field,
                    "what": fault.what,
                    "right": fault.right,
                    "text": str(fault),
                }
                for fault in self.faults
            ],
            "differences": [
                {"where": each.where, "expected": each.expected, "seen": each.seen}
                for each in (report.differences if report else ())
            ],
            "timeline": [_row(row) for row in (report.timeline if report else ())],
        }


def _row(row: TimelineRow) -> dict[str, Any]:
    return {
        "at": row.at.astimezone(ZONE).isoformat(timespec="minutes"),
        "event": row.event,
        "actor": row.actor,
        "stage": row.stage,
        "card": row.card,
        "notices": list(row.notices),
    }


def summary(verdicts: Iterable[Verdict]) -> list[str]:
    """The last lines: how many of each kind, and which files were not met."""
    told = list(verdicts)
    counts = Counter(verdict.kind for verdict in told)
    numbers = "，".join(f"{kind.label} {counts[kind]} 个" for kind in VerdictKind)
    lines = [f"共 {len(told)} 个场景：{numbers}"]
    for kind in (VerdictKind.NOT_MET, VerdictKind.NOT_PLAYABLE):
        if counts[kind]:
            files = "、".join(str(each.path) for each in told if each.kind is kind)
            lines.append(f"{kind.label}：{files}")
    return lines
