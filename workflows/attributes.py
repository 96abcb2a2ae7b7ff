"""Shows a case in the Web UI: search attributes, upserted when they change, and details."""

from datetime import date, datetime
from typing import Any

from temporalio import workflow
from temporalio.common import SearchAttributeKey, SearchAttributeUpdate

from casework.domain.case.details import details
from casework.domain.case.projection import next_due
from casework.domain.case.state import Case
from casework.domain.time.calendar import WorkingCalendar, opening
from casework.temporal import (
    Card,
    CaseItem,
    CaseStage,
    Channel,
    District,
    DueOn,
    GreenChannel,
    Holder,
    OpenDebts,
    PolicyVersion,
)

END_OF_DAY = "23:59"


class Attributes:
    """Remembers what was last shown, so that only changes add to the history."""

    def __init__(self) -> None:
        self._shown: dict[SearchAttributeKey[Any], object] = {}
        self._last: tuple[Case, WorkingCalendar, date] | None = None

    @property
    def details(self) -> str | None:
        """The current details, as of what was last shown; None: nothing was."""
        return details(*self._last) if self._last is not None else None

    def show(self, case: Case, calendar: WorkingCalendar, today: date) -> None:
        """Bring search attributes up to date; current details are made when they are asked for."""
        due = next_due(case, calendar)
        due_at: datetime | None = opening(due, END_OF_DAY) if due else None
        values: dict[SearchAttributeKey[Any], object] = {
            CaseStage: case.stage.label,
            CaseItem: case.item,
            District: case.district,
            Channel: case.channel,
            GreenChannel: case.is_green,
            OpenDebts: case.open_debts,
            Card: case.card,
            Holder: case.holder or case.waits_for_team or None,
            DueOn: due_at,
            PolicyVersion: case.policy,
        }
        changes: list[SearchAttributeUpdate[Any]] = [
            key.value_unset() if value is None else key.value_set(value)
            for key, value in values.items()
            if self._shown.get(key) != value
        ]
        if changes:
            workflow.upsert_search_attributes(changes)
        self._shown = values
        self._last = case, calendar, today
