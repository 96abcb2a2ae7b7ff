"""Rehearsal: a case as a scenario tells it, on any dates, through everything that production runs.

Workflow, catalogue, register and the activities are the real ones; the clock is a time-skipping
Temporal server, the outside parties are the fake town. Or the rules alone answer, at once
(``pure``). Scenarios are YAML (``docs/rehearsal.md``).
"""

from casework.rehearsal.faults import Fault, ScenarioError
from casework.rehearsal.report import (
    Difference,
    RehearsalReport,
    TimelineRow,
    Verdict,
    VerdictKind,
    summary,
)
from casework.rehearsal.room import (
    RehearsalRoom,
    pure_room,
    rehearsal_database,
    rehearsal_room,
    rehearse,
    rehearse_all,
)
from casework.rehearsal.scenario import Scenario, read_scenario

__all__ = [
    "Difference",
    "Fault",
    "RehearsalReport",
    "RehearsalRoom",
    "Scenario",
    "ScenarioError",
    "TimelineRow",
    "Verdict",
    "VerdictKind",
    "pure_room",
    "read_scenario",
    "rehearsal_database",
    "rehearsal_room",
    "rehearse",
    "rehearse_all",
    "summary",
]
