"""``casework submit``: applications from files, as a backend system sends them."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.filing import APPLICATIONS, send_file
from casework.cli.calling.over_http import over_http
from casework.cli.terms.errors import CommandError
from casework.cli.terms.screen import Json, note, say, show_json

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

Files = Annotated[list[Path], typer.Argument(metavar="FILE…", help="YAML or JSON; - is stdin.")]


@over_http
def submit(client: "Client", files: Files, *, json: Json = False) -> None:
    """Submit applications (收件); the same again gives the same case."""
    send_files(client, files, to=APPLICATIONS, json=json)


def send_files(
    client: "Client",
    files: Sequence[Path],
    *,
    to: str,
    json: bool,
    changed: Mapping[str, str] | None = None,
) -> None:
    """Send each file to an address that opens cases, and tell each number.

    ``changed`` stands in the place of what the files say.
    """
    receipts = []
    for file in files:
        try:
            answer = send_file(client, file, to=to, changed=changed)
        except CommandError as error:
            raise type(error)(f"{file}: {error}") from None
        known = answer.status_code == HTTPStatus.OK
        if answer.status_code == HTTPStatus.ACCEPTED:
            note(f"{file}：已收下，登记库尚未答复，正在等待（不会丢失）…")
            answer = client.follow(answer)
        receipts.append(answer.json())
        if not json:
            say(f"{file}：{receipts[-1]['case_no']}（{'先前已收件' if known else '已收件'}）")
    if json:
        show_json(receipts)
