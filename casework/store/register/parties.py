"""The parties of a case, for its notices and for checks with other systems."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Update, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from casework.letters.texts import Contact
from casework.store.models import Notices, Parties
from casework.store.sealing.sealing import opener


class NoticeUnknownError(LookupError):
    """The notice was never queued: its event is not in the register."""


@dataclass(frozen=True)
class RegisterNoticeBook:
    """A ``casework.letters.texts.NoticeBook`` over the tables; each call is one transaction."""

    sessions: async_sessionmaker[AsyncSession]

    async def contact(self, case_no: str, recipient: str) -> Contact:
        """How the party is reached; an empty contact where there is none, or it was erased."""
        query = select(Parties.name, Parties.email, Parties.phone).where(
            Parties.case_no == case_no, Parties.role == recipient
        )
        async with self.sessions() as session:
            found = (await session.execute(query)).mappings().one_or_none()
            own = await opener(session, case_no)
        if found is None or own.is_erased(found["name"]):
            return Contact(name="")
        return Contact(**own.row("parties", found))

    async def sent(self, key: str) -> str | None:
        """The reference under which the notice was sent, else None; raise `NoticeUnknownError`."""
        query = select(Notices.status, Notices.reference).where(Notices.key == key)
        async with self.sessions() as session:
            found = (await session.execute(query)).one_or_none()
        if found is None:
            raise NoticeUnknownError(key)
        return found.reference if found.status == "sent" else None

    async def mark_sent(self, key: str, reference: str, at: datetime) -> None:
        """Note the sending, also after a refusal; a repeat changes nothing."""
        await self._mark(
            update(Notices)
            .where(Notices.key == key, Notices.status != "sent")
            .values(status="sent", reference=reference, problem="", at=at)
        )

    async def mark_refused(self, key: str, problem: str, at: datetime) -> None:
        """Note a refusal that no retry can mend; a repeat changes nothing."""
        await self._mark(
            update(Notices)
            .where(Notices.key == key, Notices.status == "queued")
            .values(status="refused", problem=problem, at=at)
        )

    async def _mark(self, change: Update) -> None:
        async with self.sessions.begin() as session:
            await session.execute(change)


_SUBJECT = "applicant"


@dataclass(frozen=True)
class RegisterSubjects:
    """An ``activities.data_checks.Subjects`` over the tables."""

    sessions: async_sessionmaker[AsyncSession]

    async def id_number(self, case_no: str) -> str:
        """The number as it was given; nothing where there is no such party, or it was erased."""
        query = select(Parties.id_number).where(
            Parties.case_no == case_no, Parties.role == _SUBJECT
        )
        async with self.sessions() as session:
            stored = await session.scalar(query)
            own = await opener(session, case_no)
        if not stored or own.is_erased(stored):
            return ""
        return own.text(stored, "parties.id_number")
