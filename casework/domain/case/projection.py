"""The register's rows as a pure function of the state: what lists and reports are read from.

The same function serves the live recorder (rows that changed) and ``casework register rebuild``
(all rows), so the two cannot differ.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from operator import attrgetter
from typing import Any, TypeVar

from casework.domain.case.guards import assigned_to, barred_from
from casework.domain.case.kind import ASKED_OPINION, KNOWN, kind_of_case
from casework.domain.case.passing_time import fires_on, pending
from casework.domain.case.rules import RowsOf
from casework.domain.case.state import Card, Case, Opinion, Task, Transfer
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import ROLLING, Clock, Suspension, due_on, is_provisional, kind_of
from casework.domain.time.ladder import side_of


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    """``assigned``: A角 and B角 of its posts and of its open tasks, a blank between the codes."""

    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    stage: str
    stage_since: datetime
    received_at: datetime
    accepted_on: date | None
    decided_on: date | None
    closed_at: datetime | None
    card: str
    holder: str
    green: bool
    open_debts: int
    due_on: date | None
    entitled_on: date | None
    last_seq: int
    assigned: str = ""
    catalogue: str = ""


@dataclass(frozen=True, kw_only=True)
class Ahead:
    """How a case will stand when its next moment has come, before its workflow has noticed.

    ``status`` and ``points`` are those of a cycle. ``tasks`` are the open ones that are other by
    then, whole; ``done`` are the ids of those that are no longer open, or are other.
    """

    stage: str
    card: str
    holder: str
    closed: bool
    status: str
    points: str
    tasks: tuple["TaskRow", ...]
    done: tuple[str, ...]


Stretches = tuple[tuple[date, date | None], ...]
"""First day and day of lifting, neither of which counts; None: not lifted yet."""


@dataclass(frozen=True, kw_only=True)
class AwaitedRow:
    """By what a measure that begins reaches a clock: the case, and what the measure's end sets.

    ``under`` are the ids of the measures that the case has noted for it.
    """

    item: str
    channel: str
    under: tuple[str, ...] = ()
    unit: str | None = None
    amount: int | None = None
    rolls: bool | None = None


@dataclass(frozen=True, kw_only=True)
class ClockRow:
    """A clock as lists show it, and all that its dates follow from.

    ``amount`` has the extensions in it. ``stops`` are its own stretches, ``pauses`` those imposed
    from outside as well; by ``side`` and ``measure`` an order finds the clocks that it bears on.
    ``paused``: no due date is known. ``fires_on`` is the next day on which one of ``pending`` (see
    ``casework.domain.time.ladder``) brings something about.
    """

    clock: str
    kind: str
    name: str
    unit: str
    amount: int
    until: date | None
    rolls: bool
    side: str
    measure: str
    started_on: date
    stops: Stretches
    pauses: Stretches
    pending: tuple[str, ...]
    due_on: date | None
    fires_on: date | None
    provisional: bool
    paused: bool
    ended_on: date | None
    awaited: AwaitedRow | None = None


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """``barred``: the codes of those whom four eyes exclude from it, a blank between them.

    ``team``: whose it is; nobody's while it has no holder.
    ``asked_by``: the colleague who wants an answer.
    """

    task: str
    kind: str
    about: str
    role: str
    holder: str
    backup: str
    opened_at: datetime
    due_on: date | None = None
    closed_at: datetime | None = None
    closed_by: str = ""
    barred: str = ""
    team: str = ""
    asked_by: str = ""
    nudged_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class MaterialRow:
    material: str
    number: int
    form: str
    sha256: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class _Dated:
    """A case with the due dates of its clocks, and which clocks and tasks are to be written."""

    case: Case
    calendar: WorkingCalendar
    dates: dict[str, date | None]
    clocks: tuple[Clock, ...]
    tasks: tuple[Task, ...]


def rows(
    case: Case, calendar: WorkingCalendar, before: Case | None = None
) -> Mapping[str, tuple[Any, ...]]:
    """The rows that differ from those of ``before``, by member; all when there is no before.

    The row of the case itself is always among them.
    """
    dated = _dated(case, calendar, before)
    found = {table.member: table.of(dated) for table in DATED}
    then = before if isinstance(before, type(case)) else None
    for table in (*SHARED, *kind_of_case(case).rows):
        now = table.of(case)
        found[table.member] = _changed(now, table.of(then)) if now and then else now
    return found


def _dated(case: Case, calendar: WorkingCalendar, before: Case | None) -> _Dated:
    clocks = _changed(case.clocks, before.clocks if before else ())
    # A rung that was given or taken back changes what the clock has still to fire, not the clock.
    rung = {
        name.rpartition(":")[0] for name in set(case.rungs) ^ set(before.rungs if before else ())
    }
    # What another district has now says so in each row that an order or a list may look for.
    moved_on = before is not None and before.transfers != case.transfers
    clocks += tuple(c for c in case.running if (moved_on or c.id in rung) and c not in clocks)
    tasks = _changed(case.tasks, before.tasks if before and not moved_on else ())
    # A task shows its clock's due date: it changes with the clock.
    moved = {name for clock in clocks for name in (clock.id, clock.id.split("#")[0])}
    tasks += tuple(task for task in case.open_tasks if task not in tasks and task.clock in moved)
    return _Dated(
        case=case,
        calendar=calendar,
        dates={clock.id: due_on(clock, calendar) for clock in {*clocks, *case.running}},
        clocks=clocks,
        tasks=tasks,
    )


def ahead_of(case: Case, then: Case, calendar: WorkingCalendar) -> Ahead | None:
    """What will be seen of ``then``, the case after its next moment; None if it is the same."""
    if then is case:
        return None
    dates = {clock.id: due_on(clock, calendar) for clock in then.running}
    still = {task.id: task for task in then.open_tasks}
    status, points = kind_of_case(then).standing(then)
    return Ahead(
        stage=then.stage,
        card=then.card,
        holder=then.holder,
        closed=then.closed_at is not None,
        status=status,
        points=points,
        tasks=tuple(
            _task_row(task, then, dates) for task in still.values() if task not in case.open_tasks
        ),
        done=tuple(task.id for task in case.open_tasks if still.get(task.id) != task),
    )


T = TypeVar("T")


def _changed(now: tuple[T, ...], then: tuple[T, ...]) -> tuple[T, ...]:
    known = frozenset(then)
    return tuple(row for row in now if row not in known)


def _clock_id(task: Task, case: Case) -> str:
    clock = case.clock(task.clock) if task.clock else None
    return clock.id if clock else ""


def is_of_the_case(clock: Clock) -> bool:
    """Whether the case is due by it: what one colleague owes another is due beside it."""
    return kind_of(clock.id) != ASKED_OPINION


def next_due(case: Case, calendar: WorkingCalendar) -> date | None:
    """The earliest due date among the clocks by which the case runs; None while none is known."""
    dates = (due_on(clock, calendar) for clock in case.running if is_of_the_case(clock))
    return min((day for day in dates if day is not None), default=None)


def _case_row(case: Case, dates: dict[str, date | None]) -> CaseRow:
    running = (dates[clock.id] for clock in case.running if is_of_the_case(clock))
    return CaseRow(
        case_no=case.case_no,
        district=case.district,
        item=case.item,
        item_name=case.item_name,
        office=case.office,
        channel=case.channel,
        policy=case.policy,
        stage=case.stage,
        stage_since=case.stage_since,
        received_at=case.received_at,
        accepted_on=case.accepted_on,
        decided_on=case.decided_on,
        closed_at=case.closed_at,
        card=case.card,
        holder=case.holder,
        green=case.is_green,
        open_debts=case.open_debts,
        due_on=min((day for day in running if day is not None), default=None),
        entitled_on=case.entitled_on,
        last_seq=case.seq,
        assigned=" ".join(sorted(assigned_to(case))),
        catalogue=case.catalogue,
    )


def _clock_row(clock: Clock, case: Case, due: date | None, calendar: WorkingCalendar) -> ClockRow:
    return ClockRow(
        clock=clock.id,
        kind=kind_of(clock.id),
        name=clock.name,
        unit=clock.unit,
        amount=clock.amount + sum(extension.amount for extension in clock.extensions),
        until=clock.until,
        rolls=clock.rolls,
        side=side_of(clock.id) or "",
        measure=clock.measure,
        started_on=clock.started_on,
        stops=_stretches(stop for stop in clock.suspensions if not stop.id),
        pauses=_stretches(clock.stops),
        pending=pending(clock, case),
        due_on=due,
        fires_on=fires_on(clock, case, calendar) if clock.ended_on is None else None,
        provisional=due is not None and is_provisional(clock, calendar, due),
        paused=due is None,
        ended_on=clock.ended_on,
        awaited=_awaited_row(clock, case),
    )


def _awaited_row(clock: Clock, case: Case) -> AwaitedRow | None:
    if clock.awaited is None or clock.ended_on is not None:
        return None
    after = clock.awaited.after
    return AwaitedRow(
        item=case.item,
        channel=clock.awaited.channel,
        under=tuple(sorted(clock.awaited.under)),
        unit=after.unit if after else None,
        amount=after.amount if after else None,
        rolls=after.rolls_forward and after.unit in ROLLING if after else None,
    )


def _stretches(stops: Iterable[Suspension]) -> Stretches:
    return tuple(sorted(((s.first_on, s.lifted_on) for s in stops), key=_by_days))


def _by_days(stretch: tuple[date, date | None]) -> tuple[date, date]:
    return stretch[0], stretch[1] or date.max


def _task_row(task: Task, case: Case, dates: dict[str, date | None]) -> TaskRow:
    return TaskRow(
        task=task.id,
        kind=task.kind,
        about=task.about,
        role=task.role,
        holder=task.holder,
        backup=task.backup,
        opened_at=task.opened_at,
        due_on=dates.get(_clock_id(task, case)) if task.closed_at is None else None,
        closed_at=task.closed_at,
        closed_by=task.closed_by,
        barred=" ".join(sorted(barred_from(case, task))) if task.closed_at is None else "",
        team=task.team,
        asked_by=task.asked_by,
        nudged_at=task.nudged_at,
    )


def _case_rows(dated: _Dated) -> tuple[CaseRow, ...]:
    return (_case_row(dated.case, dated.dates),)


def _clock_rows(dated: _Dated) -> tuple[ClockRow, ...]:
    dates = dated.dates
    return tuple(
        _clock_row(clock, dated.case, dates[clock.id], dated.calendar) for clock in dated.clocks
    )


def _task_rows(dated: _Dated) -> tuple[TaskRow, ...]:
    return tuple(_task_row(task, dated.case, dated.dates) for task in dated.tasks)


def _material_rows(case: Case) -> tuple[MaterialRow, ...]:
    return tuple(
        MaterialRow(
            material=material.received.code,
            number=number,
            form=material.received.form,
            sha256=material.received.sha256,
            received_at=material.received_at,
        )
        for number, material in enumerate(case.materials, 1)
    )


CASE = RowsOf(member="case", table="cases", row=CaseRow, of=_case_rows)
DATED = (
    CASE,
    RowsOf(member="clocks", table="clocks", row=ClockRow, of=_clock_rows),
    RowsOf(member="tasks", table="tasks", row=TaskRow, of=_task_rows),
)
"""The tables of every case whose rows follow from the calendar, too."""

SHARED = (
    RowsOf(member="cards", table="cards", row=Card, of=attrgetter("cards"), sealed=("reason",)),
    RowsOf(member="materials", table="materials", row=MaterialRow, of=_material_rows),
    RowsOf(
        member="transfers",
        table="transfers",
        row=Transfer,
        of=attrgetter("transfers"),
        sealed=("reason",),
    ),
    RowsOf(member="opinions", table="opinions", row=Opinion, of=attrgetter("opinions")),
)
"""The other tables of every case."""


def tables() -> tuple[RowsOf, ...]:
    """Every table whose rows follow from the events of a case of a kind that is known."""
    own = chain.from_iterable(kind.rows for kind in KNOWN.values())
    return tuple(dict.fromkeys((*DATED, *SHARED, *own)))
