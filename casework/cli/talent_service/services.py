"""``casework service``: what talent service offers, where, within which time."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.terms.screen import Json, show_json, show_table
from casework.domain.policy import Mark, Unit
from casework.domain.talent import Level
from casework.domain.time.clock import shown

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="The list of services (人才服务项目清单).", no_args_is_help=True)

SERVICES = "/v1/services"
_UNITS = {Unit.WORKING_DAYS: "个工作日", Unit.CALENDAR_DAYS: "日", Unit.MONTHS: "个月"}
_LIMITS = {
    "notice": "受理（一次性告知）",
    "supplement": "补正",
    "collect": "收取纸质材料",
    "handle": "办理",
    "handle_extension": "延长办理，最多",
}

Day = Annotated[str, typer.Option("--on", metavar="YYYY-MM-DD", help="By default today.")]


@app.command("list")
@over_http
def list_(client: "Client", *, district: District = "", on: Day = "", json: Json = False) -> None:
    """List the services; with --district those offered there, and how long they may take."""
    found = client.get(SERVICES, district=district, on=on)
    if json:
        show_json(found)
    elif district:
        _offered(found["rules"])
    else:
        show_table(["代码", "服务项目"], found["services"].items())


@app.command()
@over_http
def show(
    client: "Client",
    code: Annotated[str, typer.Argument(metavar="CODE", show_default=False)],
    *,
    district: Annotated[
        str, typer.Option(metavar="CODE", help="Division code, e.g. 500103.", show_default=False)
    ],
    on: Day = "",
    json: Json = False,
) -> None:
    """Show a service of a district: limits, bodies, materials, each with its standing."""
    rule = client.get(f"{SERVICES}/{code}", district=district, on=on)
    if json:
        show_json(rule)
        return
    title = f"{rule['code']} {rule['name']}　{rule['district_name']}"
    show_table(["", "规定", "依据", "性质"], _lines(rule), title=title)


def _offered(rules: list[Mapping[str, Any]]) -> None:
    show_table(
        ["代码", "服务项目", "承办层级", "办理期限", "性质"],
        [
            (
                rule["code"],
                rule["name"],
                "、".join(Level(level).label for level in rule["owners"]),
                _length(rule["limits"]["handle"]),
                Mark(rule["limits"]["handle"]["mark"]).label,
            )
            for rule in rules
        ],
        empty="本区当日不提供任何服务项目",
    )


def _lines(rule: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    yield "项目", "已开通", shown(rule["reference"]), Mark(rule["mark"]).label
    for level in rule["owners"]:
        yield "办理机构", f"{Level(level).label}：{level}/{rule['bodies'][level]}", "", ""
    for name, limit in rule["limits"].items():
        mark = Mark(limit["mark"]).label
        yield _LIMITS.get(name, name), _length(limit), shown(limit["reference"]), mark
    for material in rule["materials"]:
        said = f"{material['name']}（{material['code']}）"
        yield "材料", said, shown(material["reference"]), Mark(material["mark"]).label


def _length(limit: Mapping[str, Any]) -> str:
    return f"{limit['amount']} {_UNITS[Unit(limit['unit'])]}"
