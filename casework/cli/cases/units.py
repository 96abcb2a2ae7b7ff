"""``casework units``: units (单位) and their one registered mailbox in a district."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, moment, say, show_json, show_table
from casework.domain.units import UnitStatus

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

_PLACE = "/v1/units"

app = typer.Typer(help="Units and their registered mailbox (单位登记).", no_args_is_help=True)

UnitId = Annotated[str, typer.Argument(metavar="UNIT-ID", help="As `units list` shows it.")]


@app.command("register")
@over_http
def register(  # noqa: PLR0913 - one option per field
    client: "Client",
    credit_code: Annotated[str, typer.Argument(metavar="CREDIT-CODE")],
    name: Annotated[str, typer.Argument(metavar="NAME")],
    mailbox: Annotated[str, typer.Argument(metavar="MAILBOX")],
    *,
    short_names: Annotated[
        list[str] | None,
        typer.Option("--short-name", help="As it stands in the names of files; repeat for each."),
    ] = None,
    contact: Annotated[str, typer.Option(help="Whom to call.")] = "",
    phone: Annotated[str, typer.Option()] = "",
    case_no: Annotated[
        str, typer.Option("--case", metavar="CASE-NO", help="The case in which it asked.")
    ] = "",
    replaces: Annotated[
        str, typer.Option(metavar="UNIT-ID", help="A change: the registration in force.")
    ] = "",
    reason: Annotated[str, typer.Option(help="Of a change.")] = "",
    district: District = "",
    json: Json = False,
) -> None:
    """Propose a registration, or a change of one (登记、变更); another person approves it."""
    body: dict[str, Any] = {"credit_code": credit_code, "name": name, "mailbox": mailbox}
    said = {
        "short_names": short_names,
        "contact": contact,
        "phone": phone,
        "case_no": case_no,
        "replaces": replaces,
        "reason": reason,
        "district": district,
    }
    body |= {member: value for member, value in said.items() if value}
    _tell(client.post(_PLACE, body).json(), json=json)


@app.command("list")
@over_http
def listed(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    district: District = "",
    status: Annotated[UnitStatus | None, typer.Option()] = None,
    name: Annotated[str, typer.Option(help="A part of the name, or a short name.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """Show the registrations of a district, the newest first (查询单位登记)."""
    asked = {"district": district, "status": status.value if status else "", "name": name}
    found = client.items(_PLACE, **{member: value for member, value in asked.items() if value})
    rows = taken(found, limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["编号", "单位", "信用代码", "邮箱", "状态", "提出", "时间"],
        [
            (
                each["id"],
                each["name"],
                each["credit_code"],
                each["mailbox"],
                each["status_label"],
                each["proposed_by"],
                moment(each["proposed_at"]),
            )
            for each in rows
        ],
        empty="没有单位登记",
    )


@app.command("show")
@over_http
def show(client: "Client", unit: UnitId, *, json: Json = False) -> None:
    """Show one registration with its mailbox in clear (查看单位登记)."""
    found = client.get(f"{_PLACE}/{unit}")
    _tell(found, json=json)
    if not json and found["reason"]:
        say(f"理由：{found['reason']}")


@app.command("approve")
@over_http
def approve(client: "Client", unit: UnitId, *, json: Json = False) -> None:
    """Put a registration in force that another person proposed (复核通过)."""
    _tell(client.post(f"{_PLACE}/{unit}/approve", {}).json(), json=json)


@app.command("reject")
@over_http
def reject(
    client: "Client",
    unit: UnitId,
    *,
    reason: Annotated[str, typer.Option()],
    json: Json = False,
) -> None:
    """Refuse a registration that another person proposed (复核不通过)."""
    _tell(client.post(f"{_PLACE}/{unit}/reject", {"reason": reason}).json(), json=json)


@app.command("end")
@over_http
def end(
    client: "Client",
    unit: UnitId,
    *,
    reason: Annotated[str, typer.Option()],
    json: Json = False,
) -> None:
    """Take no more mails from a registered mailbox (停用)."""
    _tell(client.post(f"{_PLACE}/{unit}/end", {"reason": reason}).json(), json=json)


def _tell(unit: dict[str, Any], *, json: bool) -> None:
    if json:
        show_json(unit)
        return
    say(f"{unit['id']} {unit['name']}（{unit['mailbox']}）：{unit['status_label']}")
