"""``casework suspension``: clocks that stand still for many cases at once (封控、延期办)."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.orders.proposing import Key, Preview, propose
from casework.cli.terms.errors import RefusedError
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, day, show_json, show_table
from casework.domain.orders import Reach, Scope, district_of
from casework.domain.time.clock import Stopped
from casework.words import FILED_BY, SCOPES, STOPPED, word

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="Suspensions by order (暂停).", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="Number of the order that opened it.")]
Reason = Annotated[str, typer.Option(help="Why (理由).", show_default=False)]
Basis = Annotated[str, typer.Option(help="On what ground (依据).", show_default=False)]
Day = "YYYY-MM-DD"


@app.command("open")
@over_http
def open_(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    *,
    scope: Annotated[Scope, typer.Option(show_default=False)],
    key: Annotated[
        str,
        typer.Option(
            metavar="CODE",
            help="310000, 310106, 310106/office, or the number of a case.",
            show_default=False,
        ),
    ],
    first_on: Annotated[str, typer.Option("--from", metavar=Day, show_default=False)],
    lifted_on: Annotated[str, typer.Option("--to", metavar=Day, help="If known.")] = "",
    reason: Reason,
    basis: Basis,
    clocks: Annotated[Stopped, typer.Option(help="Whose.")] = Stopped.APPLICANT,
    channel: Annotated[list[str] | None, typer.Option(help="Closed; repeat for each.")] = None,
    outreach: Annotated[str, typer.Option(help="What people are told one by one.")] = "",
    preview: Preview = False,
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Propose that clocks stand still from a day on; both days are left out."""
    body = {
        "kind": "open_suspension",
        "reach": {"scope": scope.value, "key": key},
        "first_on": first_on,
        "lifted_on": lifted_on or None,
        "reason": reason,
        "basis": basis,
        "clocks": clocks.value,
        "channels": channel or [],
        "outreach": outreach,
    }
    district = district_of(Reach(scope=scope, key=key))
    propose(client, body, district, preview=preview, key=idempotency_key, json=json)


@app.command()
@over_http
def change(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    suspension: Id,
    *,
    first_on: Annotated[str, typer.Option("--from", metavar=Day)] = "",
    lifted_on: Annotated[str, typer.Option("--to", metavar=Day)] = "",
    open_ended: Annotated[bool, typer.Option("--open-ended", help="No end is known.")] = False,
    reason: Reason,
    basis: Annotated[str, typer.Option(help="On what ground; as before if not said.")] = "",
    clocks: Annotated[Stopped | None, typer.Option(help="Whose.")] = None,
    channel: Annotated[list[str] | None, typer.Option(help="Closed; repeat for each.")] = None,
    preview: Preview = False,
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Propose another content for a suspension; what is not said stays as it is."""
    before = _find(client, suspension)
    body = {
        "kind": "change_suspension",
        "suspension": suspension,
        "first_on": first_on or before["first_on"],
        "lifted_on": None if open_ended else lifted_on or before["lifted_on"],
        "reason": reason,
        "basis": basis or before["basis"],
        "clocks": clocks.value if clocks else before["clocks"],
        "channels": before["channels"] if channel is None else channel,
    }
    propose(client, body, _district(before), preview=preview, key=idempotency_key, json=json)


@app.command()
@over_http
def lift(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    suspension: Id,
    *,
    lifted_on: Annotated[str, typer.Option("--on", metavar=Day, show_default=False)],
    reason: Reason,
    preview: Preview = False,
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Propose the end of a suspension; the remainder runs on from the day after."""
    body = {
        "kind": "lift_suspension",
        "suspension": suspension,
        "lifted_on": lifted_on,
        "reason": reason,
    }
    district = _district(_find(client, suspension))
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
    """List suspensions."""
    rows = taken(client.items("/v1/suspensions", district=district, on=on), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["编号", "范围", "起", "解除", "期限", "关闭的渠道", "理由", "依据"],
        [
            (
                each["id"],
                f"{word(SCOPES, each['scope'])} {each['key']}",
                day(each["first_on"]),
                day(each["lifted_on"]),
                word(STOPPED, each["clocks"]),
                "、".join(word(FILED_BY, channel) for channel in each["channels"]),
                each["reason"],
                each["basis"],
            )
            for each in rows
        ],
        empty="没有暂停",
    )


def _find(client: "Client", suspension: str) -> dict[str, Any]:
    for each in client.items("/v1/suspensions"):
        if each["id"] == suspension:
            return dict(each)
    raise RefusedError(f"没有此暂停：{suspension}（casework suspension list）")


def _district(suspension: dict[str, Any]) -> str:
    return district_of(Reach(scope=Scope(suspension["scope"]), key=suspension["key"]))
