"""Notices through a real mail server and a real gateway on the loopback: the fake town."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any, cast

import httpx
import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.notices import (
    LOST_TRIES,
    SEAL_AWAY,
    SEAL_WITHIN,
    NoticeActivities,
    NoticeOutcome,
    SendNotice,
)
from casework.letters.document import DocumentError
from casework.letters.texts import Contact
from casework.outside import Attachment, Letter, MailSender, MailUnavailableError
from casework.policy.letters import LetterRule
from casework.store.documents import DocumentLostError, Documents, Made, SealAwayError
from casework.store.register.letters import KeptLetter
from tests.activities.book import Book
from tests.town.visitor import Visitor


def one_time_notice(channel: str, **changes: Any) -> SendNotice:
    notice: dict[str, Any] = {
        "case_no": "310106-88FF-8418-WG9Q",
        "seq": 7,
        "template": "one_time_notice",
        "recipient": "applicant",
        "channel": channel,
        "fields": {
            "item": "居转户",
            "office": "静安区人才服务中心",
            "on": "2026-09-17",
            "faults": "缺少《劳动合同》\n照片不清晰",
            "due_on": "2026-10-15",
            "due_basis": "proposal",
        },
    }
    return SendNotice(**{**notice, **changes})


async def send(notices: NoticeActivities, notice: SendNotice) -> NoticeOutcome:
    return await ActivityEnvironment().run(notices.send, notice)


@pytest.mark.parametrize("channel", ["mail", "sms"])
async def test_notice_reaches_the_recipient_with_all_faults(
    channel: str, notices: NoticeActivities, visitor: Visitor
) -> None:
    notice = one_time_notice(channel)
    outcome = await send(notices, notice)

    assert outcome.sent
    assert outcome.reference
    message = await visitor.message(channel, notice.key)
    assert message["to"] == {"mail": "w***@mail.example", "sms": "138****1234"}[channel]
    assert "王小明" in message["text"]
    assert "1. 缺少《劳动合同》" in message["text"]
    assert "2. 照片不清晰" in message["text"]
    assert "2026年10月15日" in message["text"]


async def test_mail_subject_names_item_and_case_but_no_person(
    notices: NoticeActivities, visitor: Visitor
) -> None:
    await send(notices, one_time_notice("mail"))
    (entry,) = await visitor.outbox()
    assert entry["subject"] == "一次性告知书：居转户（310106-88FF-8418-WG9Q）"


@pytest.mark.parametrize("channel", ["mail", "sms"])
async def test_repeat_of_a_noted_notice_sends_nothing(
    channel: str, notices: NoticeActivities, visitor: Visitor
) -> None:
    first = await send(notices, one_time_notice(channel))
    again = await send(notices, one_time_notice(channel))

    assert again == first
    (entry,) = await visitor.outbox()
    assert entry["repeats"] == 0


@pytest.mark.parametrize("channel", ["mail", "sms"])
async def test_crash_between_sending_and_noting_reaches_the_recipient_once(
    channel: str, notices: NoticeActivities, book: Book, visitor: Visitor
) -> None:
    book.crashes = 1
    with pytest.raises(ConnectionError):
        await send(notices, one_time_notice(channel))
    outcome = await send(notices, one_time_notice(channel))

    (entry,) = await visitor.outbox()
    assert entry["repeats"] == 1
    assert book.references == {one_time_notice(channel).key: outcome.reference}


@pytest.mark.parametrize("change", [{"seq": 8}, {"case_no": "310106-SH-000124"}])
async def test_another_event_or_case_is_another_notice(
    change: dict[str, Any], notices: NoticeActivities, visitor: Visitor
) -> None:
    await send(notices, one_time_notice("mail"))
    await send(notices, one_time_notice("mail", **change))
    assert len(await visitor.outbox()) == 2


@pytest.mark.parametrize("status", [401, 408, 409, 429, 503])
async def test_gateway_in_trouble_is_worth_a_retry(
    status: int, notices: NoticeActivities, book: Book, visitor: Visitor
) -> None:
    await visitor.plan_fault("/messages", status)
    with pytest.raises(httpx.HTTPStatusError):
        await send(notices, one_time_notice("sms"))
    outcome = await send(notices, one_time_notice("sms"))

    assert outcome.sent
    assert not book.refusals
    assert len(await visitor.outbox()) == 1


async def test_lost_answer_of_the_gateway_sends_no_second_message(
    notices: NoticeActivities, visitor: Visitor
) -> None:
    await visitor.plan_fault("/messages", 503, after_effect=True)
    with pytest.raises(httpx.HTTPStatusError):
        await send(notices, one_time_notice("sms"))
    await send(notices, one_time_notice("sms"))
    (entry,) = await visitor.outbox()
    assert entry["repeats"] == 1


async def test_mail_server_in_trouble_is_worth_a_retry(
    notices: NoticeActivities, book: Book, visitor: Visitor
) -> None:
    await visitor.plan_fault("smtp", 451)
    with pytest.raises(MailUnavailableError, match=r"^smtp_451$"):
        await send(notices, one_time_notice("mail"))
    assert (await send(notices, one_time_notice("mail"))).sent
    assert not book.refusals


async def test_unreachable_mail_server_is_worth_a_retry(
    notices: NoticeActivities, book: Book
) -> None:
    nobody = MailSender(host="127.0.0.1", port=1, sender="rencai@office.example")
    with pytest.raises(MailUnavailableError):
        await send(NoticeActivities(book, nobody, notices.sms), one_time_notice("mail"))
    assert not book.refusals


@pytest.mark.parametrize(
    ("channel", "status", "problem"),
    [("mail", 550, "smtp_550"), ("sms", 422, "http_422"), ("sms", 403, "http_403")],
)
async def test_permanent_refusal_is_noted_and_not_retried(
    channel: str, status: int, problem: str, notices: NoticeActivities, visitor: Visitor
) -> None:
    await visitor.plan_fault({"mail": "smtp", "sms": "/messages"}[channel], status)
    with pytest.raises(ApplicationError, match=problem) as raised:
        await send(notices, one_time_notice(channel))

    assert raised.value.type == "NoticeRefused"
    assert raised.value.non_retryable
    assert as_book(notices).refusals == {one_time_notice(channel).key: problem}
    assert_no_personal_data(raised.value)
    assert await visitor.outbox() == []


@pytest.mark.parametrize(
    ("changes", "contact", "problem"),
    [
        ({"recipient": "employer", "channel": "mail"}, None, "email_unknown"),
        ({"recipient": "employer", "channel": "sms"}, None, "phone_unknown"),
        ({"channel": "pigeon"}, None, "channel_unknown"),
        ({"template": "poem"}, None, "text: unknown template poem"),
        ({"fields": {}}, None, "text: one_time_notice: missing"),
        (
            {},
            Contact(name="王小明", email="wang@mail.example\nBcc: x@y.example"),
            "address_invalid",
        ),
        ({}, Contact(name="王小明", email="wang"), "address_invalid"),
    ],
)
async def test_notice_that_cannot_go_out_becomes_a_refusal(
    changes: dict[str, Any],
    contact: Contact | None,
    problem: str,
    notices: NoticeActivities,
    visitor: Visitor,
) -> None:
    book = as_book(notices)
    if contact:
        book.people["applicant"] = contact
    notice = one_time_notice(**{"channel": "mail", **changes})
    with pytest.raises(ApplicationError, match=problem) as raised:
        await send(notices, notice)

    assert raised.value.type == "NoticeRefused"
    assert problem in book.refusals[notice.key]
    assert_no_personal_data(raised.value)
    assert await visitor.outbox() == []


def as_book(notices: NoticeActivities) -> Book:
    assert isinstance(notices.book, Book)
    return notices.book


def assert_no_personal_data(error: BaseException) -> None:
    """Look at everything a failure could carry to the server: the message and its causes."""
    told = f"{error} {error.__cause__}"
    for secret in ("王小明", "wang@", "13800001234", "劳动合同"):
        assert secret not in told


@dataclass
class Written:
    """Makes the same document of every letter, or says why there is none."""

    problem: str = ""
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def make(self, case_no: str, seq: int, template: str, fields: dict[str, str]) -> Made:
        self.asked.append((case_no, seq))
        if self.problem:
            raise DocumentError(self.problem)
        rule = LetterRule(word="静人才", series="补正", title="补正单")
        return Made(
            number="静人才〔2026〕补正1号",
            name=f"{case_no}-{seq}.pdf",
            signature=b"",
            content=b"%PDF-1.7 " + fields["item"].encode() + template.encode(),
            link=f"https://casework.example/v1/cases/{case_no}/letters/{seq}",
            check="https://casework.example/v1/verify/CODE",
            rule=rule,
        )

    async def kept(self, case_no: str, seq: int) -> KeptLetter | None:
        return KEPT if (case_no, seq) in self.asked else None


KEPT = KeptLetter(
    number="静人才〔2026〕补正1号",
    code="CODE",
    rating_code=None,
    title="补正单",
    district="310106",
    series="补正",
    year=2026,
    ordinal=1,
    issued_on=date(2026, 9, 17),
    sha256="ab",
    seal="",
    sealed_sha256="",
    seal_reference="",
    officer="",
)


async def test_a_letter_goes_with_its_document(notices: NoticeActivities, visitor: Visitor) -> None:
    written = Written()
    notices = replace(notices, documents=cast("Documents", written))
    outcomes = [await send(notices, one_time_notice(way)) for way in ("mail", "sms", "sms")]
    # Told to Temporal, also by a repeat: a register that is lost can have it again.
    assert [outcome.letter for outcome in outcomes] == [KEPT] * 3
    assert written.asked == [("310106-88FF-8418-WG9Q", 7)] * 2
    mail = await visitor.message("mail", one_time_notice("mail").key)
    assert mail["subject"] == "补正单：居转户（310106-88FF-8418-WG9Q）"
    assert "附：文书静人才〔2026〕补正1号（PDF）" in mail["text"]
    assert "核验：https://casework.example/v1/verify/CODE" in mail["text"]
    sms = await visitor.message("sms", one_time_notice("sms").key)
    assert sms["text"].endswith(
        "文书静人才〔2026〕补正1号：https://casework.example/v1/cases/310106-88FF-8418-WG9Q/letters/7"
    )


async def test_a_document_is_attached_as_it_is() -> None:
    sender = MailSender(host="127.0.0.1", port=1, sender="rencai@office.example")
    letter = Letter(
        key="a:1:applicant:mail",
        to="wang@mail.example",
        subject="某",
        text="某",
        written_at=datetime(2026, 9, 17, tzinfo=UTC),
        attachments=(
            Attachment(name="a-1.pdf", content=b"%PDF-1.7\r\n\x00\xff"),
            Attachment(name="a-1.pdf.p7s", content=b"\x00", subtype="pkcs7-signature"),
        ),
    )
    part, seal = sender.message(letter).iter_attachments()
    assert part.get_content() == b"%PDF-1.7\r\n\x00\xff"
    assert (part.get_content_type(), part.get_filename()) == ("application/pdf", "a-1.pdf")
    assert (seal.get_content_type(), seal.get_content()) == (
        "application/pkcs7-signature",
        b"\x00",
    )


async def test_a_letter_waits_for_its_seal_and_an_officer_is_told_after_an_hour(
    notices: NoticeActivities, visitor: Visitor
) -> None:
    class Away:
        async def make(self, *_: object) -> Made:
            raise SealAwayError("ConnectError")

    notices = replace(notices, documents=cast("Documents", Away()))
    with pytest.raises(SealAwayError):
        await send(notices, one_time_notice("mail"))
    environment = ActivityEnvironment()
    long_ago = environment.info.started_time - SEAL_WITHIN
    environment.info = replace(environment.info, scheduled_time=long_ago)
    with pytest.raises(ApplicationError) as raised:
        await environment.run(notices.send, one_time_notice("mail"))
    assert (raised.value.type, raised.value.non_retryable) == (SEAL_AWAY, True)
    assert await visitor.outbox() == []
    assert as_book(notices).refusals == {}


async def test_a_letter_that_the_store_has_damaged_is_tried_ten_times(
    notices: NoticeActivities, visitor: Visitor
) -> None:
    class Damaged:
        async def make(self, *_: object) -> Made:
            raise DocumentLostError("静人才〔2026〕受理1号")

    notices = replace(notices, documents=cast("Documents", Damaged()))
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=LOST_TRIES - 1)
    with pytest.raises(DocumentLostError):
        await environment.run(notices.send, one_time_notice("mail"))
    environment.info = replace(environment.info, attempt=LOST_TRIES)
    with pytest.raises(ApplicationError, match="document: lost") as raised:
        await environment.run(notices.send, one_time_notice("mail"))
    assert raised.value.non_retryable
    assert as_book(notices).refusals == {one_time_notice("mail").key: "document: lost"}
    assert await visitor.outbox() == []


async def test_a_letter_without_its_document_is_not_sent(
    notices: NoticeActivities, visitor: Visitor
) -> None:
    notices = replace(notices, documents=cast("Documents", Written(problem="glyph_missing")))
    with pytest.raises(ApplicationError, match="document: glyph_missing") as raised:
        await send(notices, one_time_notice("mail"))
    assert raised.value.non_retryable
    assert as_book(notices).refusals == {one_time_notice("mail").key: "document: glyph_missing"}
    assert await visitor.outbox() == []
