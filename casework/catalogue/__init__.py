"""Policy as dated YAML: load it, check it, resolve item × district × day to a frozen snapshot."""

from casework.catalogue.check import check_catalogue
from casework.catalogue.documents import Finding
from casework.catalogue.errors import (
    CatalogueError,
    NotInForceError,
    UnknownDistrictError,
    UnknownItemError,
)
from casework.catalogue.loader import Catalogue, load_catalogue
from casework.catalogue.schema import write_schemas
from casework.catalogue.windows import MeasureWindow

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
    "write_schemas",
]
