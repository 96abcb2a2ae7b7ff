"""Outside parties over HTTP, mail and SMS: each effect once, however often it is repeated."""

import asyncio
import base64
import hashlib
import re
import socket
import ssl
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Self
from urllib.parse import quote

import aiosmtplib
import httpx

from casework.security.keyfiles import secret_in
from casework.security.seal_signature import SealCertificates, SealError
from casework.settings import Settings, SettingsError, is_loopback

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
    return httpx.AsyncClient(
        auth=FileBearer(token_file) if token_file else None, verify=_certificates()
    )


@cache
def _certificates() -> ssl.SSLContext:
    """Whom to believe, as httpx has it; read once, as that takes longer than a request."""
    return httpx.create_ssl_context()


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

    It gets the digest of a letter, and the letter itself only where it ``takes_file``. What it
    gives must be by one of its ``certificates``, where they are known.
    """

    http: httpx.AsyncClient
    url: str
    takes_file: bool = False
    certificates: SealCertificates | None = None

    @classmethod
    def of(cls, settings: Settings, http: httpx.AsyncClient) -> Self | None:
        """The seal of the settings; None where it is not switched on. Raises SettingsError."""
        if not settings.seal_url:
            return None
        return cls(
            http=http,
            url=settings.seal_url.rstrip("/"),
            takes_file=settings.seal_takes_file,
            certificates=SealCertificates.open(settings),
        )

    async def seal(
        self, *, key: str, number: str, office: str, content: bytes, issued_on: date
    ) -> Sealed:
        """Have a letter sealed, once per key; errors of ``post_once``.

        ``AnswerError`` too if the seal is on another letter, or by no certificate of the city's.
        """
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
        self._require_own(given, content, issued_on)
        return Sealed(kind=kind, content=given, reference=reference)

    def _require_own(self, given: bytes, content: bytes, issued_on: date) -> None:
        if self.certificates is None:
            return
        between = issued_on, date.max
        try:
            if not self.takes_file:
                self.certificates.verify(given, content, between=between, on=None)
            else:
                self.certificates.verify_file(given, between=between, on=None)
        except SealError as error:
            raise AnswerError(error.code) from None


# --- webhooks: whoever a system names, within what the operator allows ----------------------


class UnavailableError(Exception):
    """The receiver did not take it now; worth a retry, ``after`` so long if it has said so.

    ``problem`` is a code.
    """

    def __init__(self, problem: str, after: timedelta = timedelta()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.after = after


GONE = "http_410"
"""What a receiver says that is not to be told any more."""


_ABOUT_THE_EVENT = {
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""Other refusals are about the receiver's address or its rights: they may be mended."""
_READ_AT_MOST = 16 * 1024
_SECONDS = re.compile(r"\d{1,6}", re.ASCII)
_LEADING_INSIDE = tuple(
    ip_network(each)
    for each in (
        *("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"),  # stand for IPv4
        "fec0::/10",  # of a site
    )
)
"""IPv6 networks that pass for global, and need not be."""


@dataclass(frozen=True, kw_only=True)
class Receivers:
    """To where webhooks may go: ``hosts`` by name, and of ``networks`` that are not public."""

    hosts: tuple[str, ...]
    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    plain: bool = False  # http on this machine, in the local stack

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Those that the settings allow; raise `SettingsError` for what is no network."""
        try:
            networks = tuple(map(ip_network, _listed(settings.webhook_networks)))
        except ValueError:
            raise SettingsError("CASEWORK_WEBHOOK_NETWORKS: networks are needed") from None
        return cls(
            hosts=_listed(settings.webhook_hosts.lower()),
            networks=networks,
            plain=settings.environment == "local",
        )

    def problem(self, url: str) -> str:
        """Why nothing may be sent to this address, as a code; empty: it may."""
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            return "url_invalid"
        host = parsed.host.lower()
        if not host or parsed.userinfo or parsed.fragment:
            return "url_invalid"
        if parsed.scheme != "https" and not (
            self.plain and parsed.scheme == "http" and is_loopback(host)
        ):
            return "url_not_https"
        named = {host, parsed.raw_host.decode().lower()}  # as it is read, and as it is asked for
        return (
            "" if any(self._is_listed(each, parsed.port) for each in named) else "url_not_allowed"
        )

    async def address(self, url: httpx.URL) -> str:
        """The address to connect to; every one of the host must be allowed.

        It is this address that is connected to: what the name resolves to later does not matter.

        Raises:
            UnavailableError: the name resolves to nothing, or to what is not allowed.
        """
        port = url.port or (443 if url.scheme == "https" else 80)
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                url.raw_host.decode(), port, type=socket.SOCK_STREAM
            )
        except (OSError, UnicodeError):
            raise UnavailableError("host_unknown") from None
        addresses = [str(each[4][0]) for each in found]
        if not addresses or not all(map(self._is_allowed, addresses)):
            raise UnavailableError("address_not_allowed")
        return addresses[0]

    def _is_listed(self, host: str, port: int | None) -> bool:
        names = {host, f"{host}:{port or 443}"}
        return any(
            host.endswith(each) if each.startswith(".") else each in names for each in self.hosts
        )

    def _is_allowed(self, written: str) -> bool:
        address = ip_address(written.partition("%")[0])
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            return self._is_allowed(str(address.ipv4_mapped))
        if any(address.version == each.version and address in each for each in self.networks):
            return True
        inside = any(
            address.version == each.version and address in each for each in _LEADING_INSIDE
        )
        return address.is_global and not address.is_multicast and not inside


def _listed(written: str) -> tuple[str, ...]:
    return tuple(filter(None, (each.strip() for each in written.split(","))))


def webhook_client() -> httpx.AsyncClient:
    """A client that follows no redirect, asks no proxy and keeps no connection.

    A connection is kept by its address alone, and two hosts of one address are two receivers.
    """
    return httpx.AsyncClient(
        trust_env=False,
        verify=_certificates_of_the_machine(),
        limits=httpx.Limits(max_keepalive_connections=0),
        timeout=ANSWER_WITHIN.total_seconds(),
    )


@cache
def _certificates_of_the_machine() -> ssl.SSLContext:
    return ssl.create_default_context()


@dataclass(frozen=True, kw_only=True)
class EventSender:
    """Sends an event to its receiver. ``within`` bounds the whole exchange."""

    http: httpx.AsyncClient
    receivers: Receivers
    within: timedelta = ANSWER_WITHIN

    async def send(self, url: str, body: bytes, signature: str) -> None:
        """Return if the receiver has answered with a status of success, whole or 16 KB of it.

        Raises:
            RefusedError: it will not take this event, whenever it comes.
            UnavailableError: anything else, a redirect too.
        """
        if problem := self.receivers.problem(url):
            raise UnavailableError(problem)
        try:
            async with asyncio.timeout(self.within.total_seconds()):
                status, after = await self._exchanged(httpx.URL(url), body, signature)
        except (TimeoutError, httpx.TimeoutException):
            raise UnavailableError("no_answer") from None
        except (httpx.HTTPError, ssl.SSLError, OSError) as error:
            raise UnavailableError(type(error).__name__) from None
        if status in _ABOUT_THE_EVENT:
            raise RefusedError(f"http_{status}")
        if not HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
            raise UnavailableError(f"http_{status}", after)

    async def _exchanged(
        self, url: httpx.URL, body: bytes, signature: str
    ) -> tuple[int, timedelta]:
        address = await self.receivers.address(url)
        request = self.http.build_request(
            "POST",
            url.copy_with(host=address),
            content=body,
            headers={
                "Host": url.netloc.decode(),
                "Content-Type": "application/cloudevents+json; charset=UTF-8",
                "Casework-Signature": signature,
                "Accept-Encoding": "identity",
            },
            extensions={"sni_hostname": url.raw_host.decode()},
        )
        answer = await self.http.send(request, stream=True)
        try:
            read = 0
            async for chunk in answer.aiter_raw():
                read += len(chunk)
                if read > _READ_AT_MOST:
                    break
        finally:
            await answer.aclose()
        return answer.status_code, _retry_after(answer.headers)


def _retry_after(headers: Mapping[str, str]) -> timedelta:
    """How long ``Retry-After`` asks for, in seconds or by the sender's own clock; else nothing."""
    written = headers.get("retry-after", "")
    if _SECONDS.fullmatch(written):
        return timedelta(seconds=int(written))
    try:
        then, now = (parsedate_to_datetime(each) for each in (written, headers.get("date", "")))
        return max(then - now, timedelta())
    except (ValueError, TypeError, OverflowError):  # no date, or one with a zone and one without
        return timedelta()
