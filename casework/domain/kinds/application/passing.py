"""What time alone brings about in an application: deemed acceptance, lapse, overdue, breach."""

from casework.domain.case.events import EventBody
from casework.domain.case.moves import next_id
from casework.domain.kinds.application import contacts
from casework.domain.kinds.application.commands import BreachOutcome
from casework.domain.kinds.application.events import (
    ArchiveOverdue,
    ContactClosed,
    DebtBreached,
    DebtOverdue,
    GreenEnded,
    GreenEscalated,
    Lapsed,
    PublicityEnded,
)
from casework.domain.kinds.application.intake import accepted
from casework.domain.kinds.application.review import deliver_clock
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    GreenStatus,
)
from casework.domain.policy import LimitName
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Clock, due_on, start_clock
from casework.domain.time.ladder import letters_from


def deem(clock: Clock, case: Application, facts: ApplicationFacts) -> EventBody:
    return accepted(case, facts, deemed=True)


def lapse(clock: Clock, case: Application, facts: ApplicationFacts) -> EventBody:
    return Lapsed(clock=clock.id)


def ask_again(clock: Clock, case: Application, facts: ApplicationFacts) -> EventBody:
    return ArchiveOverdue(clock=clock.id)


def overdue(clock: Clock, case: Application, facts: ApplicationFacts) -> EventBody:
    material = _material(clock)
    # The rescue period counts from the missed day, not from when it was noticed (domain.md G1).
    begins = due_on(clock, facts.calendar) or facts.today
    limit = facts.item.limit(LimitName.RESCUE)
    if limit is not None and limit.runs_from is not None:  # the letter goes in business hours
        begins = local_date(letters_from(facts.at, facts.item.office_opens, facts.calendar))
    rescue = start_clock(facts.item, LimitName.RESCUE, next_id(case, f"rescue:{material}"), begins)
    return DebtOverdue(material=material, rescue=rescue)


def breach(clock: Clock, case: Application, facts: ApplicationFacts) -> EventBody:
    out = case.stage in {ApplicationStage.DELIVERED, ApplicationStage.DISPATCHED}
    proposal = BreachOutcome.REVOKE if out else BreachOutcome.RETURN
    material = _material(clock)
    owed = next(line for line in case.lines if line.material == material)
    # What a measure put off was never promised: a debt unpaid, and no promise broken.
    return DebtBreached(material=material, proposal=proposal, credit=not owed.by_measure)


def _material(clock: Clock) -> str:
    return clock.id.split("#")[0].split(":", 1)[1]


def end_publicity(clock: Clock, case: Application, facts: ApplicationFacts) -> EventBody:
    return PublicityEnded(deliver=deliver_clock(case, facts))


def escalate(clock: Clock, case: Application, facts: ApplicationFacts) -> EventBody:
    return GreenEscalated(external_on=case.green.external_on or facts.today)


def silent(clock: Clock, case: Application, facts: ApplicationFacts) -> EventBody:
    """Complete, and no answer: deemed accepted on the day on which it became complete."""
    return accepted(case, facts, deemed=True, since=clock.started_on)


def follow_up_of_application(case: Application) -> EventBody | None:
    """The green channel ends with the decision, and with the case what somebody was to be told."""
    decided = (
        case.stage in {ApplicationStage.DECIDED, ApplicationStage.REFUSED} or case.stage.is_final
    )
    if decided and case.green.status is GreenStatus.OPEN:
        return GreenEnded(reason="已作出决定")
    contact = contacts.left_open(case)
    return ContactClosed(outreach=contact.outreach, reason="办件已办结") if contact else None
