"""``casework case materials|material``: what lies in a case's file, and the files themselves."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, moment, note, show_json, show_table
from casework.words import FORMS, word

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

Row = Mapping[str, Any]
_DIGITS = 12
"""Of a digest, enough to tell files apart; ``--json`` has it whole."""


@over_http
def materials(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
    """List what has come to a case, in the order of arrival, and its open faults (材料)."""
    found = client.get(f"/v1/cases/{case_no}/materials")
    if json:
        show_json(found)
        return
    show_materials(found, empty="没有材料")


def show_materials(found: Mapping[str, Any], *, empty: str = "无") -> None:
    """Print what lies in a case's file, and what the machine found wrong with it."""
    show_table(
        ["序号", "材料", "名称", "形式", "收到", "由", "文件", "字节", "摘要"],
        [
            (
                str(each["number"]),
                each["code"],
                each["name"],
                word(FORMS, each["form"]),
                moment(each["received_at"]),
                each["received_by"],
                _file(each),
                "" if each["size"] is None else str(each["size"]),
                each["sha256"][:_DIGITS],
            )
            for each in found["items"]
        ],
        title="材料",
        empty=empty,
    )
    if found["faults"]:
        show_table(
            ["所涉", "问题"],
            [(fault["about"], fault["text"]) for fault in found["faults"]],
            title="系统检查发现、尚未解决的问题",
        )


def _file(each: Row) -> str:
    if not each["sha256"]:
        return ""
    personal = "（个人信息，查看留痕）" if each["is_personal"] else ""
    return (each["type_label"] or "有") + personal


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
    output: Annotated[
        Path, typer.Option("--output", "--out", "-o", metavar="FILE", show_default=False)
    ],
    jpeg: Annotated[
        bool, typer.Option("--jpeg", help="A picture as JPEG, HEIC of telephones too.")
    ] = False,
) -> None:
    """Write a file of a case, as it was uploaded (查看材料); each look is noted.

    If several files have the same code, this writes the latest.
    """
    place = f"/v1/cases/{case_no}/materials"
    kept = _named(client.get(place)["items"], which, case_no)
    content = client.content(f"{place}/{kept['number']}", **({"as": "jpeg"} if jpeg else {}))
    try:
        output.write_bytes(content)
    except OSError as error:
        raise UnusableError(f"cannot write {output}: {error.strerror}") from None
    note(f"{output} written")


def _named(rows: Iterable[Row], which: str, case_no: str) -> Row:
    files = [each for each in rows if each["sha256"]]
    named = [each for each in files if which in {str(each["number"]), each["code"]}]
    if not named:
        there = "、".join(f"{each['number']} {each['code']}" for each in files) or "无"
        raise RefusedError(f"办件 {case_no} 没有材料文件“{which}”，现有：{there}")
    return named[-1]
