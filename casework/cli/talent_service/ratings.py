"""``casework rating``: how served people rate what was done, and what follows."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.cases.showing import show_case
from casework.cli.cases.verbs import add_verbs
from casework.cli.terms.arguments import CaseNo
from casework.cli.terms.screen import Json, moment, note, say, show_json, show_table, text
from casework.domain.kinds.rating.commands import RATING_VERBS
from casework.domain.kinds.rating.state import Settlement

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(
    help="Ratings (好差评); the officer of a poor one acts unless --as says who.",
    no_args_is_help=True,
)

RATINGS = "/v1/ratings"


@app.command()
@over_http
def give(  # noqa: PLR0913 - one option per part of the rating
    client: "Client",
    case_no: CaseNo,
    *,
    grade: Annotated[
        int, typer.Option(min=1, max=5, help="5 非常满意 … 1 非常不满意", show_default=False)
    ],
    named: Annotated[
        bool, typer.Option("--named/--anonymous", help="Whether the rater may be called.")
    ] = True,
    comment: Annotated[str, typer.Option(help="Why.")] = "",
    json: Json = False,
) -> None:
    """Rate a finished application or service request, once (评价)."""
    body = {"case_no": case_no, "grade": grade, "named": named, "comment": comment}
    answer = client.post(RATINGS, body)
    if answer.status_code == HTTPStatus.ACCEPTED:
        note("已收下，登记库尚未答复，正在等待（不会丢失，也不会重复评价）…")
        answer = client.follow(answer)
    done = answer.json()
    if json:
        show_json(done)
    else:
        say(f"评价 {done['case_no']}：{done['stage_label']}")


@app.command()
@over_http
def show(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
    """Show a rating by its own number, and what came of it (评价详情)."""
    show_case(client, f"{RATINGS}/{case_no}", _facts, json=json)


@app.command()
@over_http
def summary(
    client: "Client",
    *,
    since: Annotated[
        str, typer.Option("--from", metavar="YYYY-MM-DD", help="First day.", show_default=False)
    ],
    before: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Day after the last.", show_default=False)
    ],
    district: District = "",
    json: Json = False,
) -> None:
    """Count the ratings of each grade, and how the poor ones were dealt with (评价统计)."""
    found = client.get(RATINGS, **{"from": since, "before": before, "district": district})
    if json:
        show_json(found)
        return
    grades = [(f"{each['grade']} {each['label']}", str(each["count"])) for each in found["grades"]]
    show_table(
        ["评价", "件数"],
        [
            *grades,
            ("差评", str(found["poor"])),
            ("其中已整改或解释", str(found["settled"])),
            ("其中按期", str(found["settled_in_time"])),
            ("不予计入", str(found["struck"])),
        ],
    )


def _facts(rating: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "被评价的件", rating["rated"]
    yield "评价", f"{rating['grade_label']}（{'实名' if rating['named'] else '匿名'}）"
    yield "评语", rating["comment"]
    yield "复杂事项", "是" if rating["complex"] else ""
    yield "联系上", moment(rating["contacted_at"])
    yield "差评属实", text(rating["justified"])
    yield "处理", Settlement(rating["settlement"]).label if rating["settlement"] else ""
    yield "回访满意", text(rating["satisfied"])
    yield "计入", "不予计入" if rating["struck"] else ""


add_verbs(app, "ratings", RATING_VERBS)
