"""``casework measure``: temporary measures for items of a district (临时措施)."""

from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.orders.proposing import Key, Preview, propose
from casework.cli.terms.errors import UnusableError
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, day, show_json, show_table
from casework.domain.errors import DomainError
from casework.domain.orders import district_of_measure

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="Temporary measures (临时措施).", no_args_is_help=True)

Reason = Annotated[str, typer.Option(help="Why (理由).", show_default=False)]
Outreach = Annotated[str, typer.Option(help="What people are told one by one.")]
Day = "YYYY-MM-DD"


@app.command()
@over_http
def start(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    *,
    effect: Annotated[str, typer.Option(metavar="CODE", help="e.g. PAPER_DEFERRED.")],
    district: Annotated[str, typer.Option(metavar="CODE", help="e.g. 310106.")],
    item: Annotated[list[str], typer.Option(metavar="CODE", help="Repeat for each.")],
    since: Annotated[str, typer.Option(metavar=Day, help="Its first day.")],
    until: Annotated[str, typer.Option(metavar=Day, help="Its last day, if known.")] = "",
    accepted_from: Annotated[
        str, typer.Option(metavar=Day, help="Only for cases accepted online from that day on.")
    ] = "",
    channel: Annotated[
        list[str] | None,
        typer.Option(metavar="CODE", help="Only for cases filed so, e.g. online; repeat for each."),
    ] = None,
    reason: Reason,
    reference: Annotated[str, typer.Option(help="On what ground (依据).")],
    outreach: Outreach = "",
    preview: Preview = False,
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Propose a measure."""
    body = {
        "kind": "start_measure",
        "effect": effect,
        "district": district,
        "items": item,
        "since": since,
        "until": until or None,
        "online_accepted_from": accepted_from or None,
        "channels": channel or [],
        "reason": reason,
        "reference": reference,
        "outreach": outreach,
    }
    propose(client, body, district, preview=preview, key=idempotency_key, json=json)


@app.command()
@over_http
def end(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    measure: Annotated[str, typer.Argument(metavar="ID", help="See `measure list`.")],
    *,
    until: Annotated[str, typer.Option(metavar=Day, help="Its last day.")] = "",
    open_ended: Annotated[bool, typer.Option("--open-ended", help="No end is known.")] = False,
    reason: Reason,
    outreach: Outreach = "",
    preview: Preview = False,
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Propose another last day: cases keep what they got, and what had no limit gets one."""
    if bool(until) == open_ended:
        raise UnusableError("say either --until or --open-ended")
    body = {
        "kind": "end_measure",
        "measure": measure,
        "until": until or None,
        "reason": reason,
        "outreach": outreach,
    }
    try:
        district = district_of_measure(measure)
    except DomainError as error:
        raise UnusableError(f"{measure}: {error.message} ({error.code})") from None
    propose(client, body, district, preview=preview, key=idempotency_key, json=json)


@app.command("list")
@over_http
def list_(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    district: District = "",
    on: Annotated[str, typer.Option(metavar=Day, help="In force on that day only.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List measures."""
    rows = taken(client.items("/v1/measures", district=district, on=on), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["编号", "措施", "事项", "起", "止", "来源", "依据"],
        [
            (
                each["id"],
                each["name"] or each["effect"],
                "、".join(each["items"]),
                day(each["since"]),
                day(each["until"]),
                each["origin"],
                each["reference"],
            )
            for each in rows
        ],
        empty="没有临时措施",
    )
