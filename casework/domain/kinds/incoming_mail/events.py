"""What can happen to a mail. Events are stored for ever: fields are only ever added."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.events import Title
from casework.domain.case.state import Post
from casework.domain.kinds.incoming_mail.state import Finding, MailFile, MailPerson
from casework.domain.mail import MailVerdict, Nature
from casework.domain.policy import Role
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class MailReceived:
    """A mail is kept, and what was understood of it. ``sort`` is None where nobody need sort it."""

    kind: Literal["mail_received"] = "mail_received"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    received_at: datetime
    posts: dict[Role, Post]
    mailbox: str
    verdict: MailVerdict
    nature: Nature
    subject: str
    text: str = ""
    persons: tuple[MailPerson, ...] = ()
    files: tuple[MailFile, ...] = ()
    faults: tuple[Finding, ...] = ()
    doubts: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()
    materials: tuple[ReceivedMaterial, ...] = ()
    sort: Clock | None = None
    by_date: bool = True
    catalogue: str = ""


@dataclass(frozen=True, kw_only=True)
class MailSorted:
    """An officer has confirmed or corrected for whom what is opened."""

    kind: Literal["mail_sorted"] = "mail_sorted"
    persons: tuple[MailPerson, ...]


@dataclass(frozen=True, kw_only=True)
class MailCaseOpened:
    """A case was opened, or the files went to a running one. ``number`` 0: a mail elsewhere."""

    kind: Literal["mail_case_opened"] = "mail_case_opened"
    number: int
    case_no: str


@dataclass(frozen=True, kw_only=True)
class MailCaseRefused:
    """No case could be opened, as the same would be refused at the counter."""

    kind: Literal["mail_case_refused"] = "mail_case_refused"
    number: int
    code: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MailDone:
    """For everybody there is a case, or word that it is done online."""

    kind: Literal["mail_done"] = "mail_done"


@dataclass(frozen=True, kw_only=True)
class MailHeld:
    """Somebody has to sort it again: not all of it could be opened."""

    kind: Literal["mail_held"] = "mail_held"


@dataclass(frozen=True, kw_only=True)
class MailSentBack:
    kind: Literal["mail_was_sent_back"] = "mail_was_sent_back"
    reason: str
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class MailSetAside:
    kind: Literal["mail_was_set_aside"] = "mail_was_set_aside"
    reason: str
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class MailMoved:
    """It belongs to another mailbox of the same district."""

    kind: Literal["mail_moved"] = "mail_moved"
    mailbox: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MailSentOn:
    """It belongs to another district, where it is opened as it came here."""

    kind: Literal["mail_sent_on"] = "mail_sent_on"
    district: str
    mailbox: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class MailNoted:
    kind: Literal["mail_noted"] = "mail_noted"


EVENTS = (
    Title(body=MailReceived, title="收到邮件来件"),
    Title(body=MailSorted, title="分办来件"),
    Title(body=MailCaseOpened, title="由来件立件"),
    Title(body=MailCaseRefused, title="来件未能立件"),
    Title(body=MailDone, title="来件办毕"),
    Title(body=MailHeld, title="来件待重新分办"),
    Title(body=MailSentBack, title="退回来件"),
    Title(body=MailSetAside, title="来件不作办理"),
    Title(body=MailMoved, title="来件转其他邮箱"),
    Title(body=MailSentOn, title="来件转其他区"),
    Title(body=MailNoted, title="知悉来件告知"),
)
"""All of them, with their titles."""
