"""Policy as dated YAML: load it, check it, resolve item × district × day to a frozen snapshot."""

from casework.policy.catalogue.check import check_catalogue
from casework.policy.catalogue.documents import Finding
from casework.policy.catalogue.errors import (
    CatalogueError,
    NotInForceError,
    UnknownDistrictError,
    UnknownItemError,
)
from casework.policy.catalogue.loader import Catalogue, load_catalogue, read_catalogue
from casework.policy.catalogue.schema import write_schemas
from casework.policy.catalogue.windows import MeasureWindow

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
