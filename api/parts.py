"""What the routes work with; built once, by the composition root."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

from fastapi import Depends, Request

from api.decoding import Decoder
from api.engine import Engine
from api.oidc import Login
from api.register import Register
from api.service.desk import Desk
from api.submission import Opener
from casework.catalogue import Catalogue
from casework.domain.calendar import WorkingCalendar
from casework.identity import TokenVerifier
from casework.keys.vault import Vault
from casework.settings import Settings
from casework.store.materials import MaterialStore

if TYPE_CHECKING:
    from api.health import Readiness


@dataclass(frozen=True, kw_only=True)
class Parts:
    """``now`` is the wall clock, aware."""

    settings: Settings
    verifier: TokenVerifier
    login: Login
    engine: Engine
    register: Register
    readiness: "Readiness"
    vault: Vault
    materials: MaterialStore
    catalogue: Catalogue
    calendar: WorkingCalendar
    opener: Opener
    desk: Desk
    decoder: Decoder
    now: Callable[[], datetime]


def parts(request: Request) -> Parts:
    """Return the parts of the application that this request came to."""
    found: Parts = request.app.state.parts
    return found


Here = Annotated[Parts, Depends(parts)]
