"""``casework mail serve``: takes mails from a relay by LMTP.

A mail is acknowledged only once it is kept and its workflow has begun; until then the relay has it,
and comes again.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session
from temporalio.client import Client

from activities.mails import Mailroom
from casework.domain.errors import DomainError
from casework.log import configure_log
from casework.mailboxes import Mailboxes, open_mailboxes
from casework.policy.authority import bind_rosters
from casework.policy.staffing import LiveStaff
from casework.security.audit.hashing import Hashing
from casework.security.proof.parts import open_signing
from casework.settings import Settings, SettingsError
from casework.store.engine import create_engine, sessions
from casework.store.in_force.published import PublishedCatalogues
from casework.store.materials import MaterialStore
from casework.store.register.staff import following_staff, staff_watch
from casework.store.sealing.ring_vault import RingVault
from casework.surroundings import require_fit
from casework.temporal import connect
from workers.leaving import Leaving
from workers.main import mailroom_of, today, wall_clock

MOST_CONNECTIONS = 20
"""A mail is held in memory while it is read: a relay waits its turn."""
WITHIN_SECONDS = 120

log = structlog.get_logger("mail")
logging.getLogger("mail.log").setLevel(logging.CRITICAL)  # the library's: it has every address


@dataclass
class Reception:
    """Answers a relay, each recipient by itself (RFC 2033)."""

    mailroom: Mailroom
    mailboxes: Mailboxes
    client: Client
    within_seconds: float = WITHIN_SECONDS
    open: int = field(default=0, init=False)

    async def handle_RCPT(  # noqa: N802 - the library's name
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        """Take an address that is one of the mailboxes; each once."""
        del server, session, options
        if self.mailboxes.at(address) is None:
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - as above
        """Keep the mail and begin its workflow, for each recipient; 4xx: come again."""
        del server, session
        content = envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        sender = (envelope.mail_from or "").encode("ascii", "replace")
        whole = b"Return-Path: <" + sender + b">\r\n" + raw
        return "\r\n".join([await self._taken(each, whole) for each in envelope.rcpt_tos])

    async def _taken(self, address: str, raw: bytes) -> str:
        box = self.mailboxes.at(address)
        if box is None:
            return "550 5.1.1 no such mailbox"
        try:
            async with asyncio.timeout(self.within_seconds):
                await self.mailroom.take_in(
                    self.client, raw, district=box.district, mailbox=box.purpose
                )
        except DomainError as refused:
            log.error("mail_left", mailbox=box.name, error=refused.code)  # noqa: TRY400 - no trace
            return "451 4.3.5 not set up"
        except Exception as error:  # noqa: BLE001 - whatever it is, the relay keeps the mail
            log.error("mail_left", mailbox=box.name, error=type(error).__name__)  # noqa: TRY400 - it may quote the mail
            return "451 4.3.0 try again later"
        return "250 2.0.0 kept"


class Server(LMTP):
    """Turns away what would be one connection too many."""

    line_length_limit = 1 << 20
    """RFC 5321 allows 998 characters a line; a mail that has more is read all the same."""

    def __init__(self, reception: Reception, **options: Any) -> None:  # noqa: ANN401 - the library's
        super().__init__(reception, **options)
        self._reception = reception

    def connection_made(self, transport: Any) -> None:  # noqa: ANN401 - the library's
        self._reception.open += 1
        if self._reception.open > MOST_CONNECTIONS:
            transport.write(b"421 4.3.2 too many connections\r\n")
            transport.close()
            return
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._reception.open -= 1
        if getattr(self, "transport", None) is not None:
            super().connection_lost(error)


@asynccontextmanager
async def receiving(
    reception: Reception, host: str, port: int, most_bytes: int
) -> AsyncIterator[asyncio.Server]:
    """Yield the server while it listens."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Server(
            reception, hostname="casework", ident="casework", data_size_limit=most_bytes, loop=loop
        ),
        host,
        port,
    )
    async with server:
        yield server


async def main(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        SettingsError: no mailbox has an address.
    """
    configure_log(json=settings.log_json)
    require_fit(settings, "worker")
    mailboxes = open_mailboxes(settings)
    if not any(each.address for each in mailboxes.every):
        raise SettingsError("no mailbox has an address: see CASEWORK_MAILBOXES_FILE")
    bind_rosters(settings)
    stop = asyncio.Event()
    leaving = Leaving(settings.leave_within_seconds)
    leaving.on_request(stop.set)
    try:
        await _serve(settings, mailboxes, stop)
    finally:
        leaving.begin()


async def _serve(settings: Settings, mailboxes: Mailboxes, stop: asyncio.Event) -> None:
    vault = RingVault.open(settings, lambda: create_engine(settings.database), at=wall_clock())
    client = await connect(settings, vault=vault, signing=open_signing(settings, "worker"))
    async with aclosing(vault), AsyncExitStack() as stack:
        engine = create_engine(settings.database)
        stack.push_async_callback(engine.dispose)
        opened = sessions(engine, vault, Hashing(settings.hash))
        materials = MaterialStore.open(settings.store_url)
        published = PublishedCatalogues.begin(settings.catalogue, opened, materials, wall_clock)
        room = mailroom_of(settings, opened, materials, published, LiveStaff(today))
        watch = staff_watch(opened, contacts=False)
        await watch.look()
        await stack.enter_async_context(following_staff(watch))
        await stack.enter_async_context(published.watch.running())
        reception = Reception(mailroom=room, mailboxes=mailboxes, client=client)
        await stack.enter_async_context(
            receiving(reception, settings.lmtp_host, settings.lmtp_port, settings.mail_max_bytes)
        )
        log.info("lmtp_listening", host=settings.lmtp_host, port=settings.lmtp_port)
        await stop.wait()
