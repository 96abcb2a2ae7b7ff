"""``casework history``: a case as Temporal remembers it."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings
from casework.cli.calling.over_http import over_http
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, note, say, show_json
from casework.domain.kinds.registry import CaseKind, workflow_id

if TYPE_CHECKING:
    from casework.cli.calling.client import Client
    from casework.settings import Settings
    from workers.checking import Checked

app = typer.Typer(help="Histories of workflows, as replay reads them.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Histories of workflows, as replay reads them."""


@app.command()
@over_http
def export(
    client: "Client",
    case_no: CaseNo,
    *,
    kind: Annotated[
        CaseKind | None,
        typer.Option(help="What NO is, where the API cannot be asked.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default stdout.")
    ] = None,
) -> None:
    """Write the history of a case of any kind as JSON, ready to be replayed."""
    known = kind or CaseKind(client.get(f"/v1/cases/{case_no}")["kind"])
    history = asyncio.run(_history(known, case_no, load_settings()))
    if output is None:
        sys.stdout.write(history + "\n")
        return
    try:
        output.write_text(history + "\n", encoding="utf-8")
    except OSError as error:
        raise UnusableError(f"cannot write {output}: {error.strerror}") from None
    note(f"{output} written")


@app.command()
def check(
    *,
    sample: Annotated[
        int, typer.Option(min=1, help="So many running workflows of each type.")
    ] = 20,
    json: Json = False,
) -> None:
    """Replay running workflows with this release: exit code 0 all replay, 1 one does not.

    Run it from the new release before its workers start. Exit code 2: none could be read.
    """
    from casework.cli.operating.register import reaching_register

    with reaching_register():
        checked = asyncio.run(_check(load_settings(), sample))
    if json:
        show_json(asdict(checked))
    else:
        for id_, why in sorted(checked.differing.items()):
            say(f"{id_}: {why}")
        if checked.unread:
            first = min(checked.unread)
            note(f"{len(checked.unread)} not read; the first: {first}: {checked.unread[first]}")
        say(f"{checked.replayed} replay, {len(checked.differing)} do not")
    if checked.differing:
        raise RefusedError("this release does not replay them: do not roll it out")
    if checked.unread and not checked.replayed:
        raise UnusableError("none could be read: are key ring and register those of the workers?")


async def _check(settings: "Settings", sample: int) -> "Checked":
    from casework.cli.operating.register import open_register
    from casework.store.engine import vault_of
    from casework.temporal import connect, target
    from workers.checking import check_histories

    async with open_register(settings) as opened, opened() as session:
        vault = vault_of(session)
        try:
            client = await connect(settings, vault=vault)
        except RuntimeError as error:
            where = target(settings)
            raise UnusableError(f"no answer from Temporal at {where}: {error}") from None
        return await check_histories(client, sample)


async def _history(kind: CaseKind, case_no: str, settings: "Settings") -> str:
    from temporalio.service import RPCError, RPCStatusCode

    from casework.temporal import connect, target

    try:
        client = await connect(settings)
        handle = client.get_workflow_handle(workflow_id(kind, case_no))
        return (await handle.fetch_history()).to_json()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise RefusedError(f"no case {case_no} in Temporal at {target(settings)}") from None
        raise UnusableError(f"Temporal at {target(settings)}: {error}") from None
    except RuntimeError as error:
        raise UnusableError(f"no answer from Temporal at {target(settings)}: {error}") from None
