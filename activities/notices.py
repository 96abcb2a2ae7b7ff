"""Sends notices of a case by e-mail and text message, each exactly once."""

from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError

from casework.letters.document import DocumentError
from casework.letters.texts import Contact, NoticeBook, NoticeTextError, render
from casework.outside import Attachment, Letter, MailSender, RefusedError, SmsSender
from casework.store.documents import DocumentLostError, Documents, Made, SealAwayError
from casework.store.register.letters import KeptLetter
from casework.store.register.parties import NoticeUnknownError

REFUSED = "NoticeRefused"
"""The type of the failure of a letter that will never reach its recipient this way."""
HOPELESS = "hopeless"
"""The detail of such a failure where no other way helps: the letter cannot be written."""
SEAL_AWAY = "SealAway"
"""The type of the failure of a letter that has waited for the city's seal for long."""
SEAL_WITHIN = timedelta(hours=1)
"""So long the seal may stay away until an officer is told; the letter waits for it all the same."""
LOST_TRIES = 10
"""So often a letter is tried that the store has damaged: some ten minutes, to restore it in."""
_TEXT, _DOCUMENT, _SEAL = "text: ", "document: ", "seal: "

log = structlog.get_logger("letters")


@dataclass(frozen=True, kw_only=True)
class SendNotice:
    """One notice of event ``seq`` to one recipient by one channel.

    ``recipient``: ``applicant``, ``employer`` or ``superior``; ``channel``: ``mail`` or ``sms``;
    ``fields``: those of ``casework.letters.texts.required_fields(template)``, except ``case_no``;
    dates in ISO form.
    """

    case_no: str
    seq: int
    template: str
    recipient: str
    channel: str
    fields: dict[str, str] = field(default_factory=dict)
    instead_of: str = ""  # the channel by which the recipient was not reached
    again: int = 0  # the correction of an address after which it is sent anew

    @property
    def key(self) -> str:
        """The idempotency key: under one key at most one notice reaches the recipient."""
        key = f"{self.case_no}:{self.seq}:{self.recipient}:{self.channel}"
        return f"{key}:{self.again}" if self.again else key


@dataclass(frozen=True, kw_only=True)
class NoticeOutcome:
    """``reference``: the Message-ID or the gateway's number. ``refused``: the problem's code.

    ``letter``: its number and codes, from which a register that was lost can have them again; None
    where there is no document, and from before this was told.
    """

    sent: bool
    reference: str
    refused: str = ""
    letter: KeptLetter | None = None


@dataclass(frozen=True)
class NoticeActivities:
    """Needs the register's book and the two senders.

    ``documents`` makes the document of each letter; a rehearsal, in which nobody reads any, has
    none.
    """

    book: NoticeBook
    mail: MailSender
    sms: SmsSender
    documents: Documents | None = None

    @activity.defn(name="notices.send")
    async def send(self, notice: SendNotice) -> NoticeOutcome:
        """Send the notice once per ``notice.key``; a repeat returns the first outcome.

        A crash between sending and noting repeats the message under the same Message-ID or
        gateway key, which the receiving side drops. A refusal that no retry can mend is noted in
        the book and fails as ``NoticeRefused``, and so does a letter that the store has damaged,
        after ``LOST_TRIES`` attempts; everything else is retried, and fails as
        ``SealAway`` if the city's seal has been unavailable for ``SEAL_WITHIN``. One that is sent
        ``instead_of`` another, or ``again``, is entered in the book first.
        """
        if notice.instead_of or notice.again:
            await self.book.queue_instead(
                notice.case_no, notice.seq, notice.recipient, notice.key, notice.channel
            )
        if reference := await self._sent(notice):
            return await self._outcome(notice, reference)
        at = activity.info().started_time
        try:
            reference = await self._deliver(notice)
        except RefusedError as refusal:
            await self.book.mark_refused(notice.key, refusal.problem, at)
            hopeless = (HOPELESS,) if refusal.problem.startswith((_TEXT, _DOCUMENT, _SEAL)) else ()
            raise ApplicationError(
                f"notice {notice.key} refused: {refusal.problem}",
                *hopeless,
                type=REFUSED,
                non_retryable=True,
            ) from None
        except SealAwayError:
            if at - activity.info().scheduled_time < SEAL_WITHIN:
                raise
            raise ApplicationError(
                f"notice {notice.key} waits for the seal", type=SEAL_AWAY, non_retryable=True
            ) from None
        await self.book.mark_sent(notice.key, reference, at)
        return await self._outcome(notice, reference)

    async def _outcome(self, notice: SendNotice, reference: str) -> NoticeOutcome:
        letter = await self.documents.kept(notice.case_no, notice.seq) if self.documents else None
        return NoticeOutcome(sent=True, reference=reference, letter=letter)

    async def _sent(self, notice: SendNotice) -> str | None:
        try:
            return await self.book.sent(notice.key)
        except NoticeUnknownError:
            # It waited for the morning or the seal, and the way to its recipient was corrected.
            await self.book.queue_by_new_way(
                notice.case_no, notice.seq, notice.recipient, notice.key, notice.channel
            )
            return None

    async def _deliver(self, notice: SendNotice) -> str:
        # No retry helps where text or document cannot be made: the notice would be late unseen.
        try:
            made = await self._document(notice)
            own = {} if made is None else {"title": made.rule.title, "text": made.rule.text}
            fields = {**notice.fields, "case_no": notice.case_no}
            subject, body = render(notice.template, fields, **own)
        except NoticeTextError as error:
            raise RefusedError(f"{_TEXT}{error}") from None
        except DocumentError as error:
            raise RefusedError(f"{_DOCUMENT}{error.problem}") from None
        except DocumentLostError:
            log.error("letter_lost", case_no=notice.case_no, seq=notice.seq)  # noqa: TRY400 - no trace
            if activity.info().attempt < LOST_TRIES:
                raise
            raise RefusedError(f"{_DOCUMENT}lost") from None
        contact = await self.book.contact(notice.case_no, notice.recipient)
        text = f"{contact.name}：\n\n{body}" if contact.name else body
        match notice.channel:
            case "mail":
                return await self._mail(notice, contact, subject, text, made)
            case "sms":
                if not contact.phone:
                    raise RefusedError("phone_unknown")
                if made is not None:
                    text = f"{text}\n文书{made.number}：{made.link}"
                return await self.sms.send(key=notice.key, to=contact.phone, text=text)
            case "desk":
                return notice.key  # it is read where the case is shown
            case _:
                raise RefusedError("channel_unknown")

    async def _document(self, notice: SendNotice) -> Made | None:
        if self.documents is None:
            return None
        return await self.documents.make(notice.case_no, notice.seq, notice.template, notice.fields)

    async def _mail(
        self, notice: SendNotice, contact: Contact, subject: str, text: str, made: Made | None
    ) -> str:
        if not contact.email:
            raise RefusedError("email_unknown")
        attachments: list[Attachment] = []
        if made is not None:
            text = f"{text}\n\n附：文书{made.number}（PDF）。核验：{made.check}"
            attachments = [Attachment(name=made.name, content=made.content)]
            if made.signature:
                signed = Attachment(
                    name=f"{made.name}.p7s", content=made.signature, subtype="pkcs7-signature"
                )
                attachments.append(signed)
        letter = Letter(
            key=notice.key,
            to=contact.email,
            subject=subject,
            text=text,
            written_at=activity.info().scheduled_time,  # the same in every attempt
            attachments=tuple(attachments),
        )
        return await self.mail.send(letter)
