"""Telling people one to one: outreaches, their lists, and how far each person has been told."""

from casework.store.outreach.asking import (
    ASKED,
    GONE,
    Result,
    Waiting,
    is_waiting,
    note_asked,
    results,
    waiting,
)
from casework.store.outreach.contacts import ContactView, contacts_of_case, contacts_page
from casework.store.outreach.listing import make_list
from casework.store.outreach.outreaches import (
    Outreach,
    Subject,
    district_of,
    is_over,
    note_round,
    open_outreach,
    outreach,
    outreaches_page,
    progress,
    running_about,
    subject_of,
)

__all__ = [
    "ASKED",
    "GONE",
    "ContactView",
    "Outreach",
    "Result",
    "Subject",
    "Waiting",
    "contacts_of_case",
    "contacts_page",
    "district_of",
    "is_over",
    "is_waiting",
    "make_list",
    "note_asked",
    "note_round",
    "open_outreach",
    "outreach",
    "outreaches_page",
    "progress",
    "results",
    "running_about",
    "subject_of",
    "waiting",
]
