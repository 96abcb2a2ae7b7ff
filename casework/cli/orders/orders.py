"""``casework order``: what was ordered for many cases at once, and the second person's decision."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.identity import decider_for, load_settings, mint
from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.orders.proposing import Key
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, moment, note, say, show_json, show_table, text

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="Orders for many cases at once (指令).", no_args_is_help=True)

No = Annotated[str, typer.Argument(metavar="NO", show_default=False)]


@app.command("list")
@over_http
def list_(
    client: "Client",
    *,
    district: District = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List orders, newest first."""
    rows = taken(client.items("/v1/orders", district=district), limit, every=every)
    if json:
        show_json(rows)
    else:
        _table(rows)


@app.command()
@over_http
def show(client: "Client", no: No, *, json: Json = False) -> None:
    """Show one order: what it says, who decided, what it did."""
    order = client.get(f"/v1/orders/{no}")
    if json:
        show_json(order)
        return
    show_table(
        ["", ""],
        [
            ("指令", order["no"]),
            ("状态", order["status_label"]),
            ("内容", order["headline"]),
            ("理由", order["body"].get("reason", "")),
            ("提出", f"{order['proposed_by']}　{moment(order['proposed_at'])}"),
            ("决定", f"{order['decided_by']}　{moment(order['decided_at'])}"),
            ("决定理由", order["decision_reason"]),
            ("生效", moment(order["applied_at"])),
            ("重新计算的期限", text(order["moved"])),
            ("已通知复查的办件", text(order["roused"])),
            ("已告知的办件", _progress(order)),
            ("不能生效的原因", order["refusal"]),
        ],
    )


def _progress(order: Mapping[str, Any]) -> str:
    return f"{order['done']} / {order['cases']}" if order.get("cases") else ""


@app.command()
@over_http
def cases(  # noqa: PLR0913 - one option per filter
    client: "Client",
    no: No,
    *,
    outcome: Annotated[
        str, typer.Option(help="waiting, moved, unchanged, refused or gone only.")
    ] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List the cases of a move to newer policy, and what became of each."""
    rows = taken(client.items(f"/v1/orders/{no}/cases", outcome=outcome), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["办件编号", "结果", "原因", "原政策", "时间"],
        [
            (
                each["case_no"],
                each["outcome_label"],
                each["code"],
                each["policy"],
                moment(each["at"]),
            )
            for each in rows
        ],
        empty="没有涉及的办件",
    )


@app.command()
@over_http
def approve(
    client: "Client",
    no: No,
    *,
    reason: Annotated[str, typer.Option(help="Why, if there is something to say.")] = "",
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Approve an order (批准): it is in force when this returns. Never by who proposed it."""
    _decide(client, no, "approve", {"reason": reason}, key=idempotency_key, json=json)


@app.command()
@over_http
def reject(
    client: "Client",
    no: No,
    *,
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)],
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Reject an order (驳回)."""
    _decide(client, no, "reject", {"reason": reason}, key=idempotency_key, json=json)


def _decide(  # noqa: PLR0913 - what, on which order, with what, how told
    client: "Client", no: str, decision: str, body: dict[str, str], *, key: str, json: bool
) -> None:
    if client.acts_by_default:
        order = client.get(f"/v1/orders/{no}")
        harm = bool(order["body"].get("head_consents")) and decision == "approve"
        actor = decider_for(order["district"], order["proposed_by"], as_head=harm)
        client = client.speaking_as(mint(actor, load_settings()))
        note(f"决定人：{actor.code}（{actor.role.label}）")
    answer = client.post(f"/v1/orders/{no}/{decision}", body, key=key)
    if answer.status_code == HTTPStatus.ACCEPTED:
        note("已收下，登记库尚未答复，正在等待（不会丢失，也不会重复办理）…")
        answer = client.follow(answer)
    done = answer.json()
    if json:
        show_json(done)
        return
    if done.get("cases") is not None:
        say(f"指令 {done['no']}：{done['status_label']}，办件 {done['cases']} 件")
        say(f"逐件结果：casework order cases {done['no']}")
        return
    moved = f"，重新计算期限 {done['moved']} 项" if done["moved"] is not None else ""
    say(f"指令 {done['no']}：{done['status_label']}{moved}")


def _table(orders: Iterable[Mapping[str, Any]]) -> None:
    show_table(
        ["指令", "状态", "内容", "提出", "决定", "期限", "复查"],
        [
            (
                each["no"],
                each["status_label"],
                each["headline"],
                f"{each['proposed_by']} {moment(each['proposed_at'])}",
                each["decided_by"],
                text(each["moved"]),
                text(each["roused"]),
            )
            for each in orders
        ],
        empty="没有指令",
    )
