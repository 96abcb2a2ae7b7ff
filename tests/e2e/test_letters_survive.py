"""A worker as production starts it is killed at each point between event and sending of a letter.

The points are seen from outside: what it says to register, seal and mail server goes through
`Held`, which holds it still there. The supervisor starts the next worker.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, func, make_url, select

from casework.local.devstack import free_port, postgres
from casework.settings import LOOPBACK
from casework.store.engine import Sessions, create_engine
from casework.store.engine import sessions as open_sessions
from casework.store.models import LetterNumbers, Letters, Notices
from tests.e2e.town_hall import PATIENCE, TownHall, stack_settings, typed
from tests.examples import at_night

_CHUNK = 2**16


@dataclass(frozen=True, kw_only=True)
class Point:
    """Where a conversation is held: once the client has said ``asked``, and after it ``then``.

    ``answer``: what was said last still arrives, and its answer is held; else it does not arrive.
    """

    of: str
    asked: bytes
    then: bytes = b""
    answer: bool = False


_NUMBER = b"INSERT INTO letters ("
_NOTED = b"UPDATE letters SET sha256="
_SEALED = b"UPDATE letters SET seal="
POINTS = {
    "before the number": Point(of="register", asked=_NUMBER),
    "before the document": Point(of="register", asked=_NUMBER, then=b"COMMIT", answer=True),
    "before the document is noted": Point(of="register", asked=_NOTED),
    "before the document is kept": Point(of="register", asked=_NOTED, then=b"COMMIT", answer=True),
    "before the seal has answered": Point(of="seal", asked=b"POST /seals", answer=True),
    "before the seal is noted": Point(of="register", asked=_SEALED),
    "before the sealed file is kept": Point(
        of="register", asked=_SEALED, then=b"COMMIT", answer=True
    ),
    "before it is sent": Point(of="mail", asked=b"EHLO"),
    "before the sending is noted": Point(of="mail", asked=b"\r\n.\r\n", answer=True),
}


@dataclass(kw_only=True)
class Held:
    """A way to a server on which whatever is said can be held still."""

    name: str
    open: Callable[[], Any]
    port: int = field(default_factory=free_port)
    point: Point | None = None
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    talks: set[asyncio.Task[None]] = field(default_factory=set)

    async def talk(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """Carry a conversation, and hold it at the point."""
        task = asyncio.current_task()
        assert task is not None
        self.talks.add(task)
        far, forth = await self.open()
        holds = asyncio.Event()
        answers = asyncio.create_task(self._answers(far, back, holds))
        said, asked = b"", False
        try:
            while chunk := await near.read(_CHUNK):
                said = said[-100:] + chunk
                point = self.point
                if point is not None and not asked and point.asked in said:
                    asked, said = True, said.partition(point.asked)[2]
                if point is not None and asked and point.then in said:
                    self.point = None
                    holds.set()
                    if point.answer:
                        forth.write(chunk)
                        await forth.drain()
                    self.reached.set()
                    while await near.read(_CHUNK):
                        pass  # it says more, which nobody hears, until it is killed
                    return
                forth.write(chunk)
                await forth.drain()
        except OSError:
            pass
        finally:
            answers.cancel()
            forth.close()
            back.close()
            self.talks.discard(task)

    async def _answers(
        self, far: asyncio.StreamReader, back: asyncio.StreamWriter, holds: asyncio.Event
    ) -> None:
        with suppress(OSError):
            while chunk := await far.read(_CHUNK):
                if holds.is_set():
                    return
                back.write(chunk)
                await back.drain()
            back.close()

    def let_go(self) -> None:
        """End all conversations, as when the worker is gone."""
        for each in self.talks:
            each.cancel()


@dataclass(frozen=True, kw_only=True)
class Office:
    """A stack whose worker is watched on its ways to the outside."""

    hall: TownHall
    ways: dict[str, Held]
    sessions: Sessions

    async def told(self, case_no: str) -> tuple[Letters, str]:
        """The letter of the acceptance of a case, once it was sent, and the notice's state."""
        query = (
            select(Letters, Notices.status)
            .join(Notices, (Notices.case_no == Letters.case_no) & (Notices.seq == Letters.seq))
            .where(Letters.case_no == case_no, Letters.template == "accepted")
        )
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                async with self.sessions() as session:
                    found = (await session.execute(query)).all()
                if found and {status for _, status in found} == {"sent"}:
                    ((letter, status),) = found
                    return letter, status
                await asyncio.sleep(0.3)


@contextmanager
def _home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="casework-e2e-") as folder:
        Path(folder).chmod(0o711)
        yield Path(folder)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    """A stack of its own, over a register of its own; the city seals files."""
    async with AsyncExitStack() as stack:
        url = make_url(await stack.enter_async_context(postgres()))
        settings = stack_settings(stack.enter_context(_home()) / "home")
        town = settings.town_port, settings.town_smtp_port
        ways = {
            "register": Held(name="register", open=lambda: _register(url)),
            "seal": Held(name="seal", open=lambda: asyncio.open_connection(LOOPBACK, town[0])),
            "mail": Held(name="mail", open=lambda: asyncio.open_connection(LOOPBACK, town[1])),
        }
        for way in ways.values():
            server = await asyncio.start_server(way.talk, LOOPBACK, way.port)
            stack.callback(server.close)
            stack.callback(way.let_go)
        through = url.set(host=LOOPBACK, port=ways["register"].port, query={})
        settings = type(settings).model_validate(
            settings.model_dump()
            | {
                "database_url": through.render_as_string(hide_password=False),
                "seal_url": f"http://{LOOPBACK}:{ways['seal'].port}",
                "seal_takes_file": True,
                "smtp_port": ways["mail"].port,
            }
        )
        started = await asyncio.to_thread(typed, settings, "up", "--detach")
        try:
            assert started.returncode == 0, started.stdout + started.stderr
            engine = create_engine(url.render_as_string(hide_password=False))
            stack.push_async_callback(engine.dispose)
            hall = TownHall(settings=settings, welcome=started.stdout)
            yield Office(hall=hall, ways=ways, sessions=open_sessions(engine))
        finally:
            await asyncio.to_thread(typed, settings, "down")


async def _register(url: URL) -> Any:
    folder, port = url.query.get("host"), url.port or 5432
    if folder is None:
        return await asyncio.open_connection(url.host, port)
    return await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.{url.query.get('port', port)}")


@at_night
@pytest.mark.timeout(3_600)
async def test_a_killed_worker_leaves_one_number_one_document_and_one_letter(
    office: Office,
) -> None:
    """In `make test` the activity is killed at one point, in tests/store/test_letters_killed.py."""
    hall = office.hall
    for place, (name, point) in enumerate(POINTS.items()):
        case_no = await hall.submit(f"letter-{place}")
        await hall.act(case_no, 0)
        await hall.kill("worker")  # the next one says every statement for the first time
        way = office.ways[point.of]
        way.reached.clear()
        way.point = point
        acting = asyncio.create_task(hall.act(case_no, 1))
        async with asyncio.timeout(PATIENCE.total_seconds()):
            await way.reached.wait()
        await hall.kill("worker")
        await acting
        letter, _ = await office.told(case_no)
        await _is_one(office, letter, name)


async def _is_one(office: Office, letter: Letters, at: str) -> None:
    """One number without a gap, one document, one sealed file, one letter."""
    async with office.sessions() as session:
        counted = await session.scalar(
            select(func.count()).select_from(Letters).where(Letters.series == letter.series)
        )
        (last,) = await session.scalars(
            select(LetterNumbers.last).where(LetterNumbers.series == letter.series)
        )
    assert counted == last == letter.ordinal, at
    store = office.hall.settings.store_url.removeprefix("file://")
    for sha256 in (letter.sha256, letter.sealed_sha256):
        content = (Path(store) / sha256[:2] / sha256).read_bytes()
        assert hashlib.sha256(content).hexdigest() == sha256, at
    key = f"{letter.case_no}:{letter.seq}"
    taken = [each for each in await office.hall.outbox("mail", "seals") if key in each["key"]]
    assert sorted(each["channel"] for each in taken) == ["mail", "seals"], at
