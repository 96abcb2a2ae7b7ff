"""``casework relation``: the people and firms whose cases an officer must not have."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.screen import Json, moment, say, show_json, show_table

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(
    help="Relations of an officer (回避), declared by the officer: --as says who.",
    no_args_is_help=True,
)

RELATIONS = "/v1/relations"


@app.command()
@over_http
def declare(
    client: "Client",
    *,
    number: Annotated[str, typer.Option(help="Of a person, or a firm.", show_default=False)],
    firm: Annotated[bool, typer.Option("--firm", help="It is a firm's credit code.")] = False,
    own: Annotated[bool, typer.Option("--own", help="It is the officer's own number.")] = False,
    json: Json = False,
) -> None:
    """Declare a relation (申报回避); their cases go to somebody else at once."""
    party, kind = "firm" if firm else "person", "own" if own else "related"
    body = {"number": number, "party": party, "kind": kind}
    declared = client.post(RELATIONS, body).json()
    if json:
        show_json(declared)
    else:
        say(f"回避申报 {declared['id']}：已登记，证件号码不保存")


@app.command()
@over_http
def mine(client: "Client", *, json: Json = False) -> None:
    """Show one's own declarations, ended ones too (本人的回避申报)."""
    rows = client.get(RELATIONS)["items"]
    if json:
        show_json(rows)
    else:
        _table(rows)


@app.command()
@over_http
def end(
    client: "Client",
    number: Annotated[str, typer.Argument(metavar="ID", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """End a declaration (结束回避); what others were given stays with them."""
    ended = client.post(f"{RELATIONS}/{number}/end", {}).json()
    if json:
        show_json(ended)
    else:
        say(f"回避申报 {ended['id']}：已结束")


def _table(rows: Iterable[Mapping[str, Any]]) -> None:
    words = {"own": "本人", "related": "利害关系"}
    show_table(
        ["编号", "关系", "申报", "结束", "已告知的办件"],
        [
            (
                each["id"],
                words[each["kind"]],
                moment(each["declared_at"]),
                moment(each["ended_at"]) if each["ended_at"] else "",
                f"{each['told']} / {each['cases']}" if each.get("cases") else "",
            )
            for each in rows
        ],
        empty="没有回避申报",
    )
