"""The state of a mail that brings cases (来件), and what was understood of it (domain.md §B.2)."""

from dataclasses import dataclass

from casework.domain.bounds import Essay, Few, Number, Phrase, Remark, Some, Word
from casework.domain.case.state import Case, Stage
from casework.domain.mail import MailVerdict, Nature


class MailStage(Stage):
    """Where a mail stands; the values are stored for ever."""

    SORTING = "mail_sorting"
    OPENING = "mail_opening"
    TOLD = "mail_told"  # the sender was told of all faults; the officer still has to see it
    DONE = "mail_done"
    SEEN = "mail_seen"
    SENT_BACK = "mail_sent_back"
    SET_ASIDE = "mail_set_aside"
    REROUTED = "mail_rerouted"
    SILENT = "mail_silent"

    @property
    def is_final(self) -> bool:
        return self not in {MailStage.SORTING, MailStage.OPENING, MailStage.TOLD}

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    MailStage.SORTING: "来件待分办",
    MailStage.OPENING: "来件立件中",
    MailStage.TOLD: "来件已一次性告知，待知悉",
    MailStage.DONE: "来件已立件",
    MailStage.SEEN: "来件已一次性告知",
    MailStage.SENT_BACK: "来件已退回",
    MailStage.SET_ASIDE: "来件不作办理",
    MailStage.REROUTED: "来件已转区",
    MailStage.SILENT: "来件无需回复",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What is wrong or in doubt: a stable code and a sentence."""

    code: Word
    detail: Remark


@dataclass(frozen=True, kw_only=True)
class MailFile:
    """A file of the mail, in the content store; ``material``: as what it counts, if that is known.

    ``number`` is that of the file within the mail.
    """

    number: Number
    name: Phrase
    sha256: Word
    material: Word = ""


@dataclass(frozen=True, kw_only=True)
class MailPerson:
    """A person for whom a mail asks for something; ``number`` is that within the mail.

    ``into``: the running case to which the files go; empty: a case of its own is opened.
    ``online_only``: this business is done online, and the sender is told so.
    """

    number: Number
    name: Phrase
    item: Word
    unit: Phrase = ""
    credit_code: Word = ""
    id_number: Word = ""
    email: Essay = ""
    phone: Word = ""
    files: Some[MailFile] = ()
    into: Word = ""
    online_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """What became of a person: the case, or why none could be opened."""

    number: int
    case_no: str = ""
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class IncomingMail(Case):
    """One mail. ``persons`` are as proposed, and once it is sorted as confirmed.

    ``files`` belong to no person yet. ``to_district``: it is being sent on to that one.
    """

    stage: MailStage
    mailbox: str
    verdict: MailVerdict
    nature: Nature
    subject: str
    text: str = ""
    persons: Few[MailPerson] = ()
    files: Some[MailFile] = ()
    faults: Few[Finding] = ()
    doubts: Few[Finding] = ()
    remarks: Few[Word] = ()
    attempts: tuple[Attempt, ...] = ()
    to_district: str = ""

    @property
    def wanted(self) -> frozenset[int]:
        """The numbers of what is still to be opened; 0 stands for the mail in another district."""
        tried = {each.number for each in self.attempts}
        every = {0} if self.to_district else {p.number for p in self.persons if not p.online_only}
        return frozenset(every - tried)

    @property
    def refused(self) -> tuple[Attempt, ...]:
        """What could not be opened."""
        return tuple(each for each in self.attempts if each.code)
