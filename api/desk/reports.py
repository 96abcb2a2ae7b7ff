"""报表: the figures of a period. Every number opens its cases; the whole can be had as a file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from api.desk.board import opened
from api.desk.drawing import lying, upright
from api.desk.forms import wrong_fields
from api.desk.lists import answered
from api.desk.navigation import PATH
from api.desk.visit import Visiting
from casework import words
from casework.store.queries.reports import By

router = APIRouter(prefix=f"{PATH}/reports", include_in_schema=False)

Json = Mapping[str, Any]

_ASKED = ("period", "district", "item", "office", "channel", "by")
BY = {By.DISTRICT: "区划", By.ITEM: "事项", By.OFFICE: "机构", By.CHANNEL: "渠道"}
_COMPARED = "on_time_rate"
"""The line that is drawn for each group; where nothing is broken down, all rates are drawn."""


@router.get("")
async def report(visit: Visiting) -> Response:
    """The report of a period: this month's, unless another is asked for."""
    given = visit.request.query_params
    asked = {name: given[name].strip() for name in _ASKED if given.get(name, "").strip()}
    told, problem = await answered(visit, "/v1/reports", asked)
    form: dict[str, Any] = {
        "asked": asked,
        "by": [(each.value, f"按{word}") for each, word in BY.items()],
        "channels": tuple(words.FILED_BY.items()),
        "this_month": f"{visit.today:%Y-%m}",
        "problem": problem,
        "wrong": wrong_fields(problem),
    }
    if problem is not None:
        return visit.page("reports.html", problem.status, report=None, **form)
    kept = {**asked, "period": told["period"]}
    return visit.page(
        "reports.html",
        report=told,
        **form,
        opened=opened,
        groups_by=BY[By(told["by"])] if told["by"] else "",
        sections=list(_sections(told["lines"])),
        chart=_chart(told),
        due=upright(
            "今后二十个工作日到期",
            [each["day"][5:] for each in told["due"]],
            {"到期": [each["count"] for each in told["due"]]},
        ),
        sheets=[
            (form, f"/v1/reports?{urlencode({**kept, 'format': form})}") for form in ("xlsx", "csv")
        ],
    )


def _sections(lines: Sequence[Json]) -> Iterator[tuple[str, list[Json]]]:
    """The lines below the name of their section, in their order."""
    for name in dict.fromkeys(line["section"] for line in lines):
        yield name, [line for line in lines if line["section"] == name]


def _chart(told: Json) -> Any:  # noqa: ANN401 - a chart
    if told["groups"]:
        rows = [
            (group["label"], line["value"] or 0.0, line["text"])
            for group in told["groups"]
            for line in group["lines"]
            if line["name"] == _COMPARED
        ]
        return lying("按时办结率", rows)
    rates = [line for line in told["lines"] if line["whole"] is not None]
    return lying("各项比率", [(_name(each), each["value"] or 0.0, each["text"]) for each in rates])


def _name(line: Json) -> str:
    return f"{line['section']} {line['label']}"
