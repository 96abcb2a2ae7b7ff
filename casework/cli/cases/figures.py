"""``casework figures``: what is reported of tickets, and the cases of each figure."""

from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.terms.screen import Json, moment, say, show_json, show_table
from casework.domain.kinds.ticket.counts import Line, Scope

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

_PLACE = "/v1/figures/tickets"


@over_http
def figures(  # noqa: PLR0913 - one option per part of the question
    client: "Client",
    *,
    first_on: Annotated[
        str, typer.Option("--from", metavar="YYYY-MM-DD", help="By default the first of the month.")
    ] = "",
    last_on: Annotated[
        str, typer.Option("--to", metavar="YYYY-MM-DD", help="By default today.")
    ] = "",
    district: District = "",
    cases: Annotated[
        Line | None, typer.Option("--cases", help="List the tickets that this line counts.")
    ] = None,
    scope: Annotated[Scope, typer.Option(help="With --cases: of which tickets.")] = Scope.ALL,
    whole: Annotated[
        bool, typer.Option("--whole", help="With --cases: all, and not only the part.")
    ] = False,
    json: Json = False,
) -> None:
    """Show what is reported of tickets (响应率、解决率、满意率), or the cases of one figure."""
    asked = {"first_on": first_on, "last_on": last_on, "district": district}
    asked = {name: value for name, value in asked.items() if value}
    if cases is not None:
        asked |= {"line": cases.value, "scope": scope.value, "whole": str(whole).lower()}
        found = client.get(f"{_PLACE}/cases", **asked)
        if json:
            show_json(found)
            return
        show_table(
            ["工单", "区", "阶段", "收到", "次数"],
            [
                (
                    each["case_no"],
                    each["district"],
                    each["stage_label"],
                    each["received_on"],
                    str(each["times"]),
                )
                for each in found["items"]
            ],
            empty="没有工单",
        )
        return
    found = client.get(_PLACE, **asked)
    if json:
        show_json(found)
        return
    of = [("合计", found["figures"])]
    of += [(each["district"], each["figures"]) for each in found["districts"]]
    show_table(
        ["区", "范围", "指标", "数", "%", "口径"],
        [
            (
                place,
                each["scope_label"],
                each["line_label"],
                f"{each['part']}/{each['whole']}",
                "" if each["percent"] is None else f"{each['percent']:g}",
                each["definition"],
            )
            for place, lines in of
            for each in lines
        ],
        title=f"{found['first_on']} 至 {found['last_on']}（截至 {moment(found['at'])}）",
    )
    say(found["mark"])
