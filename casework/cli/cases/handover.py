"""``casework handover``: everything that an officer holds (交接清单)."""

from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, day, show_json, show_table

if TYPE_CHECKING:
    from casework.cli.calling.client import Client


@over_http
def handover(  # noqa: PLR0913 - one option per filter
    client: "Client",
    code: Annotated[str, typer.Argument(metavar="CODE", help="Of which officer.")],
    *,
    on: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Overdue by that day.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List what an officer holds, case by case (交接清单); their own, or for their supervisor."""
    rows = taken(client.items(f"/v1/officers/{code}/handover", on=on), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["办件编号", "事项", "阶段", "内容", "编号", "关于", "对方", "届满日", "逾期"],
        [
            (
                each["case_no"],
                f"{each['item']} {each['item_name']}",
                each["stage_label"],
                each["what_label"],
                each["id"],
                each["text"] or each["about"],
                each["other"],
                day(each["due_on"]),
                "是" if each["overdue"] else "",
            )
            for each in rows
        ],
        empty="没有需要交接的事项",
    )
