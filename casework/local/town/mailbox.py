"""The fake town's mail server: takes every letter, keeps one per Message-ID."""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from urllib.parse import unquote
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from casework.local.town.ledger import Ledger
from casework.local.town.records import Delivery

FAULT_PATH = "smtp"


class Mailbox:
    """Handler of the mail server. A fault of path ``smtp`` answers its status to the letter."""

    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._clock = clock
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
        fault = self._ledger.next_fault(FAULT_PATH)
        if fault and not fault.after_effect:
            return f"{fault.status} planned fault"
        message = message_from_bytes(envelope.original_content or b"", policy=default)
        for recipient in envelope.rcpt_tos:
            self._ledger.take(_delivery(message, recipient), self._clock())
        if fault:
            return f"{fault.status} planned fault, taken nevertheless"
        return "250 taken"


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
