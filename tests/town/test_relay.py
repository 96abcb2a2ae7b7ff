"""What is sent to the office from this machine goes on to it, and the sender hears what it says."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from casework.cli.operating.welcome import mail_command
from casework.domain.mail import MailVerdict
from casework.incoming.message import read_mail
from casework.local.devstack import free_port
from casework.local.post import Relay, office_address, send
from casework.local.town import Town, TownSettings, running_town
from tests.incoming.mails import judged, raw

MINHANG = "310112"
TO = office_address(MINHANG, "points")


@dataclass
class Office:
    """An LMTP server that says ``answer``."""

    answer: str = "250 2.0.0 kept"
    came: list[tuple[str | None, list[str], bytes]] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        content = envelope.original_content or b""
        self.came.append((envelope.mail_from, envelope.rcpt_tos, content))
        return self.answer


@asynccontextmanager
async def standing(office: Office, folder: Path) -> AsyncIterator[Town]:
    port = free_port()
    server = await asyncio.get_running_loop().create_server(
        lambda: LMTP(office, enable_SMTPUTF8=True), "127.0.0.1", port
    )
    async with server, running_town(TownSettings(folder=folder, relay=Relay(port=port))) as town:
        yield town


async def sent(town: Town, mail: bytes, to: str = TO) -> None:
    await asyncio.to_thread(send, mail, sender="hr@x.example", to=to, port=town.smtp_port)


async def test_the_office_gets_the_mail_as_it_was_sent(tmp_path: Path) -> None:
    office, mail = Office(), raw("材料")
    async with standing(office, tmp_path) as town:
        await sent(town, mail)
        await sent(town, mail, "wang@mail.example")
    ((sender, to, content),) = office.came
    assert (sender, to) == ("hr@x.example", [TO])
    assert content.replace(b"\r\n", b"\n").rstrip() == mail.rstrip()


@pytest.mark.parametrize("answer", ["451 4.3.0 try again later", "552 too large"])
async def test_what_the_office_refuses_the_sender_hears(answer: str, tmp_path: Path) -> None:
    async with standing(Office(answer), tmp_path) as town:
        with pytest.raises(OSError, match=answer[4:]):
            await sent(town, raw("材料"))


async def test_while_the_office_is_away_the_sender_keeps_the_mail(tmp_path: Path) -> None:
    settings = TownSettings(folder=tmp_path, relay=Relay(port=free_port()))
    async with running_town(settings) as town:
        with pytest.raises(OSError, match="does not answer"):
            await sent(town, raw("材料"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
async def test_the_line_that_is_shown_sends_a_mail_that_is_told_what_it_lacks(
    tmp_path: Path,
) -> None:
    office = Office()
    async with standing(office, tmp_path) as town:
        shell = await asyncio.create_subprocess_shell(mail_command(town.smtp_port, TO))
        assert await shell.wait() == 0
    ((sender, to, content),) = office.came
    assert (sender, to) == ("hr@firm.example.com", [TO])
    reading = judged(MINHANG, read_mail(content))
    assert reading.verdict is MailVerdict.NOTICE
    assert [(each.named.name, each.named.item) for each in reading.packages] == [
        ("张三", "PTS_NEW")
    ]
