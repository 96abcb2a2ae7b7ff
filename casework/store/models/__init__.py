"""The tables of the register."""

from casework.store.models.clocks import Clocks, Courses
from casework.store.models.in_force import (
    Armings,
    CalendarDays,
    CalendarYears,
    Changes,
    Measures,
    Orders,
    Receipts,
    Suspensions,
)
from casework.store.models.model import Model
from casework.store.models.outreach import ContactRequests, Contacts, Outreaches
from casework.store.models.register import (
    Cards,
    Cases,
    CreditRecords,
    Debts,
    Events,
    Materials,
    Notices,
    Openings,
    Parties,
    ServiceItems,
    SupersededEvents,
    Tasks,
    Uploads,
)
from casework.store.models.service import Absences, Ratings, Requests, Talents, Visits

__all__ = [
    "Absences",
    "Armings",
    "CalendarDays",
    "CalendarYears",
    "Cards",
    "Cases",
    "Changes",
    "Clocks",
    "ContactRequests",
    "Contacts",
    "Courses",
    "CreditRecords",
    "Debts",
    "Events",
    "Materials",
    "Measures",
    "Model",
    "Notices",
    "Openings",
    "Orders",
    "Outreaches",
    "Parties",
    "Ratings",
    "Receipts",
    "Requests",
    "ServiceItems",
    "SupersededEvents",
    "Suspensions",
    "Talents",
    "Tasks",
    "Uploads",
    "Visits",
]
