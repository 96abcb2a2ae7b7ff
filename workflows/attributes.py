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
    Team,
)

END_OF_DAY = "23:59"


class Attributes:
    """Remembers what was last shown, so that only changes add to the history.

    ``goes_on``: an earlier run has shown something, which stands until it is set or unset.
    """

    def __init__(self, *, goes_on: bool = False) -> None:
        self._goes_on = goes_on
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
            Team: self._team(case),
        }
        unknown = self._goes_on and self._last is None
        changes: list[SearchAttributeUpdate[Any]] = [
            key.value_unset() if value is None else key.value_set(value)
            for key, value in values.items()
            if unknown or self._shown.get(key) != value
        ]
        if changes:
            workflow.upsert_search_attributes(changes)
        self._shown = values
        self._last = case, calendar, today

    def _team(self, case: Case) -> object:
        """The team to be shown: cases from before there was this attribute replay without it."""
        shown = self._shown.get(Team)
        team = case.team or None
        # One id for all would make the first result hold for the whole run.
        is_news = team != shown and workflow.patched(f"team-shown-{case.seq}")
        return team if is_news else shown
