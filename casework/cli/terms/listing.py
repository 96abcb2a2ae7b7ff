"""What every command that prints a list has in common: how many rows, and how many more there are.

Pages are the API's affair: a command shows so many rows, or all.
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated, Any

import typer

from casework.cli.terms.screen import note

COUNTED = 1000
"""How many of the rows that are not shown are counted; beyond, it is said that there are more."""

Limit = Annotated[int, typer.Option(metavar="N", min=1, help="At most so many.")]
All = Annotated[bool, typer.Option("--all", help="Every row, however many there are.")]

Row = Mapping[str, Any]


def taken(found: Iterator[Row], limit: int, *, every: bool) -> list[Row]:
    """Take the first rows, or every one; say on standard error how many are left out."""
    if every:
        return list(found)
    rows = list(islice(found, limit))
    left = sum(1 for _ in islice(found, COUNTED + 1))
    if left:
        more = f"{left} 项" if left <= COUNTED else f"{COUNTED} 项以上"
        note(f"只列出前 {limit} 项，还有 {more}（--all 列出全部，--limit N 列出前 N 项）")
    return rows
