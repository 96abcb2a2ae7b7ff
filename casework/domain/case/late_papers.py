"""Material that comes to a closed case: on record, and a task for its officer; never lost.

If the closing turns out a mistake, it counts as come on the day on which that is taken back.
"""

from collections.abc import Iterator
from dataclasses import replace

from casework.domain.case.commands import (
    ArchiveArrived,
    Command,
    MaterialsReceived,
    ReceivedMaterial,
    SettleLatePapers,
    Supplement,
)
from casework.domain.case.dispatch import decision, evolution
from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_listed, require_text
from casework.domain.case.mending_events import LatePapersSettled, PapersCameLate
from casework.domain.case.moves import open_task
from casework.domain.case.state import Case, TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.state import Application, ApplicationStage
from casework.domain.kinds.request.commands import CollectPapers, SupplementRequest
from casework.domain.kinds.request.policy import ServiceRule
from casework.domain.kinds.request.state import Request, RequestStage
from casework.domain.policy import MaterialForm, Role, ServiceItem

BRINGS_PAPERS = (MaterialsReceived, ArchiveArrived, Supplement, SupplementRequest, CollectPapers)
"""The commands by which material comes to a case."""


def is_arrival(command: Command) -> bool:
    """Whether a system or an officer only registers what has come; all else was meant to be done.

    What was meant to supplement a closed case is kept, and refused as ``CASE_CLOSED``.
    """
    outside = {Role.APPLICANT, Role.EMPLOYER, Role.TALENT}
    registers = isinstance(command, MaterialsReceived | ArchiveArrived)
    return registers and command.actor.role not in outside


def came_late(command: Command, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    """What follows from one of ``BRINGS_PAPERS`` on a closed case.

    Raises DomainError ``FIELD_REQUIRED`` if it brings nothing, ``UNKNOWN_MATERIAL`` if it brings
    what is on no list.
    """
    materials = tuple(_brought(command, facts))
    statements: tuple[str, ...] = getattr(command, "statements", ())
    if not materials and not statements:
        raise DomainError("FIELD_REQUIRED", "请列明收到的材料", "materials")
    require_listed(materials, _listed(case, facts))
    return (PapersCameLate(materials=materials, statements=statements),)


def _brought(command: Command, facts: Occasion) -> Iterator[ReceivedMaterial]:
    yield from getattr(command, "materials", ())
    if isinstance(command, ArchiveArrived):
        yield from (
            ReceivedMaterial(code=code, form=MaterialForm.ARCHIVE)
            for code in sorted(_archive_codes(facts))
        )


def _archive_codes(facts: Occasion) -> set[str]:
    materials = facts.item.materials if isinstance(facts.item, ServiceItem) else ()
    return {rule.code for rule in materials if rule.form is MaterialForm.ARCHIVE}


def _listed(case: Case, facts: Occasion) -> set[str]:
    rules = facts.item.materials if isinstance(facts.item, ServiceItem | ServiceRule) else ()
    codes = {code for rule in rules for code in (rule.code, *rule.alternatives)}
    noticed = case.noticed if isinstance(case, Application | Request) else ()
    return codes | ({fault.about for fault in noticed} if isinstance(case, Request) else set())


def counted(case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    """What follows, for a case that was taken back, from what came while it was closed."""
    materials = case.late
    match case:
        case Application():
            return tuple(_counted_for_case(case, facts))
        case Request(stage=RequestStage.SUPPLEMENT_DUE) if materials or case.late_statements:
            command: Command = SupplementRequest(
                actor=facts.actor, materials=materials, statements=case.late_statements
            )
        case Request(stage=RequestStage.COLLECT) if materials:
            command = CollectPapers(actor=facts.actor, materials=materials)
        case _:
            return ()
    return decision(command, case, facts)


def _counted_for_case(case: Application, facts: Occasion) -> Iterator[EventBody]:
    archive = _archive_codes(facts)
    papers = tuple(each for each in case.late if each.code not in archive)
    if case.stage is ApplicationStage.SUPPLEMENT_DUE and (papers or case.late_statements):
        answer = Supplement(actor=facts.actor, materials=papers, statements=case.late_statements)
        yield from decision(answer, case, facts)
    elif papers:
        yield from decision(MaterialsReceived(actor=facts.actor, materials=papers), case, facts)
    came = {each.code for each in case.late} & archive
    if came and archive.isdisjoint(checklist.received_codes(case)):
        yield from decision(ArchiveArrived(actor=facts.actor), case, facts)


@decision.register
def settle(command: SettleLatePapers, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    require_text(command.reason, "reason", "处理情况")
    ids = {task.id for task in case.open_tasks if task.kind is TaskKind.LATE_PAPERS}
    if command.task not in ids:
        raise DomainError("TASK_NOT_OPEN", "没有此待办", "task")
    return (LatePapersSettled(task=command.task, reason=command.reason),)


@evolution.register
def came(body: PapersCameLate, case: Case, event: Event) -> Case:
    case = replace(
        case,
        late=case.late + body.materials,
        late_statements=case.late_statements + body.statements,
    )
    if any(task.kind is TaskKind.LATE_PAPERS for task in case.open_tasks):
        return case
    role = Role.OFFICER if isinstance(case, Application) else Role.SPECIALIST
    about = " ".join(material.code for material in body.materials)
    return open_task(case, TaskKind.LATE_PAPERS, role, event.at, about=about)


@evolution.register
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
