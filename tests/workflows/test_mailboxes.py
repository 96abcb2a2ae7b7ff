"""A real Dovecot and a real LMTP client: a mail leaves its mailbox once it is kept, and not before.

What is killed in the middle, numbered anew or away for a while loses no mail and doubles none.
"""

import asyncio
import logging
import smtplib
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.mailboxes import MailboxActivities
from activities.mails import Mailroom
from casework.mailboxes import Mailbox, Mailboxes
from casework.messages.mailboxes import WatchMailbox, mailbox_id
from casework.rehearsal.world import Office
from casework.store.models import Openings
from tests.examples import is_night
from tests.incoming.dovecot import IS_HERE, PASSWORD, USER, Dovecot
from tests.incoming.mails import raw
from tests.workflows.conftest import Bench
from tests.workflows.test_mails import unlike
from workers.lmtp import Reception, receiving
from workers.starting import watch_mailbox

MINHANG = "310112"
MANY = 1_000 if is_night() else 24
needs_dovecot = pytest.mark.skipif(not IS_HERE, reason="Debian's dovecot-imapd is not installed")


@pytest.fixture
async def dovecot() -> AsyncIterator[Dovecot]:
    # Not below pytest's folder: Dovecot's user has to reach its mails.
    with tempfile.TemporaryDirectory(prefix="casework-dovecot-") as home:
        found = Dovecot.below(Path(home))
        await found.start()
        yield found
        await found.kill()


def fetching(office: Office, dovecot: Dovecot, **more: Any) -> MailboxActivities:
    password = dovecot.home / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    box = Mailbox(
        name="minhang-points",
        district=MINHANG,
        purpose="points",
        host="127.0.0.1",
        port=dovecot.port,
        tls=False,
        user=USER,
        password_file=password,
    )
    boxes = Mailboxes(every=(box,))
    return replace(office.parts.mailboxes, mailboxes=boxes, **more)


async def fetch(bench: Bench, activities: MailboxActivities) -> Any:
    environment = ActivityEnvironment(client=bench.environment.client)
    return await environment.run(activities.fetch, WatchMailbox(mailbox="minhang-points"))


async def mails_known(bench: Bench) -> int:
    query = select(func.count()).where(Openings.kind == "incoming_mail")
    async with bench.sessions() as session:
        return await session.scalar(query) or 0


def letters(run: int, many: int) -> list[bytes]:
    return [unlike(raw(f"材料 {run}-{each}"), run * 10_000 + each) for each in range(many)]


@needs_dovecot
async def test_a_mail_leaves_the_mailbox_once_it_is_kept(
    bench: Bench, office: Office, dovecot: Dovecot
) -> None:
    before = await mails_known(bench)
    activities = fetching(office, dovecot)
    dovecot.put([*letters(1, 3), letters(1, 1)[0]])
    fetched = await fetch(bench, activities)
    assert (fetched.taken, fetched.left) == (4, 0)
    assert dovecot.counts("INBOX", "Casework") == [0, 4]
    assert await mails_known(bench) == before + 3  # one of them came twice

    dovecot.number_anew()
    dovecot.put(letters(2, 2))
    assert (await fetch(bench, activities)).taken == 2
    assert await mails_known(bench) == before + 5


@needs_dovecot
async def test_what_cannot_be_kept_stays_and_what_is_too_large_is_told(
    bench: Bench, office: Office, dovecot: Dovecot, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await mails_known(bench)
    dovecot.put([*letters(3, 2), unlike(raw("大件", text="字" * 20_000), 39_999)])
    with monkeypatch.context() as broken:
        broken.setattr(Mailroom, "take_in", _refuse)
        fetched = await fetch(bench, fetching(office, dovecot))
    assert (fetched.taken, fetched.left) == (0, 3)
    assert dovecot.counts("INBOX", "Casework") == [3, 0]
    fetched = await fetch(bench, fetching(office, dovecot, most_bytes=10_000))
    assert (fetched.taken, fetched.left) == (3, 0)
    assert await mails_known(bench) == before + 3


async def _refuse(*_: object, **__: object) -> str:
    raise RuntimeError("the register is away")


@needs_dovecot
async def test_a_thousand_mails_while_the_server_is_killed(
    bench: Bench, office: Office, dovecot: Dovecot
) -> None:
    """By day two dozen and two kills; by night a thousand."""
    before, activities = await mails_known(bench), fetching(office, dovecot)
    await asyncio.to_thread(dovecot.put, letters(4, MANY))
    for share in (4, 2):
        wanted = before + MANY // share
        running = asyncio.create_task(fetch(bench, activities))
        while await mails_known(bench) < wanted and not running.done():
            await asyncio.sleep(0.05)  # the mails need the loop, too
        await dovecot.kill()
        with pytest.raises(ApplicationError) as away:
            await running
        assert away.value.type == "MAILBOX_AWAY"
        with pytest.raises(ApplicationError):
            await fetch(bench, activities)  # while it is away
        await dovecot.start()
    await fetch(bench, activities)
    assert await asyncio.to_thread(dovecot.counts, "INBOX", "Casework") == [0, MANY]
    assert await mails_known(bench) == before + MANY


@needs_dovecot
async def test_a_wrong_password_and_an_unknown_mailbox_are_told_apart(
    bench: Bench, office: Office, dovecot: Dovecot
) -> None:
    activities = fetching(office, dovecot)
    (dovecot.home / "password").write_text("wrong")
    with pytest.raises(ApplicationError) as refused:
        await fetch(bench, activities)
    assert (refused.value.type, refused.value.non_retryable) == ("MAILBOX_REFUSED", False)
    with pytest.raises(ApplicationError) as unknown:
        await fetch(bench, replace(activities, mailboxes=Mailboxes()))
    assert (unknown.value.type, unknown.value.non_retryable) == ("MAILBOX_UNKNOWN", True)


async def test_the_workflow_of_a_mailbox_ends_when_no_setting_has_it(bench: Bench) -> None:
    client = bench.environment.client
    await watch_mailbox(client, "gone")
    await watch_mailbox(client, "gone")
    assert await client.get_workflow_handle(mailbox_id("gone")).result() is None


# --- LMTP ----------------------------------------------------------------------------------


BOXES = Mailboxes(
    every=(
        Mailbox(name="a", district=MINHANG, purpose="points", address="points@mh.example.cn"),
        Mailbox(name="b", district="310113", purpose="points", address="points@bs.example.cn"),
    )
)


def _port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _sent(port: int, mail: bytes, *to: str) -> list[int]:
    """What a relay hears of each recipient, when it is named and after the mail."""
    client = smtplib.LMTP("127.0.0.1", port)
    try:
        client.ehlo()
        client.mail("hr@firm.example.com")
        named = [client.rcpt(each)[0] for each in to]
        taken = [code for code in named if code == 250]
        if not taken:
            return named
        client.putcmd("data")
        assert client.getreply()[0] == 354
        client.send(mail.replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        heard = [client.getreply()[0] for _ in taken]
        return [code if code != 250 else heard.pop(0) for code in named]
    finally:
        client.close()


async def test_a_relay_hears_250_once_the_mail_is_kept_and_4xx_before(
    bench: Bench,
    office: Office,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    room, port, before = office.parts.mails.mailroom, _port(), await mails_known(bench)
    reception = Reception(mailroom=room, mailboxes=BOXES, client=bench.environment.client)
    mail, (one, other) = letters(5, 1)[0], (each.address for each in BOXES.every)

    async def sent(mail: bytes, *to: str) -> list[int]:
        return await asyncio.to_thread(_sent, port, mail, *to)

    async with receiving(reception, "127.0.0.1", port, 100_000):
        assert await sent(mail, one, other) == [250, 250]
        assert await mails_known(bench) == before + 2
        assert await sent(mail, one.upper()) == [250]
        assert await mails_known(bench) == before + 2
        assert await sent(mail, one, "nobody@mh.example.cn") == [250, 550]
        large = unlike(raw("大件", text="字" * 60_000), 59_999)
        assert await sent(large, one) == [552]
        long = unlike(raw("长行"), 58_888) + b"x" * 5_000 + b"\n"
        assert await sent(long, one) == [250]
        monkeypatch.setattr(Mailroom, "take_in", _refuse)
        assert await sent(letters(6, 1)[0], one, other) == [451, 451]
        assert await mails_known(bench) == before + 3
    written = caplog.text
    for address in (one, "hr@firm.example.com", "hr@example.com"):
        assert address not in written
