"""The tables of the register; a table of rows that nobody has written down is made from them."""

from dataclasses import fields
from typing import Annotated, Any, get_type_hints

from sqlalchemy.orm import Mapped, mapped_column

from casework.domain.case.projection import tables
from casework.domain.case.rules import RowsOf
from casework.store.models.consultations import Consultations
from casework.store.models.desk import Looks, Phrases, SavedViews
from casework.store.models.in_force import (
    Armings,
    CalendarDays,
    CalendarYears,
    CatalogueVersions,
    Changes,
    Measures,
    Orders,
    PolicyMoves,
    PolicyOrders,
    RebalanceMoves,
    Receipts,
    Suspensions,
    Tellings,
)
from casework.store.models.model import CaseNo, Model
from casework.store.models.outreach import (
    CardDigestLines,
    CardDigests,
    ContactRequests,
    Contacts,
    Outreaches,
)
from casework.store.models.register import (
    DECIDING,
    REPORTED,
    Cards,
    Cases,
    Clocks,
    Courses,
    CreditRecords,
    Debts,
    Events,
    LetterNumbers,
    Letters,
    Materials,
    Notices,
    Openings,
    Operations,
    Opinions,
    Parties,
    ServiceItems,
    SupersededEvents,
    Tasks,
    Transfers,
    Uploads,
)
from casework.store.models.reports import ReportSnapshots
from casework.store.models.security import (
    Accesses,
    AuditDigests,
    AuditHeads,
    AuditLetters,
    CaseSecrets,
    EndedSessions,
    MasterKeys,
    Rates,
    Restorations,
)
from casework.store.models.service import (
    Absences,
    Appointments,
    PlaceHolds,
    Ratings,
    Requests,
    Talents,
    Visits,
)
from casework.store.models.sharing import Relations, Shares, ShareTurns
from casework.store.models.staff import DirectoryEntries, StaffContacts, StaffPosts
from casework.store.models.units import Units
from casework.store.models.webhooks import (
    DueCalendars,
    RefusedEvents,
    UndeliveredEvents,
    Webhooks,
)


def _made_from(declared: RowsOf) -> type[Model]:
    """The model of a table whose columns are the fields of its rows."""
    hints = get_type_hints(declared.row, include_extras=True)
    columns: dict[str, Any] = {"case_no": CaseNo}
    columns |= {field.name: hints[field.name] for field in fields(declared.row)}
    columns |= {name: _key(hints[name]) for name in declared.key}
    mapped = {name: Mapped[hint] for name, hint in columns.items()}  # type: ignore[valid-type]  # as declared
    named = {"__tablename__": declared.table, "__annotations__": mapped, "__module__": __name__}
    return type(declared.table.title(), (Model,), named)


def _key(hint: Any) -> Any:  # noqa: ANN401 - a type
    return Annotated[hint, mapped_column(primary_key=True)]


MADE = {
    declared.table: _made_from(declared)
    for declared in tables()
    if declared.table not in Model.metadata.tables
}
"""By table, the models that no file has: SQLAlchemy itself would let go of them."""


def model_of(table: str) -> type[Model]:
    """The model of a table of the register; raises StopIteration for one that it has not."""
    known = (mapper.class_ for mapper in Model.registry.mappers)
    return next(model for model in known if model.__tablename__ == table)


__all__ = [
    "DECIDING",
    "REPORTED",
    "Absences",
    "Accesses",
    "Appointments",
    "Armings",
    "AuditDigests",
    "AuditHeads",
    "AuditLetters",
    "CalendarDays",
    "CalendarYears",
    "CardDigestLines",
    "CardDigests",
    "Cards",
    "CaseSecrets",
    "Cases",
    "CatalogueVersions",
    "Changes",
    "Clocks",
    "Consultations",
    "ContactRequests",
    "Contacts",
    "Courses",
    "CreditRecords",
    "Debts",
    "DirectoryEntries",
    "DueCalendars",
    "EndedSessions",
    "Events",
    "LetterNumbers",
    "Letters",
    "Looks",
    "MasterKeys",
    "Materials",
    "Measures",
    "Model",
    "Notices",
    "Openings",
    "Operations",
    "Opinions",
    "Orders",
    "Outreaches",
    "Parties",
    "Phrases",
    "PlaceHolds",
    "PolicyMoves",
    "PolicyOrders",
    "Rates",
    "Ratings",
    "RebalanceMoves",
    "Receipts",
    "RefusedEvents",
    "Relations",
    "ReportSnapshots",
    "Requests",
    "Restorations",
    "SavedViews",
    "ServiceItems",
    "ShareTurns",
    "Shares",
    "StaffContacts",
    "StaffPosts",
    "SupersededEvents",
    "Suspensions",
    "Talents",
    "Tasks",
    "Tellings",
    "Transfers",
    "UndeliveredEvents",
    "Units",
    "Uploads",
    "Visits",
    "Webhooks",
    "model_of",
]
