"""``casework history``: a case as Temporal remembers it."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings
from casework.cli.calling.over_http import over_http
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import note
from casework.domain.kinds.registry import CaseKind, workflow_id

if TYPE_CHECKING:
    from casework.cli.calling.client import Client
    from casework.settings import Settings

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
