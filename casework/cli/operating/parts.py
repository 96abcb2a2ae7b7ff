"""One part of Casework each: what the stack runs as its children, and a deployment as its pods."""
# ruff: noqa: PLC0415 - a part is imported by the process that runs it, and by no other

import asyncio
import os
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli import importing
from casework.cli.calling.identity import load_settings, mint, require_home, system_for
from casework.cli.operating.register import reaching_register
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import say
from casework.settings import Settings

if TYPE_CHECKING:
    from casework.policy.publishing.versions import WholeCatalogue
    from casework.surroundings import Part

_CALLBACK_TOKEN_LASTS = timedelta(minutes=5)
_TOLD_BY_THE_TOWN = {
    "arrived": "archive_arrived",
    "delivered": "delivered",
    "password_sent": "delivered",
    "hotline_returned": "hotline_returned",
    "dispatched": "hotline_returned",
}
"""By outcome of a callback, or of a ticket that is dispatched; every other one is the superior's.
"""


def worker(
    *,
    check: Annotated[
        bool,
        typer.Option("--check", help="Only tell if the worker of this machine polls: 0, or 1."),
    ] = False,
) -> None:
    """Run the workflows and activities until SIGTERM."""
    settings = load_settings()
    if check:
        # Past the interpreter's own end, which a thread of the SDK may abort on a busy machine.
        os._exit(0 if _worker_polls_here(settings) else 1)
    with _starting("worker"):
        _require_fit(settings, "worker")
        with importing():
            from temporalio.service import RPCError

            from workers.main import main
        try:
            asyncio.run(main(settings))
        except (RuntimeError, RPCError) as error:
            raise UnusableError(f"the worker cannot run: {error}") from error


def _worker_polls_here(settings: Settings) -> bool:
    import socket
    from datetime import UTC, datetime

    from casework.local.devstack.part import worker_polls

    ready = worker_polls(settings, host=socket.gethostname())

    async def asked() -> bool:
        return await ready(datetime.min.replace(tzinfo=UTC))

    return asyncio.run(asked())


def api() -> None:
    """Run the HTTP API until SIGTERM."""
    settings = load_settings()
    with _starting("API"):
        _require_fit(settings, "api")
        with importing():
            from api.server import serve
        asyncio.run(serve(settings, play=_play))


def _play(whole: "WholeCatalogue") -> tuple[str, ...]:
    # Most API processes never do: what plays scenarios is as large as a worker.
    from casework.rehearsal.proposed import play_scenarios

    return play_scenarios(whole)


issuer = typer.Typer(
    invoke_without_command=True,
    help="Run the local issuer of tokens until SIGTERM, or rotate its keys.",
)


@issuer.callback()
def _run_issuer(ctx: typer.Context) -> None:
    with importing():
        from casework.local.issuer.server import serve

    if ctx.invoked_subcommand is None:
        settings = load_settings()
        with _starting("issuer"):
            asyncio.run(serve(settings))


@issuer.command()
def rotate() -> None:
    """Sign by the next key from now on; tokens of the last two stay good until they end."""
    from casework.local.issuer.tokens import SigningKeys

    settings = load_settings()
    require_home(settings)
    with _starting("issuer"):
        say(f"signs by {SigningKeys.open(settings).rotate()} now; nothing needs a restart")


def town() -> None:
    """Run the fake town: the outside parties of the local stack."""
    with importing():
        from casework.local.post import Relay
        from casework.local.town import TownSettings, serve

    settings = load_settings()
    superior = system_for("superior_decision")
    speakers = {outcome: system_for(fact) for outcome, fact in _TOLD_BY_THE_TOWN.items()}
    home = TownSettings(
        folder=settings.home,
        callback_token=lambda outcome: mint(
            speakers.get(outcome, superior), settings, lasts=_CALLBACK_TOKEN_LASTS
        ),
        http_port=settings.town_port,
        smtp_port=settings.town_smtp_port,
        relay=Relay(port=settings.lmtp_port),
    )
    with _starting("town"):
        settings.home.mkdir(parents=True, exist_ok=True)
        asyncio.run(_until_terminated(serve(home)))


def _require_fit(settings: Settings, part: "Part") -> None:
    """Tell what is wrong before the seconds that it takes to import the part, which asks again."""
    from casework.surroundings import require_fit

    require_fit(settings, part)


@contextmanager
def _starting(part: str) -> Iterator[None]:
    from casework.policy.catalogue import CatalogueError
    from casework.policy.roster import RosterError
    from casework.settings import SettingsError
    from casework.store.engine import UnfitError

    try:
        yield
    except (SettingsError, RosterError, UnfitError, OSError) as error:
        raise UnusableError(f"the {part} cannot start: {error}") from error
    except CatalogueError as error:
        raise UnusableError(
            f"the {part} cannot start: {len(error.findings)} faults in the catalogue, "
            "listed by `casework catalogue check`"
        ) from error


def migrate(
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Only compare migrations, models and database.")
    ] = False,
) -> None:
    """Bring the register's tables up to date.

    ``--check`` without CASEWORK_DATABASE_URL builds a throw-away database from the migrations.
    """
    with reaching_register():
        asyncio.run(_check() if check else _migrate())


async def _migrate() -> None:
    from casework.store import engine

    settings = load_settings()
    before = await engine.pending(settings.database)
    await engine.migrate(settings.database)
    say(f"applied {', '.join(before)}" if before else "nothing to apply")


async def _check() -> None:
    from casework.local import devstack
    from casework.store import engine

    settings = load_settings()
    if settings.database_url:
        faults = await engine.check(settings.database)
    else:
        try:
            async with devstack.postgres() as url:
                await engine.migrate(url)
                faults = await engine.check(url)
        except devstack.StackError as error:
            raise UnusableError(str(error)) from None
    if faults:
        raise RefusedError("\n".join(faults))
    say("migrations, models and database agree")


async def _until_terminated(work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
