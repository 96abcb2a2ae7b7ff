"""Desks at well-known points of the procedure."""

from datetime import timedelta

from casework.domain.kinds.application.commands import (
    Accept,
    Decision,
    Deliver,
    OfferDeferral,
    PreReview,
    PreReviewOutcome,
    Promise,
    ReportUp,
    Review,
    SuperiorDecision,
)
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from tests.domain.desk import ALL_FILES, Desk, open_desk


def archived(later: timedelta = timedelta()) -> Desk:
    """Straight through to the archive: eight events."""
    desk = open_desk()
    desk.now += later
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    desk.do(Review, Role.REVIEWER)
    desk.do(ReportUp, Role.OFFICER)
    desk.do(SuperiorDecision, Role.SUPERIOR, outcome=Decision.APPROVED)
    desk.do(Deliver, Role.OFFICER, method=desk.item.delivery[0])
    return desk


def breached() -> Desk:
    """Accepted with a file owed, promised, and never brought."""
    desk = open_desk(have=ALL_FILES)
    desk.do(OfferDeferral, Role.OFFICER, materials=("sealed_copies",), reason="单位盖章需时")
    desk.do(Promise, Role.APPLICANT, signed_on=local_date(desk.now))
    desk.do(PreReview, Role.OFFICER, outcome=PreReviewOutcome.PASSED)
    desk.do(Accept, Role.OFFICER)
    desk.wait_until(desk.now + timedelta(days=200))
    assert "debt_breached" in desk.kinds()
    return desk
