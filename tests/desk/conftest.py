"""The desk in front of an API whose surroundings are away, and of one on real servers."""

from tests.api.conftest import (
    backend,
    bearer,
    issuer,
    lonely,
    lonely_app,
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
    "settings",
    "switch",
    "temporal",
]
