"""What the register has lost is written again, whatever has been ordered since."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from casework.domain.orders import Content
from casework.messages.entry import NoticeRow
from casework.messages.orders import Booking, OrderStatus
from casework.store.engine import Sessions
from casework.store.in_force import book_order
from casework.store.models import Armings, LetterNumbers, Letters, Notices, Orders
from casework.store.queries.feed import feed_end
from casework.store.register.letters import Wanted, issue, kept_letter
from casework.store.register.rebuild import rebuild
from casework.store.register.recording import EntryGapError, record
from casework.store.restoring import (
    FEED_LEAPS,
    CasePast,
    OrderPast,
    ToldLetter,
    let_feed_leap,
    regain_case,
    regain_order,
)
from tests.domain.desk import at
from tests.store.desks import archived
from tests.store.entries import writer
from tests.store.lost_register import compared, put_back, taken_down
from tests.store.orders import APPROVER, closing, give, lifting, order

DAY = "2026-09-17"
NOTICE = NoticeRow(seq=1, template="submitted", recipient="applicant", channel="mail")


def applied(no: str, content: Content, version: int) -> OrderPast:
    """An order as its workflow has told it."""
    given = order(no, content)
    steps = (OrderStatus.PROPOSED, OrderStatus.APPROVED, OrderStatus.DONE)
    return OrderPast(
        no=no,
        bookings=[
            Booking(order=given, district="310106", status=status, at=at(DAY), by=APPROVER.code)
            for status in steps
        ],
        order=given,
        approved_by=APPROVER,
        at=at(DAY),
        version=version,
    )


async def book(sessions: Sessions, *bookings: Booking) -> None:
    async with sessions.begin() as session:
        for booking in bookings:
            await book_order(session, booking)


async def test_an_order_gets_the_version_by_which_cases_know_it(sessions: Sessions) -> None:
    yesterday = await taken_down(sessions)
    contents: dict[str, Content] = {
        "o-1": closing("2026-09-10"),
        "o-2": lifting("o-1", "2026-09-20"),
    }
    pasts = []
    for no, content in contents.items():
        *first, last = applied(no, content, 0).bookings
        await book(sessions, *first)
        pasts.append(applied(no, content, (await give(sessions, no, content)).version))
        await book(sessions, last)
    today = await taken_down(sessions)
    await put_back(sessions, yesterday)
    assert [await regain_order(sessions, each, write=False) for each in pasts] == [True, True]
    assert (await taken_down(sessions))["orders"] == []
    assert [await regain_order(sessions, each) for each in pasts] == [True, True]
    assert [await regain_order(sessions, each) for each in pasts] == [False, False]
    assert compared(await taken_down(sessions)) == compared(today)
    assert (await give(sessions, "o-3", closing("2026-10-10"))).version > pasts[1].version


async def test_an_order_whose_version_another_has_is_refused(sessions: Sessions) -> None:
    version = (await give(sessions, "o-other", closing("2026-09-10"))).version
    with pytest.raises(IntegrityError):
        await regain_order(sessions, applied("o-1", closing("2026-11-10"), version))
    async with sessions() as session:
        assert await session.get(Orders, "o-1") is None
    assert (await give(sessions, "o-2", closing("2026-12-10"))).version > version


async def test_a_case_is_restored_though_an_order_came_that_it_does_not_know(
    sessions: Sessions,
) -> None:
    case = writer(archived())
    entries = [case.entry(2, version=0), case.entry(2, version=7), case.entry(version=7)]
    version = (await give(sessions, "o-1", closing("2026-09-10"))).version
    past = CasePast(case_no=case.case_no, entries=entries[:2])
    assert (await regain_case(sessions, past, write=False)).last == 4
    assert (await regain_case(sessions, past)).last == 4
    assert not (await rebuild(sessions, write=False)).differences
    async with sessions() as session:
        armed = await session.get(Armings, case.case_no)
    assert armed is not None
    assert armed.version == 7
    # What the case has known of lost orders is before every order to come.
    assert (await give(sessions, "o-2", closing("2026-11-10"))).version > max(7, version)
    whole = CasePast(case_no=case.case_no, entries=entries)
    assert (await regain_case(sessions, whole)).first == 5
    assert not (await regain_case(sessions, whole)).anything


async def test_a_gap_leaves_the_register_as_it_is(sessions: Sessions) -> None:
    case = writer(archived())
    _, second = case.entry(2), case.entry(2)
    with pytest.raises(EntryGapError):
        await regain_case(sessions, CasePast(case_no=case.case_no, entries=[second]))
    assert not (await taken_down(sessions))["openings"]


async def test_a_letter_that_has_gone_out_keeps_number_and_code(sessions: Sessions) -> None:
    case = writer(archived())
    entry = case.entry(1, notices=(NOTICE, replace(NOTICE, recipient="employer")))
    async with sessions.begin() as session:
        await record(session, entry)
        wanted = Wanted(
            case_no=case.case_no,
            seq=1,
            template="submitted",
            title="收件回执",
            district="310106",
            word="静人才",
            series="收",
            on=at(DAY).date(),
        )
        number = (await issue(session, wanted)).number
    async with sessions() as session:
        letter = await kept_letter(session, case.case_no, 1)
    await put_back(sessions, {})
    told = ToldLetter(
        key=f"{case.case_no}:1:applicant:mail",
        seq=1,
        template="submitted",
        recipient="applicant",
        channel="mail",
        at=at(DAY),
        reference="<1@example>",
        letter=letter,
    )
    other = replace(told, key=f"{told.key}:9", instead=True, problem="email_unknown", letter=None)
    past = CasePast(case_no=case.case_no, entries=[entry], letters=[told, other])
    regained = await regain_case(sessions, past)
    assert (regained.letters, regained.unnumbered) == (2, ())
    assert not (await regain_case(sessions, past)).anything
    async with sessions() as session:
        assert await kept_letter(session, case.case_no, 1) == letter
        assert await session.scalar(select(Letters.number)) == number
        assert await session.scalar(select(LetterNumbers.last)) == 1
        statuses = dict((await session.execute(select(Notices.key, Notices.status))).all())
    assert statuses == {
        told.key: "sent",
        other.key: "refused",
        f"{case.case_no}:1:employer:mail": "queued",  # it had not gone out
    }


async def test_a_letter_whose_number_another_has_got_meanwhile_is_told(sessions: Sessions) -> None:
    case, other = writer(archived()), writer(archived(), number=2)
    entry = case.entry(1, notices=(NOTICE,))
    wanted = Wanted(
        case_no=case.case_no,
        seq=1,
        template="submitted",
        title="收件回执",
        district="310106",
        word="静人才",
        series="收",
        on=at(DAY).date(),
    )
    async with sessions.begin() as session:
        await record(session, entry)
        await issue(session, wanted)
    async with sessions() as session:
        letter = await kept_letter(session, case.case_no, 1)
    await put_back(sessions, {})
    async with sessions.begin() as session:  # workers ran before the register was restored
        await record(session, other.entry(1, notices=(NOTICE,)))
        await issue(session, replace(wanted, case_no=other.case_no))
    told = ToldLetter(
        key=f"{case.case_no}:1:applicant:mail",
        seq=1,
        template="submitted",
        recipient="applicant",
        channel="mail",
        at=at(DAY),
        letter=letter,
    )
    past = CasePast(case_no=case.case_no, entries=[entry], letters=[told])
    assert (await regain_case(sessions, past)).unnumbered == (1,)
    async with sessions() as session:
        assert await session.scalar(select(func.count(Letters.number))) == 1


async def test_the_feed_leaps_over_whatever_was_given(sessions: Sessions) -> None:
    async with sessions() as session:
        before = await feed_end(session)
    await let_feed_leap(sessions)
    case = writer(archived())
    async with sessions.begin() as session:
        await record(session, case.entry(1))
    async with sessions() as session:
        assert (await feed_end(session)).place >= before.place + FEED_LEAPS
