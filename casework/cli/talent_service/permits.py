"""``casework permit``: residence permits with points."""

from typing import TYPE_CHECKING

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.submitting import Files, send_files
from casework.cli.terms.screen import Json

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(
    help="Residence permits with points (居住证); `casework cycle` shows and renews them.",
    no_args_is_help=True,
)

PERMITS = "/v1/permits"


@app.callback()
def _group() -> None:
    """Residence permits with points (居住证); `casework cycle` shows and renews them."""


@app.command()
@over_http
def register(client: "Client", files: Files, *, json: Json = False) -> None:
    """Register permits from files (居住证登记): each begins a cycle, the same again none.

    A file has the form of POST /v1/permits.
    """
    send_files(client, files, to=PERMITS, json=json)
