"""Of which kind a case is, by its state."""

from functools import singledispatch

from casework.domain.case import Case
from casework.domain.cycle.state import Cycle, CycleKind
from casework.domain.kinds import CaseKind
from casework.domain.matter import Matter
from casework.domain.request.state import Request
from casework.domain.ticket.state import Ticket
from casework.domain.visits.state import Round


@singledispatch
def kind_of(case: Matter) -> CaseKind:
    """Of which kind a case is."""
    raise TypeError(type(case).__name__)


@kind_of.register
def _(case: Case) -> CaseKind:
    del case
    return CaseKind.APPLICATION


@kind_of.register
def _(case: Request) -> CaseKind:
    del case
    return CaseKind.REQUEST


@kind_of.register
def _(case: Cycle) -> CaseKind:
    return CaseKind.TALENT_CYCLE if case.kind is CycleKind.TALENT else CaseKind.PERMIT_CYCLE


@kind_of.register
def _(case: Ticket) -> CaseKind:
    del case
    return CaseKind.RATING


@kind_of.register
def _(case: Round) -> CaseKind:
    del case
    return CaseKind.VISITS
