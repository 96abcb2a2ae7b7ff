"""Whose case it is stands in the register, and a change of employer changes it."""

from dataclasses import replace

from casework.messages.entry import Entry
from casework.store.access import outline
from casework.store.engine import Sessions
from casework.store.register.cases import concern
from casework.store.register.recording import Written, record
from tests.store.served import talent

OLD, NEW = "pseudonym-of-old", "pseudonym-of-new"


async def recorded(sessions: Sessions, entry: Entry) -> Written:
    async with sessions.begin() as session:
        return await record(session, entry)


async def test_a_new_employer_takes_the_place_of_the_old_one(sessions: Sessions) -> None:
    case = talent()
    first, *rest = case.entries(size=1)
    assert first.opening
    opening = replace(first.opening, opened_by="talent-desk", employer_subject=OLD)
    assert await recorded(sessions, replace(first, opening=opening)) == Written.NEW
    async with sessions() as session:
        known = await outline(session, case.case_no)
    assert known
    assert known.subjects == frozenset({"s-1", OLD})
    assert known.opened_by == "talent-desk"

    assert await recorded(sessions, replace(rest[0], employer_subject=NEW)) == Written.NEW
    for entry in rest[1:]:
        assert await recorded(sessions, entry) == Written.NEW
    async with sessions() as session:
        known, whole = await outline(session, case.case_no), await concern(session, case.case_no)
    assert known
    assert whole
    assert known.subjects == {"s-1", NEW}
    assert replace(whole, barred={}) == known
