"""``casework webhook``: what a system is told, where, and what its receiver makes of it."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.identity import load_settings, mint, proposer_for
from casework.cli.calling.over_http import over_http
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, moment, say, show_json, show_table

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="Have a system told what happens (变化推送).", no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", show_default=False)]
Codes = list[str]


@app.command()
@over_http
def add(  # noqa: PLR0913 - one option per filter
    client: "Client",
    url: Annotated[str, typer.Argument(metavar="URL", help="Takes a POST.", show_default=False)],
    *,
    event: Annotated[Codes | None, typer.Option(help="Only events of this kind.")] = None,
    district: Annotated[Codes | None, typer.Option(help="Only cases of this district.")] = None,
    item: Annotated[Codes | None, typer.Option(help="Only cases of this item.")] = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Also what has been.")
    ] = False,
    json: Json = False,
) -> None:
    """Have the system told from now on (订阅); the same again is the same webhook."""
    body = {
        "url": url,
        "events": event or [],
        "districts": district or [],
        "item_codes": item or [],
        "from_beginning": from_beginning,
    }
    _shown(client.post("/v1/webhooks", body).json(), json=json)


@app.command("list")
@over_http
def list_(client: "Client", *, limit: Limit = 50, every: All = False, json: Json = False) -> None:
    """List the webhooks of the system, or all for who approves them."""
    rows = taken(client.items("/v1/webhooks"), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["编号", "系统", "地址", "状态", "推送到", "拒收", "问题"],
        [
            (
                each["id"],
                each["system"],
                each["url"],
                each["status_label"],
                moment(each["caught_up_at"]),
                str(each["refused"]),
                each["problem_label"],
            )
            for each in rows
        ],
        empty="没有订阅",
    )


@app.command()
@over_http
def show(client: "Client", number: Id, *, json: Json = False) -> None:
    """Show a webhook, and what its receiver has refused."""
    found = client.get(f"/v1/webhooks/{number}")
    refused = client.get(f"/v1/webhooks/{number}/refused")["items"]
    if json:
        show_json(found | {"refused_events": refused})
        return
    _shown(found, json=False)
    show_table(
        ["办件编号", "序号", "问题", "时间", "将重推"],
        [
            (
                each["case_no"],
                str(each["seq"]),
                each["problem"],
                moment(each["at"]),
                "是" if each["again"] else "",
            )
            for each in refused
        ],
        title="拒收的变化",
        empty="没有",
    )


@app.command()
@over_http
def approve(client: "Client", number: Id, *, json: Json = False) -> None:
    """Let a webhook begin (批准); without --as as the superior of the samples."""
    if client.acts_by_default:
        client = client.speaking_as(mint(proposer_for(""), load_settings()))
    _shown(client.post(f"/v1/webhooks/{number}/approve").json(), json=json)


@app.command()
@over_http
def resume(client: "Client", number: Id, *, json: Json = False) -> None:
    """Go on after a pause, or try a failing receiver at once (恢复)."""
    _shown(client.post(f"/v1/webhooks/{number}/resume").json(), json=json)


@app.command()
@over_http
def end(client: "Client", number: Id, *, json: Json = False) -> None:
    """Tell no more (取消)."""
    _shown(client.post(f"/v1/webhooks/{number}/end").json(), json=json)


@app.command()
@over_http
def ping(client: "Client", number: Id, *, json: Json = False) -> None:
    """Send a test now; `show` says how it was answered (试推送)."""
    _shown(client.post(f"/v1/webhooks/{number}/ping").json(), json=json)


@app.command()
@over_http
def redeliver(
    client: "Client",
    number: Id,
    *,
    case: Annotated[str, typer.Option(metavar="NO", help="Only of this case.")] = "",
    json: Json = False,
) -> None:
    """Send what was refused again, each case in its order (重新推送)."""
    body = {"case_no": case} if case else {}
    answer = client.post(f"/v1/webhooks/{number}/redelivery", body).json()
    if json:
        show_json(answer)
    else:
        say(f"将重新推送 {answer['events']} 项")


@app.command("undelivered")
@over_http
def undelivered(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    webhook: Annotated[str, typer.Option(metavar="ID", help="Only of this webhook.")] = "",
    case: Annotated[str, typer.Option(metavar="NO", help="Only of this case.")] = "",
    closed: Annotated[bool, typer.Option("--closed", help="Those that are over.")] = False,
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List the events that receivers do not take, each a task (未送达的变化).

    Refused ones are for `redeliver` or `set-aside`; where a webhook has paused, for `resume`.
    """
    asked = {"webhook": webhook, "case_no": case, "open": "false" if closed else "true"}
    rows = taken(client.items("/v1/undelivered-events", **asked), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        [
            *("订阅", "订阅状态", "系统", "办件编号", "序号", "经过", "问题", "时间"),
            *("其后等待", "结果", "理由"),
        ],
        [
            (
                each["webhook"],
                each["webhook_status_label"],
                each["system"],
                each["case_no"],
                str(each["seq"]),
                each["title"],
                each["problem_label"],
                moment(each["opened_at"]),
                str(each["behind"]),
                each["outcome_label"],
                each["reason"],
            )
            for each in rows
        ],
        empty="没有",
    )


@app.command("set-aside")
@over_http
def set_aside(  # noqa: PLR0913 - which event, and why
    client: "Client",
    number: Id,
    case: Annotated[str, typer.Argument(metavar="CASE-NO", show_default=False)],
    seq: Annotated[int, typer.Argument(metavar="SEQ", show_default=False)],
    *,
    reason: Annotated[str, typer.Option(help="Why it is not sent.", show_default=False)],
    behind: Annotated[
        bool, typer.Option("--behind", help="Also what waits behind it by now.")
    ] = False,
    json: Json = False,
) -> None:
    """Never send a refused event; what waits behind it goes on (不再推送)."""
    body = {"case_no": case, "seq": seq, "reason": reason, "behind": behind}
    answer = client.post(f"/v1/webhooks/{number}/set-aside", body).json()
    if json:
        show_json(answer)
    else:
        say(f"不再推送 {answer['events']} 项")


@app.command("rotate-key")
def rotate_key() -> None:
    """Let the next key sign, and publish another next one (更换签名密钥)."""
    from casework.security.webhook_keys import WebhookKeys

    keys = WebhookKeys.rotate(load_settings())
    say(f"{keys.kid} signs from now on; receivers find it at /v1/webhook-keys")


def _shown(found: dict[str, Any], *, json: bool) -> None:
    if json:
        show_json(found)
        return
    lists = (("经过", "events"), ("区划", "districts"), ("事项", "item_codes"))
    show_table(
        ["", ""],
        [
            ("订阅", found["id"]),
            ("系统", found["system"]),
            ("地址", found["url"]),
            *((label, "、".join(found[name]) or "全部") for label, name in lists),
            ("状态", found["status_label"]),
            ("批准", found["approved_by"]),
            ("无待推送", moment(found["caught_up_at"])),
            ("接收方失联", f"{moment(found['failing_since'])} {found['problem_label']}".strip()),
            ("试推送", f"{moment(found['ping_sent_at'])} {found['ping_problem']}".strip()),
            ("拒收", str(found["refused"])),
        ],
    )
