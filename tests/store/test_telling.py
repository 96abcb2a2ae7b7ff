"""Cases that are told something: each once, whoever goes on, and how far it has come."""

from sqlalchemy import Select

from casework.store.engine import Sessions
from casework.store.queries import holders_cases
from casework.store.telling import SIGNALLED, TELLINGS, Count, Outcome, part, tell
from tests.domain.desk import open_desk
from tests.store.conftest import Recording
from tests.store.entries import writer

A, CASES = "ja-officer-a", 4
ABOUT = part("ZL-1", A)


async def counted(sessions: Sessions, about: str = ABOUT) -> Count:
    async with sessions() as session:
        return await TELLINGS.count(session, about)


async def test_what_waits_is_found_again_and_nobody_is_told_twice(
    recorded: Recording, sessions: Sessions
) -> None:
    await recorded(*(writer(open_desk(), number=n).entry() for n in range(1, CASES)))
    theirs: Select[str, str] = holders_cases(A)
    async with sessions.begin() as session:
        await tell(session, ABOUT, theirs)
        first, *others = await TELLINGS.waiting(session, ABOUT, limit=9)
        await TELLINGS.note(session, ABOUT, [Outcome(case_no=first.case_no, outcome=SIGNALLED)])
    await recorded(writer(open_desk(), number=CASES).entry())
    async with sessions.begin() as session:  # a worker that goes on asks again who is concerned
        await tell(session, ABOUT, theirs)
        left = await TELLINGS.waiting(session, ABOUT, limit=9)
    assert left[: len(others)] == tuple(others)
    assert first not in left
    assert await counted(sessions) == Count(cases=CASES, done=1)
    async with sessions.begin() as session:
        await tell(session, part("ZL-1", "b"), theirs)
        assert await TELLINGS.count_all(session, "ZL-1") == Count(cases=2 * CASES, done=1)
        assert await TELLINGS.count_all(session, "ZL-") == Count(cases=0, done=0)
        await tell(session, ABOUT, theirs, anew=True)
    assert await counted(sessions) == Count(cases=CASES, done=0)
