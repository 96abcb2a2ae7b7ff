"""``casework explain``: why each clock of a case is due when it is."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.due import show_explanation, verdict
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.errors import RefusedError
from casework.cli.terms.screen import Json, day, say, show_json

if TYPE_CHECKING:
    from casework.cli.calling.client import Client


@over_http
def explain(
    client: "Client",
    case_no: CaseNo,
    *,
    clock: Annotated[str, typer.Option(metavar="ID", help="One clock only, e.g. decide.")] = "",
    json: Json = False,
) -> None:
    """List each counted and each skipped day of each clock, and what moved its end (计时说明)."""
    answer = client.get(f"/v1/cases/{case_no}/explanation")
    if clock:
        # By id or by kind: `review` is also `review#2`.
        named = {each["clock"]: each for each in answer["clocks"]}
        answer["clocks"] = [
            each for name, each in named.items() if clock in {name, name.partition("#")[0]}
        ]
        if not answer["clocks"]:
            raise RefusedError(f"办件 {case_no} 没有期限“{clock}”，现有：{'、'.join(named)}")
    if json:
        show_json(answer)
        return
    for each in answer["clocks"]:
        show_explanation(each["explanation"], title=f"{each['name']}（{each['clock']}）")
        for entry in each["ledger"]:
            say(entry["note"])
        say(f"{_standing(each)}{_otherwise(each)}\n")


def _otherwise(clock: Mapping[str, Any]) -> str:
    """When it would have been due, had nothing moved its end."""
    told = {"unsuspended_due_on": "未暂停", "unextended_due_on": "未延长"}
    ways = [
        f"{word}则为 {day(clock[name])}"
        for name, word in told.items()
        if clock[name] not in (None, clock["due_on"])
    ]
    return f"（{'，'.join(ways)}）" if ways else ""


def _standing(clock: Mapping[str, Any]) -> str:
    line = verdict(clock["due_on"], provisional=clock["provisional"])
    if clock["ended_on"]:
        return f"{line}；已于 {clock['ended_on']} 结束"
    if clock["overdue_days"]:
        return f"{line}；已超期 {clock['overdue_days']} 日"
    paused = "，现中止计时" if clock["paused"] else ""
    return f"{line}；已计 {clock['used']} 日，剩余 {clock['remaining']} 日{paused}"
