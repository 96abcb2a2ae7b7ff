"""Policy as dated YAML: load it, check it, resolve item × district × day to a frozen snapshot."""

from casework.policy.catalogue.check import check_catalogue
from casework.policy.catalogue.documents import CatalogueError, Finding
from casework.policy.catalogue.loader import (
    Catalogue,
    MeasureWindow,
    NotInForceError,
    UnknownDistrictError,
    UnknownItemError,
    load_catalogue,
    read_catalogue,
)
from casework.policy.catalogue.sources import write_schemas

__all__ = [
    "Catalogue",
    "CatalogueError",
    "Finding",
    "MeasureWindow",
    "NotInForceError",
    "UnknownDistrictError",
    "UnknownItemError",
    "check_catalogue",
    "load_catalogue",
    "read_catalogue",
    "write_schemas",
]
