"""The reports that were taken down, so that a past one never changes."""

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped

from casework.store.models.model import Key, Model


class ReportSnapshots(Model):
    """The figures of a period as they stood at ``taken_at``; follows from nothing later.

    ``period`` is as `casework.domain.reports.Period` names it. ``final``: taken when it was over; a
    trigger refuses to change or delete that row. ``body`` has what was counted, by district, item,
    office and channel, and names nobody.
    """

    __tablename__ = "report_snapshots"

    period: Mapped[Key]
    first_on: Mapped[date]
    last_on: Mapped[date]
    taken_at: Mapped[datetime]
    final: Mapped[bool]
    body: Mapped[dict[str, Any]]
