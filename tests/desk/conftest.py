"""The desk in front of an API whose surroundings are away, of one on real servers, in a browser."""

import asyncio
import socket
from collections.abc import AsyncIterator
from shutil import which

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Browser, async_playwright
from temporalio.client import Client

from api.app import create_app
from casework.local.devstack import free_port
from casework.security.keys.vault import PLAIN
from casework.settings import Settings
from tests.api.conftest import (
    backend,
    bearer,
    impatient,
    issuer,
    lonely,
    lonely_app,
    platform,
    switch,
    temporal,
)
from tests.api.live import Switch
from tests.store.kept import kept_engine

__all__ = [
    "backend",
    "bearer",
    "impatient",
    "issuer",
    "lonely",
    "lonely_app",
    "platform",
    "switch",
    "temporal",
]

CHROMIUM = which("chromium")


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """As those of the API's tests, and a browser finds it where it says."""
    port = free_port()
    return Settings(
        home=tmp_path_factory.mktemp("home"),
        answer_within_seconds=20,
        rate_per_minute=10**6,
        burst=10**6,
        issuer_port=free_port(),
        api_port=port,
        api_public_url=f"http://127.0.0.1:{port}",
    )


@pytest.fixture
async def site(
    settings: Settings, temporal: Client, register_url: str, switch: Switch
) -> AsyncIterator[str]:
    """The address of the API, served on a port of the loopback by this loop."""

    async def connected() -> Client:
        return temporal

    app: FastAPI = create_app(
        settings,
        connect_temporal=connected,
        open_register=lambda: kept_engine(register_url),
        vault=PLAIN,
    )
    config = uvicorn.Config(app, log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", settings.api_port)) as listener:
        served = asyncio.create_task(server.serve(sockets=[listener]))
        yield settings.api_public_url
        server.should_exit = True
        await served


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's browser, where it is installed (`make test` does where it may)."""
    if CHROMIUM is None:
        pytest.skip("no chromium here (apt-get install chromium)")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        await browser.close()
