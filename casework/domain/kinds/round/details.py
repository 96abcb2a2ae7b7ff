"""A round of visits as a supervisor reads it in the Web UI: Chinese Markdown."""

from collections.abc import Iterator

from casework.domain.kinds.round.state import Round, Visit
from casework.domain.time.calendar import WorkingCalendar


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
