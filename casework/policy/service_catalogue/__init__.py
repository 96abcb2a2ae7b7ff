"""The policy of talent service as dated YAML: services, cycles, ratings, rounds and platforms."""

from casework.policy.service_catalogue.check import check_service_catalogue
from casework.policy.service_catalogue.loader import (
    ServiceCatalogue,
    UnknownPlatformError,
    UnknownServiceError,
    load_service_catalogue,
    read_service_catalogue,
)
from casework.policy.service_catalogue.rules import Platform

__all__ = [
    "Platform",
    "ServiceCatalogue",
    "UnknownPlatformError",
    "UnknownServiceError",
    "check_service_catalogue",
    "load_service_catalogue",
    "read_service_catalogue",
]
