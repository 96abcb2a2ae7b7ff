"""``casework rollout``: a new release gets the cases, a few at first, and none that gets stuck."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from casework import __version__
from casework.cli.calling.identity import load_settings
from casework.cli.operating.register import open_register, reaching_register
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, say, show_json

if TYPE_CHECKING:
    from temporalio.client import Client

    from workers.rollout import Routing

app = typer.Typer(help="Rolling out a release (发布).", no_args_is_help=True)

Percent = Annotated[float, typer.Argument(min=0, max=100, help="Of all cases.")]
Sample = Annotated[int, typer.Option(min=1, help="So many histories of each type are replayed.")]


@app.callback()
def _group() -> None:
    """Rolling out a release (发布)."""


@app.command()
def show(*, json: Json = False) -> None:
    """Show which release has the cases now."""

    async def asked(client: "Client") -> "Routing":
        from workers.rollout import routing

        return await routing(client)

    _show(_with_client(asked), json=json)


@app.command()
def start(*, percent: Percent = 5, sample: Sample = 20, json: Json = False) -> None:
    """Let this release have a few cases; refused if it does not replay what runs.

    Run it from the new release, when its workers poll. The very first release gets all cases.
    """

    async def started(client: "Client") -> "Routing":
        from workers.rollout import make_current, ramp, routing

        seen = await _own(client)
        if seen.current == __version__:
            raise RefusedError(f"{__version__} has all cases already")
        await _replays(client, sample)
        if seen.current:
            await ramp(client, __version__, percent)
        else:
            await make_current(client, __version__)
        return await routing(client)

    _show(_with_client(started), json=json)


@app.command(name="ramp")
def ramp_(percent: Percent, *, json: Json = False) -> None:
    """Change the share of the release that is being rolled out."""

    async def ramped(client: "Client") -> "Routing":
        from workers.rollout import ramp, routing

        seen = await routing(client)
        if not seen.ramping:
            raise RefusedError("nothing is being rolled out: `casework rollout start`")
        await ramp(client, seen.ramping, percent)
        return await routing(client)

    _show(_with_client(ramped), json=json)


@app.command()
def finish(*, sample: Sample = 20, json: Json = False) -> None:
    """Let this release have all cases; refused if it does not replay what runs now."""

    async def finished(client: "Client") -> "Routing":
        from workers.rollout import make_current, routing

        seen = await _own(client)
        if seen.ramping != __version__:
            raise RefusedError(f"{__version__} is not being rolled out: `casework rollout start`")
        await _replays(client, sample)
        await make_current(client, __version__)
        return await routing(client)

    _show(_with_client(finished), json=json)


@app.command()
def back(
    *,
    to: Annotated[str, typer.Option(help="An earlier release, once it was finished.")] = "",
    json: Json = False,
) -> None:
    """Let the release that is being rolled out have no case any more, at once.

    Cases that it has moved on may need what only it knows: see docs/runbook.md.
    """

    async def gone_back(client: "Client") -> "Routing":
        from workers.rollout import make_current, ramp, routing

        seen = await routing(client)
        if not to and not seen.ramping:
            raise RefusedError("nothing is being rolled out: name a release by --to")
        if to and to not in seen.builds:
            raise RefusedError(f"no worker of {to} has polled")
        if seen.ramping:
            await ramp(client, "", 0)
        if to:
            await make_current(client, to)
        return await routing(client)

    _show(_with_client(gone_back), json=json)


def _show(seen: "Routing", *, json: bool) -> None:
    if json:
        show_json(asdict(seen))
        return
    say(f"current: {seen.current or 'none'}")
    if seen.ramping:
        say(f"rolled out: {seen.ramping}, {seen.percent:g} % of the cases")
    say(f"have polled: {', '.join(seen.builds) or 'none'}")


async def _own(client: "Client") -> "Routing":
    from workers.rollout import routing

    seen = await routing(client)
    if __version__ not in seen.builds:
        raise RefusedError(
            f"no versioned worker of {__version__} has polled: start one with"
            " CASEWORK_WORKER_VERSIONING=true"
        )
    return seen


async def _replays(client: "Client", sample: int) -> None:
    from workers.checking import check_histories

    checked = await check_histories(client, sample)
    if checked.differing:
        first = min(checked.differing)
        raise RefusedError(
            f"{len(checked.differing)} of {checked.replayed + len(checked.differing)} histories do"
            f" not replay with {__version__}; the first: {first}: `casework history check`"
        )
    if checked.unread:
        raise UnusableError(
            f"{len(checked.unread)} histories cannot be read here: `casework history check`"
        )


def _with_client(act: "Callable[[Client], Awaitable[Routing]]") -> "Routing":
    from temporalio.service import RPCError

    from casework.store.engine import vault_of
    from casework.temporal import connect, target

    settings = load_settings()

    async def acted() -> "Routing":
        async with open_register(settings) as opened, opened() as session:
            client = await connect(settings, vault=vault_of(session))
            return await act(client)

    with reaching_register():
        try:
            return asyncio.run(acted())
        except RPCError as error:
            raise UnusableError(f"Temporal at {target(settings)}: {error}") from None
        except RuntimeError as error:
            raise UnusableError(f"no answer from Temporal at {target(settings)}: {error}") from None
