"""What the routes work with; built once, by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from api.access.oidc import Login
from api.readiness import Readiness
from api.register import Register
from api.routes.decoding import Decoder
from api.temporal.engine import Engine
from casework.filing.desk import Desk
from casework.security.identity import TokenVerifier
from casework.security.keys.vault import Vault
from casework.settings import Settings
from casework.store.materials.content import MaterialStore


@dataclass(frozen=True, kw_only=True)
class Parts:
    """``now`` is the wall clock, aware."""

    settings: Settings
    verifier: TokenVerifier
    login: Login
    engine: Engine
    register: Register
    readiness: Readiness
    vault: Vault
    materials: MaterialStore
    desk: Desk
    decoder: Decoder
    now: Callable[[], datetime]


def parts(request: Request) -> Parts:
    """Return the parts of the application that this request came to."""
    found: Parts = request.app.state.parts
    return found


Here = Annotated[Parts, Depends(parts)]
