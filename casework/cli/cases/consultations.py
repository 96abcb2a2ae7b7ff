"""``casework consultations``: the log of questions that were asked, and its counts."""

from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, moment, say, show_json, show_table
from casework.domain.consultations import (
    Accessibility,
    ConsultationChannel,
    ConsultationTopic,
)

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

_PLACE = "/v1/consultations"

app = typer.Typer(help="Consultations (咨询登记).", no_args_is_help=True)

Needs = Annotated[
    list[Accessibility] | None,
    typer.Option("--need", help="What the person needs (无障碍); repeat for each."),
]


@app.command("log")
@over_http
def log(  # noqa: PLR0913 - one option per field
    client: "Client",
    channel: Annotated[ConsultationChannel, typer.Argument()],
    topic: Annotated[ConsultationTopic, typer.Argument()],
    *,
    district: District = "",
    ticket: Annotated[
        str, typer.Option(help="Not answered at once: the ticket that was opened for it.")
    ] = "",
    needs: Needs = None,
    reference: Annotated[
        str, typer.Option(help="Your own number of it; the same is logged once.")
    ] = "",
    json: Json = False,
) -> None:
    """Log one consultation (登记咨询), answered at once; many: `casework bulk submit`."""
    body: dict[str, Any] = {
        "channel": channel.value,
        "topic": topic.value,
        "answered": not ticket,
        "needs": [need.value for need in needs or []],
        "reference": reference or token_urlsafe(16),
    }
    body |= {"district": district} if district else {}
    body |= {"ticket": ticket} if ticket else {}
    logged = client.post(_PLACE, body).json()
    if json:
        show_json(logged)
        return
    say(f"{logged['channel_label']}，{logged['topic_label']}，编号 {logged['reference']}")
    if logged["needs"]:
        able = "、".join(logged["agents"]) or "无此专长的人员在岗"
        say(f"{logged['needs_label']}：{able}")


@app.command("list")
@over_http
def listed(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    district: District = "",
    channel: Annotated[ConsultationChannel | None, typer.Option()] = None,
    need: Annotated[Accessibility | None, typer.Option()] = None,
    first_on: Annotated[str, typer.Option("--from", metavar="YYYY-MM-DD")] = "",
    last_on: Annotated[str, typer.Option("--to", metavar="YYYY-MM-DD")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """Show the log of a district, the newest first (查询咨询登记)."""
    asked = {"district": district, "first_on": first_on, "last_on": last_on}
    asked |= {"channel": channel.value if channel else "", "need": need.value if need else ""}
    asked = {name: value for name, value in asked.items() if value}
    rows = taken(client.items(_PLACE, **asked), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["时间", "渠道", "内容", "无障碍", "答复", "人员"],
        [
            (
                moment(each["at"]),
                each["channel_label"],
                each["topic_label"],
                each["needs_label"],
                "当场" if each["answered"] else each["ticket"],
                each["agent"] or each["logged_by"],
            )
            for each in rows
        ],
        empty="没有咨询",
    )


@app.command("counts")
@over_http
def counts(
    client: "Client",
    *,
    district: District = "",
    first_on: Annotated[
        str, typer.Option("--from", metavar="YYYY-MM-DD", help="By default the first of the month.")
    ] = "",
    last_on: Annotated[
        str, typer.Option("--to", metavar="YYYY-MM-DD", help="By default today.")
    ] = "",
    json: Json = False,
) -> None:
    """Count consultations by channel and topic (咨询统计)."""
    asked = {"district": district, "first_on": first_on, "last_on": last_on}
    found = client.get(f"{_PLACE}/counts", **{k: v for k, v in asked.items() if v})
    if json:
        show_json(found)
        return
    show_table(
        ["渠道", "内容", "咨询", "当场答复", "无障碍"],
        [
            (
                each["channel_label"],
                each["topic_label"],
                *(str(each[name]) for name in ("asked", "answered", "with_needs")),
            )
            for each in (found["total"], *found["channels"], *found["topics"])
        ],
        title=f"{found['first_on']} 至 {found['last_on']}（截至 {moment(found['at'])}）",
    )
    say(found["definition"])


@app.command("agents")
@over_http
def agents(
    client: "Client",
    needs: Annotated[list[Accessibility], typer.Argument(metavar="NEED…")],
    *,
    district: District = "",
    json: Json = False,
) -> None:
    """Show who can serve these needs today (手语、老年人、代办)."""
    asked: dict[str, Any] = {"needs": [need.value for need in needs]}
    asked |= {"district": district} if district else {}
    found = client.get(f"{_PLACE}/agents", **asked)
    if json:
        show_json(found)
        return
    say("、".join(found["agents"]) or "没有有此专长的人员在岗")
