"""The verbs that cases of several kinds know, as the objects that HTTP, CLI and Temporal all carry.

A verb is declared once: its fields, the roles that may use it, and its Chinese description. The
actor is always the authenticated one; whoever builds a command sets it, never the body.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Annotated, ClassVar

from casework.domain.bounds import AtMost, Essay, Letter, Number, Phrase, Remark, Text, Word
from casework.domain.case.facts import Actor
from casework.domain.policy import MaterialForm, Role
from casework.domain.time.dates import Day

BESIDE_THE_BODY = frozenset({"actor", "seen"})
"""The fields of every command that stand in no body: who calls, and what they have seen."""
INTAKE = frozenset({Role.OFFICER, Role.REVIEWER})
STAFF = frozenset({Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR})
COLLEAGUES = STAFF | {Role.SPECIALIST, Role.LIAISON}
"""Who has tasks, and may be given some."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """What every verb carries.

    ``seen``: the number of the last event that the actor has seen; if others have acted since, it
    is refused (``casework.domain.case.guards``). None: whatever has happened meanwhile.
    """

    actor: Actor
    seen: Number | None = None

    roles: ClassVar[frozenset[Role]] = frozenset()
    label: ClassVar[str] = ""
    onward: ClassVar[bool] = False
    """It brings a case nearer to its end, or keeps it as large as it is."""

    when_closed: ClassVar[bool] = False
    """A closed case takes it as well."""

    gives: ClassVar[tuple[str, str]] = ("", "")
    """The field that names to whom it gives work of their own, and the verb by which they do it."""

    @property
    def leads_on(self) -> bool:
        """Whether even a full case takes it: see ``casework.domain.case.guards``."""
        return self.onward


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One thing wrong with a package: what it is about, and what would be right."""

    code: Word
    about: Word  # material code or fact
    text: Remark  # Chinese, for the applicant


@dataclass(frozen=True, kw_only=True)
class ReceivedMaterial:
    """A material that has arrived.

    ``sha256`` points into the content store; a paper or a personnel file has none.
    """

    code: Word
    form: MaterialForm
    sha256: Word = ""


@dataclass(frozen=True, kw_only=True)
class ClearCard(Command):
    """A red card is cleared only by a supervisor's written reason."""

    card: Phrase  # clock id and rung, e.g. ``decide:red``
    reason: Text

    roles = frozenset({Role.SUPERVISOR})
    label = "销牌（监督员书面说明）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Reassign(Command):
    """Give the open tasks of a role to another officer (A角→B角)."""

    role: Role
    to: Word
    reason: Text

    roles = frozenset(
        {
            Role.SUPERVISOR,
            Role.OFFICER,
            Role.REVIEWER,
            Role.SPECIALIST,
            Role.LIAISON,
            Role.SYSTEM,  # an approved order, and no other system
        }
    )
    label = "改派（A角转B角）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class OrderedReassign(Reassign):
    """What an approved order to rebalance says of one case: whose open work goes to whom.

    ``holder``: who had it when the order was approved. ``begun``: although it has been begun.
    """

    order: Word = ""
    holder: Word = ""
    begun: bool = False


@dataclass(frozen=True, kw_only=True)
class ResolveTrouble(Command):
    """An outside party refused for good; a person has dealt with it.

    ``told_on``: the day on which an officer has told them themselves what no letter could.
    """

    task: Phrase
    reason: Text
    told_on: Day | None = None

    roles = STAFF | {Role.SPECIALIST, Role.LIAISON}
    label = "处理外部系统拒绝"
    onward = True
    when_closed = True


@dataclass(frozen=True, kw_only=True)
class TransferJurisdiction(Command):
    """Hand a case that is not decided yet to another district; number and limits stay.

    That the superior decides is a proposal: no source says how a transfer between districts goes.
    """

    to_district: Word
    reason: Text

    roles = frozenset({Role.SUPERIOR})
    label = "管辖移送（移送其他区办理）"


@dataclass(frozen=True, kw_only=True)
class TakeUp(Command):
    """The holder of a task says that it is being dealt with."""

    task: Phrase

    roles = frozenset(
        {Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR, Role.SPECIALIST, Role.LIAISON}
    )
    label = "签收待办"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Claim(Command):
    """Take a task of one's team that nobody has; of two who claim it, one gets it."""

    task: Phrase

    roles = frozenset({Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SPECIALIST, Role.LIAISON})
    label = "认领待办"
    onward = True


@dataclass(frozen=True, kw_only=True)
class GiveBack(Command):
    """Give a claimed task back to the team; the time for claiming begins anew."""

    task: Phrase
    reason: Text

    roles = Claim.roles
    label = "退回待办（退回小组）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ProposeTakingBack(Command):
    """Ask that a closing by mistake be taken back; somebody else decides (`TakeBack`)."""

    reason: Text

    roles = STAFF | {Role.SUPERIOR, Role.SPECIALIST, Role.LIAISON}
    label = "提请撤销更正（误办结）"
    when_closed = True


@dataclass(frozen=True, kw_only=True)
class TakeBack(Command):
    """Take back a closing by mistake, or do not: by somebody other than who proposed it.

    The case is again where it was. By the head of the authority; what the superior has decided, by
    the superior; in talent service by the supervisor [proposal: no source says who].
    """

    granted: bool = True
    reason: Text

    roles = frozenset({Role.HEAD, Role.SUPERIOR, Role.SUPERVISOR})
    label = "撤销更正（误办结的恢复办理，或不同意）"
    when_closed = True

    @property
    def leads_on(self) -> bool:
        return not self.granted


@dataclass(frozen=True, kw_only=True)
class SettleLatePapers(Command):
    """What was done with material that came after the closing."""

    task: Phrase
    reason: Text

    roles = STAFF | {Role.SPECIALIST}
    label = "处理办结后收到的材料"
    onward = True
    when_closed = True


@dataclass(frozen=True, kw_only=True)
class CorrectFact(Command):
    """A day that was registered wrongly, by the number of its event and its field.

    ``field``: ``left_on``, ``changed_on``, ``renewed_on``, ``expires_on``, ``signed_on`` or
    ``delivered_on``. What hangs on the day follows.
    """

    seq: Number
    field: Word
    value: Day
    reason: Text

    roles = frozenset({Role.HEAD, Role.SUPERVISOR})
    label = "更正登记错误的日期"
    when_closed = True


@dataclass(frozen=True, kw_only=True)
class CorrectAddress(Command):
    """How a party is reached from now on, whole; what is left empty is not known any more.

    ``party``: ``applicant``, ``employer`` or ``agent``; ``told_by``: ``mail``, ``sms``, ``desk``,
    or empty. Email and phone go to the register, and stand in no event.
    """

    party: Word
    reason: Text
    email: Essay = ""
    phone: Word = ""
    told_by: Word = ""

    roles = INTAKE | {
        Role.APPLICANT,
        Role.TALENT,
        Role.EMPLOYER,
        Role.SPECIALIST,
        Role.SUPERVISOR,
    }
    label = "更正联系方式"
    onward = True
    when_closed = True


# --- working together ----------------------------------------------------------------------
# A task may be passed on, an opinion asked for, a colleague nudged, a note left (domain.md §C.7a).


@dataclass(frozen=True, kw_only=True)
class PassOn(Command):
    """The holder of a task asks a colleague to take it over; until they consent, it stays."""

    task: Phrase
    to: Word
    reason: Text

    roles = COLLEAGUES
    label = "转办（请同事接办，待其同意）"


@dataclass(frozen=True, kw_only=True)
class AcceptPassing(Command):
    """The receiver takes the task over, or the supervisor decides so in their place.

    ``task``: the receiver's task, ``confirm_passing#1`` for example.
    """

    task: Phrase

    roles = COLLEAGUES
    label = "同意接办"
    onward = True


@dataclass(frozen=True, kw_only=True)
class DeclinePassing(Command):
    """The task stays with its holder: the receiver or the supervisor says why.

    Who asked may use it as well, and takes the request back.
    """

    task: Phrase
    reason: Text

    roles = COLLEAGUES
    label = "不接办（说明理由）"
    onward = True


Files = Annotated[tuple[Word, ...], AtMost(10)]
"""Digests of files that were uploaded before."""


@dataclass(frozen=True, kw_only=True)
class AskOpinion(Command):
    """Ask somebody for an opinion on a question; the case stays with its holder, and runs on.

    Of whom: a person of the rosters, of any district (``to``); or whoever holds a post (``role``)
    of the case, or of the office of another ``district``; or the liaison of a handling ``body``,
    ``municipal/education`` for example. ``working_days`` 0: as long as the item's policy says.
    """

    question: Text
    to: Word = ""
    role: Role | None = None
    district: Word = ""
    body: Word = ""
    working_days: Number = 0
    files: Files = ()

    roles = COLLEAGUES
    label = "征求意见"


@dataclass(frozen=True, kw_only=True)
class OpinionAsked(AskOpinion):
    """With who it is that is asked, by the rosters."""

    asked: Word = ""
    asked_as: Role | None = None


@dataclass(frozen=True, kw_only=True)
class GiveOpinion(Command):
    """What the one who was asked says; later than the limit it is kept as late."""

    task: Phrase
    text: Letter
    files: Files = ()

    roles = COLLEAGUES
    label = "反馈意见"


@dataclass(frozen=True, kw_only=True)
class WithdrawOpinionRequest(Command):
    """The opinion is not waited for any longer: by who asked, or the supervisor."""

    task: Phrase
    reason: Text

    roles = COLLEAGUES
    label = "撤回征求意见"
    onward = True


@dataclass(frozen=True, kw_only=True)
class Nudge(Command):
    """Remind the holder of a task, once a day: by the supervisor, or who waits for an opinion."""

    task: Phrase
    reason: Remark = ""

    roles = COLLEAGUES
    label = "催办（每日至多一次）"
    onward = True


@dataclass(frozen=True, kw_only=True)
class AddNote(Command):
    """A note for colleagues: part of the file, and never shown to anybody outside."""

    text: Essay

    roles = COLLEAGUES | {Role.SUPERIOR}
    label = "内部备注"
    when_closed = True


TOGETHER: Mapping[str, type[Command]] = MappingProxyType(
    {
        "pass_on": PassOn,
        "accept_passing": AcceptPassing,
        "decline_passing": DeclinePassing,
        "ask_opinion": AskOpinion,
        "give_opinion": GiveOpinion,
        "withdraw_opinion_request": WithdrawOpinionRequest,
        "nudge": Nudge,
        "add_note": AddNote,
    }
)
"""The verbs of working together, which every kind of case knows."""
