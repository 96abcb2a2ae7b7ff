"""The number of the identity document of a case's subject, for checks with other systems."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from casework.store.models import Parties
from casework.store.sealing.sealing import opener

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
