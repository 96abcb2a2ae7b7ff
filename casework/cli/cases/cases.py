"""``casework case``: cases of every kind, applications and those of talent service."""

from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.disclosing import disclose, find
from casework.cli.cases.explaining import explain
from casework.cli.cases.materials import material, materials
from casework.cli.cases.reading import District, case_table
from casework.cli.cases.showing import show, show_notices, show_timeline
from casework.cli.cases.together import notes, opinions
from casework.cli.terms.arguments import Card, CaseNo, Stage, word_option
from casework.cli.terms.listing import All, Limit, taken
from casework.cli.terms.screen import Json, show_json
from casework.domain.kinds.registry import KINDS

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="Cases of every kind (各类办件).", no_args_is_help=True)


@app.command("list")
@over_http
def list_(  # noqa: PLR0913 - one option per filter
    client: "Client",
    *,
    kind: Annotated[
        str,
        word_option(
            {kind.value: kind.label for kind in KINDS}, name="种类", help="Only of this kind."
        ),
    ] = "",
    district: District = "",
    stage: Stage = "",
    card: Card = "",
    holder: Annotated[str, typer.Option(metavar="CODE", help="Officer who is next.")] = "",
    reference: Annotated[str, typer.Option(help="Number of the source system.")] = "",
    due_before: Annotated[str, typer.Option(metavar="YYYY-MM-DD")] = "",
    limit: Limit = 50,
    every: All = False,
    json: Json = False,
) -> None:
    """List cases, newest first (各类办件查询)."""
    found = client.items(
        "/v1/cases",
        kind=kind,
        district=district,
        stage=stage,
        card=card,
        holder=holder,
        reference=reference,
        due_before=due_before,
    )
    rows = taken(found, limit, every=every)
    if json:
        show_json(rows)
    else:
        case_table(rows, of_any_kind=True)


app.command("show")(show)
app.command("explain")(explain)
app.command("disclose")(disclose)
app.command("find")(find)
app.command("materials")(materials)
app.command("material")(material)
app.command("notes")(notes)
app.command("opinions")(opinions)


@app.command()
@over_http
def timeline(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
    """List what has happened to a case: when, by whom, why (经过)."""
    events = client.get(f"/v1/cases/{case_no}/timeline")["items"]
    if json:
        show_json(events)
    else:
        show_timeline(events)


@app.command()
@over_http
def notices(client: "Client", case_no: CaseNo, *, json: Json = False) -> None:
    """List the notices of a case: which, to whom, whether they were sent (通知)."""
    found = client.get(f"/v1/cases/{case_no}")["notices"]
    if json:
        show_json(found)
        return
    show_notices(found, empty="没有通知")
