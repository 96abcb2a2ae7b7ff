"""The register's row of a rating, as a pure function of its state."""

from dataclasses import dataclass
from datetime import datetime

from casework.domain.case.rules import RowsOf
from casework.domain.kinds.rating.state import Rating, RatingStage


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
