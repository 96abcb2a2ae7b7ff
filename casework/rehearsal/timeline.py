"""The story of a rehearsed case, one row per event, as clerks would tell it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from casework.domain.case.events import Event, MessageRefused, RungReached, StepUnanswered, title_of
from casework.domain.case.state import Case
from casework.domain.kinds.application.events import MaterialChecked
from casework.domain.time.calendar import ZONE
from casework.domain.time.clock import Clock
from casework.letters.templates import TEMPLATES
from casework.messages.orders import headline
from casework.rehearsal.ordering import GivenOrder
from casework.rehearsal.played import Attempt, PlayedCase
from casework.rehearsal.report import TimelineRow
from casework.rehearsal.seen import Seen


def timeline(
    first: tuple[PlayedCase, Seen],
    others: Iterable[tuple[PlayedCase, Seen]],
    orders: Iterable[GivenOrder],
    *,
    by_name: bool = False,
) -> tuple[TimelineRow, ...]:
    """Events, refused attempts and orders, by time; an order comes before what follows from it.

    What happens to other cases than the ``first`` is told with what they are; ``by_name``, what
    happens to any with its name.
    """
    played, seen = first
    own = f"〔{played.name}〕" if by_name else ""
    rows = [_order(given, seen) for given in orders]
    rows += [replace(row, event=own + row.event) for row in _rows(seen, played.attempts)]
    for other, seen_of_other in others:
        prefix = f"〔{other.name if by_name else other.kind.label}〕"
        rows += [
            replace(row, event=prefix + row.event) for row in _rows(seen_of_other, other.attempts)
        ]
    return tuple(sorted(rows, key=lambda row: row.at))


def _rows(seen: Seen, attempts: Iterable[Attempt]) -> Iterator[TimelineRow]:
    notices: dict[int, list[str]] = {}
    for notice in seen.notices:
        unsent = "" if notice.status == "sent" else f"（{notice.status}）"
        notices.setdefault(notice.seq, []).append(TEMPLATES[notice.template][0] + unsent)
    for event, state in zip(seen.events, seen.states, strict=True):
        yield TimelineRow(
            at=event.at.astimezone(ZONE),
            event=_title(event, state),
            actor=event.actor.code,
            stage=state.stage.label,
            card=state.card,
            notices=tuple(notices.get(event.seq, ())),
        )
    for attempt in attempts:
        yield _refused(attempt, seen)


def _title(event: Event, state: Case) -> str:
    title = title_of(event)
    match event.body:
        case RungReached(clock=clock_id, due_on=due) | StepUnanswered(clock=clock_id, due_on=due):
            return f"{title}：{_clock(clock_id, state).name}（{due} 到期）"
        case MaterialChecked(in_order=False):
            return f"{title}：不符"
        case MessageRefused(message=message, code=code):
            return f"{title}：{message}（{code}）"
        case _:
            return title


def _clock(clock_id: str, state: Case) -> Clock:
    return next(clock for clock in state.clocks if clock.id == clock_id)


def _order(given: GivenOrder, seen: Seen) -> TimelineRow:
    text = f"指令：{headline(given.content)}"
    if given.refusal:
        text = f"被拒：{text}——{given.refusal.reason}"
    state = _state_at(given.at, seen)
    return TimelineRow(
        at=given.at,
        event=text,
        actor=given.by.code,
        stage=state.stage.label if state else "",
        card=state.card if state else "none",
    )


def _state_at(at: datetime, seen: Seen) -> Case | None:
    known = [s for e, s in zip(seen.events, seen.states, strict=True) if e.at <= at]
    return known[-1] if known else None


def _refused(attempt: Attempt, seen: Seen) -> TimelineRow:
    before = _state_at(attempt.at, seen) or seen.states[0]
    return TimelineRow(
        at=attempt.at,
        event=f"被拒：{attempt.command.label}——{attempt.refusal.reason}",
        actor=attempt.command.actor.code,
        stage=before.stage.label,
        card=before.card,
    )
