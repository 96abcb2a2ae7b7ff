"""What API and CLI read from the register: plain values, a page at a time.

Every function takes a session, best one of ``casework.store.engine.read_sessions``, and commits
nothing. What is not there is None or empty. A view is the case as its page shows it (personal data
masked) with the row of its kind; a summary is what a list shows of both.
"""

from casework.domain.kinds.rating.opening import Rateable
from casework.store.paging import CursorError, Page
from casework.store.queries.case import (
    CaseReference,
    CaseView,
    EventView,
    NoticeView,
    PartyView,
    case_view,
    clocks,
    find_by_reference,
    kind_of,
    notices,
    rateable,
    timeline,
)
from casework.store.queries.of_one_kind import (
    RatingsSummary,
    RatingSummary,
    RatingView,
    RequestFilter,
    RequestSummary,
    RequestView,
    RoundView,
    TalentFilter,
    TalentSummary,
    TalentView,
    open_requests_of,
    rating_of,
    rating_view,
    ratings_summary,
    request_view,
    round_view,
    search_requests,
    search_talents,
    standing,
    talent_by_credential,
    talent_party,
    talent_view,
    visitors,
)
from casework.store.queries.search import CaseFilter, CaseSummary, search_cases
from casework.store.queries.worklist import TaskFilter, TaskView, holders_cases, tasks
from casework.store.register.cases import state
from casework.store.register.credit import CreditRecord, credit_records

__all__ = [
    "CaseFilter",
    "CaseReference",
    "CaseSummary",
    "CaseView",
    "CreditRecord",
    "CursorError",
    "EventView",
    "NoticeView",
    "Page",
    "PartyView",
    "Rateable",
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
    "TaskFilter",
    "TaskView",
    "case_view",
    "clocks",
    "credit_records",
    "find_by_reference",
    "holders_cases",
    "kind_of",
    "notices",
    "open_requests_of",
    "rateable",
    "rating_of",
    "rating_view",
    "ratings_summary",
    "request_view",
    "round_view",
    "search_cases",
    "search_requests",
    "search_talents",
    "standing",
    "state",
    "talent_by_credential",
    "talent_party",
    "talent_view",
    "tasks",
    "timeline",
    "visitors",
]
