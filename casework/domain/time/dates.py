"""Which days a case can be told of, and how they are written in a message."""

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from casework.domain.errors import DomainError

ZONE = ZoneInfo("Asia/Shanghai")

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""Nobody who applies was born before; no permit, and no limit, lasts longer."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}", re.ASCII)


def is_usable(day: date) -> bool:
    """Whether a day lies where rules and calendars have an answer that means something."""
    return FIRST_DAY <= day <= LAST_DAY


def require_usable(value: date, field: str) -> None:
    """Refuse with ``DATE_OUT_OF_RANGE`` a day, or an instant, that no case can be about.

    Also an instant of which nobody can say when it is, because it names no zone.
    """
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise DomainError("DATE_OUT_OF_RANGE", "时刻须注明时区，如 +08:00", field)
        # A day off either end, so that no zone carries it over.
        usable = FIRST_DAY.year < value.year < LAST_DAY.year or is_usable(
            value.astimezone(ZONE).date()
            if FIRST_DAY.year <= value.year <= LAST_DAY.year
            else value.date()
        )
    else:
        usable = is_usable(value)
    if not usable:
        raise DomainError(
            "DATE_OUT_OF_RANGE", f"日期须在 {FIRST_DAY.year} 年至 {LAST_DAY.year} 年之间", field
        )


def require_usable_dates(message: object) -> None:
    """Refuse with ``DATE_OUT_OF_RANGE`` a message one of whose dates no case can be about."""
    for path, value in _dates(message, ""):
        require_usable(value, path)


def _dates(value: object, path: str) -> Iterator[tuple[str, date]]:
    if isinstance(value, date):
        yield path, value
    elif isinstance(value, tuple | list):
        for number, part in enumerate(value):
            yield from _dates(part, f"{path}.{number}")
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _dates(part, f"{path}.{name}" if path else f"{name}")
    elif is_dataclass(value):
        for entry in fields(value):
            part = getattr(value, entry.name)
            yield from _dates(part, f"{path}.{entry.name}" if path else entry.name)


class _Written:
    """Reads a date from its ISO text only, never from a number of seconds.

    It is for whoever reads messages by their types: pydantic asks an annotation for its schema, and
    a schema is plain data, so that the domain need not know of it.
    """

    def __init__(self, form: re.Pattern[str], right: str) -> None:
        self._form, self._right = form, right

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> dict[str, Any]:  # noqa: ANN401 - pydantic's
        checked = {"type": "no-info", "function": self._check}
        return {"type": "function-before", "function": checked, "schema": handler(source)}

    def _check(self, value: object) -> object:
        if isinstance(value, date) or (isinstance(value, str) and self._form.match(value)):
            return value
        raise ValueError(self._right)


WRITTEN_DAY = _Written(_DAY, "须是日期，如 2026-09-17")
WRITTEN_INSTANT = _Written(_INSTANT, "须是时刻，如 2026-09-17T10:00:00+08:00")

Day = Annotated[date, WRITTEN_DAY]
"""A calendar day of a message: ``2026-09-17``."""
Instant = Annotated[datetime, WRITTEN_INSTANT]
"""An aware instant of a message: ``2026-09-17T10:00:00+08:00``."""
