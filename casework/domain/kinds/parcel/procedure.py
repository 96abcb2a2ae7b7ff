"""The procedure of a parcel: somebody says where its papers belong, or it goes back.

It is never matched by itself; what a case does not take comes back with the reason.
"""

from dataclasses import replace

from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_stage, require_text
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.case.moves import conclude, end_clocks, enter
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Closing
from casework.domain.errors import DomainError
from casework.domain.kinds.parcel.commands import MatchParcel, OpenFromParcel, ReturnParcel
from casework.domain.kinds.parcel.events import (
    ParcelMatched,
    ParcelNotClaimed,
    ParcelNotPlaced,
    ParcelPlaced,
    ParcelSentBack,
)
from casework.domain.kinds.parcel.state import Matched, Parcel, ParcelStage
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import Clock

S = ParcelStage
MATCH = "parcel_match"


def match_parcel(command: MatchParcel, case: Parcel, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.MATCHING, S.UNCLAIMED)
    require_text(command.into, "into", "归入的办件编号")
    if not command.materials:
        raise DomainError("FIELD_REQUIRED", "请列明来件中的材料", "materials")
    return (ParcelMatched(matched=Matched(into=command.into, materials=command.materials)),)


def open_from_parcel(
    command: OpenFromParcel, case: Parcel, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.MATCHING, S.UNCLAIMED)
    for field, label in (("name", "姓名"), ("item", "事项"), ("id_number", "证件号码")):
        require_text(getattr(command, field), field, f"申请人的{label}")
    matched = Matched(
        materials=command.materials,
        name=command.name,
        item=command.item,
        id_number=command.id_number,
        unit=command.unit,
        credit_code=command.credit_code,
        email=command.email,
        phone=command.phone,
    )
    return (ParcelMatched(matched=matched),)


def return_parcel(command: ReturnParcel, case: Parcel, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.MATCHING, S.UNCLAIMED)
    require_text(command.reason, "reason", "寄回的理由")
    require_text(command.number, "number", "寄回的快递单号")
    return (ParcelSentBack(reason=command.reason, number=command.number),)


def not_claimed(clock: Clock, case: Parcel, facts: Occasion) -> EventBody:
    return ParcelNotClaimed(clock=clock.id)


# --- how the state follows ---------------------------------------------------------------


def after_parcel_matched(body: ParcelMatched, case: Parcel, event: Event) -> Parcel:
    case = replace(case, matched=body.matched, tries=case.tries + 1, refused="", refused_reason="")
    return enter(case, S.FILING, event.at, event.actor.code)


def after_parcel_placed(body: ParcelPlaced, case: Parcel, event: Event) -> Parcel:
    case = replace(case, filed=body.case_no)
    return _ended(case, S.FILED, event)


def after_parcel_not_placed(body: ParcelNotPlaced, case: Parcel, event: Event) -> Parcel:
    case = replace(case, refused=body.code, refused_reason=body.reason)
    overdue = not any(clock.id.split("#")[0] == MATCH for clock in case.running)
    return enter(case, S.UNCLAIMED if overdue else S.MATCHING, event.at, event.actor.code)


def after_parcel_not_claimed(body: ParcelNotClaimed, case: Parcel, event: Event) -> Parcel:
    case = end_clocks(case, event.at, MATCH)
    if case.stage is not S.MATCHING:
        return case
    return enter(case, S.UNCLAIMED, event.at, event.actor.code)


def after_parcel_sent_back(body: ParcelSentBack, case: Parcel, event: Event) -> Parcel:
    return _ended(replace(case, sent_back=body.number), S.RETURNED, event)


def _ended(case: Parcel, stage: ParcelStage, event: Event) -> Parcel:
    case = enter(case, stage, event.at, event.actor.code)
    return conclude(case, event.at, event.actor.code)


def restored(case: Parcel, closing: Closing) -> Parcel:
    """The parcel as it stood before it was closed by mistake."""
    return replace(case, stage=S(closing.stage), sent_back="")


def effects(event: Event, case: Parcel, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """The papers go to the case, once it is said to which."""
    if not isinstance(event.body, ParcelMatched):
        return ()
    fields = {"number": str(case.tries)}
    return (Effect(kind=EffectKind.OPEN_CASE, seq=event.seq, fields=fields),)


def tried(case: Parcel, number: int, case_no: str, code: str, reason: str) -> EventBody | None:
    """What is noted of an attempt to place the papers; None if nobody waits for that any more."""
    if case.stage is not S.FILING or number != case.tries:
        return None
    return ParcelPlaced(case_no=case_no) if case_no else ParcelNotPlaced(code=code, reason=reason)


DECISIONS: Decisions = {
    MatchParcel: match_parcel,
    OpenFromParcel: open_from_parcel,
    ReturnParcel: return_parcel,
}
EVOLUTIONS: Evolutions = {
    ParcelMatched: after_parcel_matched,
    ParcelPlaced: after_parcel_placed,
    ParcelNotPlaced: after_parcel_not_placed,
    ParcelNotClaimed: after_parcel_not_claimed,
    ParcelSentBack: after_parcel_sent_back,
}
