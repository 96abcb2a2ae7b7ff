"""What somebody can do with a case as it stands; and of the rest, why not, who may, and when.

The case itself decides: this is for showing what can be asked of it. It looks at authority, at the
stage and at the open tasks, not at what would be said.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields

from casework.domain.authority.decision import refusal
from casework.domain.authority.matrix import Concern, Matrix
from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.case.kind import COMMON_TASKS, Kind
from casework.domain.case.state import Stage, TaskKind
from casework.domain.errors import DomainError
from casework.domain.policy import Role

_ELSEWHERE_TOO = frozenset(
    {
        "archive_arrived",
        "change_employer",
        "evaluate",
        "materials_received",
        "promise",
        "renew_permit",
        "verify_rating",
    }
)
"""Verbs that may be said also where neither stage table nor an open task asks for them."""


@dataclass(frozen=True, kw_only=True)
class Act:
    """A verb. ``refused``: why not now, or not by this person; None: they may.

    ``tasks``: the open tasks that it completes. ``roles``: who may at all. ``stages``: at which it
    can be done; empty: at any.
    """

    verb: str
    label: str
    refused: DomainError | None
    tasks: tuple[str, ...]
    roles: tuple[Role, ...]
    stages: tuple[Stage, ...]


def acts_of(  # noqa: PLR0913 - a case as lists know it, and who asks
    matrix: Matrix,
    actor: Actor,
    concern: Concern,
    kind: Kind,
    *,
    stage: Stage,
    is_open: bool,
    tasks: Collection[tuple[str, TaskKind]],
) -> Iterator[Act]:
    """Every verb of a case that a person may give; ``tasks``: its open tasks by id and kind."""
    for verb, command in kind.verbs.items():
        roles = tuple(
            role
            for role in Role
            if role is not Role.SYSTEM and matrix.extent(kind.name, verb, role, concern.district)
        )
        if verb in kind.unsaid or not roles:
            continue
        done = tuple(task for task, of in tasks if verb in kind.work_of(of))
        stages = () if verb in _ELSEWHERE_TOO else tuple(_stages(kind, verb))
        yield Act(
            verb=verb,
            label=command.label,
            refused=refusal(matrix, actor, verb, concern)
            or _not_now(kind, verb, command, stage, stages, done, is_open=is_open, tasks=tasks),
            tasks=done,
            roles=roles,
            stages=stages,
        )


def _stages(kind: Kind, verb: str) -> Iterator[Stage]:
    return (step.stage for step in kind.steps if verb in step.verbs)


def _not_now(  # noqa: PLR0913, PLR0917 - as above
    kind: Kind,
    verb: str,
    command: type[Command],
    stage: Stage,
    stages: tuple[Stage, ...],
    done: tuple[str, ...],
    *,
    is_open: bool,
    tasks: Collection[tuple[str, TaskKind]],
) -> DomainError | None:
    """Why a case does not take a verb as it stands, whoever gives it."""
    if not is_open and not command.when_closed:
        return DomainError("CASE_CLOSED", f"本件已办结（{stage.label}），不能再操作")
    if stages and stage not in stages and not done:
        wanted = "、".join(each.label for each in stages)
        return DomainError("WRONG_STAGE", f"须在“{wanted}”阶段办理")
    if _of_a_task(kind, verb) and not done and not (stages and stage in stages):
        return DomainError("TASK_NOT_OPEN", "现在没有与此有关的待办")
    if any(field.name == "task" for field in fields(command)) and not tasks:
        return DomainError("TASK_NOT_OPEN", "现在没有待办")
    return None


def _of_a_task(kind: Kind, verb: str) -> bool:
    """Whether a verb only ever answers a task; anybody's work may be given to others."""
    known = any(verb in task.verbs for task in (*COMMON_TASKS, *kind.tasks))
    return known and verb not in _ELSEWHERE_TOO and verb != "reassign"
