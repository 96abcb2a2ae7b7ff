"""Material that comes to a closed case: on record, and a task for its officer; never lost.

If the closing turns out a mistake, it counts as come on the day on which that is taken back.
"""

from dataclasses import replace

from casework.domain.case.commands import Command, SettleLatePapers
from casework.domain.case.events import Event, EventBody, LatePapersSettled, PapersCameLate
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_listed, require_text
from casework.domain.case.kind import LatePapers, kind_of_case
from casework.domain.case.moves import open_task
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Case, TaskKind
from casework.domain.errors import DomainError
from casework.domain.policy import Role


def brings_papers(command: Command, case: Case) -> bool:
    """Whether material comes to a case by this command."""
    late = kind_of_case(case).late
    return late is not None and isinstance(command, late.brings)


def is_arrival(command: Command, case: Case) -> bool:
    """Whether a system or an officer only registers what has come; all else was meant to be done.

    What was meant to supplement a closed case is kept, and refused as ``CASE_CLOSED``.
    """
    late = kind_of_case(case).late
    outside = {Role.APPLICANT, Role.EMPLOYER, Role.TALENT}
    registers = late is not None and isinstance(command, late.registers)
    return registers and command.actor.role not in outside


def came_late(command: Command, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    """What follows from a command that brings papers on a closed case.

    Raises DomainError ``FIELD_REQUIRED`` if it brings nothing, ``UNKNOWN_MATERIAL`` if it brings
    what is on no list.
    """
    late = _of(case)
    materials = late.brought(command, facts)
    statements: tuple[str, ...] = getattr(command, "statements", ())
    if not materials and not statements:
        raise DomainError("FIELD_REQUIRED", "请列明收到的材料", "materials")
    require_listed(materials, late.listed(case, facts))
    return (PapersCameLate(materials=materials, statements=statements),)


def _of(case: Case) -> LatePapers:
    late = kind_of_case(case).late
    if late is None:
        raise TypeError(f"no papers come to a {type(case).__name__}")
    return late


def counted(case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    """What follows, for a case that was taken back, from what came while it was closed."""
    late = kind_of_case(case).late
    return late.counted(case, facts) if late is not None else ()


def settle(command: SettleLatePapers, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    require_text(command.reason, "reason", "处理情况")
    ids = {task.id for task in case.open_tasks if task.kind is TaskKind.LATE_PAPERS}
    if command.task not in ids:
        raise DomainError("TASK_NOT_OPEN", "没有此待办", "task")
    return (LatePapersSettled(task=command.task, reason=command.reason),)


def came(body: PapersCameLate, case: Case, event: Event) -> Case:
    case = replace(
        case,
        late=case.late + body.materials,
        late_statements=case.late_statements + body.statements,
    )
    if any(task.kind is TaskKind.LATE_PAPERS for task in case.open_tasks):
        return case
    role = _of(case).role
    about = " ".join(material.code for material in body.materials)
    return open_task(case, TaskKind.LATE_PAPERS, role, event.at, about=about)


def settled(body: LatePapersSettled, case: Case, event: Event) -> Case:
    return replace(
        case,
        tasks=tuple(
            replace(task, closed_at=event.at, closed_by=event.actor.code)
            if task.id == body.task and task.closed_at is None
            else task
            for task in case.tasks
        ),
    )


DECISIONS: Decisions = {
    SettleLatePapers: settle,
}
EVOLUTIONS: Evolutions = {
    PapersCameLate: came,
    LatePapersSettled: settled,
}
