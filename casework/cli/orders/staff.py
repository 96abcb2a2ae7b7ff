"""``casework staff``: the people of the offices, their posts, and changes of both."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import typer

from casework.cli.calling.identity import load_settings, mint, proposer_for
from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.orders.proposing import Key, Preview, answered, propose, show_preview
from casework.cli.terms.errors import RefusedError
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, day, note, say, show_json, show_table
from casework.domain.policy import city_of
from casework.words import SENT_BY, word

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(
    help="The people of the offices and their posts (人员、岗位).", no_args_is_help=True
)

STAFF = "/v1/staff"
_DAY = "YYYY-MM-DD"

City = Annotated[
    str, typer.Option("--city", metavar="CODE", help="e.g. 310000; by default the district's.")
]
Reason = Annotated[str, typer.Option("--reason", help="Why (理由).", show_default=False)]


@app.command("list")
@over_http
def list_(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    district: District = "",
    role: Annotated[str, typer.Option(help="e.g. officer.")] = "",
    team: Annotated[str, typer.Option(help="Of one team (小组) only.")] = "",
    on: Annotated[str, typer.Option(metavar=_DAY, help="Held on that day only.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List posts, by person (人员和岗位)."""
    rows = taken(
        client.items(STAFF, district=district, role=role, team=team, on=on), limit, every=every
    )
    if json:
        show_json(rows)
    else:
        _table(rows)


@app.command()
@over_http
def show(
    client: "Client",
    person: Annotated[str, typer.Argument(metavar="CODE", show_default=False)],
    *,
    json: Json = False,
) -> None:
    """Show every post of a person, and what they hold open (岗位和在办)."""
    found = client.get(f"{STAFF}/{person}")
    if json:
        show_json(found)
        return
    _table(found["posts"])
    show_table(
        ["岗位", "阶段", "待办"],
        [(each["role_label"], each["stage_label"], str(each["tasks"])) for each in found["work"]],
        title="在办",
        empty="没有待办",
    )
    alerts = word({**SENT_BY, "off": "不提醒"}, found["alerts"])
    say(f"督办提醒：{alerts or '未登记'}")


@app.command("import")
@over_http
def import_(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    file: Annotated[Path, typer.Argument(metavar="FILE", help="YAML, xlsx or CSV.")],
    *,
    city: City = "",
    district: District = "",
    reason: Reason,
    preview: Preview = False,
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Propose the change that a file says; another person has to approve it (导入)."""
    asked = {"city": _city(city, district), "district": district, "reason": reason}
    asked |= {"preview": "true"} if preview else {}
    place = f"{STAFF}/imports?{urlencode({name: each for name, each in asked.items() if each})}"
    if client.acts_by_default:
        actor = proposer_for(district, _city(city, district))
        client = client.speaking_as(mint(actor, load_settings()))
        note(f"提出人：{actor.code}（{actor.role.label}）")
    answer = client.post(place, files={"file": file.read_bytes()}, key=idempotency_key)
    if preview:
        shown = answer.json()
        show_json(shown) if json else show_preview(shown)
        return
    answered(client, answer, json=json)


@app.command("propose")
@over_http
def propose_(  # noqa: PLR0913 - one option per part of a post
    client: "Client",
    *,
    add: Annotated[str, typer.Option("--add", metavar="CODE", help="A person gets a post.")] = "",
    role: Annotated[str, typer.Option(help="Of that post, e.g. officer.")] = "",
    since: Annotated[str, typer.Option("--from", metavar=_DAY, help="Its first day.")] = "",
    until: Annotated[str, typer.Option("--to", metavar=_DAY, help="Its last day, if known.")] = "",
    item: Annotated[list[str], typer.Option("--item", help="Only this item; repeat.")] = [],  # noqa: B006 - typer's own form
    body: Annotated[list[str], typer.Option("--body", help="Of a liaison; repeat.")] = [],  # noqa: B006
    team: Annotated[str, typer.Option(help="The team (小组).")] = "",
    rank: Annotated[int, typer.Option(help="1 is A角, 2 is B角.")] = 1,
    share: Annotated[int, typer.Option(help="Percent of the working time.")] = 100,
    stands_in_for: Annotated[str, typer.Option(help="Whose B角: a person or a team.")] = "",
    end: Annotated[str, typer.Option("--end", metavar="ID", help="A post ends.")] = "",
    leave: Annotated[str, typer.Option("--leave", metavar="CODE", help="A person leaves.")] = "",
    last_on: Annotated[
        str, typer.Option("--last-on", metavar=_DAY, help="The last day of --end or --leave.")
    ] = "",
    city: City = "",
    district: District = "",
    reason: Reason,
    preview: Preview = False,
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Propose that a post begins or ends, or that somebody leaves (人员变动)."""
    place = _city(city, district)
    post = {
        "person": add,
        "role": role,
        "city": place,
        "district": district,
        "items": item,
        "bodies": body,
        "team": team,
        "rank": rank,
        "share": share,
        "stands_in_for": stands_in_for,
        "since": since,
        "until": until or None,
    }
    content = {
        "kind": "change_staff",
        "city": place,
        "district": district,
        "posts": [post] if add else [],
        "ends": [{"post": end, "last_on": last_on}] if end else [],
        "leave": [{"person": leave, "last_on": last_on}] if leave else [],
        "reason": reason,
    }
    propose(client, content, district, preview=preview, key=idempotency_key, json=json, city=place)


def _city(city: str, district: str) -> str:
    if not city and not district:
        raise RefusedError("say where: --district, or --city for a whole city")
    return city or city_of(district)


def _table(rows: Iterable[Mapping[str, Any]]) -> None:
    show_table(
        ["人员", "岗位", "区", "小组", "顺序", "占比", "起", "止", "编号"],
        [
            (
                each["person"],
                each["role_label"],
                each["district"] or each["city"],
                each["team"],
                str(each["rank"]),
                f"{each['share']}%",
                day(each["since"]),
                day(each["until"]) if each["until"] else "",
                each["id"],
            )
            for each in rows
        ],
        empty="没有岗位",
    )
