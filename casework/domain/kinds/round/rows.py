"""The register's rows of a round of visits, as a pure function of its state."""

from dataclasses import dataclass
from datetime import datetime

from casework.domain.case.rules import RowsOf
from casework.domain.kinds.round.state import Round


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
