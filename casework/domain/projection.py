"""The register's rows as a pure function of the state: what lists and reports are read from.

The same function serves the live recorder (rows that changed) and ``casework register rebuild``
(all rows), so the two cannot differ.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from casework.domain.calendar import WorkingCalendar
from casework.domain.case import Card, Case, Line, Task
from casework.domain.clock import Clock, due_on, is_provisional
from casework.domain.limits import kind_of


@dataclass(frozen=True, kw_only=True)
class CaseRow:
    case_no: str
    district: str
    item: str
    item_name: str
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
    last_seq: int


@dataclass(frozen=True, kw_only=True)
class ClockRow:
    clock: str
    kind: str
    name: str
    unit: str
    amount: int
    started_on: date
    due_on: date | None
    provisional: bool
    paused: bool
    ended_on: date | None


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    task: str
    kind: str
    about: str
    role: str
    holder: str
    backup: str
    opened_at: datetime
    due_on: date | None
    closed_at: datetime | None
    closed_by: str


@dataclass(frozen=True, kw_only=True)
class MaterialRow:
    material: str
    number: int
    form: str
    sha256: str
    received_at: datetime


@dataclass(frozen=True, kw_only=True)
class Rows:
    """Rows of one case; the live recorder carries only those that changed."""

    case: CaseRow
    clocks: tuple[ClockRow, ...] = ()
    tasks: tuple[TaskRow, ...] = ()
    cards: tuple[Card, ...] = ()
    lines: tuple[Line, ...] = ()
    materials: tuple[MaterialRow, ...] = ()


def rows(case: Case, calendar: WorkingCalendar, before: Case | None = None) -> Rows:
    """The rows that differ from those of ``before``; all of them when there is no before."""
    clocks = _changed(case.clocks, before.clocks if before else ())
    dates = {clock.id: due_on(clock, calendar) for clock in {*clocks, *case.running}}
    tasks = _changed(case.tasks, before.tasks if before else ())
    # A task shows its clock's due date: it changes with the clock.
    moved = {name for clock in clocks for name in (clock.id, clock.id.split("#")[0])}
    tasks += tuple(task for task in case.open_tasks if task not in tasks and task.clock in moved)
    return Rows(
        case=_case_row(case, dates),
        clocks=tuple(_clock_row(clock, dates[clock.id], calendar) for clock in clocks),
        tasks=tuple(_task_row(task, case, dates) for task in tasks),
        cards=_changed(case.cards, before.cards if before else ()),
        lines=_changed(case.lines, before.lines if before else ()),
        materials=tuple(
            MaterialRow(
                material=material.received.code,
                number=number,
                form=material.received.form,
                sha256=material.received.sha256,
                received_at=material.received_at,
            )
            for number, material in enumerate(case.materials, 1)
            if before is None or number > len(before.materials)
        ),
    )


T = TypeVar("T")


def _changed(now: tuple[T, ...], then: tuple[T, ...]) -> tuple[T, ...]:
    return now if not then else tuple(row for row in now if row not in then)


def _clock_id(task: Task, case: Case) -> str:
    clock = case.clock(task.clock) if task.clock else None
    return clock.id if clock else ""


def next_due(case: Case, calendar: WorkingCalendar) -> date | None:
    """The earliest due date among the running clocks; None while none is known."""
    dates = (due_on(clock, calendar) for clock in case.running)
    return min((day for day in dates if day is not None), default=None)


def _case_row(case: Case, dates: dict[str, date | None]) -> CaseRow:
    running = (dates[clock.id] for clock in case.running)
    return CaseRow(
        case_no=case.case_no,
        district=case.district,
        item=case.item,
        item_name=case.item_name,
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
        green=case.green.is_open,
        open_debts=case.open_debts,
        due_on=min((day for day in running if day is not None), default=None),
        last_seq=case.seq,
    )


def _clock_row(clock: Clock, due: date | None, calendar: WorkingCalendar) -> ClockRow:
    return ClockRow(
        clock=clock.id,
        kind=kind_of(clock.id),
        name=clock.name,
        unit=clock.unit,
        amount=clock.amount + sum(extension.amount for extension in clock.extensions),
        started_on=clock.started_on,
        due_on=due,
        provisional=due is not None and is_provisional(clock, calendar, due),
        paused=due is None,
        ended_on=clock.ended_on,
    )


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
    )
