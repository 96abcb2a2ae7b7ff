"""The year of a residence permit: renewed by its holder, and with it the points confirmed.

Sources: 居住证暂行条例 §10; domain.md §B.1.1, C.8, C.16 (T_REN_OPEN).
"""

from casework.domain.case.events import EventBody
from casework.domain.case.guards import require_text
from casework.domain.case.moves import next_id
from casework.domain.case.rules import Decisions
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.commands import ConfirmPoints, RenewPermit
from casework.domain.kinds.cycle.events import CycleRenewed, PointsConfirmed
from casework.domain.kinds.cycle.guards import require_come, require_kind, require_within
from casework.domain.kinds.cycle.policy import CycleFacts
from casework.domain.kinds.cycle.state import Cycle, CycleKind, CycleStage
from casework.domain.kinds.cycle.timetable import cycle_clocks
from casework.domain.policy import LimitName
from casework.domain.time.clock import due_on
from casework.domain.time.limits import start_clock


def renew_permit(command: RenewPermit, case: Cycle, facts: CycleFacts) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.PERMIT, command)
    if case.renewed_on is not None and command.expires_on == case.ends_on:
        return ()  # told twice
    require_come(command.renewed_on, facts, "renewed_on", "签注日期")
    require_within(command.renewed_on, case, "renewed_on", "签注日期")
    if command.expires_on <= max(case.ends_on, command.renewed_on):
        raise DomainError(
            "PERMIT_DATES", f"新的有效期须晚于签注日和原有效期（{case.ends_on}）", "expires_on"
        )
    return (_renewed(command, case, facts),)


def _renewed(command: RenewPermit, case: Cycle, facts: CycleFacts) -> CycleRenewed:
    """Renewed in time, one year follows the other; late, it counts from the renewal."""
    policy = facts.following or facts.item
    starts_on = max(case.ends_on, command.renewed_on)
    opens = start_clock(policy, LimitName.REN_OPEN, next_id(case, "ren_open"), command.renewed_on)
    clocks = cycle_clocks(
        policy,
        starts_on,
        command.expires_on,
        today=facts.today,
        calendar=facts.calendar,
        before=case,
    )
    return CycleRenewed(
        number=case.number + 1,
        starts_on=starts_on,
        ends_on=command.expires_on,
        restored=case.stage is CycleStage.LAPSED,
        renewed_on=command.renewed_on,
        renewal_opens_on=due_on(opens, facts.calendar),
        policy=policy.digest,
        clocks=(*clocks, opens),
    )


def confirm_points(command: ConfirmPoints, case: Cycle, facts: CycleFacts) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.PERMIT, command)
    if case.renewed_on is None or case.stage is CycleStage.LAPSED:
        raise DomainError("PERMIT_NOT_RENEWED", "居住证尚未签注，不能办理积分续办")
    if case.confirmed_on is not None:
        raise DomainError("ALREADY_CONFIRMED", f"积分已于 {case.confirmed_on} 确认")
    # The calendar may have changed since the renewal: the clock knows.
    clock = case.clock("ren_open")
    opens_on = due_on(clock, facts.calendar) if clock is not None else None
    if opens_on is not None and facts.today < opens_on:
        raise DomainError("RENEWAL_NOT_OPEN", f"居住证签注后，积分续办自 {opens_on} 起办理")
    require_text(command.reference, "reference", "积分确认的文号或编号")
    return (PointsConfirmed(reference=command.reference),)


DECISIONS: Decisions = {
    RenewPermit: renew_permit,
    ConfirmPoints: confirm_points,
}
