"""``casework talent``: who is recognised, and their talent codes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.cases.showing import show_case
from casework.cli.cases.submitting import Files, send_files
from casework.cli.talent_service.cycles import class_of, cycle_facts
from casework.cli.terms.arguments import CaseNo, word_option
from casework.cli.terms.errors import UnusableError
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, day, note, show_json, show_table
from casework.domain.kinds.cycle.state import CycleStage
from casework.domain.talent import StandingStatus, TalentClass

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="Recognised talents (人才).", no_args_is_help=True)

TALENTS = "/v1/talents"


@app.command()
@over_http
def recognise(client: "Client", files: Files, *, json: Json = False) -> None:
    """Register recognitions from files (认定登记): each begins a cycle, the same again none.

    A file has the form of POST /v1/talents.
    """
    send_files(client, files, to=TALENTS, json=json)


@app.command("list")
@over_http
def list_(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    district: District = "",
    letter: Annotated[TalentClass | None, typer.Option(help="Class.")] = None,
    stage: Annotated[str, word_option(CycleStage, name="阶段", help="Of the cycle.")] = "",
    status: Annotated[
        str, word_option(StandingStatus, name="服务状态", help="Of the service.")
    ] = "",
    employer: Annotated[str, typer.Option(metavar="CODE", help="Credit code.")] = "",
    credential: Annotated[str, typer.Option(metavar="CODE", help="Card or talent code.")] = "",
    ends_before: Annotated[str, typer.Option(metavar="YYYY-MM-DD")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List talents, newest first (人才查询)."""
    found = client.items(
        TALENTS,
        district=district,
        letter=letter,
        stage=stage,
        status=status,
        employer=employer,
        credential=credential,
        ends_before=ends_before,
    )
    rows = taken(found, limit, every=every)
    if json:
        show_json(rows)
        return
    show_table(
        ["编号", "区划", "类别", "用人单位", "周期", "届满", "阶段", "服务状态", "凭证"],
        [
            (
                each["case_no"],
                each["district"],
                class_of(each),
                each["employer"],
                f"第 {each['number']} 个",
                day(each["ends_on"]),
                each["stage_label"],
                each["status_label"],
                each["credential_code"],
            )
            for each in rows
        ],
        empty="没有人才",
    )


@app.command()
@over_http
def show(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
    """Show a talent: class, credential, cycle, clocks, tasks, timeline (人才详情)."""
    show_case(client, f"{TALENTS}/{case_no}", cycle_facts, json=json)


@app.command()
@over_http
def code(
    client: "Client",
    case_no: CaseNo,
    *,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="By default stdout.")
    ] = None,
) -> None:
    """Write the talent code as a picture, SVG (人才码)."""
    picture = client.text(f"{TALENTS}/{case_no}/code.svg")
    if output is None:
        sys.stdout.write(picture + "\n")
        return
    try:
        output.write_text(picture + "\n", encoding="utf-8")
    except OSError as error:
        raise UnusableError(f"cannot write {output}: {error.strerror}") from None
    note(f"{output} written")
