"""Quarters of the year, as ``2026Q4``."""

import re
from datetime import date

from casework.domain.errors import DomainError
from casework.domain.time.counting import ONE_DAY, add_months
from casework.domain.time.dates import FIRST_DAY, LAST_DAY

_QUARTER = re.compile(r"(?P<year>\d{4})Q(?P<number>[1-4])")


def quarter_of(day: date) -> str:
    """The quarter in which a calendar day lies."""
    return f"{day.year}Q{(day.month + 2) // 3}"


def quarter_end(quarter: str) -> date:
    """The last calendar day of a quarter. DomainError ``QUARTER_INVALID`` if it is none."""
    match = _QUARTER.fullmatch(quarter)
    if match is None:
        raise DomainError("QUARTER_INVALID", "季度应写作如“2026Q4”", "quarter")
    year = int(match["year"])
    if not FIRST_DAY.year <= year < LAST_DAY.year:
        raise DomainError("QUARTER_INVALID", "没有这样的季度", "quarter")
    first = date(year, 3 * int(match["number"]) - 2, 1)
    return add_months(first, 3) - ONE_DAY
