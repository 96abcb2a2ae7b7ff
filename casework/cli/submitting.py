"""``casework submit``: applications from files, as a backend system sends them."""

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.applications import submit_file
from casework.cli.errors import CommandError
from casework.cli.over_http import over_http
from casework.cli.screen import Json, note, say, show_json

if TYPE_CHECKING:
    from casework.cli.client import Client


@over_http
def submit(
    client: "Client",
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="YAML or JSON; - is stdin.")],
    *,
    json: Json = False,
) -> None:
    """Submit applications (收件); the same again gives the same case."""
    receipts = []
    for file in files:
        try:
            answer = submit_file(client, file)
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
