"""Every way in which a real PostgreSQL, or Temporal, says "not now" is a 503 that names it."""

import asyncio
import os
import signal
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AsyncExitStack,
    asynccontextmanager,
    suppress,
)
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
from structlog.testing import capture_logs
from temporalio.api.errordetails.v1 import NamespaceNotFoundFailure
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.app import create_app
from api.edge.problems import AwayError
from api.parts.link import NoRunError, _translated
from casework.local.devstack.layout import Layout
from casework.local.devstack.part import Ready
from casework.local.devstack.postgres import (
    DATABASE,
    SUPERUSER,
    Cluster,
    create_cluster,
    create_database,
)
from casework.local.devstack.supervised import Supervised, running
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from casework.store.engine import create_engine, migrate
from casework.temporal import data_converter
from tests.api.conftest import caller, no_register, no_temporal
from tests.api.live import Headers
from tests.api.test_problems import assert_problem
from tests.files import PDF

ROLE = "clerk"
"""The API as it is in production: no superuser, so that limits and grants count."""
OURS = "FROM pg_stat_activity WHERE usename = 'clerk'"
DROP = f"SELECT pg_terminate_backend(pid, 5000) {OURS}"
COUNT = f"SELECT count(*) {OURS}"
WAITING = f"{COUNT} AND wait_event_type = 'Lock'"
ONE = f"SELECT pid {OURS} LIMIT 1"


@dataclass
class Server:
    """A PostgreSQL of these tests' own, to be stopped, changed and killed."""

    cluster: Cluster
    layout: Layout
    running: AsyncExitStack
    supervised: Supervised | None = None

    def url(self, *, user: str = ROLE, database: str = DATABASE) -> str:
        return f"postgresql+asyncpg://{user}@/{database}?host={self.cluster.sockets}"

    async def start(self, *options: str, ready: Ready | None = None) -> None:
        part = self.cluster.part()
        # What has been put back stays so, even if a crash follows at once.
        command = (*part.command, "-c", "synchronous_commit=on", *options)
        part = replace(part, command=command, ready=ready or part.ready)
        self.supervised = await self.running.enter_async_context(running(part, self.layout))

    async def stop(self) -> None:
        await self.running.aclose()

    async def sql(self, *statements: str, database: str = DATABASE) -> None:
        async with self.session(database) as session:
            for statement in statements:
                await session.execute(statement)

    @asynccontextmanager
    async def session(self, database: str = DATABASE) -> AsyncIterator["asyncpg.Connection[Any]"]:
        session = await asyncpg.connect(
            host=str(self.cluster.sockets), user=SUPERUSER, database=database
        )
        try:
            yield session
        finally:
            session.terminate()

    async def drop_connections(self) -> None:
        # From another database: nobody may be let into ours.
        await self.sql(DROP, database="postgres")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """A folder whose parents are open to the account of the server."""
    with tempfile.TemporaryDirectory(prefix="cw-") as folder:
        home = Path(folder).resolve()
        home.chmod(0o711)
        yield home


@pytest.fixture(scope="module")
async def server(home: Path) -> AsyncIterator[Server]:
    layout = Layout(home)
    layout.prepare()
    cluster = await create_cluster(home, durable=False)
    async with AsyncExitStack() as stack:
        server = Server(cluster, layout, stack)
        await server.start()
        await create_database(cluster)
        await migrate(server.url(user=SUPERUSER))
        await server.sql(
            f"CREATE ROLE {ROLE} LOGIN",
            f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}",
            f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE}",
            f"GRANT pg_read_all_data TO {ROLE}",
        )
        yield server


@dataclass(frozen=True)
class Desk:
    """An API on that server, and what it answers."""

    http: httpx.AsyncClient
    bearer: Headers

    async def read(self) -> httpx.Response:
        return await self.http.get("/v1/cases", headers=self.bearer("sh-u1"))

    async def write(self) -> httpx.Response:
        return await self.http.post("/v1/materials", content=PDF, headers=self.bearer("backend"))

    async def unready(self) -> str:
        """What `/ready` says of the register; empty: nothing, for it is ready."""
        errors = (await self.http.get("/ready")).json()["errors"]
        return next((each["detail"] for each in errors if each["field"] == "register"), "")


@asynccontextmanager
async def api_on(settings: Settings, url: str, bearer: Headers) -> AsyncIterator[Desk]:
    app = create_app(
        settings,
        connect_temporal=no_temporal,
        open_register=lambda: create_engine(url),
        vault=PLAIN,
    )
    async with app.router.lifespan_context(app), caller(app) as http:
        yield Desk(http, bearer)


@pytest.fixture(scope="module")
async def api(server: Server, settings: Settings, bearer: Headers) -> AsyncIterator[Desk]:
    async with api_on(settings, server.url(), bearer) as desk:
        yield desk


@pytest.fixture
async def desk(api: Desk) -> Desk:
    """One API for all tests, at work again."""
    assert await recovers(api)
    return api


async def at_work(desk: Desk) -> bool:
    statuses = ((await desk.read()).status_code, (await desk.write()).status_code)
    return statuses == (200, 201) and await desk.unready() == ""


Faulty = AsyncIterator[None]


@asynccontextmanager
async def changed(server: Server, there: str, back: str, database: str = DATABASE) -> Faulty:
    await server.sql(there, database=database)
    try:
        yield
    finally:
        await server.sql(back, database=database)


@asynccontextmanager
async def stopped(server: Server) -> Faulty:
    await server.stop()
    try:
        yield
    finally:
        await server.start()


@asynccontextmanager
async def starting(server: Server) -> Faulty:
    """A standby that takes nobody: 57P03, as long as a start takes."""

    async def refuses(_: datetime) -> bool:
        try:
            async with server.session():
                return False
        except asyncpg.CannotConnectNowError:
            return True
        except OSError:
            return False

    async with _as_standby(server):
        await server.start("-c", "hot_standby=off", ready=refuses)
        yield


@asynccontextmanager
async def failed_over(server: Server) -> Faulty:
    """A standby that is read, and takes no writes: 25006."""
    async with _as_standby(server):
        await server.start()
        yield


@asynccontextmanager
async def _as_standby(server: Server) -> Faulty:
    await server.stop()
    sign = server.cluster.data / "standby.signal"
    sign.touch()
    try:
        yield
    finally:
        await server.stop()
        sign.unlink()
        await server.start()


@asynccontextmanager
async def read_only_setting(server: Server) -> Faulty:
    """Connections that are open feel it, too: 25006."""
    setting = "ALTER SYSTEM SET default_transaction_read_only"
    async with server.session() as session:
        await session.execute(f"{setting} = on")
        await session.execute("SELECT pg_reload_conf()")
        await _until(server, "SHOW default_transaction_read_only", "on")
        try:
            yield
        finally:
            await session.execute("SET default_transaction_read_only = off")
            await session.execute("ALTER SYSTEM RESET default_transaction_read_only")
            await session.execute("SELECT pg_reload_conf()")
    await _until(server, "SHOW default_transaction_read_only", "off")


async def _until(server: Server, asked: str, answer: str) -> None:
    # Each backend reads the new settings before its next statement.
    while True:
        async with server.session() as session:
            if await session.fetchval(asked) == answer:
                return


@asynccontextmanager
async def taking_no_connections(server: Server) -> Faulty:
    async with changed(
        server,
        f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false",
        f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true",
        database="postgres",
    ):
        await server.drop_connections()
        yield


@asynccontextmanager
async def too_many(server: Server) -> Faulty:
    async with changed(
        server,
        f"ALTER ROLE {ROLE} CONNECTION LIMIT 0",
        f"ALTER ROLE {ROLE} CONNECTION LIMIT -1",
    ):
        await server.drop_connections()
        yield


@asynccontextmanager
async def locked_out(server: Server, setting: str) -> Faulty:
    """Somebody holds a table longer than a statement waits."""
    there = f"ALTER ROLE {ROLE} SET {setting} = '100ms'"
    async with changed(server, there, f"ALTER ROLE {ROLE} RESET {setting}"):
        await server.drop_connections()
        async with server.session() as session, session.transaction():
            await session.execute("LOCK TABLE cases, uploads")
            yield
    await server.drop_connections()


@asynccontextmanager
async def refusing_writes(server: Server, state: str) -> Faulty:
    """What would cost too much to bring about for real, raised where it would be."""
    await server.sql(
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
        f" BEGIN RAISE EXCEPTION 'could not extend' USING ERRCODE = '{state}'; END $$",
        "CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON uploads"
        " FOR EACH STATEMENT EXECUTE FUNCTION refuse()",
    )
    try:
        yield
    finally:
        await server.sql("DROP FUNCTION refuse CASCADE")


def renamed(server: Server) -> AbstractAsyncContextManager[None]:
    return changed(server, "ALTER TABLE cases RENAME TO kept", "ALTER TABLE kept RENAME TO cases")


def revoked(server: Server) -> AbstractAsyncContextManager[None]:
    return changed(
        server,
        f"REVOKE ALL ON cases, uploads, alembic_version FROM {ROLE};"
        f" REVOKE pg_read_all_data FROM {ROLE}",
        f"GRANT ALL ON cases, uploads, alembic_version TO {ROLE}; GRANT pg_read_all_data TO {ROLE}",
    )


Happening = Callable[[Server], AbstractAsyncContextManager[None]]
Matrix = dict[str, tuple[Happening, str, str]]
"""What happens: how, and the codes of a read and a write (empty: they succeed)."""


def waiting(setting: str) -> Happening:
    return lambda server: locked_out(server, setting)


def refused(state: str) -> Happening:
    return lambda server: refusing_writes(server, state)


MATRIX: Matrix = {
    "stopped": (stopped, "REGISTER_AWAY", "REGISTER_AWAY"),
    "57P03 starting": (starting, "REGISTER_AWAY", "REGISTER_AWAY"),
    "55000 no connections": (taking_no_connections, "REGISTER_AWAY", "REGISTER_AWAY"),
    "53300 too many": (too_many, "REGISTER_BUSY", "REGISTER_BUSY"),
    "25006 failed over": (failed_over, "", "REGISTER_READ_ONLY"),
    "25006 read-only": (read_only_setting, "", "REGISTER_READ_ONLY"),
    "53100 full": (refused("53100"), "", "REGISTER_FULL"),
    "42501 revoked": (revoked, "REGISTER_UNFIT", "REGISTER_UNFIT"),
}
PASSING: Matrix = {
    "57014 statement timeout": (waiting("statement_timeout"), "REGISTER_BUSY", "REGISTER_BUSY"),
    "55P03 lock timeout": (waiting("lock_timeout"), "REGISTER_BUSY", "REGISTER_BUSY"),
    "53200 memory": (refused("53200"), "", "REGISTER_BUSY"),
    "40P01 deadlock": (refused("40P01"), "", "REGISTER_BUSY"),
    "40001 serialization": (refused("40001"), "", "REGISTER_BUSY"),
    "58030 I/O": (refused("58030"), "", "REGISTER_AWAY"),
    "XX001 data": (refused("XX001"), "", "REGISTER_AWAY"),
    "57P01 shutdown": (refused("57P01"), "", "REGISTER_AWAY"),
    "57P02 crash": (refused("57P02"), "", "REGISTER_AWAY"),
    "42P01 no table": (renamed, "REGISTER_UNFIT", ""),
}


def assert_not_now(answer: httpx.Response, code: str) -> None:
    if not code:
        assert answer.is_success, answer.text
        return
    assert (answer.status_code, assert_problem(answer)["code"]) == (503, code)
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("what", MATRIX)
async def test_not_now_is_503_and_ready_says_the_same(
    server: Server, desk: Desk, what: str
) -> None:
    happening, of_a_read, of_a_write = MATRIX[what]
    async with happening(server):
        assert_not_now(await desk.read(), of_a_read)
        assert_not_now(await desk.write(), of_a_write)
        assert of_a_write in await desk.unready()
        assert of_a_write
    assert await recovers(desk)


@pytest.mark.parametrize("what", PASSING)
async def test_what_passes_is_503_too(server: Server, desk: Desk, what: str) -> None:
    happening, of_a_read, of_a_write = PASSING[what]
    async with happening(server):
        assert_not_now(await desk.read(), of_a_read)
        assert_not_now(await desk.write(), of_a_write)
    assert await recovers(desk)


async def recovers(desk: Desk) -> bool:
    """All is well by itself; a write may have to be sent again once, over a new connection."""
    await desk.write()
    return await at_work(desk)


@pytest.mark.parametrize(
    ("place", "code"),
    [({"user": "nobody"}, "REGISTER_AWAY"), ({"database": "nothing"}, "REGISTER_AWAY")],
)
async def test_a_server_that_does_not_let_us_in_is_away(
    server: Server, settings: Settings, bearer: Headers, place: dict[str, str], code: str
) -> None:
    async with api_on(settings, server.url(**place), bearer) as desk:
        assert_not_now(await desk.read(), code)
        assert_not_now(await desk.write(), code)
        assert code in await desk.unready()


@pytest.mark.parametrize("revision", ["20261122", "29991231_later"])
async def test_tables_of_another_release_are_named_by_ready(
    server: Server, settings: Settings, bearer: Headers, revision: str
) -> None:
    async with server.session() as session:
        head = await session.fetchval("SELECT version_num FROM alembic_version")
    set_to = "UPDATE alembic_version SET version_num = '{}'".format
    async with changed(server, set_to(revision), set_to(head)):
        async with api_on(settings, server.url(), bearer) as desk:
            assert "REGISTER_UNFIT" in await desk.unready()
        allowing = settings.model_copy(update={"allow_newer_register": True})
        async with api_on(allowing, server.url(), bearer) as desk:
            assert ("REGISTER_UNFIT" in await desk.unready()) == (revision < head)


async def test_a_release_that_runs_stays_ready_when_the_next_has_migrated(
    server: Server, desk: Desk
) -> None:
    async with server.session() as session:
        head = await session.fetchval("SELECT version_num FROM alembic_version")
    set_to = "UPDATE alembic_version SET version_num = '{}'".format
    async with changed(server, set_to("29991231_later"), set_to(head)):
        assert await desk.unready() == ""


async def test_a_read_over_a_connection_that_was_ended_is_made_again(
    server: Server, settings: Settings, bearer: Headers
) -> None:
    async with api_on(settings, server.url(), bearer) as desk:  # over one connection
        assert await at_work(desk)  # and both senders are counted already
        await server.drop_connections()
        assert (await desk.read()).status_code == 200
        await server.drop_connections()
        assert_not_now(await desk.write(), "REGISTER_AWAY")  # a write is the sender's to repeat
        assert (await desk.write()).status_code == 201


async def test_a_statement_whose_connection_is_ended_meanwhile(server: Server, desk: Desk) -> None:
    async with server.session() as session:
        async with session.transaction():
            await session.execute("LOCK TABLE cases, uploads")
            reading, writing = (asyncio.create_task(each()) for each in (desk.read, desk.write))
            await _until_waiting(server, 2)
            await server.drop_connections()
            assert_not_now(await writing, "REGISTER_AWAY")
        assert (await reading).status_code == 200  # made again, and the table is free


async def _until_waiting(server: Server, statements: int) -> None:
    async with server.session() as session:
        while await session.fetchval(WAITING) < statements:
            await asyncio.sleep(0.01)


async def test_a_crash_of_the_server_passes_by_itself(server: Server, desk: Desk) -> None:
    async with server.session() as session:
        await session.execute("CHECKPOINT")  # it is not durable: a crash takes what is not on disk
        victim = await session.fetchval(ONE)
        os.kill(victim, signal.SIGKILL)
        with suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            while True:  # until this session, too, is ended by the crash
                await session.fetchval("SELECT pg_sleep(0.01)")
    for ask in (desk.read, desk.write):
        while not (answer := await ask()).is_success:
            assert_not_now(answer, "REGISTER_AWAY")
    assert await at_work(desk)


async def test_a_schema_that_changes_under_a_connection_is_not_noticed_by_readers(
    server: Server, settings: Settings, bearer: Headers
) -> None:
    there = "ALTER TABLE cases ALTER item_name TYPE varchar(500)"
    async with api_on(settings, server.url(), bearer) as desk:  # over one connection
        assert (await desk.read()).status_code == 200
        with capture_logs() as logs:
            async with changed(server, there, "ALTER TABLE cases ALTER item_name TYPE text"):
                assert (await desk.read()).status_code == 200
            assert (await desk.read()).status_code == 200
    assert [each["fault"] for each in logs if each["event"] == "register_away"] == ["changed"] * 2


# --- Temporal ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (RPCStatusCode.UNAVAILABLE, "TEMPORAL_AWAY"),
        (RPCStatusCode.RESOURCE_EXHAUSTED, "TEMPORAL_BUSY"),
        (RPCStatusCode.DEADLINE_EXCEEDED, "TEMPORAL_AWAY"),
        (RPCStatusCode.CANCELLED, "TEMPORAL_AWAY"),
        (RPCStatusCode.ABORTED, "TEMPORAL_AWAY"),
        (RPCStatusCode.INTERNAL, "TEMPORAL_AWAY"),
        (RPCStatusCode.UNKNOWN, "TEMPORAL_AWAY"),
        (RPCStatusCode.PERMISSION_DENIED, "TEMPORAL_UNFIT"),
        (RPCStatusCode.UNAUTHENTICATED, "TEMPORAL_UNFIT"),
    ],
)
def test_what_temporal_refuses_now_is_named(status: RPCStatusCode, code: str) -> None:
    with pytest.raises(AwayError) as away, _translated():
        raise RPCError("somebody's words", status, b"")
    assert away.value.problem.code == code
    assert "somebody" not in away.value.problem.detail


def test_a_workflow_that_is_not_found_is_no_fault_of_temporal() -> None:
    with pytest.raises(NoRunError), _translated():
        raise RPCError("workflow not found", RPCStatusCode.NOT_FOUND, b"")


async def test_a_namespace_that_is_not_there_is_503_for_verbs_and_in_ready(
    settings: Settings, temporal: Client, bearer: Headers
) -> None:
    assert NamespaceNotFoundFailure.DESCRIPTOR.full_name.endswith(".NamespaceNotFoundFailure")
    target = temporal.service_client.config.target_host

    async def connected() -> Client:
        return await Client.connect(target, namespace="nobodys", data_converter=data_converter)

    app = create_app(settings, connect_temporal=connected, open_register=no_register, vault=PLAIN)
    async with caller(app) as http:
        verb = await http.post(
            "/v1/applications/310106-0000-0000-0000/accept", json={}, headers=bearer("ja-o1")
        )
        assert_not_now(verb, "TEMPORAL_UNFIT")
        errors = (await http.get("/ready")).json()["errors"]
    assert "TEMPORAL_UNFIT" in errors[0]["detail"]


async def test_many_who_ask_whether_we_are_ready_ask_once(
    server: Server, settings: Settings, bearer: Headers
) -> None:
    await server.drop_connections()
    async with api_on(settings, server.url(), bearer) as desk:
        answers = await asyncio.gather(*(desk.http.get("/ready") for _ in range(50)))
        assert {answer.status_code for answer in answers} == {503}  # without Temporal
        async with server.session() as session:
            assert await session.fetchval(COUNT) == 1
