"""Other open cases of the same person, in the API's answers: for staff only, and only by number.

People outside are not told of them: the firm that files one case need not know of another.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import sight_of
from casework.domain.authority import Sight
from casework.domain.case.facts import Actor
from casework.domain.case.projection import TaskRow
from casework.domain.kinds.application.moves import BEFORE_ACCEPTANCE
from casework.domain.kinds.application.state import Application
from casework.domain.kinds.registry import CaseKind
from casework.store.access import seen_cases
from casework.store.models import Cases
from casework.store.queries import CaseView, EventView, state
from casework.store.register.parties import others_of

Row = TypeVar("Row", bound=TaskRow)

_OF_OTHERS = frozenset({"same_person_found", "kept_apart"})
_AMONG_OFFICERS = frozenset({"work_shared", "relations_noted", "task_given_back"})
"""Who has how much to do, and who knows whom: of no concern to people outside."""


@dataclass(frozen=True, kw_only=True)
class SamePersonItem:
    """Number, district and stage of another case; ``kept_apart``: decided that both go on."""

    case_no: str
    district: str
    stage: str
    stage_label: str
    kept_apart: bool


async def same_person(
    session: AsyncSession, case: CaseView, sight: Sight
) -> tuple[SamePersonItem, ...]:
    """The other open applications of the same person and item, as they stand now.

    None for people from outside; for a system those that it sees.
    """
    if sight.is_own or case.kind != CaseKind.APPLICATION or case.closed_at is not None:
        return ()
    others = await others_of(session, case.case_no, (case.item,))
    if sight.is_of_sources:
        numbers = [other.case_no for other in others]
        wanted = seen_cases(sight).where(Cases.case_no.in_(numbers))
        seen = frozenset(await session.scalars(wanted))
        others = tuple(other for other in others if other.case_no in seen)
    if not others:
        return ()
    own = await state(session, case.case_no)
    decided = own.kept_apart if isinstance(own, Application) else ()
    return tuple(
        SamePersonItem(
            case_no=other.case_no,
            district=other.district,
            stage=other.stage.value,
            stage_label=other.stage.label,
            kept_apart=other.case_no in decided,
        )
        for other in others
    )


def told_events(events: Iterable[EventView], actor: Actor) -> tuple[EventView, ...]:
    """Return the events that the caller may read: for people outside, none about others."""
    outside = _is_outside(actor)
    return tuple(
        event for event in events if not (outside and event.kind in _OF_OTHERS | _AMONG_OFFICERS)
    )


def told_tasks(tasks: Iterable[Row], actor: Actor) -> tuple[Row, ...]:
    """Return the tasks that the caller may read: for people outside, without other case numbers."""
    if not _is_outside(actor):
        return tuple(tasks)
    return tuple(
        replace(task, about="") if task.kind in BEFORE_ACCEPTANCE else task for task in tasks
    )


def _is_outside(actor: Actor) -> bool:
    """Whether the caller has cases of their own, or of their own sources, only."""
    seen = sight_of(actor)
    return seen.is_own or seen.is_of_sources
