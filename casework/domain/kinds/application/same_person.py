"""The same person twice (疑似重复): other open cases of one person and one item, in any district.

The register finds them by pseudonym and tells number, district and stage. The officer of the intake
decides on each: both go on, or this one is not accepted and the letter names the other. Until then
the pre-review is not passed and nothing is accepted by hand; time does not wait for it, and what
has meanwhile been closed needs no decision. No source treats of it: a proposal.
"""

from dataclasses import replace

from casework.domain.case.events import Event, EventBody
from casework.domain.case.guards import require_stage, require_text
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import KeepApart, RefuseDuplicate
from casework.domain.kinds.application.events import KeptApart, NotAccepted, SamePersonFound
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    OtherCase,
)

MAY_HAVE_CHANGED = frozenset({"DUPLICATE_UNDECIDED", "NO_SUCH_DUPLICATE"})
"""Refusals for what was open when the case last looked: to be decided after another look."""

_TOLD = frozenset({TaskKind.PRE_REVIEW, TaskKind.ACCEPT})
"""The tasks that say which other cases of the same person are open."""

_BEFORE_ACCEPTANCE = (
    ApplicationStage.PRE_REVIEW,
    ApplicationStage.SUPPLEMENT_DUE,
    ApplicationStage.AWAIT_PAPER,
    ApplicationStage.READY,
)


def found(case: Application, others: tuple[OtherCase, ...]) -> tuple[EventBody, ...]:
    """What the case has to note of the other cases that are open now; nothing if it knows them.

    That one of them has reached another stage is not noted.
    """
    known = {other.case_no: other.district for other in case.others}
    if not case.is_open or known == {other.case_no: other.district for other in others}:
        return ()
    return (SamePersonFound(others=others),)


def require_decided(case: Application) -> None:
    """Refuse with ``DUPLICATE_UNDECIDED`` while an open case of the same person is undecided."""
    if case.suspicion:
        raise DomainError(
            "DUPLICATE_UNDECIDED", f"{case.suspicion}；请先决定分别办理，或者按重复件不予受理"
        )


def no_such_duplicate() -> DomainError:
    """``NO_SUCH_DUPLICATE``: the number is of no open case of the same person, or of none now."""
    return DomainError(
        "NO_SUCH_DUPLICATE", "该编号不是同一人同一事项的未办结件（或者已经办结）", "other"
    )


def _require_other(case: Application, number: str) -> None:
    if number not in {other.case_no for other in case.others}:
        raise no_such_duplicate()


def keep_apart(
    command: KeepApart, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    """Both cases go on; decided once for each other case."""
    require_text(command.reason, "reason", "分别办理的理由")
    _require_other(case, command.other)
    if command.other in case.kept_apart:
        raise DomainError("ALREADY_KEPT_APART", "已决定与该件分别办理", "other")
    return (KeptApart(other=command.other, reason=command.reason),)


def refuse_duplicate(
    command: RefuseDuplicate, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    """This case ends for the other one; not once it has been accepted."""
    require_stage(case, *_BEFORE_ACCEPTANCE)
    require_text(command.reason, "reason", "按重复件不予受理的理由")
    _require_other(case, command.other)
    return (NotAccepted(reason=command.reason, right_authority="", duplicate_of=command.other),)


def note_others(body: SamePersonFound, case: Application, event: Event) -> Application:
    """The tasks before acceptance say which cases are to be decided on."""
    return _told(replace(case, others=body.others))


def note_kept_apart(body: KeptApart, case: Application, event: Event) -> Application:
    """Nothing else changes: who decides on it is of the intake by passing the pre-review."""
    return _told(replace(case, kept_apart=(*case.kept_apart, body.other)))


def _told(case: Application) -> Application:
    tasks = (
        replace(task, about=case.suspicion)
        if task.closed_at is None and task.kind in _TOLD
        else task
        for task in case.tasks
    )
    return replace(case, tasks=tuple(tasks))


DECISIONS: Decisions = {
    KeepApart: keep_apart,
    RefuseDuplicate: refuse_duplicate,
}
EVOLUTIONS: Evolutions = {
    SamePersonFound: note_others,
    KeptApart: note_kept_apart,
}
