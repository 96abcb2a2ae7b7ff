"""What an event asks of the outside: its notice, other effects, and what becomes of letters."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum

from casework.domain.case import events as ev
from casework.domain.case.commands import CorrectAddress, ResolveTrouble
from casework.domain.case.events import (
    TITLES,
    AddressCorrected,
    Event,
    EventBody,
    FactCorrected,
    JurisdictionTransferred,
    LetterNotSent,
    LetterSent,
    TakenBack,
    TroubleMet,
    TroubleResolved,
)
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_text
from casework.domain.case.kind import OWED_BY_APPLICANT, kind_of_case
from casework.domain.case.mending import label_of_day
from casework.domain.case.moves import change_clock, close_task
from casework.domain.case.opening import Party, require_reachable, ways
from casework.domain.case.passing_time import first_due
from casework.domain.case.rules import Decisions, Evolutions, Fields, Letter, Letters, rule_for
from casework.domain.case.state import Case, M, TaskKind, Undelivered
from casework.domain.errors import DomainError
from casework.domain.policy import Recipient, Role, Side
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, Suspension, due_on, kind_of
from casework.domain.time.ladder import Rung, side_of
from casework.domain.time.suspension import impose

Notice = Letter

UNSENT = "告知书尚未送达"
"""Why a limit does not run, as the letter about its beginning says it, too."""


def notice(event: Event, case: Case, calendar: WorkingCalendar) -> Notice | None:
    """Template and fields of the notice that an event asks for; most ask for none."""
    kind = kind_of_case(case)
    letter = rule_for(event.body, kind.letters) or rule_for(event.body, LETTERS)
    return letter(event.body, event, case, calendar) if letter is not None else None


def due_of(clock: Clock | None, calendar: WorkingCalendar) -> str:
    due = due_on(clock, calendar) if clock is not None else None
    return due.isoformat() if due else ""


def limit_of(
    case: Case, clock: Clock | None, calendar: WorkingCalendar, name: str = "due"
) -> Fields:
    """``<name>_on`` and ``<name>_basis`` of a limit; while its date is not known, why that is."""
    if clock is None:
        return {}
    # The case's own clock knows what stops it from outside; that of the event does not.
    clock = next((c for c in case.clocks if c.id == clock.id), clock)
    due = due_of(clock, calendar)
    fields = {f"{name}_on": due, f"{name}_basis": clock.mark}
    if not due:
        fields |= {f"{name}_basis": "", "paused": clock.stops[-1].reason}
    return fields


def letter_of_limit_begun(
    body: ev.LimitBegun, event: Event, case: Case, calendar: WorkingCalendar
) -> Notice | None:
    clock = next(c for c in case.clocks if c.id == body.clock)
    about = {"name": clock.name, "cause": body.cause, "until_on": str(body.until)}
    return "limit_begun", about | limit_of(case, clock, calendar)


def letter_of_jurisdiction_transferred(
    body: JurisdictionTransferred, event: Event, case: Case, calendar: WorkingCalendar
) -> Notice | None:
    return "jurisdiction_transferred", {
        "from": body.from_office,
        "to": body.to_office,
        "reasons": body.reason,
    }


def letter_of_rung_reached(
    body: ev.RungReached, event: Event, case: Case, calendar: WorkingCalendar
) -> Notice | None:
    if body.rung != Rung.REMINDER:
        return None
    clock = next(c for c in case.clocks if c.id == body.clock)
    fields = {"due_on": due_of(clock, calendar), "due_basis": clock.mark}
    return kind_of_case(case).reminder(case, clock, fields)


def fields_of_taking_back(body: TakenBack, case: Case, calendar: WorkingCalendar) -> Fields:
    """What a letter says of a closing by mistake that was taken back."""
    fields = {
        "closed_on": str(body.closed_on),
        "closed_as": TITLES[body.closed_as],
        "reasons": body.reason,
        "stage": case.stage.label,
    }
    return fields | _own_limit(case, calendar) | _decision(case, calendar)


def fields_of_correction(body: FactCorrected, case: Case) -> Fields:
    """What a letter says of a day that was registered wrongly."""
    return {
        "what": label_of_day(case, body.field),
        "was_on": str(body.was),
        "right_on": str(body.value),
        "reasons": body.reason,
    }


def _own_limit(case: Case, calendar: WorkingCalendar) -> Fields:
    """The next limit of the applicant's; nothing where none runs, or its day is not known."""
    own = [clock for clock in case.running if side_of(clock.id) is Side.APPLICANT]
    known = [(due, clock) for clock in own if (due := due_on(clock, calendar)) is not None]
    if not known:
        return {}
    due, clock = min(known, key=lambda pair: pair[0])
    return {"name": clock.name, "due_on": str(due), "due_basis": clock.mark}


def _decision(case: Case, calendar: WorkingCalendar) -> Fields:
    clock = case.clock("decide") or case.clock("handle")
    due = due_on(clock, calendar) if clock is not None else None
    if clock is None or due is None:
        return {}
    return {"decision_due_on": str(due), "decision_due_basis": clock.mark}


def letter_of_letter_sent(
    body: ev.LetterSent, event: Event, case: Case, calendar: WorkingCalendar
) -> Notice | None:
    """The letter said another date: the limit that runs now is told anew."""
    begun = [clock for clock in body.clocks if kind_of(clock.id) in OWED_BY_APPLICANT]
    fields = limit_of(case, begun[0], calendar) if begun else {}
    if not fields.get("due_on"):
        return None
    return "limit_begun", fields | {
        "name": begun[0].name,
        "cause": UNSENT,
        "until_on": str(body.on),
    }


LETTERS: Letters = {
    ev.LetterSent: letter_of_letter_sent,
    ev.LimitBegun: letter_of_limit_begun,
    JurisdictionTransferred: letter_of_jurisdiction_transferred,
    ev.RungReached: letter_of_rung_reached,
}


# --- effects -------------------------------------------------------------------------------
# What an event asks of the outside world: notices, the superior, the archive, the post.


class EffectKind(StrEnum):
    NOTICE = "notice"
    REPORT_UP = "report_up"
    CALL_ARCHIVE = "call_archive"
    DISPATCH = "dispatch"
    DATA_CHECK = "data_check"  # other systems are asked about a talent (大数据核实)
    TELL_REQUESTS = "tell_requests"  # the talent's requests learn how the talent stands
    DRAW = "draw"  # the sample of a round of visits
    OPEN_CASE = "open_case"  # for a person of a mail
    RESET_PASSWORD = "reset_password"  # noqa: S105 - the account system sends a new one itself
    REPORT_TICKET = "report_ticket"  # the hotline that dispatched it is told what became of it


@dataclass(frozen=True, kw_only=True)
class Effect:
    """Something to be done outside, once. (case, ``seq``) is its idempotency key.

    ``to``: recipient and channel of a notice that does not go the case's ordinary way;
    ``recipients``: who is told, each by the way that is theirs. ``again``: the correction of an
    address after which a letter is sent that could not be delivered before; ``seq`` is its own.
    """

    kind: EffectKind
    seq: int
    template: str = ""
    to: tuple[tuple[str, str], ...] = ()
    recipients: tuple[str, ...] = ()
    again: int = 0
    fields: Fields = field(default_factory=dict)


def effects_of(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """What the event asks for, given the state that followed it."""
    own = kind_of_case(case).effects(event, case, calendar)
    return own + _notice(event, case, calendar) + tuple(_again(event, case))


def _again(event: Event, case: Case) -> Iterator[Effect]:
    """What could not be delivered to the party whose address was corrected."""
    if not isinstance(event.body, ev.AddressCorrected):
        return
    party = event.body.party
    for letter in case.undelivered:
        if letter.again.get(party) == event.seq:
            yield Effect(
                kind=EffectKind.NOTICE,
                seq=letter.letter,
                template=letter.template,
                recipients=(party,),
                again=event.seq,
                fields=letter.fields,
            )


def _notice(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    told = notice(event, case, calendar)
    if told is None:
        return ()
    template, fields = told
    kind = kind_of_case(case)
    effect = notice_of(event, case, template, fields)
    whose = template
    if isinstance(event.body, ev.LetterSent):  # of its new date hears who got the letter itself
        whose = event.body.template
    recipients = kind.recipients.get(whose, kind.told)
    return (replace(effect, to=kind.ways.get(template, ()), recipients=recipients),)


def notice_of(event: Event, case: Case, template: str, fields: Fields) -> Effect:
    """A notice to the applicant about an event, signed and dated by the office."""
    base = {"item": case.item_name, "office": case.office, "on": str(local_date(event.at))}
    return Effect(kind=EffectKind.NOTICE, seq=event.seq, template=template, fields=base | fields)


_DEALING = (Role.OFFICER, Role.SPECIALIST)
"""The roles whose A角 deals with a case, and whom its parties may ask about it."""


def dealt_with_by(case: Case) -> str:
    """The code of the officer who deals with the case now; empty while nobody does.

    Who has their task, else A角, else B角 while A角 is absent. Nobody does while a team has not
    claimed it, or the supervisor has still to share it out.
    """
    role = next((each for each in _DEALING if each in case.posts), None)
    if role is None:
        return ""
    for task in reversed(case.open_tasks):
        if task.kind is TaskKind.SHARE_OUT and task.about == role:
            return ""
        if task.role is role and not task.asked_by:
            return task.holder
    post = case.posts[role]
    return post.backup if post.holder in case.absent else post.holder


def handed_out(event: Event, case: Case, names: Mapping[str, str]) -> Effect | None:
    """The document that an event lets the office give out on request, and sends to nobody.

    ``case`` is the state after the event; ``names`` are those of its materials, by code.
    """
    letter = rule_for(event.body, kind_of_case(case).handed)
    told = letter(event.body, event, case, names) if letter is not None else None
    return notice_of(event, case, *told) if told is not None else None


# --- letters that reach nobody --------------------------------------------------------------
# Letters that did not reach anybody: corrected addresses, and limits that run from a letter.
#
# A limit runs from a letter where the item's policy says so (``RunsFrom.SENDING``). Sent counts:
# the day on which the letter went to one of those who are to be told. While it has reached nobody
# by any way, or has not gone yet, the limit does not run, and nothing of it falls due. Once it
# goes, the limit counts from that day, and who it binds is told the new date. No source says any of
# this: it is a proposal, with 民法典 §201 (the day on which a limit begins does not count) as the
# pattern.
#
# Whose address is corrected gets what could not be delivered to them: the same document under the
# same number, once for each correction.


MOST_KEPT = 20
"""Letters that a case keeps to send them again; of older ones only the task is left."""

_OWN = {
    Role.APPLICANT: frozenset({Recipient.APPLICANT, Recipient.AGENT}),
    Role.TALENT: frozenset({Recipient.APPLICANT}),
    Role.EMPLOYER: frozenset({Recipient.EMPLOYER}),
}
"""Whose address somebody outside may correct: not that of another party."""


# --- limits that run from a letter ---------------------------------------------------------


def hung(case: M, event: Event) -> M:
    """The case whose new limits know the letter from which they run: that of this event."""
    new = [clock for clock in case.clocks if clock.runs_from is not None and not clock.letter]
    for clock in new:
        case = change_clock(case, replace(clock, letter=event.seq))
    return case


def hanging(case: Case, letter: int) -> tuple[Clock, ...]:
    """The running limits that run from the letter of that event."""
    found = (clock for clock in case.running if clock.runs_from is not None)
    return tuple(clock for clock in found if clock.letter == letter)


def is_held(clock: Clock) -> bool:
    """Whether it does not run because its letter has not been sent."""
    return any(stop.reason == UNSENT and stop.lifted_on is None for stop in clock.suspensions)


def held(clock: Clock) -> Clock:
    """The limit standing still from its beginning on."""
    if is_held(clock):
        return clock
    stop = Suspension(first_on=clock.started_on, lifted_on=None, reason=UNSENT)
    return replace(clock, suspensions=(*clock.suspensions, stop))


def without_unsent(case: M, unsent: Iterable[int]) -> M:
    """The case as it stands while these letters are still to go: what runs from them is held."""
    for letter in unsent:
        for clock in hanging(case, letter):
            case = change_clock(case, held(clock))
    return case


def overtaken(case: Case, unsent: Collection[int], facts: Occasion) -> LetterNotSent | None:
    """What has to be noted before time brings about something of a limit not yet begun."""
    moment = first_due(case, facts) if unsent else None
    if moment is None or moment.clock.runs_from is None or moment.clock.letter not in unsent:
        return None
    letter = moment.clock.letter
    clocks = tuple(clock.id for clock in hanging(case, letter))
    return LetterNotSent(letter=letter, clocks=clocks)


def sent(
    case: Case, effect: Effect, on: date, reached: tuple[str, ...] = (), *, again: bool = False
) -> LetterSent | None:
    """What follows from the sending of a letter on a day; nothing if all is as it was to be.

    ``again``: it was sent before, to others or in vain; what runs already runs on.
    """
    begin = tuple(
        _begun(clock, case, on)
        for clock in hanging(case, effect.seq)
        if is_held(clock) or (not again and clock.started_on != on)
    )
    known = any(each.letter == effect.seq for each in case.undelivered)
    if not begin and not known:
        return None
    return LetterSent(
        letter=effect.seq, template=effect.template, on=on, reached=reached, clocks=begin
    )


def failed(  # noqa: PLR0913 - what was tried, and what came of it
    case: Case,
    effect: Effect,
    code: str,
    unreached: tuple[str, ...],
    *,
    partly: bool,
    noted: bool = True,
) -> Iterator[EventBody]:
    """What follows from a letter, or another effect, that is refused for good.

    An officer's task, and (``noted``) what keeps the letter and holds the limits that run from it,
    unless it has reached somebody (``partly``).
    """
    before = next((e for e in case.undelivered if e.letter == effect.seq), None)
    task = before.task if before else ""
    if all(each.id != task for each in case.open_tasks):
        number = 1 + sum(each.kind is TaskKind.RESOLVE_TROUBLE for each in case.tasks)
        task = f"{TaskKind.RESOLVE_TROUBLE}#{number}"
        yield TroubleMet(effect=effect.kind, code=code)
    if not noted:
        return
    first = not partly and not effect.again
    clocks = tuple(clock.id for clock in hanging(case, effect.seq)) if first else ()
    if not clocks and not unreached:
        return
    yield LetterNotSent(
        letter=effect.seq,
        clocks=clocks,
        template=effect.template or effect.kind,
        fields=effect.fields,
        unreached=unreached,
        task=task,
    )


def _begun(clock: Clock, case: Case, on: date) -> Clock:
    own = tuple(stop for stop in clock.suspensions if stop.reason != UNSENT)
    fresh = replace(clock, started_on=on, suspensions=own)
    return impose(fresh, case.suspensions, case.pinned)


# --- what is decided -----------------------------------------------------------------------


def correct_address(command: CorrectAddress, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    del facts
    require_text(command.reason, "reason", "更正的理由")
    parties = parties_of(case)
    if command.party not in parties:
        known = "、".join(each for each in Recipient if each in parties)
        raise DomainError("PARTY_UNKNOWN", f"当事人须是以下之一：{known}", "party")
    if command.party not in _OWN.get(command.actor.role, frozenset(Recipient)):
        raise DomainError("NOT_YOUR_ADDRESS", "只能更正自己的联系方式", "party")
    if not case.is_open and not any(command.party in e.unreached for e in case.undelivered):
        raise DomainError("CASE_CLOSED", f"本件已办结（{case.stage.label}），没有未送达的文书")
    who = Party(name="", email=command.email, phone=command.phone, told_by=command.told_by)
    require_reachable(who, "")
    found = tuple(route.channel for route in ways({command.party: who}))
    return (AddressCorrected(party=command.party, ways=found, reason=command.reason),)


def parties_of(case: Case) -> frozenset[str]:
    """Who gets letters of a case of this kind."""
    kind = kind_of_case(case)
    named = frozenset(kind.told).union(*kind.recipients.values())
    return named or frozenset(Recipient)


def resolve_trouble(command: ResolveTrouble, case: Case, facts: Occasion) -> tuple[EventBody, ...]:
    if facts.actor.role not in case.posts:
        raise DomainError("ROLE_NOT_ALLOWED", f"此岗位不能办理“{command.label}”")
    require_text(command.reason, "reason", "处理情况")
    ids = {t.id for t in case.open_tasks if t.kind is TaskKind.RESOLVE_TROUBLE}
    if command.task not in ids:
        raise DomainError("TASK_NOT_OPEN", "没有此待办", "task")
    resolved = TroubleResolved(task=command.task, reason=command.reason)
    letter = next((e for e in case.undelivered if e.task == command.task), None)
    waiting = [] if letter is None else [c for c in hanging(case, letter.letter) if is_held(c)]
    if command.told_on is None:
        if waiting:
            names = "、".join(dict.fromkeys(clock.name for clock in waiting))
            raise DomainError(
                "LETTER_NOT_TOLD", f"{names}自此告知起算：请更正联系方式，或填写送达日期", "told_on"
            )
        return (resolved,)
    if letter is None:
        raise DomainError("NOTHING_TO_DELIVER", "此待办没有未送达的文书", "told_on")
    if command.told_on > facts.today:
        raise DomainError("DATE_IN_FUTURE", "送达日期不能在今天之后", "told_on")
    if command.told_on < letter.since:
        raise DomainError(
            "DATE_TOO_EARLY", f"送达日期不能早于文书日期（{letter.since}）", "told_on"
        )
    by_hand = Effect(kind=EffectKind.NOTICE, seq=letter.letter, template=letter.template)
    told = sent(case, by_hand, command.told_on, letter.unreached, again=True)
    return (resolved,) if told is None else (told, resolved)


# --- how the state follows -----------------------------------------------------------------


def after_address_corrected(body: AddressCorrected, case: Case, event: Event) -> Case:
    """The ways stand beside the state; what has not reached the party is sent again."""
    letters = (
        replace(each, again={**each.again, body.party: event.seq})
        if body.party in each.unreached and body.party not in each.again
        else each
        for each in case.undelivered
    )
    return replace(case, undelivered=tuple(letters))


def after_letter_not_sent(body: LetterNotSent, case: Case, event: Event) -> Case:
    for clock in case.running:
        if clock.id in body.clocks:
            case = change_clock(case, held(clock))
    if not body.template:
        return case  # it is still being tried
    before = next((e for e in case.undelivered if e.letter == body.letter), None)
    again = before.again if before else {}
    entry = Undelivered(
        letter=body.letter,
        since=before.since if before else local_date(event.at),
        template=body.template,
        fields=body.fields,
        unreached=tuple(dict.fromkeys((*(before.unreached if before else ()), *body.unreached))),
        task=body.task,
        again={party: seq for party, seq in again.items() if party not in body.unreached},
    )
    others = tuple(each for each in case.undelivered if each.letter != body.letter)
    return replace(case, undelivered=(*others, entry)[-MOST_KEPT:])


def after_letter_sent(body: LetterSent, case: Case, event: Event) -> Case:
    for clock in body.clocks:
        case = change_clock(case, clock)
    entry = next((e for e in case.undelivered if e.letter == body.letter), None)
    if entry is None:
        return case
    left = tuple(party for party in entry.unreached if party not in body.reached)
    others = tuple(each for each in case.undelivered if each is not entry)
    if left:
        again = {party: seq for party, seq in entry.again.items() if party in left}
        return replace(case, undelivered=(*others, replace(entry, unreached=left, again=again)))
    case = replace(case, undelivered=others)
    return close_task(case, entry.task, event.at, event.actor.code)


DECISIONS: Decisions = {
    CorrectAddress: correct_address,
    ResolveTrouble: resolve_trouble,
}
EVOLUTIONS: Evolutions = {
    AddressCorrected: after_address_corrected,
    LetterNotSent: after_letter_not_sent,
    LetterSent: after_letter_sent,
}
