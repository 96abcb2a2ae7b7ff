"""``casework report``: the figures of a month, a quarter, a year or a free period."""

from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.terms.screen import Json, moment, say, show_json, show_table

if TYPE_CHECKING:
    from casework.cli.calling.client import Client


@over_http
def report(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    period: Annotated[
        str,
        typer.Argument(
            help="2026-10, 2026-Q4, 2026 or 2026-10-01..2026-10-15; without one this month.",
            show_default=False,
        ),
    ] = "",
    district: District = "",
    item: Annotated[str, typer.Option(help="Of one item only.")] = "",
    office: Annotated[str, typer.Option(help="Of one office only, by its name.")] = "",
    channel: Annotated[str, typer.Option(help="Of one channel only.")] = "",
    by: Annotated[
        str, typer.Option(help="Again for each: district, item, office or channel.")
    ] = "",
    formulas: Annotated[
        bool, typer.Option("--formulas", help="Say with each line how it is computed (口径).")
    ] = False,
    now: Annotated[
        bool, typer.Option("--now", help="As recorded now, even if it was taken down before.")
    ] = False,
    json: Json = False,
) -> None:
    """Show the figures of a period (统计报表), for supervisors and superiors."""
    asked = {
        "period": period,
        "district": district,
        "item": item,
        "office": office,
        "channel": channel,
        "by": by,
        "now": "true" if now else "",
    }
    found = client.get("/v1/reports", **{name: value for name, value in asked.items() if value})
    if json:
        show_json(found)
        return
    parts = [("", found["lines"]), *((g["label"], g["lines"]) for g in found["groups"])]
    for label, lines in parts:
        show_table(
            ["类别", "指标", "数值", *(["口径"] if formulas else [])],
            [
                (
                    line["section"],
                    line["label"],
                    line["text"] if line["unit"] == "%" else f"{line['text']} {line['unit']}",
                    *([line["formula"]] if formulas else []),
                )
                for line in lines
            ],
            title=f"{found['period_label']} {label}".strip(),
        )
    for each in found["corrections"]:
        change = f"定格时 {each['then']}，现在 {each['now']['count']}"
        say(f"更正：{each['section']} {each['label']}，{change}")
    due = sum(each["count"] for each in found["due"])
    say(f"在办：已逾期 {found['overdue']['count']} 件，今后二十个工作日到期 {due} 件")
    say(f"统计于 {moment(found['at'])}，目录版本 {found['catalogue'][:12]}")
