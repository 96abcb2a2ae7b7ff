"""The secret addresses under which officers have their due dates in a calendar of their own."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import DueCalendars


@dataclass(frozen=True, kw_only=True)
class DueCalendar:
    """That an officer has such an address, and since when."""

    officer: str
    made_at: datetime


async def make_address(session: AsyncSession, officer: str, at: datetime) -> str:
    """Return a new secret for the officer; the one before counts no more."""
    secret = secrets.token_urlsafe(32)
    values = {"secret_sha256": _hashed(secret), "made_at": at}
    made = insert(DueCalendars).values(officer=officer, **values)
    await session.execute(
        made.on_conflict_do_update(index_elements=[DueCalendars.officer], set_=values)
    )
    return secret


async def revoke_address(session: AsyncSession, officer: str) -> None:
    """Let no address of the officer count; may be repeated."""
    await session.execute(delete(DueCalendars).where(DueCalendars.officer == officer))


async def calendar_of(session: AsyncSession, officer: str) -> DueCalendar | None:
    """The address of an officer, without its secret."""
    shown = select(DueCalendars.officer, DueCalendars.made_at)
    found = await session.execute(shown.where(DueCalendars.officer == officer))
    return next((DueCalendar(**row) for row in found.mappings()), None)


async def officer_of(session: AsyncSession, secret: str) -> str | None:
    """Whose calendar somebody may read who knows this secret."""
    query = select(DueCalendars.officer).where(DueCalendars.secret_sha256 == _hashed(secret))
    return await session.scalar(query)


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
