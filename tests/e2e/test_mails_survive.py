"""Mails while what takes them is killed: each has exactly one outcome, and none is lost or doubled.

Both at night: a dozen by SMTP and LMTP, as a firm's server sends them, and a thousand from a
Dovecot, which is killed, too.
"""

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from casework.domain.kinds.incoming_mail.state import MailStage
from casework.domain.mail import MailVerdict
from casework.local.post import office_address, send
from casework.store.engine import Sessions, create_engine
from casework.store.engine import sessions as open_sessions
from casework.store.models import Cases, Notices, Openings
from tests.citizens import citizen
from tests.e2e.town_hall import PATIENCE, TownHall, stack_settings, typed
from tests.examples import at_night
from tests.incoming.dovecot import IS_HERE, PASSWORD, USER, Dovecot
from tests.incoming.mails import jpeg, raw

BAOSHAN = "310113"
FEW, MANY = 12, 1_000
Plug = Callable[[], Awaitable[None]]
FILES = {"身份证.jpg": jpeg(), "上海市居住证.jpg": jpeg() + b"\0"}
STAGES = {
    MailVerdict.CASES: MailStage.DONE,
    MailVerdict.NOTICE: MailStage.TOLD,
    MailVerdict.TRIAGE: MailStage.SORTING,
    MailVerdict.SILENT: MailStage.SILENT,
}
"""What becomes of a mail whose verdict this is, as long as no officer acts."""


@cache
def mail(run: str, number: int) -> bytes:
    """One of four sorts, in turn, each from a firm of its own about a person of its own.

    The same bytes each time: written anew it would be another mail, by its boundary.
    """
    verdict = list(STAGES)[number % len(STAGES)]
    known = citizen(f"{run}-{number}")
    person = f"【某某公司】+【张三】+【{known}】+【积分新办】"
    slip = person.replace(known, known[:-1] + ("1" if known[-1] != "1" else "2"))
    content = {
        MailVerdict.CASES: raw(person, FILES),
        MailVerdict.NOTICE: raw(slip, FILES),
        MailVerdict.TRIAGE: raw("材料", FILES),
        MailVerdict.SILENT: raw("Re: 材料", headers={"Auto-Submitted": "auto-replied"}),
    }[verdict]
    one = f"<{run}-{number}@example.com>".encode()
    sender = f"hr-{run}-{number}@example.com".encode()
    return content.replace(b"<1@example.com>", one).replace(b"hr@example.com", sender)


async def counted(sessions: Sessions) -> tuple[Counter[str], int, Counter[str], Counter[str]]:
    """Stages of the mails there are, cases opened by them, and letters by template and state."""
    async with sessions() as session:
        stages = await session.execute(
            select(Cases.stage, func.count())
            .join(Openings, Openings.case_no == Cases.case_no)
            .where(Openings.kind == "incoming_mail", Cases.district == BAOSHAN)
            .group_by(Cases.stage)
        )
        opened = await session.scalar(
            select(func.count()).where(
                Openings.kind == "application",
                Openings.source == "mail",
                Openings.district == BAOSHAN,
            )
        )
        letters = await session.execute(
            select(Notices.case_no, Notices.status)
            .join(Openings, Openings.case_no == Notices.case_no)
            .where(Openings.kind == "incoming_mail", Openings.district == BAOSHAN)
            .where(Notices.recipient == "applicant")
        )
        told = letters.all()
    return (
        Counter({str(row[0]): int(row[1]) for row in stages}),
        opened or 0,
        Counter(case_no for case_no, _ in told),
        Counter(status for _, status in told),
    )


@asynccontextmanager
async def register(hall: TownHall) -> AsyncIterator[Sessions]:
    engine = create_engine(hall.settings.database, pool_size=1)
    try:
        yield open_sessions(engine)
    finally:
        await engine.dispose()


async def survived(
    hall: TownHall, many: int, brought: Awaitable[None], plugs: Sequence[Plug]
) -> None:
    """Bring the mails while one plug after the other is pulled, and ask what became of them."""
    async with register(hall) as sessions:
        stages, cases, letters, _ = await counted(sessions)
        before = stages.total()
        wanted = Counter(stages)
        for number in range(many):
            wanted[list(STAGES.values())[number % len(STAGES)]] += 1
        each = Counter(list(STAGES)[number % len(STAGES)] for number in range(many))
        bringing = asyncio.ensure_future(brought)
        for at, plug in enumerate(plugs, start=1):
            while not bringing.done():
                with suppress(DBAPIError, OSError):
                    there = (await counted(sessions))[0].total()
                    if there >= before + many * at // (len(plugs) + 2):
                        break
                await asyncio.sleep(0.1)
            await plug()
        await bringing
        # What a killed worker had begun is given out again after two minutes.
        deadline = asyncio.get_running_loop().time() + PATIENCE.total_seconds() + many
        found, states = stages, Counter[str]()
        while found != wanted or set(states) != {"sent"}:
            with suppress(DBAPIError, OSError):
                found, opened, told, states = await counted(sessions)
            assert asyncio.get_running_loop().time() < deadline, (found, wanted, states)
            await asyncio.sleep(0.3)
    assert opened == cases + each[MailVerdict.CASES]
    new = told - letters
    assert len(new) == each[MailVerdict.NOTICE], "who is told, is told by one mail"
    assert set(new.values()) == {1}, "a sender is told once"


@at_night
@pytest.mark.timeout(600)
async def test_mails_of_a_relay_survive_a_kill_of_each_who_takes_them(hall: TownHall) -> None:
    """By day `test_faults.py` kills each part under other cases, `test_mailboxes.py` Dovecot."""
    limit = asyncio.Semaphore(4)

    async def sent(number: int) -> None:
        to, port = office_address(BAOSHAN, "points"), hall.settings.town_smtp_port
        content = mail("relay", number)
        async with limit, asyncio.timeout(PATIENCE.total_seconds()):
            while True:  # as a server does that was told to come again
                with suppress(OSError):
                    await asyncio.to_thread(
                        send, content, sender="hr@example.com", to=to, port=port
                    )
                    return
                await asyncio.sleep(0.2)

    async def all_twice() -> None:
        await asyncio.gather(*map(sent, range(FEW)), *map(sent, range(0, FEW, 3)))

    plugs = [lambda part=part: hall.kill(part) for part in ("mail", "worker", "postgres")]
    await survived(hall, FEW, all_twice(), plugs)


@at_night
@pytest.mark.skipif(not IS_HERE, reason="Debian's dovecot-imapd is not installed")
@pytest.mark.timeout(7200)
async def test_a_thousand_mails_while_worker_mailbox_and_register_are_killed_in_turn() -> None:
    """By day as for the mails of a relay."""
    with tempfile.TemporaryDirectory(prefix="casework-e2e-") as folder:
        home = Path(folder)
        home.chmod(0o711)  # noqa: ASYNC240 - once, before anything runs
        dovecot = Dovecot.below(home / "dovecot")
        await dovecot.start()
        settings = stack_settings(home / "home")
        settings = settings.model_copy(update={"mailboxes_file": _mailbox(home, dovecot)})
        try:
            started = await asyncio.to_thread(typed, settings, "up", "--detach")
            assert started.returncode == 0, started.stdout + started.stderr
            hall = TownHall(settings=settings, welcome=started.stdout)
            await _by_imap(hall, dovecot)
        finally:
            await asyncio.to_thread(typed, settings, "down")
            await dovecot.kill()


def _mailbox(home: Path, dovecot: Dovecot) -> Path:
    password, file = home / "password", home / "mailboxes.json"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    box = {
        "name": "baoshan-points",
        "district": BAOSHAN,
        "purpose": "points",
        "host": "127.0.0.1",
        "port": dovecot.port,
        "tls": False,
        "user": USER,
        "password_file": str(password),
    }
    file.write_text(json.dumps([box]))
    return file


async def _by_imap(hall: TownHall, dovecot: Dovecot) -> None:
    mails = [mail("imap", number) for number in range(MANY)]
    again = mails[:: MANY // 20]

    async def brought() -> None:
        await asyncio.to_thread(dovecot.put, [*mails, *again])
        whole = [0, len(mails) + len(again)]
        while True:
            with suppress(OSError):
                if await asyncio.to_thread(dovecot.counts, "INBOX", "Casework") == whole:
                    return
            await asyncio.sleep(1)

    async def mailbox_killed() -> None:
        await dovecot.kill()
        await dovecot.start()

    kills = [
        lambda: hall.kill("worker"),
        mailbox_killed,
        lambda: hall.kill("postgres"),
    ]
    await survived(hall, MANY, brought(), kills * 4)
