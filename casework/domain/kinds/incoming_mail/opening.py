"""How a mail becomes a case of its own: what was understood of it, and who is to sort it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from casework.domain.bounds import Essay, Few, Phrase, Some, Word
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.events import Event
from casework.domain.case.moves import as_begun, conclude, enter, start_clocks
from casework.domain.case.opening import (
    Circumstances,
    Identity,
    Party,
    StartCase,
    require_reachable,
)
from casework.domain.case.state import Material
from casework.domain.errors import DomainError
from casework.domain.kinds.incoming_mail.events import MailReceived
from casework.domain.kinds.incoming_mail.state import (
    Finding,
    IncomingMail,
    MailFile,
    MailPerson,
    MailStage,
)
from casework.domain.mail import MailVerdict, Nature
from casework.domain.policy import LimitName, MaterialForm, Policy
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import start_clock
from casework.domain.time.dates import require_usable

LIMITS = frozenset({LimitName.MAIL_SORT, LimitName.TAKE_BACK})
SENDER_UNKNOWN = Finding(code="SENDER_UNKNOWN", detail="没有可以回复的发件人地址，请人工处理")
RAW, FILE = "邮件原件", "文件"
"""Under which the mail lies in its case, and each of its files with its number."""
MOST_SHOWN = 199
"""So many files of a mail are listed in its case, beside the mail itself."""
_STAGES = {
    MailVerdict.CASES: MailStage.OPENING,
    MailVerdict.NOTICE: MailStage.TOLD,
    MailVerdict.TRIAGE: MailStage.SORTING,
    MailVerdict.SILENT: MailStage.SILENT,
}


@dataclass(frozen=True, kw_only=True)
class MailForm:
    """A mail that was kept and read; ``raw`` is the digest of its bytes in the content store.

    ``mailbox`` is the purpose of the mailbox where it belongs.
    """

    mailbox: Word
    verdict: MailVerdict
    nature: Nature = Nature.WRITTEN
    subject: Phrase = ""
    text: Essay = ""
    persons: Few[MailPerson] = ()
    files: Some[MailFile] = ()
    faults: Few[Finding] = ()
    doubts: Few[Finding] = ()
    remarks: Few[Word] = ()
    raw: Word = ""


@dataclass(frozen=True, kw_only=True)
class StartIncomingMail(StartCase):
    """Opens the case of a mail; its sender, if there is an address, is its ``applicant``."""

    item: Policy
    resumed: IncomingMail | None = None
    mail: MailForm

    @property
    def kind(self) -> str:
        return "incoming_mail"

    def first_event(self, at: datetime) -> MailReceived:
        """The receipt; whatever somebody has to look at is to be sorted within a working day.

        Raises DomainError ``LIMIT_NOT_SET`` if the policy lacks that limit.
        """
        mail = self.mail
        watched = mail.verdict is not MailVerdict.SILENT
        received_at = self.received_at or at
        require_usable(received_at, "received_at")
        on = local_date(received_at)
        return MailReceived(
            **self._beginning(at),
            mailbox=mail.mailbox,
            verdict=mail.verdict,
            nature=mail.nature,
            subject=mail.subject,
            text=mail.text,
            persons=mail.persons,
            files=mail.files,
            faults=mail.faults,
            doubts=mail.doubts,
            remarks=mail.remarks,
            materials=self.materials,
            sort=start_clock(self.item, LimitName.MAIL_SORT, "mail_sort", on) if watched else None,
        )


def open_mail(
    identity: Identity, form: MailForm, sender: Party | None, at: Circumstances[Policy]
) -> StartIncomingMail:
    """The start of a mail's case. Without a sender nobody can be told: then somebody sorts it.

    Raises:
        DomainError: ``FIELD_REQUIRED``, ``INVALID_REQUEST``.
    """
    if not form.mailbox.strip():
        raise DomainError("FIELD_REQUIRED", "请填写收件邮箱的用途", "mailbox")
    numbers = [person.number for person in form.persons]
    files = [file.number for person in form.persons for file in person.files]
    files += [file.number for file in form.files]
    if len(numbers) != len(set(numbers)) or len(files) != len(set(files)) or 0 in numbers:
        raise DomainError("INVALID_REQUEST", "人员和文件的序号须从1起，不得重复", "persons")
    if sender is not None:
        require_reachable(sender, "caller")
    elif form.verdict is MailVerdict.NOTICE:
        doubts = (*form.doubts, SENDER_UNKNOWN)
        form = replace(form, verdict=MailVerdict.TRIAGE, doubts=doubts)
    return StartIncomingMail(
        **at.start(identity, sender),
        channel="email",
        mail=form,
        materials=tuple(_materials(form)),
    )


def _materials(form: MailForm) -> Iterator[ReceivedMaterial]:
    """The original first, then the files by their numbers, so that whoever sorts it sees them."""
    if form.raw:
        yield ReceivedMaterial(code=RAW, form=MaterialForm.ELECTRONIC, sha256=form.raw)
    every = [*(file for person in form.persons for file in person.files), *form.files]
    for file in sorted(every, key=lambda file: file.number)[:MOST_SHOWN]:
        code = f"{FILE}{file.number}"
        yield ReceivedMaterial(code=code, form=MaterialForm.ELECTRONIC, sha256=file.sha256)


def begin_mail(body: MailReceived, event: Event) -> IncomingMail:
    case = IncomingMail(
        **as_begun(event),
        by_date=body.by_date,
        stage=_STAGES[body.verdict],
        mailbox=body.mailbox,
        verdict=body.verdict,
        nature=body.nature,
        subject=body.subject,
        text=body.text,
        persons=body.persons,
        files=body.files,
        faults=body.faults,
        doubts=body.doubts,
        remarks=body.remarks,
        materials=tuple(
            Material(received=each, received_at=event.at, package=1) for each in body.materials
        ),
    )
    case = start_clocks(case, body.sort)
    case = enter(case, case.stage, event.at, event.actor.code)
    return conclude(case, event.at, event.actor.code) if case.stage.is_final else case
