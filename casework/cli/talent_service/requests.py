"""``casework request``: what talents ask for, from the specialist to the result."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.cases.showing import show_case
from casework.cli.cases.submitting import Files, send_files
from casework.cli.cases.verbs import add_verbs
from casework.cli.terms.arguments import CaseNo, case_option, word_option
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, card, day, show_json, show_table
from casework.domain.kinds.request.commands import REQUEST_VERBS
from casework.domain.kinds.request.state import RequestStage
from casework.domain.talent import Level, TalentClass

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(
    help="Service requests (服务申请); the officer of the request acts unless --as says who.",
    no_args_is_help=True,
)

REQUESTS = "/v1/requests"

Talent = Annotated[str, case_option(help="Number of the talent's cycle.")]


@app.command()
@over_http
def file(
    client: "Client",
    files: Files,
    *,
    talent: Talent = "",
    credential: Annotated[str, typer.Option(metavar="CODE", help="Card or talent code.")] = "",
    json: Json = False,
) -> None:
    """File requests from files (提出服务申请), in the form of POST /v1/requests.

    Who asks may be named here in the place of the file. The same again is the same request.
    """
    who = {"talent": talent, "credential": credential}
    changed = {name: value for name, value in who.items() if value}
    send_files(client, files, to=REQUESTS, json=json, changed=changed)


@app.command("list")
@over_http
def list_(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    district: District = "",
    service: Annotated[str, typer.Option(metavar="CODE", help="e.g. SVC_SCHOOL.")] = "",
    stage: Annotated[str, word_option(RequestStage, name="阶段")] = "",
    holder: Annotated[str, typer.Option(metavar="CODE", help="Officer who is next.")] = "",
    talent: Talent = "",
    letter: Annotated[TalentClass | None, typer.Option(help="Class.")] = None,
    level: Annotated[str, word_option(Level, name="统筹层级", help="Who coordinates.")] = "",
    body: Annotated[str, typer.Option(metavar="LEVEL/CODE", help="Handling body.")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List service requests, newest first (服务申请查询)."""
    found = client.items(
        REQUESTS,
        district=district,
        service=service,
        stage=stage,
        holder=holder,
        talent=talent,
        letter=letter,
        level=level,
        body=body,
    )
    rows = taken(found, limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        [
            "编号",
            "服务项目",
            "区划",
            "类别",
            "统筹层级",
            "办理机构",
            "阶段",
            "牌",
            "经办",
            "届满日",
        ],
        [
            (
                each["case_no"],
                f"{each['item']} {each['item_name']}",
                each["district"],
                each["letter"],
                each["level_label"],
                each["body"],
                each["stage_label"],
                card(each["card"]),
                each["holder"],
                day(each["due_on"]),
            )
            for each in rows
        ],
        empty="没有服务申请",
    )


@app.command()
@over_http
def show(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
    """Show a request: who handles it, clocks, tasks, result, timeline (服务申请详情)."""
    show_case(client, f"{REQUESTS}/{case_no}", _facts, json=json)


def _facts(request: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "人才", request["talent"]
    yield "人才类别", request["letter"]
    yield "申请方式", request["mode_label"]
    yield "需求", request["need"]
    yield "统筹层级", request["level_label"]
    yield "办理机构", request["body"]
    yield "办理结果", request["result"]
    yield "转交", request["transferred_to"]


add_verbs(app, "requests", REQUEST_VERBS)
