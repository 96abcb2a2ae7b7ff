"""Runs the API: ``casework api``."""

import asyncio
import contextlib
import signal
from collections.abc import Generator
from functools import partial

import structlog
import uvicorn
from starlette.types import ASGIApp

from api.app import create_app
from api.edge.connection import Allowed, Connection, Crowd
from api.edge.hosts import Hosts
from api.edge.limits import ADDRESS_MAX_BYTES, HEADERS_MAX_BYTES
from api.edge.problems import AwayError
from api.parts import Play
from api.parts.metrics import Metrics
from api.parts.readiness import Readiness
from api.parts.register import Register
from api.routes.health import probes
from casework.log import configure_log
from casework.settings import Settings
from casework.store.register.staff import following_staff, staff_watch
from casework.surroundings import require_fit

GRACE_SECONDS = 10
KEEP_ALIVE_SECONDS = 15
LOOK_AGAIN_SECONDS = 5
PROBES_AT_ONCE = 100

log = structlog.get_logger("api")


class _Server(uvicorn.Server):
    """One of two servers in this process, which handles signals for both."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """Leave signals to `serve`."""
        yield


async def serve(settings: Settings, *, play: Play | None = None) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are answered first.

    ``play`` plays the scenarios of a catalogue that is sent.

    Raises:
        SettingsError, CatalogueError, RosterError: the API cannot start.
        UnfitError: the register answers, and its tables are not those of this release.
        SystemExit: a port is taken.
    """
    configure_log(json=settings.log_json)
    require_fit(settings, "api")
    app = create_app(settings, hosts=Hosts.of(settings), play=play)
    readiness: Readiness = app.state.parts.readiness
    metrics: Metrics = app.state.metrics
    metrics.watch_log()
    server = _main_server(app, settings)
    side = _side_server(probes(readiness, metrics), settings)

    def stop() -> None:
        # After a second signal, do not wait for requests under way.
        server.force_exit = server.should_exit
        server.should_exit = readiness.is_stopping = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    fit = asyncio.create_task(_fits(app.state.parts.register))

    def stop_if_unfit(_: object) -> None:
        if not fit.cancelled() and fit.exception():
            stop()

    fit.add_done_callback(stop_if_unfit)
    probing = asyncio.create_task(side.serve())
    watching = asyncio.create_task(app.state.parts.published.watch.run())
    register: Register = app.state.parts.register
    try:
        async with following_staff(staff_watch(register.reading)):
            await server.serve()
    finally:
        side.should_exit = True
        fit.cancel()
        watching.cancel()
        await asyncio.wait({probing, fit, watching})
    if not fit.cancelled():
        fit.result()


async def _fits(register: Register) -> None:
    """Wait until the register answers; raise `UnfitError` if it does not fit this release."""
    while True:
        try:
            return await register.require_fit()
        except AwayError as error:
            log.warning("register_not_ready", fault=error.fault)
            await asyncio.sleep(LOOK_AGAIN_SECONDS)


def _main_server(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    config = _config(
        app,
        settings,
        settings.api_port,
        Allowed(
            connections=settings.most_connections,
            per_address=settings.connections_per_address,
            head_seconds=settings.head_within_seconds,
            unread_seconds=settings.request_within_seconds,
            proxies=settings.trusted_proxies,
        ),
    )
    return _Server(config)


def _side_server(app: ASGIApp, settings: Settings) -> uvicorn.Server:
    config = _config(
        app,
        settings,
        settings.api_probe_port,
        Allowed(
            connections=PROBES_AT_ONCE,
            per_address=PROBES_AT_ONCE,
            head_seconds=settings.head_within_seconds,
            unread_seconds=settings.request_within_seconds,
        ),
    )
    config.lifespan = "off"
    return _Server(config)


def _config(app: ASGIApp, settings: Settings, port: int, allowed: Allowed) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=partial(Connection, crowd=Crowd(allowed=allowed)),  # type: ignore[arg-type]
        host=settings.api_host,
        port=port,
        log_config=None,
        # Our own log has the same lines without data that may name a person.
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        forwarded_allow_ips=settings.trusted_proxies,
        # Beyond this limit the connection is closed, so it must be higher than those of the routes.
        h11_max_incomplete_event_size=2 * (ADDRESS_MAX_BYTES + HEADERS_MAX_BYTES),
        ws="none",
    )
