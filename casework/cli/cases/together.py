"""What colleagues have for each other: notes and opinions of a case, lists for handing over."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, day, moment, show_json, show_table

if TYPE_CHECKING:
    from casework.cli.calling.client import Client


@over_http
def notes(
    client: "Client",
    case_no: CaseNo,
    *,
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List the notes of a case, newest first (内部备注)."""
    rows = taken(client.items(f"/v1/cases/{case_no}/notes"), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["时间", "人员", "备注"],
        [(moment(each["at"]), each["actor"], each["text"]) for each in rows],
        empty="没有内部备注",
    )


@over_http
def opinions(
    client: "Client",
    case_no: CaseNo,
    *,
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List who was asked for an opinion, who has answered and who has not (征求意见、会签)."""
    rows = taken(client.items(f"/v1/cases/{case_no}/opinions"), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["待办", "向谁", "提出", "问题", "届满日", "反馈", "意见"],
        [
            (
                each["task"],
                each["asked"],
                each["asked_by"],
                each["question"],
                day(each["due_on"]),
                _answered(each),
                each["text"],
            )
            for each in rows
        ],
        empty="没有征求意见",
    )


def _answered(opinion: Mapping[str, Any]) -> str:
    if opinion["withdrawn_at"]:
        return "已撤回"
    if not opinion["given_at"]:
        return "未反馈"
    return moment(opinion["given_at"]) + ("（逾期）" if opinion["late"] else "")


@over_http
def handover(  # noqa: PLR0913 - one option per filter
    client: "Client",
    code: Annotated[str, typer.Argument(metavar="CODE", help="Of which officer.")],
    *,
    on: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Overdue by that day.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List what an officer holds, case by case (交接清单); their own, or for their supervisor."""
    rows = taken(client.items(f"/v1/officers/{code}/handover", on=on), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["办件编号", "事项", "阶段", "内容", "编号", "关于", "对方", "届满日", "逾期"],
        [
            (
                each["case_no"],
                f"{each['item']} {each['item_name']}",
                each["stage_label"],
                each["what_label"],
                each["id"],
                each["text"] or each["about"],
                each["other"],
                day(each["due_on"]),
                "是" if each["overdue"] else "",
            )
            for each in rows
        ],
        empty="没有需要交接的事项",
    )
