"""The procedure of a rating: what follows from each verb, and from time alone.

contacted → verified → fixed, explained or appealed → followed up → closed (domain.md §C.10). An
attempt in vain does not meet the limit of contact: its clock runs on. The case may be verified
and settled all the same, for a rater who cannot be reached must not keep the fault unmended.
"""

from dataclasses import replace

from casework.domain.case.events import Event, EventBody
from casework.domain.case.guards import require_stage, require_text
from casework.domain.case.moves import (
    close_tasks,
    conclude,
    end_clocks,
    next_id,
    open_task,
    start_clocks,
)
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import TaskKind
from casework.domain.case.supervision import require_not_over
from casework.domain.errors import DomainError
from casework.domain.kinds.rating.commands import (
    AppealRating,
    ContactRater,
    DecideRatingAppeal,
    FollowUpRating,
    MarkComplex,
    SettleRating,
    VerifyRating,
)
from casework.domain.kinds.rating.events import (
    RaterContacted,
    RatingAppealDecided,
    RatingAppealed,
    RatingComplex,
    RatingFollowedUp,
    RatingSettled,
    RatingVerified,
)
from casework.domain.kinds.rating.opening import officer_role
from casework.domain.kinds.rating.state import Rating, RatingFacts, RatingStage, Settlement
from casework.domain.policy import LimitName, Role
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import start_clock

UNSETTLED = (RatingStage.CONTACT, RatingStage.VERIFY, RatingStage.APPEALED)


def contact_rater(command: ContactRater, case: Rating, facts: RatingFacts) -> tuple[EventBody, ...]:
    if case.contacted_at is not None:
        raise DomainError("ALREADY_CONTACTED", "已经联系到评价人，无需再次登记")
    require_stage(case, *UNSETTLED)
    return (RaterContacted(reached=command.reached, note=command.note),)


def mark_complex(command: MarkComplex, case: Rating, facts: RatingFacts) -> tuple[EventBody, ...]:
    require_stage(case, *UNSETTLED)
    require_text(command.reason, "reason", "认定为复杂事项的理由")
    if case.complex:
        raise DomainError("ALREADY_COMPLEX", "已经认定为复杂事项，期限不能再放宽")
    running = case.clock("rate_settle")
    if running is not None:
        require_not_over(running, case, facts)
    # From the day of rating: the longer limit takes the place of the short one (domain.md §C.10).
    settle = start_clock(
        facts.item,
        LimitName.RATE_COMPLEX,
        next_id(case, "rate_settle"),
        local_date(case.received_at),
    )
    return (RatingComplex(reason=command.reason, settle=settle),)


def verify_rating(command: VerifyRating, case: Rating, facts: RatingFacts) -> tuple[EventBody, ...]:
    _require_tried(case)
    require_text(command.finding, "finding", "核实情况")
    return (RatingVerified(justified=command.justified, finding=command.finding),)


def settle_rating(command: SettleRating, case: Rating, facts: RatingFacts) -> tuple[EventBody, ...]:
    _require_verified(case)
    require_text(command.reason, "reason", "整改情况或解释说明的内容")
    if case.justified and command.settlement is Settlement.EXPLAINED:
        raise DomainError(
            "SETTLEMENT_NOT_ENOUGH", "差评经核实属实，应当整改，不能仅作解释说明", "settlement"
        )
    return (RatingSettled(settlement=command.settlement, reason=command.reason),)


def appeal_rating(command: AppealRating, case: Rating, facts: RatingFacts) -> tuple[EventBody, ...]:
    _require_verified(case)
    require_text(command.reason, "reason", "申诉理由")
    return (RatingAppealed(reason=command.reason),)


def decide_rating_appeal(
    command: DecideRatingAppeal, case: Rating, facts: RatingFacts
) -> tuple[EventBody, ...]:
    require_stage(case, RatingStage.APPEALED)
    require_text(command.reason, "reason", "复核意见")
    if facts.actor.code == case.appealed_by:
        raise DomainError("FOUR_EYES", "提出申诉的人员不得复核同一申诉")
    return (RatingAppealDecided(upheld=command.upheld, reason=command.reason),)


def follow_up_rating(
    command: FollowUpRating, case: Rating, facts: RatingFacts
) -> tuple[EventBody, ...]:
    require_stage(case, RatingStage.FOLLOW_UP)
    return (RatingFollowedUp(satisfied=command.satisfied, note=command.note),)


def _require_tried(case: Rating) -> None:
    """At verification, or tried in vain: nobody verifies before the rater was called."""
    if case.stage is RatingStage.CONTACT and case.attempts:
        return
    require_stage(case, RatingStage.VERIFY)


def _require_verified(case: Rating) -> None:
    require_stage(case, RatingStage.VERIFY)
    if case.justified is None:
        raise DomainError("NOT_VERIFIED", "请先登记差评核实情况")


# --- how the state follows ---------------------------------------------------------------


def after_rater_contacted(body: RaterContacted, case: Rating, event: Event) -> Rating:
    case = _taken_up(replace(case, attempts=case.attempts + 1), TaskKind.CONTACT_RATER, event)
    if not body.reached:
        return case
    case = end_clocks(replace(case, contacted_at=event.at), event.at, "rate_contact")
    case = close_tasks(case, {TaskKind.CONTACT_RATER}, event.at, event.actor.code)
    return _enter(case, RatingStage.VERIFY, event) if case.stage is RatingStage.CONTACT else case


def after_rating_complex(body: RatingComplex, case: Rating, event: Event) -> Rating:
    case = end_clocks(replace(case, complex=True), event.at, "rate_settle")
    return start_clocks(case, body.settle)


def after_rating_verified(body: RatingVerified, case: Rating, event: Event) -> Rating:
    case = replace(case, justified=body.justified, finding=body.finding)
    case = _taken_up(case, TaskKind.SETTLE_RATING, event)
    return _enter(case, RatingStage.VERIFY, event) if case.stage is RatingStage.CONTACT else case


def after_rating_settled(body: RatingSettled, case: Rating, event: Event) -> Rating:
    case = _enter(replace(case, settlement=body.settlement), RatingStage.FOLLOW_UP, event)
    done = {TaskKind.CONTACT_RATER, TaskKind.SETTLE_RATING}
    case = close_tasks(case, done, event.at, event.actor.code)
    case = end_clocks(case, event.at, "rate_contact", "rate_settle")
    return open_task(case, TaskKind.FOLLOW_UP_RATING, officer_role(case), event.at)


def after_rating_appealed(body: RatingAppealed, case: Rating, event: Event) -> Rating:
    case = _taken_up(replace(case, appealed_by=event.actor.code), TaskKind.SETTLE_RATING, event)
    case = _enter(case, RatingStage.APPEALED, event)
    # The limit runs on: who settles keeps the task, the case waits for the supervisor.
    return open_task(
        case, TaskKind.DECIDE_OBJECTION, Role.SUPERVISOR, event.at, clock="rate_settle"
    )


def after_rating_appeal_decided(body: RatingAppealDecided, case: Rating, event: Event) -> Rating:
    if body.upheld:
        return conclude(_enter(case, RatingStage.STRUCK, event), event.at, event.actor.code)
    case = close_tasks(case, {TaskKind.DECIDE_OBJECTION}, event.at, event.actor.code)
    return _enter(replace(case, appealed_by=""), RatingStage.VERIFY, event)


def after_rating_followed_up(body: RatingFollowedUp, case: Rating, event: Event) -> Rating:
    case = _enter(replace(case, satisfied=body.satisfied), RatingStage.SETTLED, event)
    return conclude(case, event.at, event.actor.code)


def _enter(case: Rating, stage: RatingStage, event: Event) -> Rating:
    return replace(case, stage=stage, stage_since=event.at)


def _taken_up(case: Rating, kind: TaskKind, event: Event) -> Rating:
    """To act on a task is to react to it: nobody takes it from its holder any more."""
    tasks = tuple(
        replace(task, taken_up_at=task.taken_up_at or event.at)
        if task in case.open_tasks and task.kind is kind and task.holder == event.actor.code
        else task
        for task in case.tasks
    )
    return replace(case, tasks=tasks)


DECISIONS: Decisions = {
    ContactRater: contact_rater,
    MarkComplex: mark_complex,
    VerifyRating: verify_rating,
    SettleRating: settle_rating,
    AppealRating: appeal_rating,
    DecideRatingAppeal: decide_rating_appeal,
    FollowUpRating: follow_up_rating,
}
EVOLUTIONS: Evolutions = {
    RaterContacted: after_rater_contacted,
    RatingComplex: after_rating_complex,
    RatingVerified: after_rating_verified,
    RatingSettled: after_rating_settled,
    RatingAppealed: after_rating_appealed,
    RatingAppealDecided: after_rating_appeal_decided,
    RatingFollowedUp: after_rating_followed_up,
}
