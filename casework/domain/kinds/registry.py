"""The kinds of cases: what each is called where it runs, and which verbs it knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from casework.domain.case.commands import APPLICATION_SIGNALS, APPLICATION_VERBS, Command
from casework.domain.case.state import Stage
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.kinds.cycle.commands import CYCLE_SIGNALS, CYCLE_VERBS
from casework.domain.kinds.cycle.state import CycleKind, CycleStage
from casework.domain.kinds.rating.commands import RATING_SIGNALS, RATING_VERBS
from casework.domain.kinds.rating.state import RatingStage
from casework.domain.kinds.request.commands import REQUEST_SIGNALS, REQUEST_VERBS
from casework.domain.kinds.request.state import RequestStage
from casework.domain.kinds.round.commands import ROUND_SIGNALS, ROUND_VERBS
from casework.domain.kinds.round.state import RoundStage


class CaseKind(StrEnum):
    """What a case is; stored for ever."""

    APPLICATION = "application"
    REQUEST = "request"
    TALENT_CYCLE = "talent_cycle"
    PERMIT_CYCLE = "permit_cycle"
    RATING = "rating"
    VISITS = "visits"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return KINDS[self].label


@dataclass(frozen=True, kw_only=True)
class Kind:
    """``workflow`` is the type, ``prefix`` begins the id; ``path`` is the name in HTTP."""

    label: str
    workflow: str
    prefix: str
    path: str
    verbs: Mapping[str, type[Command]]
    facts: frozenset[str]
    stages: type[Stage]


def _cycle(kind: CycleKind) -> Kind:
    return Kind(
        label=kind.label,
        workflow="ServiceCycle",
        prefix=f"cycle.{kind}",
        path="cycles",
        verbs=CYCLE_VERBS,
        facts=CYCLE_SIGNALS,
        stages=CycleStage,
    )


KINDS = {
    CaseKind.APPLICATION: Kind(
        label="办件",
        workflow="Application",
        prefix="app",
        path="applications",
        verbs=APPLICATION_VERBS,
        facts=APPLICATION_SIGNALS,
        stages=ApplicationStage,
    ),
    CaseKind.REQUEST: Kind(
        label="服务申请",
        workflow="ServiceRequest",
        prefix="req",
        path="requests",
        verbs=REQUEST_VERBS,
        facts=REQUEST_SIGNALS,
        stages=RequestStage,
    ),
    CaseKind.TALENT_CYCLE: _cycle(CycleKind.TALENT),
    CaseKind.PERMIT_CYCLE: _cycle(CycleKind.PERMIT),
    CaseKind.RATING: Kind(
        label="服务评价",
        workflow="Ticket",
        prefix="ticket.rating",
        path="ratings",
        verbs=RATING_VERBS,
        facts=RATING_SIGNALS,
        stages=RatingStage,
    ),
    CaseKind.VISITS: Kind(
        label="抽样回访",
        workflow="VisitRound",
        prefix="round",
        path="rounds",
        verbs=ROUND_VERBS,
        facts=ROUND_SIGNALS,
        stages=RoundStage,
    ),
}

_LABELS = {stage.value: stage.label for kind in KINDS.values() for stage in kind.stages}


def stage_label(stage: str) -> str:
    """The word a clerk uses for the stage of a case of any kind."""
    return _LABELS[stage]


def workflow_id(kind: str, case_no: str) -> str:
    """The id of a case's workflow.

    ``app.<district>.<no>``, ``req.<district>.<no>``, ``round.<district>.<no>``,
    ``cycle.talent.<no>``, ``cycle.permit.<no>``, ``ticket.rating.<no>``.
    """
    prefix = KINDS[CaseKind(kind)].prefix
    district = "" if "." in prefix else f"{case_no.split('-', 1)[0]}."
    return f"{prefix}.{district}{case_no}"
