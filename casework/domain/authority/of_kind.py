"""Of which kind a case is, by its state."""

from functools import singledispatch

from casework.domain.case.state import Case
from casework.domain.kinds.application.state import Application
from casework.domain.kinds.cycle.state import Cycle, CycleKind
from casework.domain.kinds.rating.state import Rating
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.request.state import Request
from casework.domain.kinds.round.state import Round


@singledispatch
def kind_of(case: Case) -> CaseKind:
    """Of which kind a case is."""
    raise TypeError(type(case).__name__)


@kind_of.register
def kind_of_application(case: Application) -> CaseKind:
    return CaseKind.APPLICATION


@kind_of.register
def kind_of_request(case: Request) -> CaseKind:
    return CaseKind.REQUEST


@kind_of.register
def kind_of_cycle(case: Cycle) -> CaseKind:
    return CaseKind.TALENT_CYCLE if case.kind is CycleKind.TALENT else CaseKind.PERMIT_CYCLE


@kind_of.register
def kind_of_rating(case: Rating) -> CaseKind:
    return CaseKind.RATING


@kind_of.register
def kind_of_round(case: Round) -> CaseKind:
    return CaseKind.VISITS
