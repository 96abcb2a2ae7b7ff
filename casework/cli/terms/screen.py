"""What a command prints: lines, tables, JSON. Results go to standard output, the rest beside it."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from casework.domain.time.calendar import ZONE

PIPE_WIDTH = 200  # a pipe has no width; a table must not be folded for it

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]

Cell = str | Text


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command, which ends."""
        raise BrokenPipeError


def console(*, stderr: bool = False) -> Console:
    """Return a console on the standard streams in force now."""
    stream = sys.stderr if stderr else sys.stdout
    return _Console(
        file=stream,
        width=None if stream.isatty() else PIPE_WIDTH,
        highlight=False,
        soft_wrap=False,
    )


def say(line: str = "") -> None:
    """Print one line as it is."""
    console().print(line, markup=False, soft_wrap=True)


def note(line: str) -> None:
    """Print a remark that is not part of the result."""
    console(stderr=True).print(line, markup=False, soft_wrap=True)


def show_json(data: Any) -> None:  # noqa: ANN401 - whatever the answer holds
    """Print data as indented JSON, Chinese as it is."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n")


def show_table(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], *, title: str = "", empty: str = "无"
) -> None:
    """Print a table, or ``empty`` when it has no row."""
    lines = list(rows)
    if not lines:
        say(f"{title}：{empty}" if title else empty)
        return
    table = Table(*columns, title=title or None, title_justify="left", title_style="bold")
    for row in lines:
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    console().print(table)


CARDS = {"blue": ("蓝牌", "blue"), "yellow": ("黄牌", "yellow"), "red": ("红牌", "red")}


def card(value: str) -> Text:
    """Return the clerk's word for a card, in its colour; nothing for none."""
    word, style = CARDS.get(value, ("", ""))
    return Text(word, style=style)


def text(value: object) -> str:
    """Return any value for a cell: nothing for None, 是/否 for a flag."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    return str(value)


def moment(value: object) -> str:
    """Return an instant (ISO text) as minutes in Asia/Shanghai."""
    if not value:
        return ""
    return datetime.fromisoformat(str(value)).astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def day(value: object) -> str:
    """Return a date (ISO text) with its day of the week."""
    if not value:
        return ""
    on = date.fromisoformat(str(value)[:10])
    return f"{on} 周{'一二三四五六日'[on.weekday()]}"
