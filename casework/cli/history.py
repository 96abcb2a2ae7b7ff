"""``casework history``: a case as Temporal remembers it."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.errors import RefusedError, UnusableError
from casework.cli.identity import load_settings
from casework.cli.screen import note

if TYPE_CHECKING:
    from casework.settings import Settings

app = typer.Typer(help="Histories of workflows, as replay reads them.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Histories of workflows, as replay reads them."""


@app.command()
def export(
    case_no: Annotated[str, typer.Argument(metavar="NO")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default stdout.")
    ] = None,
) -> None:
    """Write the history of a case as JSON, ready to be replayed."""
    history = asyncio.run(_history(case_no, load_settings()))
    if output is None:
        sys.stdout.write(history + "\n")
        return
    try:
        output.write_text(history + "\n", encoding="utf-8")
    except OSError as error:
        raise UnusableError(f"cannot write {output}: {error.strerror}") from None
    note(f"{output} written")


async def _history(case_no: str, settings: "Settings") -> str:
    from temporalio.service import RPCError, RPCStatusCode

    from casework.messages import application_id
    from casework.temporal import connect, target

    try:
        client = await connect(settings)
        handle = client.get_workflow_handle(application_id(case_no))
        return (await handle.fetch_history()).to_json()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise RefusedError(f"no case {case_no} in Temporal at {target(settings)}") from None
        raise UnusableError(f"Temporal at {target(settings)}: {error}") from None
    except RuntimeError as error:
        raise UnusableError(f"no answer from Temporal at {target(settings)}: {error}") from None
