"""``casework catalogue``: check the policy files, and write their schemas for editors."""
# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, say, show_json

if TYPE_CHECKING:
    from casework.policy.catalogue.documents import Finding

app = typer.Typer(help="The policy files (事项目录).", no_args_is_help=True)

Root = Annotated[
    Path | None,
    typer.Option("--root", metavar="FOLDER", help="By default the installed catalogue."),
]


@app.command()
def check(root: Root = None, *, json: Json = False) -> None:
    """List every fault: file, line, field, and what would be right."""
    if root is not None and not root.is_dir():
        raise UnusableError(f"{root} is no folder")
    findings = faults(root)
    if json:
        show_json([asdict(finding) for finding in findings])
    else:
        for finding in findings:
            say(str(finding))
    if findings:
        raise RefusedError(f"the catalogue has {len(findings)} faults")
    if not json:
        say("the catalogue is in order")


def faults(root: Path | None = None) -> list["Finding"]:
    """Every fault below the root, by default of the installed catalogue."""
    from casework.policy.authority import check_authority
    from casework.policy.calendars import check_calendars
    from casework.policy.catalogue import check_catalogue
    from casework.policy.service_catalogue import check_service_catalogue
    from casework.policy.service_roster import check_service_roster
    from casework.policy.sharing import check_sharing

    return [
        *check_catalogue(root),
        *check_service_catalogue(root),
        *check_service_roster(root),
        *check_authority(root),
        *check_sharing(root),
        *check_calendars(root),
    ]


@app.command()
def procedures() -> None:
    """Print the procedure of every kind of case, as it stands in docs/procedures.md."""
    from casework.domain.kinds.procedures_page import procedures_page

    sys.stdout.write(procedures_page())


@app.command()
def schema(
    folder: Annotated[
        Path | None, typer.Argument(metavar="FOLDER", help="By default catalogue/schema.")
    ] = None,
) -> None:
    """Write the JSON Schemas of the files, for completion in an editor."""
    from importlib.resources import files

    from casework.policy.catalogue import write_schemas

    for path in write_schemas(folder or Path(str(files("catalogue") / "schema"))):
        say(str(path))
