"""Mistakes with a request that are mended: what closed it, and what came late.

The rules are of every kind of case (``casework.domain.case.mending``); here is what they need to
know of this one.
"""

from dataclasses import replace

from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.events import EventBody, kind_of_event
from casework.domain.case.facts import Occasion
from casework.domain.case.kind import LatePapers, TakingBack
from casework.domain.case.state import Closing
from casework.domain.kinds.request import procedure
from casework.domain.kinds.request.commands import CollectPapers, SupplementRequest
from casework.domain.kinds.request.events import RequestClosed
from casework.domain.kinds.request.state import Request, RequestFacts, RequestStage
from casework.domain.policy import Role


def _restored(case: Request, closing: Closing) -> Request:
    return replace(
        case,
        stage=RequestStage(closing.stage),
        result="",
        transferred_to="",
        mendable_until=None,
    )


RECIPIENTS = {"request_taken_back": ("applicant",)}
"""Those whom the letter on the closing had told."""

TAKING_BACK = TakingBack(
    restored=_restored,
    # The closing that follows from the talent's cycle is taken back with that.
    follows=kind_of_event(RequestClosed),
)


def _brought(command: Command, facts: Occasion) -> tuple[ReceivedMaterial, ...]:
    materials: tuple[ReceivedMaterial, ...] = getattr(command, "materials", ())
    return materials


def _listed(case: Request, facts: RequestFacts) -> set[str]:
    codes = {code for rule in facts.item.materials for code in (rule.code, *rule.alternatives)}
    return codes | {fault.about for fault in case.noticed}


def _counted(case: Request, facts: RequestFacts) -> tuple[EventBody, ...]:
    materials = case.late
    match case.stage:
        case RequestStage.SUPPLEMENT_DUE if materials or case.late_statements:
            answer = SupplementRequest(
                actor=facts.actor, materials=materials, statements=case.late_statements
            )
            return procedure.supplement_request(answer, case, facts)
        case RequestStage.COLLECT if materials:
            papers = CollectPapers(actor=facts.actor, materials=materials)
            return procedure.collect_papers(papers, case, facts)
        case _:
            return ()


LATE = LatePapers(
    brings=(SupplementRequest, CollectPapers),
    brought=_brought,
    listed=_listed,
    counted=_counted,
    role=Role.SPECIALIST,
)
