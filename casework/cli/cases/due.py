"""``casework due``: when a limit ends, and why. Needs no stack."""

# ruff: noqa: PLC0415 - imported when the command runs, so that the others start fast

from datetime import date
from typing import Annotated, Any

import typer

from casework.cli.terms.errors import UnusableError
from casework.cli.terms.screen import Json, day, say, show_json, show_table


def due(  # noqa: PLR0913 - one option for each part of the question
    start: Annotated[str, typer.Argument(metavar="YYYY-MM-DD", help="Day of the event itself.")],
    *,
    working_days: Annotated[int | None, typer.Option(metavar="N", help="工作日")] = None,
    days: Annotated[int | None, typer.Option(metavar="N", help="自然日")] = None,
    months: Annotated[int | None, typer.Option(metavar="N", help="月")] = None,
    extend: Annotated[
        int, typer.Option(metavar="N", help="Extended by so many of the same unit.")
    ] = 0,
    suspended: Annotated[
        list[str] | None,
        typer.Option(metavar="A..B", help="Stopped from A, going again on B; repeat for each."),
    ] = None,
    district: Annotated[str, typer.Option(help="Division code of the district (its office).")] = "",
    json: Json = False,
) -> None:
    """Compute the last day of a limit, with each counted and each skipped day (期限计算)."""
    answer = _answer(
        start,
        district,
        working_days=working_days,
        days=days,
        months=months,
        extend=extend,
        suspended=suspended or (),
    )
    if json:
        show_json(answer)
        return
    show_explanation(answer["explanation"])
    say(verdict(answer["due_on"], provisional=answer["provisional"]))


def show_explanation(days: list[dict[str, Any]], title: str = "") -> None:
    """Print explained days as a table."""
    show_table(
        ["日期", "计数", "说明"],
        [
            (
                day(row["day"]) + ("（暂定）" if row["provisional"] else ""),
                str(row["number"]) if row["counted"] else "",
                row["note"],
            )
            for row in days
        ],
        title=title,
    )


def verdict(due_on: str | None, *, provisional: bool) -> str:
    """Return the due date as a clerk reads it."""
    if due_on is None:
        return "届满日：中止尚未恢复，暂不能确定"
    return f"届满日：{day(due_on)}" + ("（暂定：当年放假通知尚未公布）" if provisional else "")


def _answer(start: str, district: str, **limit: Any) -> dict[str, Any]:  # noqa: ANN401 - passed on
    from casework.domain.errors import DomainError
    from casework.due import compute_due
    from casework.policy.calendars import load_calendar

    try:
        first = date.fromisoformat(start)
    except ValueError:
        raise UnusableError(f"{start!r} is no date YYYY-MM-DD") from None
    if district:
        _require_district(district)
    try:
        # Every district follows the national calendar; the offices differ in their hours only.
        return compute_due(first, **limit, calendar=load_calendar())
    except DomainError as error:
        option = "--" + error.field.replace("_", "-")
        where = f"{option}: " if error.field else ""
        raise UnusableError(f"{where}{error.message} ({error.code})") from None


def _require_district(code: str) -> None:
    from casework.policy.catalogue import load_catalogue

    known = load_catalogue().districts()
    if code not in known:
        names = ", ".join(f"{code} {name}" for code, name in sorted(known.items()))
        raise UnusableError(f"--district: no district {code} in the catalogue; known: {names}")
