"""The procedure of a mail: sorted by the machine or an officer, then opened person by person.

Nothing is lost and nothing is guessed (domain.md §B.2): what the machine does not know is proposed,
and what cannot be opened comes back to the officer with the reason.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_stage, require_text
from casework.domain.case.letters import Effect, EffectKind
from casework.domain.case.moves import conclude, enter
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Closing
from casework.domain.errors import DomainError
from casework.domain.kinds.incoming_mail.commands import (
    NoteMail,
    RerouteMail,
    SendBackMail,
    SetMailAside,
    SortedPerson,
    SortMail,
)
from casework.domain.kinds.incoming_mail.events import (
    MailCaseOpened,
    MailCaseRefused,
    MailDone,
    MailHeld,
    MailMoved,
    MailNoted,
    MailReceived,
    MailSentBack,
    MailSentOn,
    MailSetAside,
    MailSorted,
)
from casework.domain.kinds.incoming_mail.opening import RAW
from casework.domain.kinds.incoming_mail.state import (
    Attempt,
    IncomingMail,
    MailFile,
    MailPerson,
    MailStage,
)
from casework.domain.time.calendar import WorkingCalendar

S = MailStage
MOST_PERSONS = 50
_FIELDS = ("name", "item", "id_number", "unit", "credit_code", "email", "phone")


def sort_mail(command: SortMail, case: IncomingMail, facts: Occasion) -> tuple[EventBody, ...]:
    """Also of a mail whose sender was told: the officer may know better than the machine."""
    require_stage(case, S.SORTING, S.TOLD)
    opened = {each.number for each in case.attempts if each.case_no}
    left = {person.number: person for person in case.persons if person.number not in opened}
    named = [each.person for each in command.persons if each.person]
    if len(named) != len(set(named)) or not set(named) <= left.keys():
        raise DomainError(
            "MAIL_PERSON_UNKNOWN", "所填人员序号须是待立件人员之一，不得重复", "persons"
        )
    files = {file.number: file for person in left.values() for file in person.files}
    files |= {file.number: file for file in case.files}
    given = [each.file for person in command.persons for each in person.files]
    if len(given) != len(set(given)) or not set(given) <= files.keys():
        raise DomainError(
            "MAIL_FILE_UNKNOWN", "所填文件序号须是来件中的文件，每个只归一人", "persons"
        )
    numbers = (each.number for each in case.persons)
    persons = _sorted(command.persons or tuple(map(_as_proposed, left.values())), left, files)
    persons = tuple(_numbered(persons, first=max(numbers, default=0) + 1))
    if not persons:
        raise DomainError("FIELD_REQUIRED", "请填写要立件的人员", "persons")
    if len(persons) + len(opened) > MOST_PERSONS:
        raise DomainError("TOO_MANY_PERSONS", f"一件来件至多 {MOST_PERSONS} 人", "persons")
    for person in persons:
        _require_whole(person)
    return (MailSorted(persons=persons),)


def _as_proposed(person: MailPerson) -> SortedPerson:
    return SortedPerson(person=person.number)


def _sorted(
    said: tuple[SortedPerson, ...], left: dict[int, MailPerson], files: dict[int, MailFile]
) -> tuple[MailPerson, ...]:
    """What was proposed, with what the officer says in its place."""
    nobody = MailPerson(number=0, name="", item="")
    return tuple(_corrected(left.get(each.person, nobody), each, files) for each in said)


def _corrected(person: MailPerson, said: SortedPerson, files: dict[int, MailFile]) -> MailPerson:
    given: dict[str, Any] = {name: value for name in _FIELDS if (value := getattr(said, name))}
    if said.files:
        given["files"] = tuple(
            replace(files[each.file], material=each.material) for each in said.files
        )
    if said.item and said.item != person.item:
        given["online_only"] = False
    return replace(person, into=said.into, **given)


def _numbered(persons: tuple[MailPerson, ...], first: int) -> Iterator[MailPerson]:
    for person in persons:
        yield person if person.number else replace(person, number=first)
        first += not person.number


def _require_whole(person: MailPerson) -> None:
    """What the door of every application asks, and a mail may not say (ADR 0052)."""
    if person.online_only or person.into:
        return
    for field, value, what in (
        ("name", person.name, "姓名"),
        ("item", person.item, "事项"),
        ("id_number", person.id_number, "证件号码"),
    ):
        if not value.strip():
            raise DomainError(
                "FIELD_REQUIRED", f"第 {person.number} 人缺{what}", f"persons.{field}"
            )


def send_back_mail(
    command: SendBackMail, case: IncomingMail, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.SORTING)
    require_text(command.reason, "reason", "退回的理由和应当更正的内容")
    return (MailSentBack(reason=command.reason),)


def set_mail_aside(
    command: SetMailAside, case: IncomingMail, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.SORTING, S.TOLD)
    require_text(command.reason, "reason", "不作办理的理由")
    return (MailSetAside(reason=command.reason),)


def reroute_mail(
    command: RerouteMail, case: IncomingMail, facts: Occasion
) -> tuple[EventBody, ...]:
    """Within the district only the mailbox changes; another district gets it as it came."""
    require_stage(case, S.SORTING)
    require_text(command.reason, "reason", "转办的理由")
    if command.district and command.district != case.district:
        if any(each.case_no for each in case.attempts):
            raise DomainError("ALREADY_OPENED", "来件中已有人员立件，不能转其他区", "district")
        if not original_of(case):
            raise DomainError("NO_ORIGINAL", "没有邮件原件，不能转其他区", "district")
        return (
            MailSentOn(district=command.district, mailbox=command.mailbox, reason=command.reason),
        )
    if not command.mailbox.strip():
        raise DomainError("FIELD_REQUIRED", "请填写转往的邮箱或者区", "mailbox")
    if command.mailbox == case.mailbox:
        raise DomainError("SAME_MAILBOX", "来件已在该邮箱", "mailbox")
    return (MailMoved(mailbox=command.mailbox, reason=command.reason),)


def original_of(case: IncomingMail) -> str:
    """The digest of the mail as it came; empty where its gateway keeps it."""
    found = (each.received for each in case.materials if each.received.code == RAW)
    return next((each.sha256 for each in found), "")


def note_mail(command: NoteMail, case: IncomingMail, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.TOLD)
    return (MailNoted(),)


# --- how the state follows ---------------------------------------------------------------


def after_mail_sorted(body: MailSorted, case: IncomingMail, event: Event) -> IncomingMail:
    opened = {each.number for each in case.attempts if each.case_no}
    kept = tuple(person for person in case.persons if person.number in opened)
    attempts = tuple(each for each in case.attempts if each.case_no)
    given = {file.number for person in (*kept, *body.persons) for file in person.files}
    every = (*(file for person in case.persons for file in person.files), *case.files)
    # What is nobody's now can still be given to somebody, should it be sorted again.
    left = tuple(file for file in every if file.number not in given)
    case = replace(case, persons=(*kept, *body.persons), files=left, attempts=attempts)
    return enter(case, S.OPENING, event.at, event.actor.code)


def after_mail_case_opened(body: MailCaseOpened, case: IncomingMail, event: Event) -> IncomingMail:
    return _tried(case, Attempt(number=body.number, case_no=body.case_no))


def after_mail_case_refused(
    body: MailCaseRefused, case: IncomingMail, event: Event
) -> IncomingMail:
    return _tried(case, Attempt(number=body.number, code=body.code, reason=body.reason))


def _tried(case: IncomingMail, attempt: Attempt) -> IncomingMail:
    others = tuple(each for each in case.attempts if each.number != attempt.number)
    return replace(case, attempts=(*others, attempt))


def after_mail_done(body: MailDone, case: IncomingMail, event: Event) -> IncomingMail:
    return _ended(case, S.REROUTED if case.to_district else S.DONE, event)


def after_mail_held(body: MailHeld, case: IncomingMail, event: Event) -> IncomingMail:
    return enter(replace(case, to_district=""), S.SORTING, event.at, event.actor.code)


def after_mail_sent_back(body: MailSentBack, case: IncomingMail, event: Event) -> IncomingMail:
    return _ended(case, S.SENT_BACK, event)


def after_mail_set_aside(body: MailSetAside, case: IncomingMail, event: Event) -> IncomingMail:
    return _ended(case, S.SET_ASIDE, event)


def after_mail_moved(body: MailMoved, case: IncomingMail, event: Event) -> IncomingMail:
    return replace(case, mailbox=body.mailbox)


def after_mail_sent_on(body: MailSentOn, case: IncomingMail, event: Event) -> IncomingMail:
    case = replace(case, to_district=body.district, attempts=())
    return enter(case, S.OPENING, event.at, event.actor.code)


def after_mail_noted(body: MailNoted, case: IncomingMail, event: Event) -> IncomingMail:
    return _ended(case, S.SEEN, event)


def _ended(case: IncomingMail, stage: MailStage, event: Event) -> IncomingMail:
    case = enter(case, stage, event.at, event.actor.code)
    return conclude(case, event.at, event.actor.code)


def restored(case: IncomingMail, closing: Closing) -> IncomingMail:
    """The mail as it stood before it was closed by mistake."""
    return replace(case, stage=S(closing.stage))


def follow_up(case: IncomingMail) -> EventBody | None:
    """Once everybody has been tried: done, or back to the officer."""
    if case.stage is not S.OPENING or case.wanted:
        return None
    return MailHeld() if case.refused else MailDone()


def effects(event: Event, case: IncomingMail, calendar: WorkingCalendar) -> tuple[Effect, ...]:
    """One case for each person who is still to have one, when the mail begins to be opened."""
    if not isinstance(event.body, MailReceived | MailSorted | MailSentOn):
        return ()
    if case.stage is not S.OPENING:
        return ()
    mailbox = event.body.mailbox if isinstance(event.body, MailSentOn) else case.mailbox
    return tuple(
        Effect(
            kind=EffectKind.OPEN_CASE,
            seq=event.seq,
            fields={"number": str(number), "mailbox": mailbox},
        )
        for number in sorted(case.wanted)
    )


def tried(
    case: IncomingMail, number: int, case_no: str, code: str, reason: str
) -> EventBody | None:
    """What is noted of an attempt to open a case; None if nobody waits for that any more."""
    if case.stage is not S.OPENING or number not in case.wanted:
        return None
    if case_no:
        return MailCaseOpened(number=number, case_no=case_no)
    return MailCaseRefused(number=number, code=code, reason=reason)


DECISIONS: Decisions = {
    SortMail: sort_mail,
    SendBackMail: send_back_mail,
    SetMailAside: set_mail_aside,
    RerouteMail: reroute_mail,
    NoteMail: note_mail,
}
EVOLUTIONS: Evolutions = {
    MailSorted: after_mail_sorted,
    MailCaseOpened: after_mail_case_opened,
    MailCaseRefused: after_mail_case_refused,
    MailDone: after_mail_done,
    MailHeld: after_mail_held,
    MailSentBack: after_mail_sent_back,
    MailSetAside: after_mail_set_aside,
    MailMoved: after_mail_moved,
    MailSentOn: after_mail_sent_on,
    MailNoted: after_mail_noted,
}
