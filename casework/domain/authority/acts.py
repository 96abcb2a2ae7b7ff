"""What somebody can do with a case as it stands; and of the rest, why not, who may, and when.

Authority is asked first, then the rules of the case (`casework.domain.case.acceptable`). What is
offered can still be refused for what is typed, and for what the register alone knows.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from casework.domain.authority.decision import refusal
from casework.domain.authority.matrix import Concern, Matrix
from casework.domain.case.acceptable import refused_as_it_stands
from casework.domain.case.facts import Occasion
from casework.domain.case.kind import Kind, kind_of_case
from casework.domain.case.state import Case, Stage, Task
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
"""Verbs that lead on from one stage, and are taken at others, too: no stage is told for them."""


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


def acts_of(
    matrix: Matrix, concern: Concern, case: Case, facts: Occasion, tasks: Collection[Task]
) -> Iterator[Act]:
    """Every verb of a case, as ``facts.actor`` may give it now; ``tasks``: the open ones told."""
    kind, actor = kind_of_case(case), facts.actor
    for verb, command in kind.verbs.items():
        roles = tuple(
            role
            for role in Role
            if role is not Role.SYSTEM and matrix.extent(kind.name, verb, role, concern.district)
        )
        if verb in kind.unsaid or not roles:
            continue
        refused = refusal(matrix, actor, verb, concern)
        yield Act(
            verb=verb,
            label=command.label,
            refused=refused or refused_as_it_stands(case, verb, facts),
            tasks=tuple(task.id for task in tasks if verb in kind.work_of(task.kind)),
            roles=roles,
            stages=() if verb in _ELSEWHERE_TOO else tuple(_stages(kind, verb)),
        )


def _stages(kind: Kind, verb: str) -> Iterator[Stage]:
    return (step.stage for step in kind.steps if verb in step.verbs)
