"""``casework absence``: who is away, so that the B角 has their work."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.identity import load_settings, mint, officer
from casework.cli.calling.over_http import over_http
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, day, note, say, show_json, show_table

if TYPE_CHECKING:
    import httpx

    from casework.cli.calling.client import Client

app = typer.Typer(
    help="Absences of officers (缺岗); the officer acts unless --as says who.",
    no_args_is_help=True,
)

ABSENCES = "/v1/absences"
_DAY = "YYYY-MM-DD"


@app.command()
@over_http
def record(  # noqa: PLR0913 - one option per part of the absence
    client: "Client",
    code: Annotated[str, typer.Argument(metavar="CODE", help="Officer.", show_default=False)],
    *,
    first_on: Annotated[str, typer.Option("--from", metavar=_DAY, show_default=False)],
    last_on: Annotated[str, typer.Option("--to", metavar=_DAY, show_default=False)],
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)],
    json: Json = False,
) -> None:
    """Record an absence, both days included (登记缺岗); the same again is the same absence."""
    body = {"officer": code, "first_on": first_on, "last_on": last_on, "reason": reason}
    _report(_speaking_for(client, code).post(ABSENCES, body), "已登记", json=json)


@app.command("list")
@over_http
def list_(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    on: Annotated[str, typer.Option(metavar=_DAY, help="Away on that day only.")] = "",
    code: Annotated[str, typer.Option("--officer", metavar="CODE", help="Of one only.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List absences, by first day (缺岗查询)."""
    rows = taken(client.items(ABSENCES, on=on, officer=code), limit, every=every)
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
    ended_on: Annotated[
        str, typer.Option("--on", metavar=_DAY, help="First day back.", show_default=False)
    ],
    json: Json = False,
) -> None:
    """Record that somebody is back earlier (提前返岗)."""
    place = f"{ABSENCES}/{number}"
    if client.acts_by_default:
        client = _speaking_for(client, client.get(place)["officer"])
    _report(client.post(f"{place}/end", {"ended_on": ended_on}), "已返岗", json=json)


def _speaking_for(client: "Client", code: str) -> "Client":
    """The officer themself, unless somebody was named."""
    if not client.acts_by_default:
        return client
    actor = officer(code)
    note(f"登记人：{actor.code}（{actor.role.label}）")
    return client.speaking_as(mint(actor, load_settings()))


def _report(answer: "httpx.Response", done: str, *, json: bool) -> None:
    absence = answer.json()
    if json:
        show_json(absence)
    elif answer.status_code == HTTPStatus.ACCEPTED:
        say(f"缺岗 {absence['id']}：已收下，登记库尚未答复（不会丢失，也不会重复登记）")
    else:
        say(f"缺岗 {absence['id']}：{done}")


def _table(absences: Iterable[Mapping[str, Any]]) -> None:
    show_table(
        ["编号", "人员", "自", "至", "返岗", "事由", "登记人"],
        [
            (
                each["id"],
                each["officer"],
                day(each["first_on"]),
                day(each["last_on"]),
                day(each["ended_on"]),
                each["reason"],
                each["recorded_by"],
            )
            for each in absences
        ],
        empty="没有缺岗登记",
    )
