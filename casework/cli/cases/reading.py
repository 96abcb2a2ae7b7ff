"""``casework cases`` and ``tasks``: lists of the register."""

from collections.abc import Iterable, Iterator, Mapping
from heapq import merge
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.arguments import Card, word_option
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, card, day, show_json, show_table
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.policy import Role

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

District = Annotated[str, typer.Option(metavar="CODE", help="Division code, e.g. 310106.")]


@over_http
def cases(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    district: District = "",
    item: Annotated[str, typer.Option(metavar="CODE", help="e.g. PTS_NEW.")] = "",
    stage: Annotated[str, word_option(ApplicationStage, name="阶段")] = "",
    card: Card = "",
    holder: Annotated[str, typer.Option(metavar="CODE", help="Officer who is next.")] = "",
    reference: Annotated[str, typer.Option(help="Number of the source system.")] = "",
    number: Annotated[str, typer.Option(help="Beginning of the case number.")] = "",
    green: Annotated[bool | None, typer.Option(help="Green channel open.")] = None,
    open_debts: Annotated[bool | None, typer.Option(help="Files still owed.")] = None,
    due_before: Annotated[str, typer.Option(metavar="YYYY-MM-DD")] = "",
    sort: Annotated[str, typer.Option(help="newest, oldest or due.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List cases, by default newest first (办件查询)."""
    found = client.items(
        "/v1/applications",
        district=district,
        item=item,
        stage=stage,
        card=card,
        holder=holder,
        reference=reference,
        number=number,
        green=green,
        open_debts=open_debts,
        due_before=due_before,
        sort=sort or None,
    )
    rows = taken(found, limit, every=every)
    if json:
        show_json(rows)
    else:
        case_table(rows)


@over_http
def tasks(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    holder: Annotated[str, typer.Option(metavar="CODE", help="A角 or B角 of the task.")] = "",
    district: District = "",
    role: Annotated[Role | None, typer.Option()] = None,
    team: Annotated[str, typer.Option(metavar="TEAM", help="Of a team, claimed or not.")] = "",
    unclaimed: Annotated[bool, typer.Option("--unclaimed", help="Nobody has them yet.")] = False,
    sort: Annotated[str, typer.Option(help="due, latest_due, oldest or newest.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List open tasks, by default the first due at the top (待办).

    With --as or --token and nothing else: that officer's own. With nothing at all: everybody's.
    """
    if client.acts_by_default and not (holder or district or role or team or unclaimed or sort):
        found = _everybodys(client)
    else:
        found = client.items(
            "/v1/tasks",
            holder=holder,
            district=district,
            role=role,
            team=team,
            unclaimed=unclaimed or None,
            sort=sort or None,
        )
    rows = taken(found, limit, every=every)
    if json:
        show_json(rows)
    else:
        task_table(rows)


def _everybodys(client: "Client") -> Iterator[Mapping[str, Any]]:
    # The API gives the tasks of somebody, of a district or of a role; each list is in this order.
    by_role = [client.items("/v1/tasks", role=role) for role in Role]
    return merge(
        *by_role, key=lambda task: (task["due_on"] or "9999", task["case_no"], task["task"])
    )


def case_table(
    cases: Iterable[Mapping[str, Any]], title: str = "", *, of_any_kind: bool = False
) -> None:
    """Print cases, one a line; those ``of_any_kind`` with the word for what each is."""
    first = ["种类"] if of_any_kind else []
    show_table(
        [*first, "办件编号", "事项", "区划", "阶段", "牌", "经办", "届满日"],
        [
            (
                *([each["kind_label"]] if of_any_kind else []),
                each["case_no"],
                f"{each['item']} {each['item_name']}",
                each["district"],
                _stage(each),
                card(each["card"]),
                each["holder"],
                day(each["due_on"]),
            )
            for each in cases
        ],
        title=title,
        empty="没有办件",
    )


def task_table(tasks: Iterable[Mapping[str, Any]]) -> None:
    """Print tasks, one a line."""
    show_table(
        ["届满日", "待办", "办件编号", "事项", "阶段", "牌", "A角", "B角"],
        [
            (
                day(each["due_on"]),
                _what(each),
                each["case_no"],
                f"{each['item']} {each['item_name']}",
                _stage(each),
                card(each["card"]),
                each["holder"] or _team(each),
                each["backup"],
            )
            for each in tasks
        ],
        empty="没有待办",
    )


def _team(task: Mapping[str, Any]) -> str:
    return f"{task['team']}（待认领）" if task.get("team") else ""


def _stage(row: Mapping[str, Any]) -> str:
    return str(row["stage_label"]) + ("（绿色通道）" if row["green"] else "")


def _what(task: Mapping[str, Any]) -> str:
    label = f"{task['kind_label']}：{task['about']}" if task["about"] else task["kind_label"]
    nudged = task.get("nudged_at")  # an API of the release before does not say so
    return f"{label}（已催办）" if nudged else label
