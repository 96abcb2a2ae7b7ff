"""Telling a person one to one (主动告知): listed, called, reached, settled, filed.

An outreach asks the case; the case keeps the attempts. Attempts are made on working days and at
most once a day for a person, whatever the person is to be told. After three in vain the person is
told by SMS and the employer by mail, and a supervisor takes it over. A person with several cases is
told on one of them; the others take over what came of it. Sources: domain.md §C.15, B.1.4 (the
three attempts and what follows them are a proposal).
"""

from dataclasses import replace

from casework.domain.case.events import Event, EventBody
from casework.domain.case.guards import require_text
from casework.domain.case.moves import close_tasks, end_clocks, next_id, open_task, start_clocks
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.identifiers import CASE_NO
from casework.domain.kinds.application.commands import (
    CloseContact,
    FileContact,
    RecordAttempt,
    RequestContact,
    SettleContact,
    ShareContact,
)
from casework.domain.kinds.application.events import (
    ContactAttempted,
    ContactClosed,
    ContactEscalated,
    ContactFiled,
    ContactListed,
    ContactSettled,
    ContactShared,
)
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    Contact,
    ContactAttempt,
    ContactState,
)
from casework.domain.policy import LimitName, Role
from casework.domain.time.clock import Clock, start_clock

MOST_ATTEMPTS = 3
"""In vain, each on another working day; then the person is not telephoned again."""


def request_contact(
    command: RequestContact, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    require_text(command.outreach, "outreach", "主动告知编号")
    require_text(command.about, "about", "告知内容")
    known = _contact(case, command.outreach)
    if not case.is_open or (known is not None and not _moves(known, command.through)):
        return ()
    is_called_here = not command.through and (known is None or known.reached_at is None)
    return (
        ContactListed(
            outreach=command.outreach,
            about=command.about,
            through=command.through,
            contact=_next_call(case, command.outreach, facts) if is_called_here else None,
        ),
    )


def _moves(known: Contact, through: str) -> bool:
    """Whether another case than before is now the one on which the person is told."""
    return bool(known.through) and known.through != through and not known.is_over


def share_contact(
    command: ShareContact, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    known = _contact(case, command.outreach)
    if known is None or not known.through or known.is_over:
        return ()
    shared = ContactShared(
        outreach=command.outreach,
        reached_at=command.reached_at,
        settled_at=command.settled_at,
        filed_at=command.filed_at,
        closed=command.closed,
    )
    return () if _with_result(known, shared) == known else (shared,)


def record_attempt(
    command: RecordAttempt, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    contact = _own(case, command.outreach)
    # Who was not reached may still call back, and be told then.
    callable_in = {ContactState.LISTED} | ({ContactState.ESCALATED} if command.reached else set())
    _require_state(contact, *callable_in)
    if not facts.calendar.is_working(facts.today):
        raise DomainError("NOT_A_WORKING_DAY", f"{facts.today} 不是工作日，一对一联系在工作日进行")
    if any(attempt.on == facts.today for each in case.contacts for attempt in each.attempts):
        raise DomainError("ALREADY_TRIED_TODAY", "今天已联系过此人，请在下一个工作日再联系")
    in_vain = {attempt.on for attempt in contact.attempts if not attempt.reached} | {facts.today}
    is_last = not command.reached and len(in_vain) >= MOST_ATTEMPTS
    attempted = ContactAttempted(
        outreach=command.outreach,
        on=facts.today,
        reached=command.reached,
        note=command.note,
        contact=None if command.reached or is_last else _next_call(case, command.outreach, facts),
    )
    escalated = (ContactEscalated(outreach=command.outreach),) if is_last else ()
    return (attempted, *escalated)


def settle_contact(
    command: SettleContact, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    _require_state(_own(case, command.outreach), ContactState.REACHED)
    return (ContactSettled(outreach=command.outreach, note=command.note),)


def file_contact(
    command: FileContact, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    _require_state(_own(case, command.outreach), ContactState.SETTLED)
    return (ContactFiled(outreach=command.outreach, note=command.note),)


def close_contact(
    command: CloseContact, case: Application, facts: ApplicationFacts
) -> tuple[EventBody, ...]:
    _require_state(_own(case, command.outreach), ContactState.ESCALATED)
    require_text(command.reason, "reason", "结束告知的理由")
    return (ContactClosed(outreach=command.outreach, reason=command.reason),)


def left_open(case: Application) -> Contact | None:
    """A contact that the end of the case has left without an end of its own."""
    if case.is_open:
        return None
    return next((contact for contact in case.contacts if not contact.is_over), None)


def _contact(case: Application, outreach: str) -> Contact | None:
    return next((contact for contact in case.contacts if contact.outreach == outreach), None)


def _own(case: Application, outreach: str) -> Contact:
    contact = _contact(case, outreach)
    if contact is None:
        raise DomainError("WRONG_CONTACT_STATE", "本件没有列入此次主动告知", "outreach")
    if contact.through:
        # Systems write the number: what is none is not repeated.
        other = contact.through if CASE_NO.fullmatch(contact.through) else "（编号略）"
        raise DomainError("WRONG_CONTACT_STATE", f"此人由办件 {other} 一并告知")
    return contact


def _require_state(contact: Contact, *states: ContactState) -> None:
    if contact.state not in states:
        wanted = "、".join(state.label for state in ContactState if state in states)
        raise DomainError(
            "WRONG_CONTACT_STATE",
            f"此次告知目前“{contact.state.label}”，此操作须在“{wanted}”时办理",
        )


def _next_call(case: Application, outreach: str, facts: ApplicationFacts) -> Clock | None:
    """The limit of the next call, where the item sets one."""
    if facts.item.limit(LimitName.CONTACT) is None:
        return None
    clock_id = next_id(case, _clock_kind(outreach))
    return start_clock(facts.item, LimitName.CONTACT, clock_id, facts.today)


def _clock_kind(outreach: str) -> str:
    return f"contact:{outreach}"


# --- how the state follows ---------------------------------------------------------------


def after_contact_listed(body: ContactListed, case: Application, event: Event) -> Application:
    known = _contact(case, body.outreach) or Contact(
        outreach=body.outreach, about=body.about, listed_at=event.at
    )
    case = _with(case, replace(known, through=body.through))
    if body.through:
        return case
    return start_clocks(_give_task(case, body.outreach, event), body.contact)


def after_contact_attempted(body: ContactAttempted, case: Application, event: Event) -> Application:
    known = _listed(case, body.outreach)
    attempt = ContactAttempt(on=body.on, by=event.actor.code, reached=body.reached, note=body.note)
    tried = replace(known, attempts=(*known.attempts, attempt))
    case = start_clocks(_end_clock(_with(case, tried), body.outreach, event), body.contact)
    if not body.reached:
        return case
    case = _with(case, replace(tried, state=ContactState.REACHED, reached_at=event.at))
    if known.state is ContactState.ESCALATED:
        case = _give_task(_end_tasks(case, body.outreach, event), body.outreach, event)
    return case


def after_contact_settled(body: ContactSettled, case: Application, event: Event) -> Application:
    known = _listed(case, body.outreach)
    return _with(case, replace(known, state=ContactState.SETTLED, settled_at=event.at))


def after_contact_filed(body: ContactFiled, case: Application, event: Event) -> Application:
    known = _listed(case, body.outreach)
    case = _with(case, replace(known, state=ContactState.FILED, filed_at=event.at))
    return _end_tasks(case, body.outreach, event)


def after_contact_escalated(body: ContactEscalated, case: Application, event: Event) -> Application:
    known = _listed(case, body.outreach)
    case = _with(case, replace(known, state=ContactState.ESCALATED, escalated_at=event.at))
    case = _end_tasks(case, body.outreach, event)
    return open_task(
        case, TaskKind.CONTACT_OPEN_ITEM, Role.SUPERVISOR, event.at, about=body.outreach
    )


def after_contact_shared(body: ContactShared, case: Application, event: Event) -> Application:
    return _with(case, _with_result(_listed(case, body.outreach), body))


def after_contact_closed(body: ContactClosed, case: Application, event: Event) -> Application:
    known = _listed(case, body.outreach)
    case = _with(case, replace(known, state=ContactState.CLOSED))
    return _end_tasks(_end_clock(case, body.outreach, event), body.outreach, event)


def _listed(case: Application, outreach: str) -> Contact:
    return next(contact for contact in case.contacts if contact.outreach == outreach)


def _with(case: Application, changed: Contact) -> Application:
    """The case with a contact in the place of the one of its outreach, or beside the others."""
    others = {contact.outreach: contact for contact in case.contacts}
    return replace(case, contacts=tuple((others | {changed.outreach: changed}).values()))


def _with_result(known: Contact, shared: ContactShared) -> Contact:
    """What is known with what another case tells; a time once told stays."""
    told = replace(
        known,
        reached_at=known.reached_at or shared.reached_at,
        settled_at=known.settled_at or shared.settled_at,
        filed_at=known.filed_at or shared.filed_at,
    )
    reached = (
        (told.filed_at, ContactState.FILED),
        (shared.closed or None, ContactState.CLOSED),
        (told.settled_at, ContactState.SETTLED),
        (told.reached_at, ContactState.REACHED),
    )
    return replace(told, state=next((state for at, state in reached if at), told.state))


def _give_task(case: Application, outreach: str, event: Event) -> Application:
    clock = _clock_kind(outreach)
    return open_task(case, TaskKind.CONTACT, Role.OFFICER, event.at, about=outreach, clock=clock)


def _end_tasks(case: Application, outreach: str, event: Event) -> Application:
    kinds = {TaskKind.CONTACT, TaskKind.CONTACT_OPEN_ITEM}
    return close_tasks(case, kinds, event.at, event.actor.code, about=outreach)


def _end_clock(case: Application, outreach: str, event: Event) -> Application:
    clock = case.clock(_clock_kind(outreach))
    return end_clocks(case, event.at, clock.id) if clock else case


DECISIONS: Decisions = {
    RequestContact: request_contact,
    ShareContact: share_contact,
    RecordAttempt: record_attempt,
    SettleContact: settle_contact,
    FileContact: file_contact,
    CloseContact: close_contact,
}
EVOLUTIONS: Evolutions = {
    ContactListed: after_contact_listed,
    ContactAttempted: after_contact_attempted,
    ContactSettled: after_contact_settled,
    ContactFiled: after_contact_filed,
    ContactEscalated: after_contact_escalated,
    ContactShared: after_contact_shared,
    ContactClosed: after_contact_closed,
}
