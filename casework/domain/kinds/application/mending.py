"""Mistakes with an application that are mended: what closed it, what came late, what was misdated.

The rules are of every kind of case (``casework.domain.case.mending``); here is what they need to
know of this one.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.events import Event, EventBody, FactCorrected
from casework.domain.case.facts import Occasion
from casework.domain.case.kind import Corrections, Day, LatePapers, TakingBack
from casework.domain.case.mending import require_not_before
from casework.domain.case.state import Closing
from casework.domain.kinds.application import checklist, intake, review
from casework.domain.kinds.application.commands import ArchiveArrived, MaterialsReceived, Supplement
from casework.domain.kinds.application.events import DeferralPromised, Refused, ResultDelivered
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    BeforeClosing,
)
from casework.domain.policy import MaterialForm, Role, ServiceItem

# --- taking back ---------------------------------------------------------------------------


def _decider(event: Event, case: Application) -> Role:
    """The superior on its own decision, the head of the authority on the others."""
    by_superior = event.actor.role is Role.SUPERIOR
    if by_superior or (isinstance(event.body, Refused) and event.body.by_superior):
        return Role.SUPERIOR
    return Role.HEAD if Role.HEAD in case.posts else Role.SUPERVISOR


def _kept(case: Application, before: Application) -> Application:
    kept = BeforeClosing(
        lines=before.lines,
        green=before.green,
        contacts=before.contacts,
        decision=before.decision,
    )
    return replace(case, before=kept)


def _restored(case: Application, closing: Closing) -> Application:
    before = case.before or BeforeClosing()
    return replace(
        case,
        stage=ApplicationStage(closing.stage),
        lines=before.lines,
        green=before.green,
        contacts=before.contacts,
        decision=before.decision,
        duplicate_of="",
        before=None,
    )


TAKING_BACK = TakingBack(restored=_restored, kept=_kept, decider=_decider)


# --- papers that come late -------------------------------------------------------------------


def _brought(command: Command, facts: Occasion) -> tuple[ReceivedMaterial, ...]:
    materials: tuple[ReceivedMaterial, ...] = getattr(command, "materials", ())
    if not isinstance(command, ArchiveArrived):
        return materials
    form = MaterialForm.ARCHIVE
    codes = sorted(_archive_codes(facts))
    return materials + tuple(ReceivedMaterial(code=code, form=form) for code in codes)


def _archive_codes(facts: Occasion) -> set[str]:
    materials = facts.item.materials if isinstance(facts.item, ServiceItem) else ()
    return {rule.code for rule in materials if rule.form is MaterialForm.ARCHIVE}


def _listed(case: Application, facts: ApplicationFacts) -> set[str]:
    return {code for rule in facts.item.materials for code in (rule.code, *rule.alternatives)}


def _counted(case: Application, facts: ApplicationFacts) -> tuple[EventBody, ...]:
    return tuple(_each_counted(case, facts))


def _each_counted(case: Application, facts: ApplicationFacts) -> Iterator[EventBody]:
    archive = _archive_codes(facts)
    papers = tuple(each for each in case.late if each.code not in archive)
    if case.stage is ApplicationStage.SUPPLEMENT_DUE and (papers or case.late_statements):
        answer = Supplement(actor=facts.actor, materials=papers, statements=case.late_statements)
        yield from intake.supplement(answer, case, facts)
    elif papers:
        came_in = MaterialsReceived(actor=facts.actor, materials=papers)
        yield from intake.materials_received(came_in, case, facts)
    came = {each.code for each in case.late} & archive
    if came and archive.isdisjoint(checklist.received_codes(case)):
        yield from review.archive_arrived(ArchiveArrived(actor=facts.actor), case, facts)


LATE = LatePapers(
    brings=(MaterialsReceived, ArchiveArrived, Supplement),
    registers=(MaterialsReceived, ArchiveArrived),
    brought=_brought,
    listed=_listed,
    counted=_counted,
    role=Role.OFFICER,
)


# --- days ------------------------------------------------------------------------------------


def _stated(body: EventBody) -> Iterator[tuple[str, date]]:
    match body:
        case DeferralPromised(signed_on=day):
            yield "signed_on", day
        case ResultDelivered(delivered_on=date() as day):
            yield "delivered_on", day


def _of_promise(body: FactCorrected, case: Application, facts: Occasion) -> FactCorrected:
    require_not_before(body.value, case.offered_on, SIGNED, "提出容缺之日")
    return body


def _of_delivery(body: FactCorrected, case: Application, facts: Occasion) -> FactCorrected:
    require_not_before(body.value, case.decided_on, DELIVERED, "作出决定之日")
    return body


def _corrected(case: Application, body: FactCorrected, event: Event) -> Application:
    if body.field == "delivered_on":
        return replace(case, delivered_on=body.value)
    lines = tuple(
        replace(line, promised_on=body.value) if line.promised_on == body.was else line
        for line in case.lines
    )
    return replace(case, lines=lines)


SIGNED = Day(field="signed_on", label="承诺书签署日期", checked=_of_promise)
DELIVERED = Day(field="delivered_on", label="送达日期", checked=_of_delivery)
CORRECTIONS = Corrections(days=(SIGNED, DELIVERED), stated=_stated, corrected=_corrected)
