"""``casework erase``: a person's data, where the law asks for it."""

from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.screen import Json, moment, say, show_json

if TYPE_CHECKING:
    from casework.cli.calling.client import Client


@over_http
def erase(
    client: "Client",
    case_no: CaseNo,
    *,
    reason: Annotated[str, typer.Option(help="Why; without personal data.")],
    basis: Annotated[
        str, typer.Option(help="Article and item, e.g. 个人信息保护法第四十七条第一款第（三）项.")
    ],
    json: Json = False,
) -> None:
    """Erase the person of a case from all their cases, for good (依法删除个人信息)."""
    body = {"case_no": case_no, "reason": reason, "basis": basis}
    done = client.post("/v1/erasures", body).json()
    if json:
        show_json(done)
        return
    for each in done["cases"]:
        say(each)
    say(f"已依法删除：{len(done['cases'])} 件、{done['files']} 个文件（{moment(done['at'])}）")
