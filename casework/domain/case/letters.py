"""What an event asks of the outside world: its notice, with what it says, and other effects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from casework.domain.case import events as ev
from casework.domain.case.events import (
    TITLES,
    Event,
    FactCorrected,
    JurisdictionTransferred,
    TakenBack,
)
from casework.domain.case.kind import OWED_BY_APPLICANT, kind_of_case
from casework.domain.case.mending import label_of_day
from casework.domain.case.rules import Fields, Letter, Letters, rule_for
from casework.domain.case.state import Case
from casework.domain.policy import Side
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock, due_on, kind_of
from casework.domain.time.ladder import Rung, side_of

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


def handed_out(event: Event, case: Case, names: Mapping[str, str]) -> Effect | None:
    """The document that an event lets the office give out on request, and sends to nobody.

    ``case`` is the state after the event; ``names`` are those of its materials, by code.
    """
    letter = rule_for(event.body, kind_of_case(case).handed)
    told = letter(event.body, event, case, names) if letter is not None else None
    return notice_of(event, case, *told) if told is not None else None
