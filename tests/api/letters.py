"""Letters of cases in tests where no document is rendered."""

from casework.domain.time.calendar import local_date
from casework.store.engine import Sessions
from casework.store.queries import notices
from casework.store.register.letters import IssuedLetter, Wanted, issue


async def letter_of(case_no: str, sessions: Sessions) -> IssuedLetter:
    """The letter of the last event of a case of which somebody is told."""
    async with sessions.begin() as session:
        told = (await notices(session, case_no))[-1]
        return await issue(
            session,
            Wanted(
                case_no=case_no,
                seq=told.seq,
                template=told.template,
                title="通知书",
                district="310106",
                word="静人才",
                series="通",
                on=local_date(told.queued_at),
            ),
        )
