"""What came out of a rehearsal: the story as clerks would tell it, the differences, the verdict."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from casework.domain.case.events import (
    RUNGS,
    Event,
    MessageRefused,
    RungReached,
    StepUnanswered,
    title_of,
)
from casework.domain.case.state import Case
from casework.domain.kinds.application.events import MaterialChecked
from casework.domain.time.calendar import ZONE
from casework.domain.time.clock import Clock
from casework.letters.templates import TEMPLATES
from casework.messages.orders import headline
from casework.rehearsal.engine import Attempt, PlayedCase
from casework.rehearsal.faults import Fault
from casework.rehearsal.ordering import GivenOrder
from casework.rehearsal.seen import Seen

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


def timeline(
    first: tuple[PlayedCase, Seen],
    others: Iterable[tuple[PlayedCase, Seen]],
    orders: Iterable[GivenOrder],
    *,
    by_name: bool = False,
) -> tuple[TimelineRow, ...]:
    """Events, refused attempts and orders, by time; an order comes before what follows from it.

    What happens to other cases than the ``first`` is told with what they are; ``by_name``, what
    happens to any with its name.
    """
    played, seen = first
    own = f"〔{played.name}〕" if by_name else ""
    rows = [_order(given, seen) for given in orders]
    rows += [replace(row, event=own + row.event) for row in _rows(seen, played.attempts)]
    for other, seen_of_other in others:
        prefix = f"〔{other.name if by_name else other.kind.label}〕"
        rows += [
            replace(row, event=prefix + row.event) for row in _rows(seen_of_other, other.attempts)
        ]
    return tuple(sorted(rows, key=lambda row: row.at))


def _rows(seen: Seen, attempts: Iterable[Attempt]) -> Iterator[TimelineRow]:
    notices: dict[int, list[str]] = {}
    for notice in seen.notices:
        unsent = "" if notice.status == "sent" else f"（{notice.status}）"
        notices.setdefault(notice.seq, []).append(TEMPLATES[notice.template][0] + unsent)
    for event, state in zip(seen.events, seen.states, strict=True):
        yield TimelineRow(
            at=event.at.astimezone(ZONE),
            event=_title(event, state),
            actor=event.actor.code,
            stage=state.stage.label,
            card=state.card,
            notices=tuple(notices.get(event.seq, ())),
        )
    for attempt in attempts:
        yield _refused(attempt, seen)


def _title(event: Event, state: Case) -> str:
    title = title_of(event)
    match event.body:
        case RungReached(clock=clock_id, due_on=due) | StepUnanswered(clock=clock_id, due_on=due):
            return f"{title}：{_clock(clock_id, state).name}（{due} 到期）"
        case MaterialChecked(in_order=False):
            return f"{title}：不符"
        case MessageRefused(message=message, code=code):
            return f"{title}：{message}（{code}）"
        case _:
            return title


def _clock(clock_id: str, state: Case) -> Clock:
    return next(clock for clock in state.clocks if clock.id == clock_id)


def _order(given: GivenOrder, seen: Seen) -> TimelineRow:
    text = f"指令：{headline(given.content)}"
    if given.refusal:
        text = f"被拒：{text}——{given.refusal.reason}"
    state = _state_at(given.at, seen)
    return TimelineRow(
        at=given.at,
        event=text,
        actor=given.by.code,
        stage=state.stage.label if state else "",
        card=state.card if state else "none",
    )


def _state_at(at: datetime, seen: Seen) -> Case | None:
    known = [s for e, s in zip(seen.events, seen.states, strict=True) if e.at <= at]
    return known[-1] if known else None


def _refused(attempt: Attempt, seen: Seen) -> TimelineRow:
    before = _state_at(attempt.at, seen) or seen.states[0]
    return TimelineRow(
        at=attempt.at,
        event=f"被拒：{attempt.command.label}——{attempt.refusal.reason}",
        actor=attempt.command.actor.code,
        stage=before.stage.label,
        card=before.card,
    )
