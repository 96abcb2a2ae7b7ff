"""``casework guide``: the service guide of an item, and how those of two districts differ."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.terms.errors import UnusableError
from casework.cli.terms.screen import Json, day, say, show_json

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

_PLAIN = (
    "channels",
    "address",
    "office_hours",
    "postal_address",
    "phone",
    "contact",
    "right_authority",
    "decider",
    "publicity",
    "delivery",
    "green",
)


@over_http
def guide(  # noqa: PLR0913 - two guides, each with its district and its day
    client: "Client",
    item: Annotated[str, typer.Argument(metavar="ITEM", show_default=False)],
    *,
    district: Annotated[
        str, typer.Option(metavar="CODE", help="Division code, e.g. 310106.", show_default=False)
    ],
    on: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="By default today.")] = "",
    against_district: Annotated[
        str, typer.Option(metavar="CODE", help="Show only what differs in that district.")
    ] = "",
    against_on: Annotated[
        str, typer.Option(metavar="YYYY-MM-DD", help="Show only what differs on that day.")
    ] = "",
    claim: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:VALUE",
            help="Show only the materials that an applicant with this fact needs; repeat for each.",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Show the service guide of an item (办事指南), or what differs elsewhere or later."""
    path, asked = f"/v1/guides/{item}", {"district": district, "on": on}
    differs = bool(against_district or against_on)
    if claim and differs:
        raise UnusableError("--claim does not go with --against-district or --against-on")
    if claim:
        path += "/materials"
    elif differs:
        path += "/differences"
        asked |= {"against": against_district, "against_on": against_on}
    answer = client.get(path, **asked, claim=claim or "")
    if json:
        show_json(answer)
    elif claim:
        _show_materials(answer)
    elif differs:
        _show_differences(answer)
    else:
        _show(answer)


def _show(guide: Mapping[str, Any]) -> None:
    # Lines, not a table: a sentence cut off at the edge of a column would be wrong.
    say(f"{guide['item']} {guide['name']}　{guide['office']}　{day(guide['on'])}")
    for title, lines in _sections(guide):
        said = list(lines)
        if said:
            say(f"\n{title}")
        for number, line in enumerate(said, start=1):
            say(f"  {number}. {line}")
    if guide["provisional"]:
        say("\n部分内容为经办机构的安排，以实际为准。")


def _sections(guide: Mapping[str, Any]) -> Iterator[tuple[str, Iterator[str]]]:
    plain = [guide[name] for name in _PLAIN if guide[name] is not None]
    yield "概况", (_line(f"{entry['name']}：{entry['text']}", entry) for entry in plain)
    yield "条件", (_line(entry["text"], entry) for entry in guide["conditions"])
    yield "材料", _materials(guide["materials"])
    yield (
        "环节",
        (
            _line(f"{entry['name']}（{entry['whose']}）：{entry['what']}，{entry['text']}", entry)
            for entry in guide["steps"]
        ),
    )
    said = [guide[name] for name in ("fees", "redress", "remedies")]
    yield "费用、咨询和救济", (_line(f"{entry['name']}：{entry['text']}", entry) for entry in said)
    measures = guide["measures"]
    yield "临时措施", (_line(f"{entry['name']}：{entry['text']}", entry) for entry in measures)


def _materials(materials: list[Mapping[str, Any]]) -> Iterator[str]:
    for entry in materials:
        line = _line(f"{entry['name']}：{entry['text']}", entry)
        owed = entry["deferral"]
        yield line if owed is None else f"{line}\n     容缺：{_line(owed['text'], owed)}"


def _line(said: str, entry: Mapping[str, Any]) -> str:
    origin = f"：{entry['basis']}" if entry["basis"] else ""
    return f"{said}〔{entry['standing']}{origin}〕"


def _show_materials(answer: Mapping[str, Any]) -> None:
    of = answer["of"]
    say(f"{answer['item']} {answer['name']}　{of['district_name']}　{day(of['on'])}")
    for number, line in enumerate(_materials(answer["items"]), start=1):
        say(f"  {number}. {line}")


def _show_differences(answer: Mapping[str, Any]) -> None:
    say(f"{answer['item']} {answer['name']}")
    for each in answer["items"]:
        say(each["text"])
    if not answer["items"]:
        say("没有差异")
