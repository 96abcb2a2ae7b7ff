"""Runs the API: ``casework api``."""

import uvicorn

from api.app import create_app
from api.limits import ADDRESS_MAX_BYTES, HEADERS_MAX_BYTES
from casework.log import configure_log
from casework.settings import Settings
from casework.surroundings import require_fit

GRACE_SECONDS = 10
KEEP_ALIVE_SECONDS = 15


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are answered first.

    Raises:
        SettingsError, CatalogueError, RosterError: the API cannot start.
        SystemExit: the port is taken.
    """
    configure_log(json=settings.log_json)
    require_fit(settings, "api")
    config = uvicorn.Config(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        # Our own log says the same without what may name a person.
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        limit_concurrency=settings.most_connections,
        forwarded_allow_ips=settings.trusted_proxies,
        # The limit of what is not yet a whole request is one of this parser only. Beyond it the
        # connection ends with a bare 400, so it lies above the limits that are answered.
        http="h11",
        h11_max_incomplete_event_size=2 * (ADDRESS_MAX_BYTES + HEADERS_MAX_BYTES),
        ws="none",
    )
    await uvicorn.Server(config).serve()
