"""Whom an order concerns, and what it leaves on the rows that it writes."""

from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.orders.orders import Scope
from casework.domain.time.calendar import local_date

ALL = "all"
"""The scope of what concerns every case."""


@dataclass(frozen=True, kw_only=True)
class Concern:
    """The cases an order concerns: ``scope`` is that of a ``Reach``, or ``all`` with no key."""

    scope: str
    key: str

    @classmethod
    def of_district(cls, district: str) -> "Concern":
        """The cases of a district; all of them, if it is empty."""
        return cls(scope=Scope.DISTRICT if district else ALL, key=district)


@dataclass(frozen=True, kw_only=True)
class Stamp:
    """Number and version of the order, who approved it, and when it came into force."""

    order: str
    by: str
    at: datetime
    version: int

    @property
    def on(self) -> date:
        """The day in Asia/Shanghai."""
        return local_date(self.at)
