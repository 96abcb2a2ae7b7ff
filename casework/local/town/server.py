"""The fake town over HTTP and SMTP, as a process (``serve``) or inside a test (``running_town``).

Over HTTP: the parties' own protocols (every POST takes an ``Idempotency-Key``: the same key again
gets the same answer and is counted), the outbox, and the levers for tests and visitors.
"""

import asyncio
import socket
from asyncio import AbstractEventLoop
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote
from weakref import WeakSet

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from fastapi import FastAPI, Header, HTTPException, Query, Response

from casework.local.post import Relay, is_for_the_office
from casework.local.town.data_checks import Databases, add_data_checks
from casework.local.town.desk import (
    BehaviourOrder,
    CaseRequest,
    Clerk,
    DecisionOrder,
    Desk,
    DispatchOrder,
    FaultOrder,
    OutboxEntry,
    OutboxMessage,
    ResetRequest,
    ReturnOrder,
    SealRequest,
    TextMessage,
    TicketReport,
)
from casework.local.town.ledger import Delivery, Fault, Ledger, Owed, Taken, is_nobody
from casework.local.town.seal import TownSeal

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1)]

_NOTICE_CHANNELS = ("mail", "sms")


def town_app(desk: Desk) -> FastAPI:
    """Return the application; its docs pages are off, for they would be fetched from outside."""
    app = FastAPI(title="Fake town", docs_url=None, redoc_url=None)
    _add_parties(app, desk)
    add_data_checks(app, Databases(desk.ledger))
    _add_outbox(app, desk)
    _add_levers(app, desk)
    return app


def _add_parties(app: FastAPI, desk: Desk) -> None:
    @app.post("/messages", status_code=202)
    async def send_message(message: TextMessage, key: Key) -> dict[str, str]:
        return {"reference": desk.take_message(key, message)}

    @app.post("/seals")
    async def seal(request: SealRequest, key: Key) -> dict[str, str]:
        """A fake of the city's electronic seal."""
        return desk.seal(key, request)

    @app.get("/seals/certificate")
    async def certificate() -> Response:
        """The certificate that verifies what the fake seal has signed."""
        return Response(desk.own_seal.certificate, media_type="application/x-pem-file")

    @app.post("/ticket-reports", status_code=202)
    async def report_ticket(report: TicketReport, key: Key) -> dict[str, str]:
        """The hotline 12345 is told what became of a ticket."""
        return {"reference": desk.take_report(key, report)}

    @app.post("/reports", status_code=202)
    async def report_up(request: CaseRequest, key: Key) -> dict[str, str]:
        return {"reference": desk.take_request("/reports", key, request)}

    @app.post("/archive-calls", status_code=202)
    async def call_archive(request: CaseRequest, key: Key) -> dict[str, str]:
        return {"reference": desk.take_request("/archive-calls", key, request)}

    @app.post("/password-resets", status_code=202)
    async def reset_password(request: ResetRequest, key: Key) -> dict[str, str]:
        """The account system sets a new password and sends it to the contact it has itself."""
        return {"reference": desk.reset_password(key, request)}

    @app.post("/parcels", status_code=202)
    async def send_parcel(request: CaseRequest, key: Key) -> dict[str, str]:
        return {"tracking_number": desk.take_request("/parcels", key, request)}


def _add_outbox(app: FastAPI, desk: Desk) -> None:
    @app.get("/outbox")
    async def outbox(channel: Annotated[list[str] | None, Query()] = None) -> list[OutboxEntry]:
        """What was taken, oldest first: notices, or the channels asked for."""
        taken = desk.ledger.taken(channel or _NOTICE_CHANNELS)
        return [OutboxEntry.model_validate(_shown(entry)) for entry in taken]

    @app.get("/outbox/{channel}/{key:path}")
    async def message(channel: str, key: str) -> OutboxMessage:
        """One message with its text."""
        for entry in desk.ledger.taken([channel]):
            if entry.key == key:
                return OutboxMessage.model_validate({**_shown(entry), "text": entry.text})
        raise HTTPException(404, "no such message")

    @app.get("/requests")
    async def requests() -> list[Owed]:
        """Every request that was or will be answered: reports, archive calls, parcels."""
        return desk.ledger.requests()


def _add_levers(app: FastAPI, desk: Desk) -> None:
    @app.post("/reports/{reference}/decision", status_code=204)
    async def decide(reference: str, order: DecisionOrder) -> None:
        desk.decide(reference, order)

    @app.post("/hotline/dispatches", status_code=202)
    async def dispatch_ticket(order: DispatchOrder, key: Key) -> dict[str, str]:
        return {"reference": desk.call_out(key, order)}

    @app.post("/hotline/returns", status_code=202)
    async def return_ticket(order: ReturnOrder, key: Key) -> dict[str, str]:
        return {"reference": desk.call_out(key, order)}

    @app.post("/behaviour", status_code=204)
    async def behave(order: BehaviourOrder) -> None:
        desk.behave(order)

    @app.post("/faults", status_code=204)
    async def plan_fault(order: FaultOrder) -> None:
        desk.ledger.plan(Fault(**order.model_dump()))

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}


def _shown(entry: Taken) -> dict[str, str | int]:
    return {
        "channel": entry.channel,
        "key": entry.key,
        "to": _masked(entry.recipient),
        "subject": entry.subject,
        "at": entry.at,
        "repeats": entry.repeats,
    }


def _masked(recipient: str) -> str:
    """Show the first three and last four characters of a number, the first of a mailbox."""
    name, at, domain = recipient.rpartition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{recipient[:3]}****{recipient[-4:]}" if recipient.isdigit() else recipient


FAULT_PATH = "smtp"


class Mailbox:
    """Handler of the mail server. A fault of path ``smtp`` answers its status to the letter.

    What is for the office goes on to it by ``relay``, and the sender hears what the office says.
    """

    def __init__(
        self, ledger: Ledger, clock: Callable[[], datetime], relay: Relay | None = None
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._relay = relay
        self._sessions: WeakSet[SMTP] = WeakSet()

    def session(self, loop: AbstractEventLoop) -> SMTP:
        """Return the protocol of one new connection."""
        session = SMTP(self, loop=loop, enable_SMTPUTF8=True, ident="fake town")
        self._sessions.add(session)
        return session

    def hang_up(self) -> None:
        """End the connections that are still open."""
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        if any(is_nobody(recipient) for recipient in envelope.rcpt_tos):
            return "550 no such mailbox"
        fault = self._ledger.next_fault(FAULT_PATH)
        if fault and not fault.after_effect:
            return f"{fault.status} planned fault"
        if self._relay is not None and any(map(is_for_the_office, envelope.rcpt_tos)):
            return await self._handed_on(self._relay, envelope)
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        for recipient in envelope.rcpt_tos:
            self._ledger.take(_delivery(message, recipient), self._clock())
        if fault:
            return f"{fault.status} planned fault, taken nevertheless"
        return "250 taken"

    @staticmethod
    async def _handed_on(relay: Relay, envelope: Envelope) -> str:
        sender, raw = envelope.mail_from or "", envelope.original_content or b""
        for to in envelope.rcpt_tos:
            said = await asyncio.to_thread(relay.hand_on, sender, to, raw)
            if not said.startswith("250"):
                return said
        return said


def _delivery(message: EmailMessage, recipient: str) -> Delivery:
    """A mailbox knows a letter by its Message-ID, whose local part is our key, quoted."""
    # A long header is folded: the id then starts on a line of its own.
    message_id = str(message["Message-ID"]).strip().strip("<>")
    body = message.get_body(("plain",))
    return Delivery(
        channel="mail",
        key=unquote(message_id.rpartition("@")[0]) or message_id,
        recipient=recipient,
        subject=str(message["Subject"]),
        text=body.get_content().replace("\r\n", "\n") if body else "",
    )


def _wall_clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the town is outside Casework and has its own clock


@dataclass(frozen=True, kw_only=True)
class TownSettings:
    """Where the town stands and how it answers. Port 0: any free one.

    ``callback_token``: the bearer token of its callbacks, or what makes one when it is needed.
    ``answer_after_seconds``: when the superior answers a report, None if only by hand.
    ``relay``: takes the mails for the office on; None: they stay in the town's outbox.
    ``retry_after_seconds``: until an unheard callback is tried again; doubles up to a minute.
    """

    folder: Path
    callback_token: str | Callable[[str], str] = ""
    host: str = "127.0.0.1"
    http_port: int = 0
    smtp_port: int = 0
    relay: Relay | None = None
    answer_after_seconds: float | None = 3.0
    retry_after_seconds: float = 1.0
    clock: Callable[[], datetime] = _wall_clock


@dataclass(frozen=True, kw_only=True)
class Town:
    """A town that runs and can be reached."""

    http_url: str
    smtp_host: str
    smtp_port: int
    tasks: frozenset[asyncio.Task[None]]

    async def wait(self) -> None:
        """Return, or raise the reason, when a part of the town stops."""
        done, _ = await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()


async def serve(settings: TownSettings) -> None:
    """Run the town until cancelled."""
    async with running_town(settings) as town:
        await town.wait()


@asynccontextmanager
async def running_town(settings: TownSettings) -> AsyncIterator[Town]:
    """Run the town in this event loop; it takes requests as soon as the block is entered.

    Raises:
        OSError: a port is taken, or the folder cannot be written.
    """
    ledger = Ledger(settings.folder / "town.sqlite")
    clerk = Clerk(
        ledger,
        token=_token(settings.callback_token),
        clock=settings.clock,
        retry_after_seconds=settings.retry_after_seconds,
    )
    desk = Desk(
        ledger=ledger,
        clerk=clerk,
        clock=settings.clock,
        answer_after_seconds=settings.answer_after_seconds,
        own_seal=TownSeal(settings.folder / "seal.pem"),
    )
    mailbox = Mailbox(ledger, settings.clock, settings.relay)
    try:
        async with _mail_server(mailbox, settings) as smtp_port, _http(desk, settings) as http:
            answering = asyncio.create_task(clerk.run())
            try:
                yield Town(
                    http_url=f"http://{settings.host}:{http.port}",
                    smtp_host=settings.host,
                    smtp_port=smtp_port,
                    tasks=frozenset({http.task, answering}),
                )
            finally:
                answering.cancel()
                with suppress(asyncio.CancelledError):
                    await answering
    finally:
        ledger.close()


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone: they belong to the process, not to one server in it."""
        yield


@dataclass(frozen=True)
class _Http:
    port: int
    task: asyncio.Task[None]


@asynccontextmanager
async def _http(desk: Desk, settings: TownSettings) -> AsyncIterator[_Http]:
    config = uvicorn.Config(
        town_app(desk), log_config=None, access_log=False, lifespan="off", ws="none"
    )
    server = _Server(config)
    # Bound here, the socket takes connections at once: nobody need wait for the server to start.
    listener = socket.create_server((settings.host, settings.http_port))
    port: int = listener.getsockname()[1]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield _Http(port, task)
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def _mail_server(mailbox: Mailbox, settings: TownSettings) -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: mailbox.session(loop), settings.host, settings.smtp_port
    )
    try:
        port: int = server.sockets[0].getsockname()[1]
        yield port
    finally:
        server.close()
        mailbox.hang_up()
        await server.wait_closed()


def _token(token: str | Callable[[str], str]) -> Callable[[str], str]:
    return token if callable(token) else lambda _outcome: token
