"""``casework reassign``: what one officer holds in many cases goes to another."""

from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.screen import Json, note, show_json, show_table
from casework.domain.policy import Role

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

_OUTCOMES = {"listed": "待改派", "done": "已改派", "pending": "已收下", "refused": "被拒"}


@over_http
def reassign(  # noqa: PLR0913 - one option per part of it
    client: "Client",
    *,
    holder: Annotated[str, typer.Option("--from", metavar="CODE", show_default=False)],
    to: Annotated[str, typer.Option(metavar="CODE", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why.", show_default=False)],
    district: Annotated[str, typer.Option(metavar="CODE", help="By default one's own.")] = "",
    role: Annotated[str, typer.Option(help="Of this post only.")] = "",
    kind: Annotated[list[str] | None, typer.Option(help="Cases of this kind only.")] = None,
    preview: Annotated[bool, typer.Option("--preview", help="List, and do nothing.")] = False,
    key: Annotated[str, typer.Option(help="The same again does nothing twice.")] = "",
    json: Json = False,
) -> None:
    """Give all that an officer holds to another (批量改派), as a supervisor; 200 cases a call."""
    body = {"from": holder, "to": to, "reason": reason, "preview": preview, "kinds": kind or []}
    body |= {name: said for name, said in (("district", district), ("role", role)) if said}
    answer = client.post("/v1/reassignments", body, key=key).json()
    if json:
        show_json(answer)
        return
    show_table(
        ["办件编号", "岗位", "结果", "原因"],
        [
            (each["case_no"], Role(each["role"]).label, _OUTCOMES[each["outcome"]], each["reason"])
            for each in answer["items"]
        ],
        empty="没有需要改派的办件",
    )
    if answer["left"]:
        note(f"另有 {answer['left']} 件未列，请再次运行")
