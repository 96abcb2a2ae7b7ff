"""``casework rebalance``: open work goes from who has more to who has less (负荷均衡)."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.orders.proposing import Key, propose
from casework.cli.terms.arguments import word_option
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, moment, show_json, show_table
from casework.domain import policy

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="Level out what people have open (负荷均衡).", no_args_is_help=True)

District = Annotated[str, typer.Option("--district", metavar="CODE", help="e.g. 310106.")]
Role = Annotated[
    str, word_option(policy.Role, "--role", name="岗位", help="Whose work; by default officers.")
]
Person = Annotated[str, typer.Option("--person", metavar="CODE", help="From this person only.")]
Team = Annotated[str, typer.Option("--team", metavar="NAME", help="From this team only.")]
Begun = Annotated[
    bool, typer.Option("--begun", help="Also what its holder has taken up (已签收的).")
]
Reason = Annotated[str, typer.Option("--reason", help="Why (理由).", show_default=False)]
No = Annotated[str, typer.Argument(metavar="NO", show_default=False)]


@app.command("propose")
@over_http
def propose_(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    *,
    district: District,
    role: Role = "officer",
    person: Person = "",
    team: Team = "",
    begun: Begun = False,
    reason: Reason,
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Propose to hand on open work by the office's way of sharing; another person approves it."""
    body = _body(district, role, person, team, reason) | {"begun": begun}
    propose(client, body, district, preview=False, key=idempotency_key, json=json)


@app.command()
@over_http
def preview(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    *,
    district: District,
    role: Role = "officer",
    person: Person = "",
    team: Team = "",
    begun: Begun = False,
    json: Json = False,
) -> None:
    """Show which cases would go from whom to whom, and what each has before and after."""
    body = _body(district, role, person, team, "预览") | {"begun": begun}
    propose(client, body, district, preview=True, key="", json=json)


def _body(district: str, role: str, person: str, team: str, reason: str) -> dict[str, Any]:
    return {
        "kind": "rebalance",
        "district": district,
        "role": role,
        "person": person,
        "team": team,
        "reason": reason,
    }


@app.command()
@over_http
def cases(  # noqa: PLR0913 - one option per filter
    client: "Client",
    no: No,
    *,
    outcome: Annotated[str, typer.Option(help="waiting, done, refused or gone only.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List the cases that an order hands on, and what became of each."""
    rows = taken(client.items(f"/v1/orders/{no}/handings", outcome=outcome), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["办件编号", "原经办", "转给", "结果", "原因", "时间"],
        [
            (
                each["case_no"],
                each["holder"],
                each["receiver"],
                each["outcome_label"],
                each["code"],
                moment(each["at"]),
            )
            for each in rows
        ],
        empty="没有转交的办件",
    )
