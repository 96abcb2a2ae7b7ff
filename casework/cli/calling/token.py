"""``casework token``: a token of the local stack's own issuer."""

import sys
from typing import Annotated

import typer

from casework.cli.calling.identity import load_settings, mint, officer, people
from casework.cli.terms.screen import Json, show_json, show_table


def token(
    code: Annotated[str, typer.Argument(metavar="[CODE]", help="Whom it is for.")] = "",
    *,
    act_as: Annotated[str, typer.Option("--as", metavar="CODE", help="The same.")] = "",
    json: Json = False,
) -> None:
    """Print a token for a sample officer, or list the sample officers (示例人员)."""
    if code or act_as:
        sys.stdout.write(mint(officer(code or act_as), load_settings()) + "\n")
        return
    known = sorted(people().values(), key=lambda each: (each.district, each.code))
    if json:
        show_json(
            [{"code": each.code, "role": each.role, "district": each.district} for each in known]
        )
        return
    show_table(
        ["编号", "岗位", "区划"],
        [(each.code, each.role.label, each.district or "全部") for each in known],
        title="示例人员：casework token --as 编号",
    )
