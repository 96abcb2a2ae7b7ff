"""What is reported of tickets (响应率, 解决率, 满意率): counts of any period, with their cases.

The definitions are a proposal (`[proposal]`, desk.md): no source gives any. ``DEFINITIONS`` has
them in the words of a clerk, to be printed beside the figures.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from casework.domain.kinds.ticket.state import TicketSource, TicketStage


class Line(StrEnum):
    """A line of the report; the values are words of the API."""

    ANSWERED = "answered"
    RESPONDED = "responded"
    SOLVED = "solved"
    SATISFIED = "satisfied"
    RETURNED = "returned"
    JOINED = "joined"

    @property
    def label(self) -> str:
        """The word of the report."""
        return _LABELS[self]


_LABELS = {
    Line.ANSWERED: "答复率",
    Line.RESPONDED: "响应率",
    Line.SOLVED: "解决率",
    Line.SATISFIED: "满意率",
    Line.RETURNED: "退回",
    Line.JOINED: "并办",
}
DEFINITIONS = {
    Line.ANSWERED: "已答复 ÷ 期内收到（不含已退回、已并办）",
    Line.RESPONDED: "按期联系或者答复 ÷ 联系期限在期内届满或者期内已提前联系的实名工单"
    "（不含已退回、已并办；尚未到期且未联系的不计）",
    Line.SOLVED: "诉求人称已解决 ÷ 期内回访（按次）",
    Line.SATISFIED: "诉求人称满意 ÷ 期内回访（按次）",
    Line.RETURNED: "已退回派单部门 ÷ 期内收到",
    Line.JOINED: "已并入其他工单 ÷ 期内收到",
}


class Scope(StrEnum):
    """Of which tickets: the two are printed apart, as public tables mix them."""

    ALL = "all"
    HOTLINE = "hotline"

    @property
    def label(self) -> str:
        """The word of the report."""
        return {"all": "全部工单", "hotline": "12345热线工单"}[self.value]


@dataclass(frozen=True, kw_only=True)
class Period:
    """The days from ``first_on`` to ``last_on``, both counted, as they stand on ``on``."""

    first_on: date
    last_on: date
    on: date

    def has(self, day: date | None) -> bool:
        """Whether a day lies in it."""
        return day is not None and self.first_on <= day <= self.last_on


@dataclass(frozen=True, kw_only=True)
class Revisit:
    """What the caller has said of one answer."""

    on: date
    resolved: bool
    satisfied: bool


@dataclass(frozen=True, kw_only=True)
class TicketFacts:
    """One ticket as the register has it; days are days in Shanghai.

    ``contact_due_on``, ``contact_ended_on``: of its last limit of contact; None where nobody can be
    called, where the limit stands still, or is still running.
    """

    case_no: str
    district: str
    came_by: str
    stage: str
    received_on: date
    answered: bool
    contact_due_on: date | None = None
    contact_ended_on: date | None = None
    revisits: tuple[Revisit, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Whether the unit itself has to answer it."""
        return self.stage not in {TicketStage.RETURNED, TicketStage.JOINED}


@dataclass(frozen=True, kw_only=True)
class Figure:
    """``part`` of ``whole``: numbers of tickets, of a ticket revisited twice its number twice."""

    scope: Scope
    line: Line
    part: tuple[str, ...]
    whole: tuple[str, ...]

    @property
    def percent(self) -> float | None:
        """The share in percent, to one digit; None of nothing."""
        return round(100 * len(self.part) / len(self.whole), 1) if self.whole else None


def figures(tickets: Iterable[TicketFacts], period: Period) -> tuple[Figure, ...]:
    """Every line for both scopes; numbers of cases in the order of the tickets."""
    known = tuple(tickets)
    hotline = tuple(each for each in known if each.came_by == TicketSource.HOTLINE_12345)
    return tuple(
        _figure(scope, line, of, period)
        for scope, of in ((Scope.ALL, known), (Scope.HOTLINE, hotline))
        for line in Line
    )


def _figure(scope: Scope, line: Line, tickets: tuple[TicketFacts, ...], period: Period) -> Figure:
    counted = [
        (each.case_no, is_part) for each in tickets for is_part in _COUNTED[line](each, period)
    ]
    return Figure(
        scope=scope,
        line=line,
        part=tuple(number for number, is_part in counted if is_part),
        whole=tuple(number for number, _ in counted),
    )


# Each says whether a ticket counts, once for each time: True as a part, too.


def _answered(ticket: TicketFacts, period: Period) -> Iterator[bool]:
    if period.has(ticket.received_on) and ticket.is_ours:
        yield ticket.answered


def _responded(ticket: TicketFacts, period: Period) -> Iterator[bool]:
    due, ended = ticket.contact_due_on, ticket.contact_ended_on
    if due is None or not ticket.is_ours:
        return
    in_time = ended is not None and ended <= due
    # In time it counts on its day; otherwise on the day on which it was due, once that is over.
    if period.has(ended if in_time else due) and (in_time or due < period.on):
        yield in_time


def _solved(ticket: TicketFacts, period: Period) -> Iterator[bool]:
    yield from (each.resolved for each in ticket.revisits if period.has(each.on))


def _satisfied(ticket: TicketFacts, period: Period) -> Iterator[bool]:
    yield from (each.satisfied for each in ticket.revisits if period.has(each.on))


def _returned(ticket: TicketFacts, period: Period) -> Iterator[bool]:
    if period.has(ticket.received_on):
        yield ticket.stage == TicketStage.RETURNED


def _joined(ticket: TicketFacts, period: Period) -> Iterator[bool]:
    if period.has(ticket.received_on):
        yield ticket.stage == TicketStage.JOINED


_COUNTED: dict[Line, Callable[[TicketFacts, Period], Iterator[bool]]] = {
    Line.ANSWERED: _answered,
    Line.RESPONDED: _responded,
    Line.SOLVED: _solved,
    Line.SATISFIED: _satisfied,
    Line.RETURNED: _returned,
    Line.JOINED: _joined,
}
