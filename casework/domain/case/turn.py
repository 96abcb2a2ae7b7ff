"""Whose turn it is, for what and until when: the same sentence for applicant, HR and officer.

Nothing in it names a person or an officer's code, so whoever may read the case may read it.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from casework.domain.case.acceptable import refused_as_it_stands
from casework.domain.case.events import Event, TakenBack
from casework.domain.case.facts import Occasion
from casework.domain.case.kind import Outcome, Party, Wanted, kind_of_case
from casework.domain.case.state import Case, Task
from casework.domain.policy import Role
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, is_paused, read

_PARTIES = {
    Role.APPLICANT: Party.APPLICANT,
    Role.TALENT: Party.APPLICANT,
    Role.EMPLOYER: Party.EMPLOYER,
    Role.OFFICER: Party.WINDOW,
    Role.REVIEWER: Party.WINDOW,
    Role.SPECIALIST: Party.WINDOW,
    Role.HEAD: Party.LEADER,
    Role.SUPERVISOR: Party.LEADER,
    Role.SUPERIOR: Party.OUTSIDE,
    Role.LIAISON: Party.OUTSIDE,
    Role.SYSTEM: Party.OUTSIDE,
}
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Who acts next. ``who`` is the name that is shown, such as the office's.

    ``clock``: the id of the limit, empty if there is none. ``until`` is its last day; None without
    a limit, or while a suspension that is not lifted hides it (``paused``: nothing counts today).
    ``left``: working days after today up to ``until``; ``overdue``: those since ``until``.
    ``provisional``: the day rests on a holiday notice that is not out. ``task``: the id of the
    task that does it, if an officer has one.
    """

    party: Party
    who: str
    what: str
    clock: str = ""
    until: date | None = None
    left: int = 0
    overdue: int = 0
    paused: bool = False
    provisional: bool = False
    task: str = ""

    @property
    def sentence(self) -> str:
        """The one Chinese sentence."""
        if self.party is Party.NOBODY:
            limit = f"，{written(self.until)}为止{self._doubt}" if self.until else ""
            return f"现在不需要谁办理：{self.what}{limit}。"
        return f"轮到{self.who}：{self.what}，{self.limit}。"

    @property
    def _doubt(self) -> str:
        return "（暂定，节假日安排尚未公布）" if self.provisional else ""

    @property
    def limit(self) -> str:
        """Until when, in words."""
        if self.until is None:
            return "计时暂停，恢复后再定到期日" if self.clock else "没有规定期限"
        day = written(self.until)
        if self.overdue:
            return f"应于{day}前办完，已超过 {self.overdue} 个工作日"
        if self.paused:
            return f"计时暂停，恢复后至{day}为止{self._doubt}"
        left = f"还有 {self.left} 个工作日" if self.left else "已是最后一个工作日"
        return f"{day}前（含当日），{left}{self._doubt}"


@dataclass(frozen=True, kw_only=True)
class DateAhead:
    """A limit that runs, and its last day; None while a suspension hides it."""

    clock: str
    name: str
    on: date | None
    paused: bool
    provisional: bool


def turn(case: Case, calendar: WorkingCalendar, today: date) -> Turn:
    """Whose turn it is today, as far as the case has recorded.

    The calendar must know the years of today and of the running limits.
    """
    if not case.is_open:
        return Turn(party=Party.NOBODY, who="", what=_ended(case.stage.label))
    kind = kind_of_case(case)
    step = kind.step(case.stage)
    own, task = kind.turns(case), case.next_task
    leads_on = set(kind.work_of(task.kind)) & step.verbs.keys() if task and step else set()
    waits = own or (step.waits if step and not leads_on else None)
    limit = step.clock if step else ""
    if waits is not None:
        who = waits.name or _named(waits.party, case)
        clock = case.clock(waits.clock or limit)
        return _until(Turn(party=waits.party, who=who, what=waits.what), clock, calendar, today)
    if task is None:
        clock = case.clock(limit)
        stage = Turn(party=Party.WINDOW, who=_named(Party.WINDOW, case), what=case.stage.label)
        return _until(stage, clock, calendar, today)
    return _of_task(task, case, case.clock(task.clock) or case.clock(limit), calendar, today)


def beside(
    case: Case,
    tasks: Iterable[Task],
    left: Iterable[str],
    calendar: WorkingCalendar,
    today: date,
) -> tuple[str, ...]:
    """What goes on beside the turn, a sentence each: open ``tasks``, and what is ``left``.

    An opinion that a colleague was asked for is such a task. Nothing is said twice, nor what the
    turn says itself; nothing of a closed case.
    """
    if not case.is_open:
        return ()
    now = turn(case, calendar, today)
    meanwhile = (
        _of_task(task, case, case.clock(task.clock), calendar, today)
        for task in tasks
        if task.id != now.task
    )
    found = (f"同时，{each.who}：{each.what}，{each.limit}。" for each in meanwhile)
    return tuple(dict.fromkeys((*found, *left)))


def wanted(case: Case) -> tuple[Wanted, ...]:
    """What applicant or employer still has to bring or to do; nothing once the case is closed."""
    return kind_of_case(case).wanted(case) if case.is_open else ()


@dataclass(frozen=True, kw_only=True)
class Result:
    """The outcome that holds, and the event of which it is."""

    outcome: Outcome
    seq: int
    on: date


def result(case: Case, events: Sequence[Event]) -> Result | None:
    """The last outcome among a case's events; None while there is none, or none that holds."""
    outcome = kind_of_case(case).outcome
    for event in reversed(events):
        if isinstance(event.body, TakenBack):
            return None
        if (found := outcome(event.body)) is not None:
            on = local_date(event.at)
            return Result(outcome=found, seq=event.seq, on=on) if found.label else None
    return None


ANSWERS = frozenset({"supplement", "materials_received", "promise", "evaluate"})
"""The verbs by which applicant or employer brings what is wanted."""


def open_to(case: Case, verbs: Collection[str], facts: Occasion) -> tuple[str, ...]:
    """Of these verbs, those that the case takes as it stands, those wanted first.

    What is an answer is among them only while something is wanted by it.
    """
    asked = dict.fromkeys(each.verb for each in wanted(case) if each.verb)
    found = (*(verb for verb in asked if verb in verbs), *(v for v in verbs if v not in ANSWERS))
    return tuple(verb for verb in found if refused_as_it_stands(case, verb, facts) is None)


def dates_ahead(
    clocks: Iterable[Clock], calendar: WorkingCalendar, today: date
) -> tuple[DateAhead, ...]:
    """The running ones of these limits, the earliest last day first, those without one last."""
    found = [_ahead(clock, calendar, today) for clock in clocks if clock.ended_on is None]
    return tuple(sorted(found, key=lambda each: (each.on or date.max, each.clock)))


def written(day: date) -> str:
    """A day as people write it: 2026年12月15日（周二）."""
    return f"{day.year}年{day.month}月{day.day}日（周{_WEEKDAYS[day.weekday()]}）"


def _ended(label: str) -> str:
    return label if label.startswith("已") else f"已办结（{label}）"


def _ahead(clock: Clock, calendar: WorkingCalendar, today: date) -> DateAhead:
    reading = read(clock, calendar, max(today, clock.started_on))
    return DateAhead(
        clock=clock.id,
        name=clock.name,
        on=reading.due_on,
        paused=reading.is_paused,
        provisional=reading.provisional,
    )


def _named(party: Party, case: Case) -> str:
    return f"{party.label}（{case.office}）" if party is Party.WINDOW else party.label


def _holder(party: Party, task: Task, case: Case) -> str:
    if party is Party.WINDOW:
        return _named(party, case)
    return f"{party.label}（{task.role.label}）" if party.is_of_the_state else party.label


def _of_task(
    task: Task, case: Case, clock: Clock | None, calendar: WorkingCalendar, today: date
) -> Turn:
    party = _PARTIES[task.role]
    plain = Turn(party=party, who=_holder(party, task, case), what=task.kind.label, task=task.id)
    return _until(plain, clock, calendar, today)


def _until(plain: Turn, clock: Clock | None, calendar: WorkingCalendar, today: date) -> Turn:
    if clock is None:
        return plain
    reading = read(clock, calendar, max(today, clock.started_on))
    due = reading.due_on
    return Turn(
        party=plain.party,
        who=plain.who,
        what=plain.what,
        task=plain.task,
        clock=clock.id,
        until=due,
        left=calendar.count(today, due) if due and due > today else 0,
        overdue=calendar.count(due, today) if due and due < today else 0,
        paused=is_paused(clock, today),
        provisional=reading.provisional,
    )
