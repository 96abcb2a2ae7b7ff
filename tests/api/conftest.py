"""An API whose surroundings are away, and one on a real PostgreSQL and a real Temporal."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from fastapi import FastAPI
from temporalio.client import Client
from temporalio.service import RPCError

from api.app import create_app
from casework.domain.case.facts import Actor
from casework.local.devstack import free_port, temporal_server
from casework.local.issuer.people import OUTSIDE
from casework.local.issuer.server import issuer_app
from casework.local.issuer.tokens import LocalIssuer
from casework.policy.roster import load_roster
from casework.policy.service_roster import load_service_roster
from casework.security.keys.vault import PLAIN, Vault
from casework.settings import Settings, SettingsError
from casework.store.engine import Sessions
from casework.temporal import data_converter, register_search_attributes
from tests.api.live import TRUST, Backend, Headers, Switch, working
from tests.api.platform import Platform
from tests.identity.running import running
from tests.store.kept import kept_engine


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    home = tmp_path_factory.mktemp("home")
    # Tests ask faster than anybody may; tests/api/test_rates.py has settings of its own.
    return Settings(
        home=home,
        answer_within_seconds=20,
        rate_per_minute=10**6,
        burst=10**6,
        issuer_port=free_port(),
    )


@pytest.fixture(scope="session")
def issuer(settings: Settings) -> Iterator[LocalIssuer]:
    """The local issuer, with its keys to be had over HTTP."""
    with running(issuer_app(settings), settings.issuer_port):
        yield LocalIssuer.open(settings)


@pytest.fixture(scope="session")
def bearer(issuer: LocalIssuer) -> Headers:
    """The header by which a person of the sample rosters calls, or one of `OUTSIDE`."""

    def header(code: str) -> dict[str, str]:
        number = OUTSIDE[code].number if code in OUTSIDE else ""
        now = datetime.now(UTC)
        token = issuer.mint(actor(code), ttl=timedelta(hours=1), at=now, number=number)
        return {"Authorization": f"Bearer {token}"}

    return header


def actor(code: str) -> Actor:
    if code in OUTSIDE:
        return OUTSIDE[code].actor
    return (load_roster().people | load_service_roster().people)[code]


def caller(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://casework")


async def no_temporal() -> NoReturn:
    raise RuntimeError("Failed client connect")


def no_register() -> NoReturn:
    raise SettingsError("no database")


@pytest.fixture(scope="session")
def lonely_app(settings: Settings, issuer: LocalIssuer) -> FastAPI:
    return create_app(
        settings, connect_temporal=no_temporal, open_register=no_register, vault=PLAIN
    )


@pytest.fixture
async def lonely(lonely_app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an API without Temporal and without a register."""
    async with caller(lonely_app) as client:
        yield client


@pytest.fixture
def keys(settings: Settings) -> Path:
    return settings.home / "keys"


FORGETFUL = tuple(
    f'history.{queue}ProcessorUpdateAckInterval="200ms"' for queue in ("transfer", "visibility")
)
"""A run is deleted once its end is noted everywhere, which this server finds out every 30 s."""


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[Client]:
    """A client of a Temporal dev server that knows our search attributes."""
    async with temporal_server(dynamic=FORGETFUL) as address:
        client = await Client.connect(
            address, data_converter=data_converter, interceptors=[TRUST.signing]
        )
        await register_search_attributes(client)
        yield client


@pytest.fixture
async def switch(temporal: Client, sessions: Sessions, settings: Settings) -> AsyncIterator[Switch]:
    """A worker's way to the register, which can be barred."""
    switch = Switch(sessions)
    async with working(temporal, switch, sessions, settings):
        yield switch
    await end_all(temporal)


async def end_all(client: Client) -> None:
    """What a test leaves running would act on, and write into the register of the next one."""
    async for run in client.list_workflows('ExecutionStatus = "Running"'):
        with suppress(RPCError):  # it has just ended by itself
            await client.get_workflow_handle(run.id, run_id=run.run_id).terminate()


def app_over(settings: Settings, client: Client, url: str, vault: Vault = PLAIN) -> FastAPI:
    async def connected() -> Client:
        return client

    return create_app(
        settings,
        connect_temporal=connected,
        open_register=lambda: kept_engine(url),
        vault=vault,
    )


@asynccontextmanager
async def api_over(
    settings: Settings, client: Client, url: str, vault: Vault = PLAIN
) -> AsyncIterator[httpx.AsyncClient]:
    app = app_over(settings, client, url, vault)
    async with app.router.lifespan_context(app), caller(app) as http:
        yield http


@pytest.fixture
async def backend(
    settings: Settings, temporal: Client, register_url: str, switch: Switch, bearer: Headers
) -> AsyncIterator[Backend]:
    """An API on real servers, with a worker beside it."""
    async with api_over(settings, temporal, register_url) as http:
        yield Backend(http, bearer)


@pytest.fixture
def platform(backend: Backend) -> Platform:
    """The platforms of talent service behind that API."""
    return Platform(backend)


@pytest.fixture
async def impatient(
    settings: Settings, temporal: Client, register_url: str, switch: Switch, bearer: Headers
) -> AsyncIterator[Backend]:
    """The same, but it waits for an answer hardly at all."""
    hasty = settings.model_copy(update={"answer_within_seconds": 0.05})
    async with api_over(hasty, temporal, register_url) as http:
        yield Backend(http, bearer)
