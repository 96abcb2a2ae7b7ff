"""What came out of a rehearsal, and how it is printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from casework.domain.case.events import RUNGS
from casework.domain.time.calendar import ZONE

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
