"""Fetches mails by IMAP: the mailbox is told only once the mail is kept and its workflow runs."""

import asyncio
import ssl
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError
from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError

from activities.mails import TOO_LARGE, Mailroom
from casework.domain.kinds.application.opening import OLDEST
from casework.mailboxes import Mailbox, Mailboxes
from casework.messages.mailboxes import Fetched, WatchMailbox
from casework.security.keyfiles import secret_in

BATCH = 20
"""So many mails are asked for at a time; the mailbox is told of them together."""
MOST = 1_000
"""So many an activity takes; then the workflow begins the next."""
AT_ONCE = 4
_TIMEOUT_SECONDS = 60
_SIZE, _HEAD, _WHOLE, _CAME = b"RFC822.SIZE", b"BODY[HEADER]", b"BODY[]", b"INTERNALDATE"

log = structlog.get_logger("mail")


@dataclass(frozen=True)
class MailboxActivities:
    """``most_bytes``: of a larger mail only the head is taken, and an officer is told."""

    mailroom: Mailroom
    mailboxes: Mailboxes
    most_bytes: int

    @activity.defn(name="mailboxes.fetch")
    async def fetch(self, asked: WatchMailbox) -> Fetched:
        """Take what lies in the mailbox; repeated after a crash, no mail is taken twice or left.

        A mail is known by its content, not by its number on the server: numbers may begin
        anew (UIDVALIDITY). A mail is moved to another folder once its workflow has begun; one that
        cannot be taken stays where it is, and is tried again.

        Raises:
            ApplicationError: ``MAILBOX_AWAY``, ``MAILBOX_REFUSED``: tried again.
                ``MAILBOX_UNKNOWN``: there is none of that name; not tried again.
        """
        box = self.mailboxes.named(asked.mailbox)
        if box is None or not box.host:
            raise ApplicationError(
                "no such mailbox in the settings", type="MAILBOX_UNKNOWN", non_retryable=True
            )
        try:
            return await self._fetched(box, activity.client())
        except LoginError:
            raise ApplicationError("the login is refused", type="MAILBOX_REFUSED") from None
        except (OSError, IMAPClientError) as error:
            # The server's own words may quote a mail, so only the type of the error is kept.
            raise ApplicationError(type(error).__name__, type="MAILBOX_AWAY") from None

    async def _fetched(self, box: Mailbox, client: Client) -> Fetched:
        server = await asyncio.to_thread(_connected, box)
        taken = left = 0
        try:
            numbers = sorted(await asyncio.to_thread(server.search, ["UNDELETED"]))
            for first in range(0, min(len(numbers), MOST), BATCH):
                batch = numbers[first : first + BATCH]
                kept = await self._take(server, box, batch, client)
                if kept:
                    await asyncio.to_thread(_put_away, server, kept, box.done)
                taken, left = taken + len(kept), left + len(batch) - len(kept)
                activity.heartbeat(taken)
        finally:
            await asyncio.to_thread(_left, server)
        return Fetched(taken=taken, left=left + max(len(numbers) - MOST, 0))

    async def _take(
        self, server: IMAPClient, box: Mailbox, batch: Sequence[int], client: Client
    ) -> list[int]:
        """The numbers of those that were taken."""
        sizes = await asyncio.to_thread(server.fetch, batch, [_SIZE, _CAME])
        limit = asyncio.Semaphore(AT_ONCE)
        asking = asyncio.Lock()  # one connection answers one question at a time

        async def one(number: int) -> bool:
            known = sizes.get(number)
            if known is None:  # somebody else has moved it
                return False
            async with limit:
                large = known[_SIZE] > self.most_bytes
                what = "BODY.PEEK[HEADER]" if large else "BODY.PEEK[]"
                async with asking:
                    got: Any = await asyncio.to_thread(server.fetch, [number], [what])
                raw = got.get(number, {}).get(_HEAD if large else _WHOLE)
                if not raw:
                    return False
                try:
                    await self.mailroom.take_in(
                        client,
                        raw,
                        district=box.district,
                        mailbox=box.purpose,
                        fault=TOO_LARGE if large else "",
                        received_at=came_at(known.get(_CAME), self.mailroom.now()),
                    )
                except (OSError, IMAPClientError):
                    raise
                except Exception as error:  # noqa: BLE001 - it stays where it is; the others go on
                    log.error("mail_left", mailbox=box.name, error=type(error).__name__)  # noqa: TRY400 - it may quote the mail
                    return False
            return True

        done = await asyncio.gather(*map(one, batch))
        return [number for number, taken in zip(batch, done, strict=True) if taken]


def came_at(told: datetime | None, now: datetime) -> datetime:
    """When a mail came into its mailbox, as the server says; of one that lay there long: now."""
    if told is None or told.tzinfo is None or not now - OLDEST < told <= now:
        return now
    return told


def _connected(box: Mailbox) -> IMAPClient:
    context = ssl.create_default_context() if box.tls else None
    server = IMAPClient(
        box.host, port=box.port, ssl=box.tls, ssl_context=context, timeout=_TIMEOUT_SECONDS
    )
    try:
        server.normalise_times = False
        password = secret_in(box.password_file) if box.password_file else ""
        server.login(box.user, password)
        if not server.folder_exists(box.done):
            server.create_folder(box.done)
        server.select_folder(box.folder)
    except BaseException:
        with suppress(OSError, IMAPClientError):
            server.shutdown()
        raise
    return server


def _put_away(server: IMAPClient, numbers: Sequence[int], folder: str) -> None:
    if server.has_capability("MOVE"):
        server.move(numbers, folder)
        return
    server.copy(numbers, folder)
    server.delete_messages(numbers)
    if server.has_capability("UIDPLUS"):  # a plain EXPUNGE would remove what others have marked
        server.uid_expunge(numbers)


def _left(server: IMAPClient) -> None:
    try:
        server.logout()
    except (OSError, IMAPClientError):
        with suppress(OSError, IMAPClientError):  # it is gone; the socket is ours
            server.shutdown()
