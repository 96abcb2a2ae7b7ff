"""Mistakes with a cycle that are mended: what ended it, and what was misdated.

The rules are of every kind of case (``casework.domain.case.mending``); here is what they need to
know of this one.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from casework.domain.case.events import Event, EventBody, FactCorrected
from casework.domain.case.facts import Occasion
from casework.domain.case.kind import Corrections, Day, TakingBack
from casework.domain.case.mending import require_not_before
from casework.domain.case.moves import end_clocks, next_id, start_clocks
from casework.domain.case.state import Closing
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.events import CycleEnded, CycleRenewed, EmployerChanged
from casework.domain.kinds.cycle.state import Cycle, CycleFacts, CycleStage, Points
from casework.domain.kinds.cycle.timetable import cycle_clocks
from casework.domain.policy import LimitName
from casework.domain.time.calendar import ONE_DAY, local_date
from casework.domain.time.clock import Clock, due_on, start_clock

_OF_PERMIT = ("permit_notice", "permit_end")


def _kept(case: Cycle, before: Cycle) -> Cycle:
    return replace(case, held_before=before.on_hold)


def _restored(case: Cycle, closing: Closing) -> Cycle:
    credential = replace(case.credential, void_on=None) if case.credential else None
    return replace(
        case,
        stage=CycleStage(closing.stage),
        served_until=None,
        left=False,
        on_hold=case.held_before,
        held_before=False,
        credential=credential,
    )


RECIPIENTS = dict.fromkeys(("cycle_taken_back", "cycle_fact_corrected"), ("applicant", "employer"))
"""Those whom the letter on the mistake had told."""

TAKING_BACK = TakingBack(restored=_restored, kept=_kept)


# --- days ------------------------------------------------------------------------------------


def _stated(body: EventBody) -> Iterator[tuple[str, date]]:
    match body:
        case CycleEnded(left=True, effective_on=day):
            yield "left_on", day
        case EmployerChanged(changed_on=day):
            yield "changed_on", day
        case CycleRenewed(renewed_on=date() as day, ends_on=ends_on):
            yield "renewed_on", day
            yield "expires_on", ends_on


def _of_service(body: FactCorrected, case: Cycle, facts: Occasion) -> FactCorrected:
    require_not_before(body.value, case.starts_on, CORRECTIONS.day(body.field), "本周期的起始日")
    return body


def _of_permit(body: FactCorrected, case: Cycle, facts: CycleFacts) -> FactCorrected:
    """The year of the permit anew: from the renewal, or from the end of the one before."""
    renewed_on = body.value if body.field == "renewed_on" else case.renewed_on or case.starts_on
    ends_on = body.value if body.field == "expires_on" else case.ends_on
    previous = case.previous_end or renewed_on
    if ends_on <= max(previous, renewed_on):
        raise DomainError(
            "PERMIT_DATES", f"新的有效期须晚于签注日和原有效期（{previous}）", body.field
        )
    starts_on = max(previous, renewed_on)
    if body.field == "expires_on":
        clocks: tuple[Clock, ...] = cycle_clocks(
            facts.item,
            starts_on,
            ends_on,
            today=facts.today,
            calendar=facts.calendar,
            before=case,
        )
        return replace(body, clocks=clocks, starts_on=starts_on, opens_on=case.renewal_opens_on)
    opens = start_clock(facts.item, LimitName.REN_OPEN, next_id(case, "ren_open"), renewed_on)
    return replace(
        body,
        clocks=() if case.confirmed_on else (opens,),
        starts_on=starts_on,
        opens_on=due_on(opens, facts.calendar),
    )


def _corrected(case: Cycle, body: FactCorrected, event: Event) -> Cycle:
    match body.field:
        case "left_on":
            credential = case.credential
            if credential is not None:
                credential = replace(credential, void_on=body.value + ONE_DAY)
            return replace(case, served_until=body.value, credential=credential)
        case "renewed_on":
            case = replace(case, renewed_on=body.value, renewal_opens_on=body.opens_on)
            if body.clocks:
                case = end_clocks(case, event.at, "ren_open")
        case "expires_on":
            case = _ending_on(case, body.value, event)
        case _:
            return case
    return start_clocks(replace(case, starts_on=body.starts_on or case.starts_on), *body.clocks)


def _ending_on(case: Cycle, ends_on: date, event: Event) -> Cycle:
    """Another last day: what the wrong one has brought about is no more."""
    case = end_clocks(replace(case, ends_on=ends_on), event.at, *_OF_PERMIT)
    if case.stage not in {CycleStage.LAPSED, CycleStage.NOTIFIED}:
        return case
    if ends_on < local_date(event.at):
        return case
    points = Points.VALID if case.points is Points.SUSPENDED else case.points
    return replace(case, stage=CycleStage.ACTIVE, stage_since=event.at, points=points)


CORRECTIONS = Corrections(
    days=(
        Day(field="left_on", label="离渝或不再全职的日期", checked=_of_service),
        Day(field="changed_on", label="变更用人单位的日期", checked=_of_service),
        Day(field="renewed_on", label="居住证签注日期", checked=_of_permit),
        Day(field="expires_on", label="居住证有效期届满日", checked=_of_permit, future=True),
    ),
    stated=_stated,
    corrected=_corrected,
    # A renewal takes the place of the one before: that year is over.
    replaced=frozenset({"renewed_on", "expires_on"}),
)
