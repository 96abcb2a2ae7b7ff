"""``casework case materials|material``: what lies in a case's file, and the files themselves."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, moment, note, show_json, show_table
from casework.cli.terms.words import FORMS, word

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

Row = Mapping[str, Any]


@over_http
def materials(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
    """List what has come to a case, in the order of arrival (材料)."""
    found = client.get(f"/v1/cases/{case_no}")["materials"]
    if json:
        show_json(found)
        return
    show_table(
        ["序号", "材料", "形式", "收到", "文件"],
        [
            (
                str(each["number"]),
                each["material"],
                word(FORMS, each["form"]),
                moment(each["received_at"]),
                "有" if each["sha256"] else "",
            )
            for each in found
        ],
        empty="没有材料",
    )


@over_http
def material(
    client: "Client",
    case_no: CaseNo,
    which: Annotated[
        str,
        typer.Argument(
            metavar="MATERIAL", help="Number or code (see `case materials`).", show_default=False
        ),
    ],
    *,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", show_default=False)],
    jpeg: Annotated[
        bool, typer.Option("--jpeg", help="A picture as JPEG, HEIC of telephones too.")
    ] = False,
) -> None:
    """Write a file of a case, as it was uploaded (查看材料); each look is noted.

    If several files have the same code, this writes the latest.
    """
    kept = _named(client.get(f"/v1/cases/{case_no}")["materials"], which, case_no)
    place = f"/v1/cases/{case_no}/materials/{kept['sha256']}"
    content = client.content(place, **({"as": "jpeg"} if jpeg else {}))
    try:
        output.write_bytes(content)
    except OSError as error:
        raise UnusableError(f"cannot write {output}: {error.strerror}") from None
    note(f"{output} written")


def _named(rows: Iterable[Row], which: str, case_no: str) -> Row:
    files = [each for each in rows if each["sha256"]]
    named = [each for each in files if which in {str(each["number"]), each["material"]}]
    if not named:
        there = "、".join(f"{each['number']} {each['material']}" for each in files) or "无"
        raise RefusedError(f"办件 {case_no} 没有材料文件“{which}”，现有：{there}")
    return named[-1]
