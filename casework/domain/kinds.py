"""The kinds of cases: what each is called where it runs, and which verbs it knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from casework.domain.case import Stage
from casework.domain.commands import FACTS, VERBS, Command
from casework.domain.cycle.commands import CYCLE_FACTS, CYCLE_VERBS
from casework.domain.cycle.state import CycleKind, CycleStage
from casework.domain.matter import AnyStage
from casework.domain.request.commands import REQUEST_FACTS, REQUEST_VERBS
from casework.domain.request.state import RequestStage
from casework.domain.ticket.commands import TICKET_FACTS, TICKET_VERBS
from casework.domain.ticket.state import TicketStage
from casework.domain.visits.commands import ROUND_FACTS, ROUND_VERBS
from casework.domain.visits.state import RoundStage


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
    stages: type[AnyStage]


def _cycle(kind: CycleKind) -> Kind:
    return Kind(
        label=kind.label,
        workflow="ServiceCycle",
        prefix=f"cycle.{kind}",
        path="cycles",
        verbs=CYCLE_VERBS,
        facts=CYCLE_FACTS,
        stages=CycleStage,
    )


KINDS = {
    CaseKind.APPLICATION: Kind(
        label="办件",
        workflow="Application",
        prefix="app",
        path="applications",
        verbs=VERBS,
        facts=FACTS,
        stages=Stage,
    ),
    CaseKind.REQUEST: Kind(
        label="服务申请",
        workflow="ServiceRequest",
        prefix="req",
        path="requests",
        verbs=REQUEST_VERBS,
        facts=REQUEST_FACTS,
        stages=RequestStage,
    ),
    CaseKind.TALENT_CYCLE: _cycle(CycleKind.TALENT),
    CaseKind.PERMIT_CYCLE: _cycle(CycleKind.PERMIT),
    CaseKind.RATING: Kind(
        label="服务评价",
        workflow="Ticket",
        prefix="ticket.rating",
        path="ratings",
        verbs=TICKET_VERBS,
        facts=TICKET_FACTS,
        stages=TicketStage,
    ),
    CaseKind.VISITS: Kind(
        label="抽样回访",
        workflow="VisitRound",
        prefix="round",
        path="rounds",
        verbs=ROUND_VERBS,
        facts=ROUND_FACTS,
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
