"""``casework loads``: what each person and each team of a district has open."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, say, show_json, show_table
from casework.domain.policy import Role

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

_PLACE = "/v1/loads"
_COUNTED = ["占比", "在办", "20日内到期", "逾期", "将到", "权重", "负荷"]


@over_http
def loads(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    district: District = "",
    role: Annotated[Role | None, typer.Option(help="Who holds a post of this role.")] = None,
    team: Annotated[str, typer.Option(help="Of one team (小组) only.")] = "",
    teams: Annotated[bool, typer.Option("--teams", help="Teams instead of people.")] = False,
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """Show what each person, or each team, of a district has open (负荷); others see their own."""
    asked = {"district": district, "role": role, "team": team}
    if teams:
        _show_teams(client.get(_PLACE, size=1, **asked)["teams"], json=json)
        return
    rows = taken(client.items(_PLACE, **asked), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["人员", "岗位", "小组", *_COUNTED, "今日"],
        [
            (
                each["holder"],
                "、".join(each["role_labels"]) or "无岗位",
                "、".join(each["teams"]),
                *_counted(each),
                "缺岗" if each["absent"] else "",
            )
            for each in rows
        ],
        empty="没有人员",
    )


def _show_teams(rows: list[Mapping[str, Any]], *, json: bool) -> None:
    if json:
        show_json(rows)
        return
    show_table(
        ["小组", "人数", "今日缺岗", "无人认领", *_COUNTED],
        [
            (
                each["team"],
                str(each["people"]),
                str(each["absent"]),
                str(each["unclaimed"]),
                *_counted(each),
            )
            for each in rows
        ],
        empty="没有小组",
    )


def _counted(row: Mapping[str, Any]) -> tuple[str, ...]:
    counts = ("open_tasks", "due_soon", "overdue", "to_come", "weight")
    return f"{row['share']}%", *(str(row[name]) for name in counts), f"{row['load']:.1f}"


@over_http
def what_if(  # noqa: PLR0913 - one option per part of the question
    client: "Client",
    *,
    away: Annotated[
        list[str],
        typer.Option(
            "--away", metavar="CODE", help="Who is away; repeat for each.", show_default=False
        ),
    ],
    first_on: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD", show_default=False)],
    last_on: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD", show_default=False)],
    district: District = "",
    json: Json = False,
) -> None:
    """Show how the load would stand if these people were away (负荷推演); nothing is recorded."""
    asked = {"away": away, "first_on": first_on, "last_on": last_on, "district": district}
    found = client.get(f"{_PLACE}/what-if", **asked)
    if json:
        show_json(found)
        return
    pairs = ("open", "due", "weight", "load")
    show_table(
        ["人员", "占比", "在办", "期内到期", "权重", "负荷", "代办", ""],
        [
            (
                each["holder"],
                f"{each['share']}%",
                *(_change(each, name) for name in pairs),
                str(each["taken_over"]),
                "缺岗" if each["away"] else "",
            )
            for each in found["people"]
        ],
        title=f"{first_on} 至 {last_on}，现在 → 届时",
    )
    if found["unattended"]:
        say(f"无人代办的待办 {found['unattended']} 项")


def _change(row: Mapping[str, Any], name: str) -> str:
    before, after = row["open_tasks" if name == "open" else name], row[f"{name}_then"]
    return f"{before:g}" if before == after else f"{before:g} → {after:g}"
