"""Talent services in the register: talents, their requests, ratings of any case, visits.

A view is the case as its page shows it (personal data masked) with the row of its kind; a summary
is what a list shows of both.
"""

from casework.store.queries.kinds import holders_tasks, kind_of, rateable
from casework.store.queries.talent_service.ratings import (
    RatingsSummary,
    RatingSummary,
    RatingView,
    rating_of,
    rating_view,
    ratings_summary,
)
from casework.store.queries.talent_service.requests import (
    RequestFilter,
    RequestSummary,
    RequestView,
    open_requests_of,
    request_view,
    search_requests,
)
from casework.store.queries.talent_service.rounds import RoundView, round_view, visitors
from casework.store.queries.talent_service.standings import standing, talent_party
from casework.store.queries.talent_service.talents import (
    TalentFilter,
    TalentSummary,
    TalentView,
    search_talents,
    talent_by_credential,
    talent_view,
)

__all__ = [
    "RatingSummary",
    "RatingView",
    "RatingsSummary",
    "RequestFilter",
    "RequestSummary",
    "RequestView",
    "RoundView",
    "TalentFilter",
    "TalentSummary",
    "TalentView",
    "holders_tasks",
    "kind_of",
    "open_requests_of",
    "rateable",
    "rating_of",
    "rating_view",
    "ratings_summary",
    "request_view",
    "round_view",
    "search_requests",
    "search_talents",
    "standing",
    "talent_by_credential",
    "talent_party",
    "talent_view",
    "visitors",
]
