"""What is in force for many cases at once: suspensions, measures, calendar, and their orders.

Every function takes a session and commits nothing. ``apply_order`` brings an order into force and
dates the register anew; ``read_in_force`` tells a case; ``armed_late`` says which have to be told.
"""

from casework.store.in_force.applying import (
    Applied,
    ClockPreview,
    DayLoad,
    KindPreview,
    LoadForecast,
    Preview,
    apply_order,
    preview_order,
)
from casework.store.in_force.catalogue_orders import VersionRow, latest_version, list_versions
from casework.store.in_force.measure_orders import MeasureView, list_measures, measures_page
from casework.store.in_force.order_book import (
    OrderView,
    Receipt,
    armed_late,
    book_order,
    count_armed_late,
    find_order,
    list_orders,
    write_receipts,
)
from casework.store.in_force.published import CatalogueNotHeldError, PublishedCatalogues
from casework.store.in_force.suspension_orders import (
    SuspensionView,
    find_suspension,
    list_suspensions,
    suspensions_page,
)
from casework.store.register.in_force import (
    MeasureRow,
    Seeded,
    catalogue_measures,
    current_version,
    read_calendar,
    read_in_force,
    seed,
)

__all__ = [
    "Applied",
    "CatalogueNotHeldError",
    "ClockPreview",
    "DayLoad",
    "KindPreview",
    "LoadForecast",
    "MeasureRow",
    "MeasureView",
    "OrderView",
    "Preview",
    "PublishedCatalogues",
    "Receipt",
    "Seeded",
    "SuspensionView",
    "VersionRow",
    "apply_order",
    "armed_late",
    "book_order",
    "catalogue_measures",
    "count_armed_late",
    "current_version",
    "find_order",
    "find_suspension",
    "latest_version",
    "list_measures",
    "list_orders",
    "list_suspensions",
    "list_versions",
    "measures_page",
    "preview_order",
    "read_calendar",
    "read_in_force",
    "seed",
    "suspensions_page",
    "write_receipts",
]
