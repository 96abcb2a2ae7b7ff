"""Runs the API: ``casework api``."""

import uvicorn

from api.app import create_app
from casework.log import configure_log
from casework.settings import Settings

GRACE_SECONDS = 10


async def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are answered first.

    Raises:
        SettingsError, CatalogueError: the API cannot start.
        SystemExit: the port is taken.
    """
    configure_log(json=settings.log_json)
    config = uvicorn.Config(
        create_app(settings),
        host=settings.api_host,
        port=settings.api_port,
        log_config=None,
        # Our own log says the same without what may name a person.
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    await uvicorn.Server(config).serve()
