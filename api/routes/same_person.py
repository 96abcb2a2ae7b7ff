"""Other open cases of the same person, in the API's answers: for staff only, and only by number.

People outside are not told of them: the firm that files one case need not know of another.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import sight_of
from casework.domain.authority import INSIDE, Sight
from casework.domain.case.events import INTERNAL
from casework.domain.case.facts import Actor
from casework.domain.case.kind import ASKED_OPINION
from casework.domain.case.projection import TaskRow
from casework.domain.case.state import Task, TaskKind
from casework.domain.kinds.application.moves import BEFORE_ACCEPTANCE
from casework.domain.kinds.application.state import Application
from casework.domain.kinds.registry import CaseKind
from casework.domain.time.clock import kind_of
from casework.store.access import seen_cases
from casework.store.models import Cases
from casework.store.queries import CaseView, EventView, TaskView, state
from casework.store.register.parties import others_of

Row = TypeVar("Row", TaskRow, TaskView, Task)
View = TypeVar("View", bound=CaseView)

_BETWEEN = frozenset({TaskKind.CONFIRM_PASSING, TaskKind.GIVE_OPINION})


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


def told_events(events: Iterable[EventView], actor: Actor, *, notes: bool) -> tuple[EventView, ...]:
    """Return the events that the caller may read.

    For people outside, none about other cases; what colleagues do among themselves only for those
    who may read ``notes``.
    """
    hidden = hidden_from(actor) | (frozenset() if notes else frozenset(INTERNAL))
    return tuple(event for event in events if event.kind not in hidden)


def hidden_from(actor: Actor) -> frozenset[str]:
    """The kinds of events that the caller may read of no case."""
    return sight_of(actor).hidden_events


def told_tasks(tasks: Iterable[Row], actor: Actor) -> tuple[Row, ...]:
    """Return the tasks that the caller may read.

    For people outside, without other case numbers; what one colleague asks of another, for
    colleagues only.
    """
    told = tuple(task for task in tasks if actor.role in INSIDE or task.kind not in _BETWEEN)
    if not _is_outside(actor):
        return told
    return tuple(
        replace(task, about="") if task.kind in BEFORE_ACCEPTANCE else task for task in told
    )


def told(view: View, actor: Actor) -> View:
    """Return the view of a case with the tasks and cards that the caller may read."""
    cards = tuple(card for card in view.cards if told_clock(card.clock, actor))
    return replace(view, tasks=told_tasks(view.tasks, actor), cards=cards)


def told_clock(clock: str, actor: Actor) -> bool:
    """Whether the caller may know of a clock: that of an opinion is for colleagues only."""
    return actor.role in INSIDE or kind_of(clock) != ASKED_OPINION


def _is_outside(actor: Actor) -> bool:
    """Whether the caller has cases of their own, or of their own sources, only."""
    seen = sight_of(actor)
    return seen.is_own or seen.is_of_sources
