"""The parts that the routes use: Temporal, the register, the desk; `api.app` builds them once."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from api.parts.engine import Engine
from api.parts.readiness import Readiness
from api.parts.register import Register
from casework.filing.desk import Desk
from casework.security.identity import TokenVerifier
from casework.security.keys.vault import Vault
from casework.settings import Settings
from casework.store.materials import MaterialStore


@dataclass(frozen=True, kw_only=True)
class Parts:
    """``now`` is the wall clock, aware."""

    settings: Settings
    verifier: TokenVerifier
    engine: Engine
    register: Register
    readiness: Readiness
    vault: Vault
    materials: MaterialStore
    desk: Desk
    now: Callable[[], datetime]


def parts(request: Request) -> Parts:
    """Return the parts of the application that this request came to."""
    found: Parts = request.app.state.parts
    return found


Here = Annotated[Parts, Depends(parts)]
