"""What is shown of a round: its rows in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from casework.domain.case.rules import RowsOf
from casework.domain.kinds.round.state import Round, Visit
from casework.domain.time.calendar import WorkingCalendar

# --- rows in the register ------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class VisitRow:
    """One request of the sample and what came of the visit."""

    request: str
    talent: str
    means: str
    reached: bool | None
    opinion: str
    recorded_at: datetime | None
    recorded_by: str


def visit_rows(case: Round) -> tuple[VisitRow, ...]:
    """One row for each request of the sample, in its order; ``means`` is empty until recorded."""
    return tuple(
        VisitRow(
            request=visit.request,
            talent=visit.talent,
            means=visit.means.value if visit.means else "",
            reached=visit.reached,
            opinion=visit.opinion,
            recorded_at=visit.recorded_at,
            recorded_by=visit.recorded_by,
        )
        for visit in case.visits
    )


ROWS = (RowsOf(member="visits", table="visits", row=VisitRow, of=visit_rows, sealed=("opinion",)),)


# --- details -------------------------------------------------------------------------------


def lines(case: Round, calendar: WorkingCalendar) -> Iterator[str]:
    """The quarter, how much of the sample is made, and the visits; no talent, no opinion."""
    yield f"\n{case.quarter} 抽样回访（截至 {case.ends_on}）"
    if not case.visits:
        return
    made = [visit for visit in case.visits if visit.recorded_at is not None]
    reached = sum(visit.reached is True for visit in made)
    yield (
        f"\n自 {case.population} 件服务申请中抽取 {len(case.visits)} 件，"
        f"已回访 {len(made)} 件，联系上 {reached} 件"
    )
    yield "\n| 服务申请 | 方式 | 结果 |\n|---|---|---|"
    for visit in case.visits:
        means = visit.means.label if visit.means else "—"
        yield f"| {visit.request} | {means} | {_outcome(visit)} |"


def _outcome(visit: Visit) -> str:
    if visit.recorded_at is None:
        return "待回访"
    return "已联系上" if visit.reached else "未联系上"
