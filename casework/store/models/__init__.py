"""The tables of the register."""

from casework.store.models.accesses import Accesses
from casework.store.models.audit import AuditDigests, AuditHeads
from casework.store.models.card_digests import CardDigestLines, CardDigests
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
from casework.store.models.keys import CaseSecrets, MasterKeys
from casework.store.models.model import Model
from casework.store.models.outreach import ContactRequests, Contacts, Outreaches
from casework.store.models.policy_moves import PolicyMoves, PolicyOrders
from casework.store.models.rates import Rates
from casework.store.models.register import (
    Cards,
    Cases,
    CreditRecords,
    Debts,
    Events,
    Materials,
    Notices,
    Openings,
    Operations,
    Parties,
    ServiceItems,
    SupersededEvents,
    Tasks,
    Uploads,
)
from casework.store.models.service import Absences, Ratings, Requests, Talents, Visits
from casework.store.models.sessions import EndedSessions
from casework.store.models.transfers import Transfers

__all__ = [
    "Absences",
    "Accesses",
    "Armings",
    "AuditDigests",
    "AuditHeads",
    "CalendarDays",
    "CalendarYears",
    "CardDigestLines",
    "CardDigests",
    "Cards",
    "CaseSecrets",
    "Cases",
    "Changes",
    "Clocks",
    "ContactRequests",
    "Contacts",
    "Courses",
    "CreditRecords",
    "Debts",
    "EndedSessions",
    "Events",
    "MasterKeys",
    "Materials",
    "Measures",
    "Model",
    "Notices",
    "Openings",
    "Operations",
    "Orders",
    "Outreaches",
    "Parties",
    "PolicyMoves",
    "PolicyOrders",
    "Rates",
    "Ratings",
    "Receipts",
    "Requests",
    "ServiceItems",
    "SupersededEvents",
    "Suspensions",
    "Talents",
    "Tasks",
    "Transfers",
    "Uploads",
    "Visits",
]
