"""What is shown of a rating: its row in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from casework.domain.case.rules import RowsOf
from casework.domain.kinds.rating.state import Rating, RatingStage
from casework.domain.time.calendar import ZONE, WorkingCalendar

# --- row in the register -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RatingRow:
    """One rating; ``struck``: it does not count."""

    rated: str
    grade: int
    named: bool
    comment: str
    complex: bool
    contacted_at: datetime | None
    justified: bool | None
    settlement: str
    satisfied: bool | None
    struck: bool


def rating_row(case: Rating) -> RatingRow:
    """The row of a rating; ``settlement`` is empty until there is one."""
    return RatingRow(
        rated=case.rated,
        grade=int(case.grade),
        named=case.named,
        comment=case.comment,
        complex=case.complex,
        contacted_at=case.contacted_at,
        justified=case.justified,
        settlement=case.settlement.value if case.settlement else "",
        satisfied=case.satisfied,
        struck=case.stage is RatingStage.STRUCK,
    )


def _rows(case: Rating) -> tuple[RatingRow, ...]:
    return (rating_row(case),)


ROWS = (RowsOf(member="ratings", table="ratings", row=RatingRow, of=_rows, sealed=("comment",)),)


# --- details -------------------------------------------------------------------------------


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
