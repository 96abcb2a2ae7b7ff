"""A rating as a supervisor reads it in the Web UI: Chinese Markdown."""

from collections.abc import Iterator

from casework.domain.kinds.rating.state import Rating
from casework.domain.time.calendar import ZONE, WorkingCalendar


def lines(case: Rating, calendar: WorkingCalendar) -> Iterator[str]:
    """What was rated and how, and how far a poor rating has been dealt with.

    The rater's own words are not among them: they may name a person.
    """
    stars = "★" * case.grade + "☆" * (5 - case.grade)
    named = "实名" if case.named else "匿名"
    yield f"\n评价：{stars} {case.grade.label}（{named}） · 被评价事项 {case.rated}"
    if not case.grade.is_poor:
        return
    if case.complex:
        yield "\n> 已认定为复杂事项"
    yield f"\n- 联系：{_contact(case)}"
    if case.justified is not None:
        yield f"- 核实：{'属实' if case.justified else '不属实'}"
    if case.settlement is not None:
        yield f"- 处理：{case.settlement.label}"
    if case.satisfied is not None:
        yield f"- 回访：{'满意' if case.satisfied else '不满意'}"


def _contact(case: Rating) -> str:
    if case.contacted_at is not None:
        return f"已联系到（{case.contacted_at.astimezone(ZONE):%Y-%m-%d %H:%M}）"
    return f"{case.attempts} 次未联系上" if case.attempts else "尚未联系"
