from datetime import UTC, datetime

import pytest

from casework.messages.entry import NoticeRow
from casework.store.engine import Sessions, ready
from casework.store.queries import notices
from casework.store.register.parties import NoticeUnknownError, RegisterNoticeBook
from tests.store.conftest import Recording, in_clear_and_sealed
from tests.store.entries import APPLICANT, EMPLOYER, writer

pytestmark = in_clear_and_sealed

FIRST, LATER = datetime(2026, 9, 16, tzinfo=UTC), datetime(2026, 9, 17, tzinfo=UTC)
NOTICE = NoticeRow(seq=1, template="accepted", recipient="applicant", channel="mail")


@pytest.fixture
def book(sessions: Sessions) -> RegisterNoticeBook:
    return RegisterNoticeBook(sessions)


@pytest.fixture
async def key(recorded: Recording) -> str:
    case = writer()
    await recorded(case.entry(notices=(NOTICE,)))
    return f"{case.case_no}:1:applicant:mail"


async def test_contact_is_the_party_of_the_case(book: RegisterNoticeBook, key: str) -> None:
    case_no = key.split(":", maxsplit=1)[0]
    applicant = await book.contact(case_no, "applicant")
    assert (applicant.name, applicant.email) == (APPLICANT.name, APPLICANT.email)
    assert (await book.contact(case_no, "employer")).name == EMPLOYER.name
    assert (await book.contact(case_no, "superior")).email == ""


async def test_sending_is_noted_once(
    book: RegisterNoticeBook, key: str, sessions: Sessions
) -> None:
    assert await book.sent(key) is None
    await book.mark_sent(key, "<1@mail>", FIRST)
    await book.mark_sent(key, "<2@mail>", LATER)
    await book.mark_refused(key, "gone", LATER)
    assert await book.sent(key) == "<1@mail>"
    async with sessions() as session:
        (notice,) = await notices(session, key.split(":", maxsplit=1)[0])
    assert (notice.status, notice.at, notice.problem) == ("sent", FIRST, "")


async def test_a_letter_is_entered_once_by_the_way_that_takes_the_place_of_another(
    book: RegisterNoticeBook, key: str, sessions: Sessions
) -> None:
    case_no = key.split(":", maxsplit=1)[0]
    other = f"{case_no}:1:applicant:sms"
    await book.mark_refused(key, "smtp_550", FIRST)
    for _ in range(2):
        await book.queue_instead(case_no, 1, "applicant", other, "sms")
    await book.mark_sent(other, "77", LATER)
    await book.queue_instead(case_no, 1, "applicant", other, "sms")
    async with sessions() as session:
        found = await notices(session, case_no)
    assert [(each.channel, each.status, each.template) for each in found] == [
        ("mail", "refused", "accepted"),
        ("sms", "sent", "accepted"),
    ]
    with pytest.raises(NoticeUnknownError):
        await book.queue_instead(case_no, 9, "applicant", "x", "sms")


async def test_a_letter_that_waited_goes_by_the_way_that_was_corrected(
    book: RegisterNoticeBook, key: str, sessions: Sessions
) -> None:
    case_no = key.split(":", maxsplit=1)[0]
    sms, desk = f"{case_no}:1:applicant:sms", f"{case_no}:1:employer:desk"
    for _ in range(2):
        await book.queue_by_new_way(case_no, 1, "applicant", sms, "sms")
        await book.queue_by_new_way(case_no, 1, "employer", desk, "desk")
    await book.mark_sent(sms, "77", LATER)
    await book.queue_by_new_way(case_no, 1, "applicant", sms, "sms")
    async with sessions() as session:
        found = await notices(session, case_no)
    assert sorted((each.key, each.template, each.status) for each in found) == [
        (sms, "accepted", "sent"),
        (desk, "accepted", "queued"),
    ]
    with pytest.raises(NoticeUnknownError):
        await book.queue_by_new_way(case_no, 9, "applicant", f"{case_no}:9:applicant:sms", "sms")


async def test_a_letter_that_is_sent_again_is_not_taken_for_one_that_waited(
    book: RegisterNoticeBook, key: str, sessions: Sessions
) -> None:
    case_no = key.split(":", maxsplit=1)[0]
    again, sms = f"{key}:7", f"{case_no}:1:applicant:sms"
    await book.mark_refused(key, "smtp_550", FIRST)
    await book.queue_instead(case_no, 1, "applicant", again, "mail")
    await book.queue_by_new_way(case_no, 1, "applicant", sms, "sms")
    async with sessions() as session:
        found = await notices(session, case_no)
    assert {each.key: each.status for each in found} == {
        key: "refused",
        again: "queued",
        sms: "queued",
    }


async def test_refused_notice_may_still_be_sent(
    book: RegisterNoticeBook, key: str, sessions: Sessions
) -> None:
    async with sessions() as session:
        waiting = await ready(session)
    assert (waiting.notices_queued, waiting.notices_refused) == (1, 0)
    assert waiting.oldest_queued_at
    assert waiting.revision
    await book.mark_refused(key, "mailbox_unknown", FIRST)
    async with sessions() as session:
        assert (await ready(session)).notices_refused == 1
    assert await book.sent(key) is None
    await book.mark_sent(key, "<1@mail>", LATER)
    assert await book.sent(key) == "<1@mail>"


async def test_notice_that_was_never_queued_is_not_sent(book: RegisterNoticeBook) -> None:
    with pytest.raises(NoticeUnknownError):
        await book.sent("310106-NONE:1:applicant:mail")
