"""The number of the identity document of a case's subject, for checks with other systems."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from casework.store.models import Parties

_SUBJECT = "applicant"


@dataclass(frozen=True)
class RegisterSubjects:
    """An ``activities.data_checks.Subjects`` over the tables."""

    sessions: async_sessionmaker[AsyncSession]

    async def id_number(self, case_no: str) -> str:
        """The number as it was given, or nothing where the case has no such party."""
        query = select(Parties.id_number).where(
            Parties.case_no == case_no, Parties.role == _SUBJECT
        )
        async with self.sessions() as session:
            return (await session.scalar(query)) or ""
