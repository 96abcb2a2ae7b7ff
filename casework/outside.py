"""Outside parties over HTTP, mail and SMS: each effect once, however often it is repeated."""

import base64
import hashlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from http import HTTPStatus
from pathlib import Path
from typing import Self
from urllib.parse import quote

import aiosmtplib
import httpx

from casework.security.keyfiles import secret_in

# --- over HTTP, once -----------------------------------------------------------------------
# Every party we talk to takes an ``Idempotency-Key`` header: the same key again is the same
# request and gets the same answer. A failure that waiting may mend is raised as it comes, so that
# Temporal retries; a refusal that no retry can mend is a ``RefusedError``.


ANSWER_WITHIN = timedelta(seconds=10)

# 401 is about our credentials, not about the request: once they are put right, it is taken.
_WORTH_A_RETRY = {
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.TOO_EARLY,
    HTTPStatus.TOO_MANY_REQUESTS,
}


class RefusedError(Exception):
    """The party will never take this request. ``problem`` is a code without personal data."""

    def __init__(self, problem: str) -> None:
        super().__init__(problem)
        self.problem = problem


class AnswerError(Exception):
    """The party took the request but its answer cannot be read; worth a retry."""


@dataclass(frozen=True)
class FileBearer(httpx.Auth):
    """The bearer token in a file, read for each request: who renews it restarts nothing."""

    file: Path

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response]:
        """Add the token; raise `SettingsError` while the file cannot be read."""
        request.headers["Authorization"] = f"Bearer {secret_in(self.file)}"
        yield request


def speaking(token_file: Path | None) -> httpx.AsyncClient:
    """Return a client for an outside party, with a token if it requires one; close it."""
    return httpx.AsyncClient(auth=FileBearer(token_file) if token_file else None)


async def post_once(
    http: httpx.AsyncClient, url: str, *, key: str, body: Mapping[str, object], answer: str
) -> str:
    """POST ``body`` as JSON under the idempotency key and return the field ``answer`` of the reply.

    Raises:
        RefusedError: the party refused for good; ``problem`` is ``http_<status>``.
        httpx.HTTPError: no answer within ``ANSWER_WITHIN``, or a status worth a retry.
        AnswerError: a success whose body lacks the field.
    """
    told = await _answer(http, url, key=key, body=body)
    try:
        return str(told[answer])
    except LookupError:
        raise AnswerError(f"no {answer} in the answer") from None


async def _answer(
    http: httpx.AsyncClient, url: str, *, key: str, body: Mapping[str, object]
) -> dict[str, object]:
    reply = await http.post(
        url,
        json=body,
        headers={"Idempotency-Key": key},
        timeout=ANSWER_WITHIN.total_seconds(),
    )
    if reply.is_client_error and reply.status_code not in _WORTH_A_RETRY:
        raise RefusedError(f"http_{reply.status_code}")
    reply.raise_for_status()
    try:
        told = reply.json()
    except ValueError:
        told = None
    if not isinstance(told, dict):
        # The body may repeat what we sent; it stays out of the failure.
        raise AnswerError("the answer is no object")
    return told


# --- mail (SMTP) ---------------------------------------------------------------------------


_PERMANENT = 500


class MailUnavailableError(Exception):
    """The mail server did not take the message now; worth a retry."""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A PDF that goes with a message, or the ``signature`` of one; a name of plain letters."""

    name: str
    content: bytes = field(repr=False)
    subtype: str = "pdf"


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One message to one mailbox. ``key`` is the notice's idempotency key."""

    key: str
    to: str
    subject: str
    text: str
    written_at: datetime
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, kw_only=True)
class MailSender:
    """Sends letters through one SMTP server. ``sender`` is the office's address."""

    host: str
    port: int
    sender: str
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    use_tls: bool = False
    start_tls: bool | None = None  # None: when the server offers it
    timeout: timedelta = timedelta(seconds=15)

    async def send(self, letter: Letter) -> str:
        """Send the letter and return its Message-ID.

        The same letter (same key) always has the same Message-ID: a mailbox shows it once even if
        it is sent again after a crash.

        Raises:
            RefusedError: the address is none, or the server refused for good (``smtp_5xx``).
            MailUnavailableError: anything that may pass. Neither names the address.
        """
        message = self.message(letter)
        try:
            await aiosmtplib.send(
                message,
                hostname=self.host,
                port=self.port,
                username=self.username,
                password=self.password,
                use_tls=self.use_tls,
                start_tls=self.start_tls,
                timeout=self.timeout.total_seconds(),
            )
        except (aiosmtplib.SMTPException, OSError) as error:
            raise _judged(error) from None  # the original repeats the address
        return str(message["Message-ID"])

    def message(self, letter: Letter) -> EmailMessage:
        """The message as it goes out; raise `RefusedError` where the address is none."""
        message = EmailMessage(policy=SMTP)
        try:
            message["To"] = Address(addr_spec=letter.to)
        except (MessageError, ValueError, IndexError):
            raise RefusedError("address_invalid") from None
        domain = self.sender.rpartition("@")[2]
        message["From"] = self.sender
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(letter.written_at)
        message["Message-ID"] = f"<{quote(letter.key, safe='')}@{domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text, cte="base64")  # any server takes it
        for attachment in letter.attachments:
            message.add_attachment(
                attachment.content,
                maintype="application",
                subtype=attachment.subtype,
                filename=attachment.name,
            )
        return message


def _judged(error: Exception) -> RefusedError | MailUnavailableError:
    """A 5xx about this letter is final; one about our session (connect, login) is not."""
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            code = max(refused.code for refused in error.recipients)
        case (
            aiosmtplib.SMTPSenderRefused()
            | aiosmtplib.SMTPRecipientRefused()
            | aiosmtplib.SMTPDataError()
        ):
            code = error.code
        case aiosmtplib.SMTPNotSupported():
            return RefusedError("address_not_supported")
        case _:
            return MailUnavailableError(type(error).__name__)
    if code >= _PERMANENT:
        return RefusedError(f"smtp_{code}")
    return MailUnavailableError(f"smtp_{code}")


# --- text messages, through an HTTP gateway ------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class SmsSender:
    """Sends text messages through the gateway at ``url``.

    ``http`` carries whatever credentials the gateway asks for; ``signature`` is the registered
    name that Chinese gateways want in 【】 before the text.
    """

    http: httpx.AsyncClient
    url: str
    signature: str

    async def send(self, *, key: str, to: str, text: str) -> str:
        """Send the text once per key and return the gateway's reference; errors of ``post_once``.

        The text goes out as one line: many handsets break a message at a line feed.
        """
        line = " ".join(text.split())
        return await post_once(
            self.http,
            f"{self.url}/messages",
            key=key,
            body={"to": dialled(to), "text": f"【{self.signature}】{line}"},
            answer="reference",
        )


def dialled(number: str) -> str:
    """A telephone number as a gateway takes it: without what only people read."""
    return "".join(each for each in number if each not in " -")


# --- the electronic seal (电子印章) of the city's own system ----------------------------------


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """What the seal has given: a ``file`` with the seal in it, or a ``signature`` of its digest."""

    kind: str
    content: bytes = field(repr=False)
    reference: str


@dataclass(frozen=True, kw_only=True)
class SealOffice:
    """The city's seal at ``url``; ``http`` has its credentials.

    It gets the digest of a letter, and the letter itself only where it ``takes_file``.
    """

    http: httpx.AsyncClient
    url: str
    takes_file: bool = False

    @classmethod
    def at(cls, url: str | None, http: httpx.AsyncClient, *, takes_file: bool) -> Self | None:
        """The seal at ``url``; None where it is not switched on."""
        return cls(http=http, url=url.rstrip("/"), takes_file=takes_file) if url else None

    async def seal(self, *, key: str, number: str, office: str, content: bytes) -> Sealed:
        """Have a letter sealed, once per key; errors of ``post_once``."""
        body: dict[str, object] = {
            "number": number,
            "office": office,
            "sha256": hashlib.sha256(content).hexdigest(),
        }
        if self.takes_file:
            body["file"] = base64.b64encode(content).decode()
        told = await _answer(self.http, f"{self.url}/seals", key=key, body=body)
        kind = "file" if self.takes_file else "signature"
        try:
            given = base64.b64decode(str(told[kind]), validate=True)
            reference = str(told["reference"])
        except (LookupError, ValueError):
            raise AnswerError(f"no {kind} in the answer") from None
        if not given or (self.takes_file and not given.startswith(b"%PDF-")):
            raise AnswerError(f"the {kind} in the answer is none")
        return Sealed(kind=kind, content=given, reference=reference)
