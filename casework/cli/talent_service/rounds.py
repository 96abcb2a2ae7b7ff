"""``casework round``: the sampled visits of each quarter."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.identity import load_settings, mint, proposer_for
from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.cases.showing import show_case
from casework.cli.cases.verbs import add_verbs
from casework.cli.terms.arguments import CaseNo, word_option
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, day, note, say, show_json, show_table
from casework.domain.kinds.round.commands import ROUND_VERBS
from casework.domain.kinds.round.state import Means, RoundStage

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(
    help="Sampled visits (抽样回访); the specialist acts unless --as says who.",
    no_args_is_help=True,
)

ROUNDS = "/v1/rounds"


@app.command()
@over_http
def begin(
    client: "Client",
    district: Annotated[str, typer.Argument(metavar="DISTRICT", help="Code of a platform.")],
    quarter: Annotated[str, typer.Argument(metavar="QUARTER", help="The current one: 2026Q4.")],
    *,
    json: Json = False,
) -> None:
    """Begin the round that the schedule begins by itself (开始回访); the same again is the same.

    Without ``--as``, as the supervisor of the platform.
    """
    if client.acts_by_default:
        client = client.speaking_as(mint(proposer_for(district), load_settings()))
    answer = client.post(ROUNDS, {"district": district, "quarter": quarter})
    known = answer.status_code == HTTPStatus.OK
    if answer.status_code == HTTPStatus.ACCEPTED:
        note("已收下，登记库尚未答复，正在等待（不会丢失，也不会重复开始）…")
        answer = client.follow(answer)
    begun = answer.json()
    if json:
        show_json(begun)
    else:
        say(f"抽样回访 {begun['case_no']}（{'先前已开始' if known else '已开始'}）")


@app.command("list")
@over_http
def list_(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    district: District = "",
    stage: Annotated[str, word_option(RoundStage, name="阶段")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List rounds, newest first (抽样回访查询)."""
    rows = taken(client.items(ROUNDS, district=district, stage=stage), limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["编号", "区划", "季度", "阶段", "经办", "届满日"],
        [
            (
                each["case_no"],
                each["district"],
                each["reference"],
                each["stage_label"],
                each["holder"],
                day(each["due_on"]),
            )
            for each in rows
        ],
        empty="没有抽样回访",
    )


@app.command()
@over_http
def show(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
    """Show a round: its sample, who was asked how and said what (抽样回访详情)."""
    show_case(client, f"{ROUNDS}/{case_no}", _facts, json=json)


def _facts(found: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "季度", found["reference"]
    yield "尚未回访", str(found["outstanding"])
    for visit in found["visits"]:
        yield f"回访 {visit['request']}", _visit(visit)


def _visit(visit: Mapping[str, Any]) -> str:
    if visit["recorded_at"] is None:
        return "待回访"
    answered = visit["opinion"] or "没有意见"
    return f"{Means(visit['means']).label}：{answered if visit['reached'] else '未联系上'}"


add_verbs(app, "rounds", ROUND_VERBS)
