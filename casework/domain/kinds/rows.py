"""The tables in which only cases of one kind have rows."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any

from casework.domain.case.rows import RowsOf
from casework.domain.case.state import Case
from casework.domain.kinds.application.rows import ContactRow, contact_rows
from casework.domain.kinds.application.state import Application, Line
from casework.domain.kinds.cycle.rows import TalentRow, talent_row
from casework.domain.kinds.cycle.state import Cycle
from casework.domain.kinds.rating.rows import RatingRow, rating_row
from casework.domain.kinds.rating.state import Rating
from casework.domain.kinds.request.rows import RequestRow, request_row
from casework.domain.kinds.request.state import Request
from casework.domain.kinds.round.rows import VisitRow, visit_rows
from casework.domain.kinds.round.state import Round


def _only(row: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda case: (row(case),)


OWN: Mapping[type[Case], tuple[RowsOf, ...]] = {
    Application: (
        RowsOf(member="lines", table="debts", row=Line, of=attrgetter("lines"), sealed=("reason",)),
        RowsOf(member="contacts", table="contacts", row=ContactRow, of=contact_rows),
    ),
    Cycle: (RowsOf(member="talents", table="talents", row=TalentRow, of=_only(talent_row)),),
    Request: (
        RowsOf(
            member="requests",
            table="requests",
            row=RequestRow,
            of=_only(request_row),
            sealed=("need", "result", "transferred_to"),
        ),
    ),
    Rating: (
        RowsOf(
            member="ratings",
            table="ratings",
            row=RatingRow,
            of=_only(rating_row),
            sealed=("comment",),
        ),
    ),
    Round: (
        RowsOf(member="visits", table="visits", row=VisitRow, of=visit_rows, sealed=("opinion",)),
    ),
}
"""The tables of a kind by the class of its state."""
