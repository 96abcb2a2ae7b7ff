"""Four eyes: who has asked for something, or taken it in, does not decide on it.

The rule goes by person, not by post: it holds whichever post somebody sits in by now, as A角, as
B角 in somebody's stead, or after a re-assignment (行政许可法 §34; domain.md §A, C.5, C.7).
"""

from collections.abc import Mapping
from functools import singledispatch

from casework.domain.authority.of_kind import kind_of
from casework.domain.authority.work import work_of
from casework.domain.case.state import Case, Task
from casework.domain.kinds.application.state import Application, GreenStatus, LineStatus
from casework.domain.kinds.cycle.state import Cycle
from casework.domain.kinds.rating.state import Rating

Barred = Mapping[str, frozenset[str]]
"""Verb → the codes of those who may not, whatever their post."""


@singledispatch
def barred(case: Case) -> Barred:
    """Whom four eyes exclude from which verbs of a case, as it stands."""
    return _taking_back(case)


def _taking_back(case: Case) -> Barred:
    return {"take_back": _known(case.closing.proposed_by if case.closing else "")}


@barred.register
def barred_from_application(case: Application) -> Barred:
    intake = frozenset(case.intake_by)
    offered = (line.offered_by for line in case.lines if line.status is LineStatus.OFFERED)
    asked = case.green.requested_by if case.green.status is GreenStatus.REQUESTED else ""
    return {
        "review": intake,
        "approve": intake,
        "refuse": intake,
        "superior_decision": intake | _known(case.reviewed_by),
        "consent_deferral": _known(*offered),
        "consent_green": _known(asked),
        **_taking_back(case),
    }


@barred.register
def barred_from_cycle(case: Cycle) -> Barred:
    verified_by = case.verified_by if case.objection else ""
    return {"decide_objection": _known(verified_by), **_taking_back(case)}


@barred.register
def barred_from_rating(case: Rating) -> Barred:
    return {"decide_rating_appeal": _known(case.appealed_by)}


def _known(*codes: str) -> frozenset[str]:
    return frozenset(code for code in codes if code)


def barred_from(case: Case, task: Task) -> frozenset[str]:
    """Whom four eyes exclude from a task: it must not go to any of them, nor by substitution."""
    excluded = barred(case)
    verbs = work_of(task.kind, kind_of(case))
    return frozenset[str]().union(*(excluded.get(verb, frozenset()) for verb in verbs))
