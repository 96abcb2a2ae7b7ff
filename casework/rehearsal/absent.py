"""Absences of officers in a rehearsal: recorded as in production, where B角 then has the work."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from temporalio.client import WithStartWorkflowOperation, WorkflowHandle
from temporalio.common import WorkflowIDConflictPolicy

from casework.domain.case.facts import Actor
from casework.messages.absences import WORKFLOW, RecordAbsence, StartAbsence, absence_id
from casework.messages.temporal import TASK_QUEUE
from casework.rehearsal.case_time import CaseTime
from casework.rehearsal.played import ANSWER_WITHIN
from casework.rehearsal.step import Absence


@dataclass(frozen=True, kw_only=True)
class Absences:
    """Those recorded so far; ``handles`` are of their workflows."""

    time: CaseTime
    handles: list[WorkflowHandle[Any, Any]] = field(default_factory=list)

    async def record(self, absent: Absence, officer: Actor) -> None:
        """Record that the officer is away; return once it is in the register."""
        no = f"{officer.code}-{absent.first_on}"
        said = RecordAbsence(officer=officer.code, first_on=absent.first_on, last_on=absent.last_on)
        start = StartAbsence(
            id=no,
            officer=officer.code,
            first_on=absent.first_on,
            last_on=absent.last_on,
            reason=absent.reason,
            recorded_by=officer,
            rehearsal=self.time.shift,
        )
        client = self.time.environment.client
        operation: WithStartWorkflowOperation[object, object] = WithStartWorkflowOperation(
            WORKFLOW,
            start,
            id=absence_id(no),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        )
        async with asyncio.timeout(ANSWER_WITHIN.total_seconds()):
            await client.execute_update_with_start_workflow(
                "record", said, start_workflow_operation=operation
            )
        self.handles.append(client.get_workflow_handle(absence_id(no)))
