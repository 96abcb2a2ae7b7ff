"""Cards and talent codes (人才卡、人才码): whose they are. A code is valid for one talent."""

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.store.models import Talents


async def is_taken(session: AsyncSession, code: str, case_no: str) -> bool:
    """Whether a credential that is not void belongs to another case than ``case_no``.

    Of two transactions that ask for one code, the second waits until the first has ended.
    """
    if not code:
        return False
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(code, 0))))
    query = valid_holders(code).where(Talents.case_no != case_no)
    return await session.scalar(query.limit(1)) is not None


def valid_holders(code: str) -> Select[str]:
    """The cases with this credential, unless it is void or has a day from which it will be."""
    return select(Talents.case_no).where(
        Talents.credential_code == code,
        Talents.credential_code != "",  # what the index says of itself
        Talents.credential_void_on.is_(None),
    )
