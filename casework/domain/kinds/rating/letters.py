"""What the rater is told: that a poor rating has been received, and how it was settled."""

from casework.domain.case.events import Event
from casework.domain.case.letters import Notice, limit_of
from casework.domain.case.rules import Letters
from casework.domain.kinds.rating.events import Rated, RatingSettled
from casework.domain.kinds.rating.state import Rating
from casework.domain.time.calendar import WorkingCalendar

RECIPIENTS: dict[str, tuple[str, ...]] = {
    "rating_received": ("applicant",),
    "rating_settled": ("applicant",),
}
"""Template → who is told; the rater is the ``applicant`` of the rating."""


def letter_of_rated(
    body: Rated, event: Event, case: Rating, calendar: WorkingCalendar
) -> Notice | None:
    if body.contact is None:
        return None  # a good rating asks for nothing
    about = {"rated": case.rated, "grade": case.grade.label}
    return "rating_received", about | limit_of(case, body.contact, calendar)


def letter_of_rating_settled(
    body: RatingSettled, event: Event, case: Rating, calendar: WorkingCalendar
) -> Notice | None:
    return "rating_settled", {
        "rated": case.rated,
        "settlement": body.settlement.label,
        "reasons": body.reason,
    }


LETTERS: Letters = {
    Rated: letter_of_rated,
    RatingSettled: letter_of_rating_settled,
}
