"""From a policy's limit to a running clock."""

import re
from datetime import date

from casework.domain.errors import DomainError
from casework.domain.policy import LimitName, Mark, Policy, Unit
from casework.domain.time.clock import Clock

NAMES: dict[str, str] = {}
"""Kind of clock → what a clerk calls it, as the kinds of cases say."""

_PLACE = re.compile(r"[，；、]?\s*domain\.md [^，；）]*")


def shown(reference: str) -> str:
    """A reference as a clerk reads it: the source, without its place in ``docs/domain.md``."""
    return _PLACE.sub("", reference).replace("（，", "（").replace("（）", "")


def start_clock(item: Policy, limit_name: LimitName, clock_id: str, started_on: date) -> Clock:
    """A clock by the item's limit, counting from the day after ``started_on``.

    Raises DomainError ``LIMIT_NOT_SET`` if the catalogue sets no such limit for the item.
    """
    limit = item.limit(limit_name)
    if limit is None:
        raise DomainError("LIMIT_NOT_SET", f"事项目录未规定“{NAMES[kind_of(clock_id)]}”")
    return Clock(
        id=clock_id,
        name=NAMES[kind_of(clock_id)],
        unit=limit.unit,
        amount=limit.amount,
        rolls_forward=limit.rolls_forward,
        started_on=started_on,
        reference=shown(limit.reference),
        mark=limit.mark,
        grace=limit.grace is not None,
    )


def until_clock(clock_id: str, until: date, started_on: date, reference: str) -> Clock:
    """A clock that ends on a date and never moves."""
    return Clock(
        id=clock_id,
        name=NAMES[kind_of(clock_id)],
        unit=Unit.UNTIL,
        until=until,
        started_on=started_on,
        reference=shown(reference),
        mark=Mark.PROPOSAL,
    )


def kind_of(clock_id: str) -> str:
    """``review#2`` and ``defer:seal`` are of the kinds ``review`` and ``defer``."""
    return clock_id.split("#", maxsplit=1)[0].split(":", maxsplit=1)[0]
