"""``casework calendar``: the working days of a year, and the import of a new notice (放假安排)."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from casework.cli.calling.over_http import over_http
from casework.cli.cases.reading import District
from casework.cli.orders.proposing import Key, propose
from casework.cli.terms.errors import UnusableError
from casework.cli.terms.screen import Json, day, say, show_json, show_table

if TYPE_CHECKING:
    from casework.cli.calling.client import Client

app = typer.Typer(help="The working-day calendar (工作日历).", no_args_is_help=True)


@app.command()
@over_http
def show(
    client: "Client",
    year: Annotated[int, typer.Argument(metavar="YEAR")],
    *,
    district: District = "",
    json: Json = False,
) -> None:
    """Show the days of a year that are not what their day of the week says."""
    shown = client.get(f"/v1/calendar/{year}", district=district)
    if json:
        show_json(shown)
        return
    marked = [(each, "放假") for each in shown["off"]]
    marked += [(each, "调休上班") for each in shown["make_up"]]
    show_table(["日期", ""], [(day(on), what) for on, what in sorted(marked)])
    provisional = "（暂定）" if shown["provisional"] else ""
    say(f"{year} 年{provisional}：工作日 {shown['working_days']} 天；{shown['notice']}")


@app.command("import")
@over_http
def import_(  # noqa: PLR0913 - one option per part of the order
    client: "Client",
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As catalogue/calendars/2026.yaml.")],
    *,
    district: Annotated[
        str, typer.Option(metavar="CODE", help="Only for this district, over the year.")
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Bring it into force.")] = False,
    reason: Annotated[str, typer.Option(help="If there is something to say.")] = "",
    idempotency_key: Key = "",
    json: Json = False,
) -> None:
    """Show which open clocks a year's notice moves; with --apply, bring it into force."""
    body = {
        "kind": "import_calendar",
        "year": _year(file),
        "district": district,
        "reason": reason,
        "approve": apply,
    }
    # A public notice needs no second person, but somebody who answers for every district.
    propose(client, body, "", preview=not apply, key=idempotency_key, json=json)


def _year(file: Path) -> dict[str, Any]:
    from casework.policy.calendars import CalendarFileError, read_year

    try:
        year = read_year(file)
    except CalendarFileError as error:
        raise UnusableError(str(error)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableError(f"cannot read {file}: {error}") from None
    return {
        "year": year.year,
        "off": [each.isoformat() for each in year.off],
        "make_up": [each.isoformat() for each in year.make_up],
        "notice": year.notice,
    }
