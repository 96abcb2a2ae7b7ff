"""How a table of the register is declared: one object, from which all that writes it is built."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class RowsOf:
    """Rows of one table that follow from the state of a case."""

    member: str  # the member of an entry
    table: str  # the table of the register
    row: type  # the dataclass of a row
    of: Callable[[Any], tuple[Any, ...]]  # state -> rows, in a stable order
    sealed: tuple[str, ...] = ()  # columns sealed before they are written
    key: tuple[str, ...] = ()  # tells the rows of a case apart; none: a case has one at the most
