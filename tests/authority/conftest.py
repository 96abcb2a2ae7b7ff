"""The API of ``tests/api``, on a real PostgreSQL and a real Temporal."""

from tests.api.conftest import (
    backend,
    bearer,
    issuer,
    lonely,
    lonely_app,
    platform,
    settings,
    switch,
    temporal,
)

__all__ = [
    "backend",
    "bearer",
    "issuer",
    "lonely",
    "lonely_app",
    "platform",
    "settings",
    "switch",
    "temporal",
]
