"""The parts that the routes use: Temporal, the register, the desk; `api.app` builds them once."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from api.parts.engine import Engine
from api.parts.readiness import Readiness
from api.parts.register import Register
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.filing.desk import Desk
from casework.outside import SealOffice
from casework.policy.directories import Directories
from casework.policy.publishing.versions import WholeCatalogue
from casework.security.audit.digests import DigestKey
from casework.security.identity import TokenVerifier
from casework.security.keys.vault import Vault
from casework.security.seal_signature import SealCertificates
from casework.settings import Settings
from casework.store.documents import Documents
from casework.store.in_force import read_calendar
from casework.store.in_force.published import PublishedCatalogues
from casework.store.materials import MaterialStore

Play = Callable[[WholeCatalogue], tuple[str, ...]]
"""Plays the scenarios of a catalogue; a line in Chinese for each that is not met."""


@dataclass(frozen=True, kw_only=True)
class Parts:
    """``now`` is the wall clock, aware. ``counter``: the desk without a catalogue in force.

    ``digest_key`` signs what is said of letters; it raises `SettingsError` where there is none.
    """

    settings: Settings
    verifier: TokenVerifier
    engine: Engine
    register: Register
    readiness: Readiness
    vault: Vault
    materials: MaterialStore
    published: PublishedCatalogues
    counter: Desk
    now: Callable[[], datetime]
    digest_key: Callable[[], DigestKey]
    directories: Directories
    play: Play | None = None
    seal: SealOffice | None = None
    seal_certificates: SealCertificates | None = None

    @property
    def documents(self) -> Documents:
        """Makes the letters that are given out on request, sealed where the city has that on."""
        return Documents(
            reading=self.register.reading,
            writing=self.register.writing,
            materials=self.materials,
            published=self.published,
            public_url=self.settings.api_public_url.rstrip("/"),
            seal=self.seal,
        )

    @property
    def desk(self) -> Desk:
        """The desk of today: cases are opened there by the catalogue in force today."""
        return self.desk_on(local_date(self.now()))

    def desk_on(self, day: date) -> Desk:
        """The desk with the catalogue in force on a day; one desk goes by one version.

        How work is shared out is no policy of a case: it is always as the office has it today.
        """
        whole = self.published.on(day)
        return replace(
            self.counter,
            catalogue=whole.catalogue,
            services=whole.services,
            digest=whole.digest,
            sharing=self.published.today.sharing,
        )

    async def calendar_of(self, session: AsyncSession, district: str) -> WorkingCalendar:
        """The calendar of a district in the register; the files' before the first worker came."""
        calendar, _ = await read_calendar(session, district)
        return calendar if calendar.years else self.desk.calendar


def parts(request: Request) -> Parts:
    """Return the parts of the application that this request came to."""
    found: Parts = request.app.state.parts
    return found


Here = Annotated[Parts, Depends(parts)]
