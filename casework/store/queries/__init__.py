"""What API and CLI read from the register: plain values, a page at a time.

Every function takes a session, best one of ``casework.store.engine.read_sessions``, and commits
nothing. What is not there is None or empty. Talent services:
``casework.store.queries.talent_service``.
"""

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
    notices,
    timeline,
)
from casework.store.queries.health import Health, ready, revisions
from casework.store.queries.kinds import kind_of
from casework.store.queries.search import CaseFilter, CaseSummary, search_cases
from casework.store.queries.worklist import TaskFilter, TaskView, tasks
from casework.store.register.credit import CreditRecord, credit_records
from casework.store.register.stored_events import state

__all__ = [
    "CaseFilter",
    "CaseReference",
    "CaseSummary",
    "CaseView",
    "CreditRecord",
    "CursorError",
    "EventView",
    "Health",
    "NoticeView",
    "Page",
    "PartyView",
    "TaskFilter",
    "TaskView",
    "case_view",
    "clocks",
    "credit_records",
    "find_by_reference",
    "kind_of",
    "notices",
    "ready",
    "revisions",
    "search_cases",
    "state",
    "tasks",
    "timeline",
]
