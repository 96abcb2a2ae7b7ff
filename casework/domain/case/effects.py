"""What an event asks of the outside world: notices, the superior, the archive, the post."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from casework.domain.case.events import Event
from casework.domain.case.kind import kind_of_case
from casework.domain.case.letters import notice
from casework.domain.case.rules import Fields
from casework.domain.case.state import Case
from casework.domain.time.calendar import WorkingCalendar, local_date


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
    ``recipients``: who is told, each by the way that is theirs.
    """

    kind: EffectKind
    seq: int
    template: str = ""
    to: tuple[tuple[str, str], ...] = ()
    recipients: tuple[str, ...] = ()
    fields: Fields = field(default_factory=dict)


def effects_of(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """What the event asks for, given the state that followed it."""
    own = kind_of_case(case).effects(event, case, calendar)
    return own + _notice(event, case, calendar)


def _notice(event: Event, case: Case, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    told = notice(event, case, calendar)
    if told is None:
        return ()
    template, fields = told
    kind = kind_of_case(case)
    effect = notice_of(event, case, template, fields)
    recipients = kind.recipients.get(template, kind.told)
    return (replace(effect, to=kind.ways.get(template, ()), recipients=recipients),)


def notice_of(event: Event, case: Case, template: str, fields: Fields) -> Effect:
    """A notice to the applicant about an event, signed and dated by the office."""
    base = {"item": case.item_name, "office": case.office, "on": str(local_date(event.at))}
    return Effect(kind=EffectKind.NOTICE, seq=event.seq, template=template, fields=base | fields)
