"""In whose name a message speaks, and whether its speaker may send it.

Only what no case decides itself is asked here: a command is refused by the case that it comes to,
but a start has no case yet, and an order, an absence or an outreach has none at all.
"""

from casework.domain.authority import (
    GENERAL,
    REOPENING,
    Concern,
    Filed,
    GeneralAction,
    Named,
    filing_refusal,
    posts_refusal,
    refusal,
    unknown_system,
)
from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.case.opening import StartCase
from casework.domain.directory import is_directory, may_be_of_directory
from casework.domain.errors import DomainError
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.rating.opening import StartRating
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.request.opening import StartRequest
from casework.domain.policy import Role
from casework.domain.talent import serving_class
from casework.messages.absences import RecordAbsence, StartAbsence
from casework.messages.cases import Submit
from casework.messages.orders import CATALOGUE, Proposal, Rejection, StartOrder
from casework.messages.outreach import OUTREACH, Begin, StartOutreach
from casework.messages.webhooks import StartWebhook
from casework.policy.authority import load_authority
from casework.policy.staffing import ask_again
from casework.security.proof.assertion import speaker_of

REOPENS = Actor(code=REOPENING, role=Role.SYSTEM)
"""Who starts cases again from the register: proved by its own key, which no part has by itself."""
ASKS_ONLY = (Submit, Proposal, Begin, RecordAbsence)
"""Updates that wait for what a start has begun, and change nothing: they need no proof."""


def start_refusal(message: object) -> DomainError | None:
    """Why a workflow may not be started so; None: it may, or it names nobody.

    A case by the rules of filing, and by those whom it gives work (``posts_refusal``). An order, an
    absence or an outreach by people, whom the signer has asked about; of systems only by Casework
    itself. An absence is of somebody in the rosters. None begins in the middle (``resumed``), but a
    case that Temporal has lost (``reopened``): its posts and its opener are as they were.
    """
    speaker = speaker_of(message)
    if isinstance(message, StartCase) and _goes_on(message):
        return None
    resumed, again = (getattr(message, each, None) for each in ("resumed", "reopened"))
    if resumed is not None or again is not None:
        return DomainError("START_RESUMES", "不能从中途开始：只有前一次运行可以接续")
    if isinstance(message, StartCase) and speaker is not None:
        matrix = load_authority()
        refused = filing_refusal(matrix, speaker, _filed(message))
        return refused or _asked_again(posts_refusal(matrix, _named(message)))
    if isinstance(message, StartOrder) and speaker == CATALOGUE:
        return None
    if isinstance(message, StartOrder) and speaker is not None and is_directory(speaker):
        return None if may_be_of_directory(message.order.content) else _not_bound()
    if isinstance(message, StartOutreach) and speaker == OUTREACH:
        return None
    if isinstance(message, StartWebhook):
        return webhook_refusal(message.by)
    refused = _of_a_system(speaker)
    if refused is None and isinstance(message, StartAbsence):
        return _of_nobody(message.officer)
    return refused


def _goes_on(start: StartCase) -> bool:
    """Whether it is the start of a case that Temporal has lost, by whom that may be done."""
    if start.reopened is None or start.resumed is None:
        return False
    return start.reopened.by == REOPENS and start.resumed.case_no == start.case_no


def webhook_refusal(by: Actor) -> DomainError | None:
    """Why somebody may not set a webhook going; None: they may.

    That is the system itself, and who approves webhooks.
    """
    matrix, anywhere = load_authority(), Concern(kind=GENERAL, district="")
    own = by.role is Role.SYSTEM
    action = GeneralAction.SUBSCRIBE if own else GeneralAction.APPROVE_WEBHOOK
    return refusal(matrix, by, action, anywhere)


def _of_nobody(officer: str) -> DomainError | None:
    if officer in load_authority().staff:
        return None
    return _asked_again(DomainError("OFFICER_UNKNOWN", "岗位表中没有此人员编号", "officer"))


def _asked_again(refused: DomainError | None) -> DomainError | None:
    """Have the register asked at once about somebody unknown: they may just have been appointed."""
    if refused is not None and refused.code == "OFFICER_UNKNOWN":
        ask_again()
    return refused


def update_refusal(message: object) -> DomainError | None:
    """Why an update may not be sent so; None: it may, or the case that it comes to decides."""
    speaker = speaker_of(message)
    if isinstance(message, Rejection) and speaker is not None and is_directory(speaker):
        return None  # the order itself lets it take back its own only
    return None if isinstance(message, Command) else _of_a_system(speaker)


def _of_a_system(speaker: Actor | None) -> DomainError | None:
    if speaker is None or speaker.role is not Role.SYSTEM:
        return None
    if speaker.code not in load_authority().systems:
        return unknown_system()
    return _not_bound()


def _not_bound() -> DomainError:
    return DomainError("SYSTEM_NOT_BOUND", "对接系统不能办理此事项")


def _named(start: StartCase) -> Named:
    return Named(
        # A rating keeps the number of the case as it was opened; who served it may be elsewhere.
        district=None if isinstance(start, StartRating) else start.district,
        posts=start.posts,
        specialists=start.specialists if isinstance(start, StartRequest) else {},
        bodies=start.bodies if isinstance(start, StartRequest) else (),
    )


def _filed(start: StartCase) -> Filed:
    return Filed(
        kind=CaseKind(start.kind),
        district=start.district,
        source=start.source,
        letter=serving_class(start.letter) if isinstance(start, StartCycle) else None,
        applicant=start.subject,
        employer=start.employer_subject,
        by_agent=isinstance(start, StartApplication) and bool(start.authorisation),
    )
