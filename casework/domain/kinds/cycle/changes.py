"""What changes in the middle of a cycle: employer, class, credential; or the talent leaves.

Sources: DB50/T 1733—2024 §5.1–5.3; domain.md §C.8 (proposals: the standard is silent).
"""

from casework.domain.case.events import EventBody
from casework.domain.case.guards import require_text
from casework.domain.case.rules import Decisions
from casework.domain.errors import DomainError
from casework.domain.identifiers import IdentifierError, check_credit_code
from casework.domain.kinds.cycle.commands import (
    ChangeEmployer,
    IssueCredential,
    Reclassify,
    RecordLeft,
)
from casework.domain.kinds.cycle.events import (
    CredentialIssued,
    CycleEnded,
    CycleNotified,
    EmployerChanged,
    Reclassified,
)
from casework.domain.kinds.cycle.guards import (
    require_come,
    require_kind,
    require_score,
    require_within,
)
from casework.domain.kinds.cycle.policy import CycleFacts
from casework.domain.kinds.cycle.state import Cycle, CycleKind, CycleStage
from casework.domain.kinds.cycle.timetable import opinion_clock, reminder_clocks
from casework.domain.talent import Credential

_ASKED = {CycleStage.NOTIFIED, CycleStage.WINDOW, CycleStage.VERIFYING}
"""Where the employer of the notice has been asked, and the new one has to be."""


def change_employer(
    command: ChangeEmployer, case: Cycle, facts: CycleFacts
) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    employer = _credit_code(command.employer)
    if employer == case.employer:
        raise DomainError("SAME_EMPLOYER", "用人单位没有变化", "employer")
    require_come(command.changed_on, facts, "changed_on", "变更日期")
    require_within(command.changed_on, case, "changed_on", "变更日期")
    renotify = case.stage in _ASKED and not case.on_hold
    changed = EmployerChanged(employer=employer, changed_on=command.changed_on, renotify=renotify)
    return (changed, _asked_again(employer, case, facts)) if renotify else (changed,)


def _credit_code(text: str) -> str:
    try:
        return check_credit_code(text)
    except IdentifierError as error:
        raise DomainError("EMPLOYER_CODE_INVALID", error.message, "employer") from None


def _asked_again(employer: str, case: Cycle, facts: CycleFacts) -> CycleNotified:
    """The new employer is asked as the first one was; reminders that still run, run on."""
    reminders = reminder_clocks(
        facts.item,
        facts.today,
        case.ends_on,
        today=facts.today,
        calendar=facts.calendar,
        before=case,
    )
    return CycleNotified(
        employer=employer,
        again=True,
        opinion=opinion_clock(case, facts.item, facts.today),
        reminders=tuple(c for c in reminders if case.clock(c.id.partition("#")[0]) is None),
    )


def record_left(command: RecordLeft, case: Cycle, facts: CycleFacts) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    require_text(command.reason, "reason", "终止服务的理由")
    require_come(command.left_on, facts, "left_on", "离渝或不再全职的日期")
    require_within(command.left_on, case, "left_on", "离渝或不再全职的日期")
    return (CycleEnded(reason=command.reason, effective_on=command.left_on, left=True),)


def reclassify(command: Reclassify, case: Cycle, facts: CycleFacts) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    if command.letter is None and command.score is None:
        raise DomainError("FIELD_REQUIRED", "请填写人才类别或计分", "letter")
    require_score(command.score)
    require_text(command.reason, "reason", "变更类别的理由")
    if (command.letter, command.score) == (case.letter, case.score):
        return ()  # told twice
    return (Reclassified(letter=command.letter, score=command.score, reason=command.reason),)


def issue_credential(
    command: IssueCredential, case: Cycle, facts: CycleFacts
) -> tuple[EventBody, ...]:
    require_kind(case, CycleKind.TALENT, command)
    require_text(command.code, "code", "人才卡号或人才码")
    require_text(command.reason, "reason", "补发的理由")
    credential = Credential(kind=command.credential, code=command.code, issued_on=facts.today)
    return (CredentialIssued(credential=credential, reason=command.reason),)


DECISIONS: Decisions = {
    ChangeEmployer: change_employer,
    RecordLeft: record_left,
    Reclassify: reclassify,
    IssueCredential: issue_credential,
}
