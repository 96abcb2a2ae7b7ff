"""The procedure of a walkthrough: noted, answered by remedies, carried out, verified (销号).

Nothing that came to light is left without an answer: the findings are concluded only when every
problem has a remedy, and a need without one has an explanation. A remedy's limit begins when it is
issued and ends when somebody else than its owner has verified it [proposal]; source 003 gives no
limits.
"""

from dataclasses import replace

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.events import Event, EventBody
from casework.domain.case.facts import Occasion
from casework.domain.case.guards import require_stage, require_text
from casework.domain.case.moves import (
    close_tasks,
    conclude,
    end_clocks,
    enter,
    open_task,
    start_clocks,
)
from casework.domain.case.rules import Decisions, Evolutions
from casework.domain.case.state import Material, Post, Task, TaskKind
from casework.domain.case.together import require_digests
from casework.domain.errors import DomainError
from casework.domain.kinds.walkthrough.commands import (
    ChangeRemedyOwner,
    ConcludeFindings,
    NoteFinding,
    ReportRemedy,
    SetRemedy,
    StrikeFinding,
    VerifyRemedy,
    WithdrawRemedy,
)
from casework.domain.kinds.walkthrough.events import (
    FindingNoted,
    FindingsConcluded,
    FindingStruck,
    RemedyOwnerChanged,
    RemedyReported,
    RemedySet,
    RemedyVerified,
    RemedyWithdrawn,
    WalkthroughClosed,
)
from casework.domain.kinds.walkthrough.state import (
    FindingSort,
    Remedy,
    RemedyStatus,
    WalkFinding,
    Walkthrough,
    WalkthroughStage,
)
from casework.domain.policy import Mark, MaterialForm, Role, Unit
from casework.domain.time.calendar import add_months, local_date
from casework.domain.time.clock import NAMES, Clock, until_clock

S = WalkthroughStage
OPEN = (S.FINDINGS, S.REMEDIES)
REMEDY = "remedy"
HOW = "本机构走流程的办法"
MOST_FINDINGS, MOST_REMEDIES = 60, 40
LONGEST, LAST_MONTHS = 250, 24
"""Working days, and months until a day, that a remedy may take [proposal]."""


def note_finding(command: NoteFinding, case: Walkthrough, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, S.FINDINGS)
    require_text(command.text, "text", "问题或需求的内容")
    if len(case.findings) >= MOST_FINDINGS:
        raise DomainError("TOO_MANY_FINDINGS", f"一次走流程至多登记 {MOST_FINDINGS} 条问题和需求")
    number = 1 + sum(each.sort is command.sort for each in case.findings)
    code = f"{command.sort.letter}{number}"
    return (FindingNoted(finding=code, sort=command.sort, text=command.text),)


def strike_finding(
    command: StrikeFinding, case: Walkthrough, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.FINDINGS)
    _require_any(case)
    _known(case, command.finding, "finding")
    require_text(command.reason, "reason", "删去的理由")
    answering = [r.remedy for r in case.remedies if r.counts and command.finding in r.answers]
    if answering:
        detail = f"措施 {'、'.join(answering)} 回应此条，请先撤销措施"
        raise DomainError("FINDING_ANSWERED", detail, "finding")
    return (FindingStruck(finding=command.finding, reason=command.reason),)


def set_remedy(command: SetRemedy, case: Walkthrough, facts: Occasion) -> tuple[EventBody, ...]:
    require_stage(case, *OPEN)
    _require_any(case)
    require_text(command.text, "text", "措施内容")
    require_text(command.owner, "owner", "责任人编号")
    if not command.answers:
        raise DomainError("FIELD_REQUIRED", "请选择所回应的问题或需求", "answers")
    for place, code in enumerate(command.answers):
        _known(case, code, f"answers.{place}")
    _require_limit(command, facts)
    if len(case.remedies) >= MOST_REMEDIES:
        raise DomainError("TOO_MANY_REMEDIES", f"一次走流程至多制定 {MOST_REMEDIES} 项措施")
    code = f"R{len(case.remedies) + 1}"
    planned = Remedy(
        remedy=code,
        text=command.text,
        owner=command.owner,
        answers=command.answers,
        working_days=command.working_days,
        until=command.until,
        set_on=facts.today,
        status=RemedyStatus.PLANNED,
    )
    return (
        RemedySet(
            remedy=code,
            text=command.text,
            owner=command.owner,
            answers=command.answers,
            working_days=command.working_days,
            until=command.until,
            limit=_limit(planned, facts) if case.stage is S.REMEDIES else None,
        ),
    )


def _require_any(case: Walkthrough) -> None:
    if all(each.struck for each in case.findings):
        raise DomainError("NO_FINDING", "尚未登记问题或需求")


def _known(case: Walkthrough, code: str, field: str) -> WalkFinding:
    found = case.finding(code)
    if found is None:
        known = "、".join(each.finding for each in case.findings if not each.struck) or "无"
        raise DomainError("FINDING_UNKNOWN", f"没有此问题或需求，已登记：{known}", field)
    return found


def _require_limit(command: SetRemedy, facts: Occasion) -> None:
    if (command.working_days != 0) == (command.until is not None):
        detail = "完成期限请填工作日数或者最后一天，二者填其一"
        raise DomainError("DUE_UNCLEAR", detail, "working_days")
    if command.until is None:
        if not 0 < command.working_days <= LONGEST:
            raise DomainError("DUE_TOO_FAR", f"期限为 1 至 {LONGEST} 个工作日", "working_days")
    elif command.until < facts.today:
        raise DomainError("DATE_TOO_EARLY", "最后一天不能早于今天", "until")
    elif command.until > add_months(facts.today, LAST_MONTHS):
        raise DomainError("DUE_TOO_FAR", f"最后一天须在 {LAST_MONTHS} 个月之内", "until")


def _limit(remedy: Remedy, facts: Occasion) -> Clock:
    if remedy.until is not None:
        return until_clock(remedy.clock, remedy.until, facts.today, HOW)
    return Clock(
        id=remedy.clock,
        name=NAMES[REMEDY],
        unit=Unit.WORKING_DAYS,
        amount=remedy.working_days,
        started_on=facts.today,
        reference=HOW,
        mark=Mark.PROPOSAL,
    )


def _standing(case: Walkthrough, code: str, *statuses: RemedyStatus) -> Remedy:
    found = case.remedy(code)
    if found is None:
        known = "、".join(each.remedy for each in case.remedies) or "无"
        raise DomainError("REMEDY_UNKNOWN", f"没有此措施，已制定：{known}", "remedy")
    if found.status not in statuses:
        wanted = "、".join(status.label for status in statuses)
        detail = f"此措施“{found.status.label}”，此操作须在“{wanted}”时办理"
        raise DomainError("REMEDY_STATUS", detail, "remedy")
    return found


_LIVE = (RemedyStatus.PLANNED, RemedyStatus.ISSUED, RemedyStatus.REPORTED)


def withdraw_remedy(
    command: WithdrawRemedy, case: Walkthrough, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, *OPEN)
    remedy = _standing(case, command.remedy, *_LIVE)
    require_text(command.reason, "reason", "撤销的理由")
    if case.stage is S.REMEDIES:
        left = {each.finding for each in case.unanswered()}
        bare = [f for f in case.unanswered(without=remedy.remedy) if f.finding not in left]
        _require_answered(bare, "撤销后")
    withdrawn = RemedyWithdrawn(remedy=remedy.remedy, reason=command.reason)
    return (withdrawn, *_closing(case, remedy.remedy))


def _require_answered(bare: list[WalkFinding], when: str) -> None:
    problems = [each.finding for each in bare if each.sort is FindingSort.PROBLEM]
    if problems:
        detail = f"{when}问题 {'、'.join(problems)} 没有整改措施，请先为其制定措施"
        raise DomainError("PROBLEM_WITHOUT_REMEDY", detail)


def _closing(case: Walkthrough, *done: str) -> tuple[EventBody, ...]:
    """What closes the case once these remedies are done with: no other is under way."""
    waiting = any(each.is_under_way and each.remedy not in done for each in case.remedies)
    return () if waiting or case.stage is not S.REMEDIES else (WalkthroughClosed(),)


def change_remedy_owner(
    command: ChangeRemedyOwner, case: Walkthrough, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, *OPEN)
    remedy = _standing(case, command.remedy, RemedyStatus.PLANNED, RemedyStatus.ISSUED)
    require_text(command.owner, "owner", "责任人编号")
    require_text(command.reason, "reason", "改定责任人的理由")
    if command.owner == remedy.owner:
        raise DomainError("SAME_OFFICER", "此人已是该措施的责任人", "owner")
    owner, reason = command.owner, command.reason
    return (RemedyOwnerChanged(remedy=remedy.remedy, owner=owner, reason=reason),)


def conclude_findings(
    command: ConcludeFindings, case: Walkthrough, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.FINDINGS)
    bare = case.unanswered()
    _require_answered(list(bare), "")
    if bare and not command.explanation.strip():
        codes = "、".join(each.finding for each in bare)
        detail = f"需求 {codes} 没有整改措施，请说明理由"
        raise DomainError("NEED_WITHOUT_ANSWER", detail, "explanation")
    planned = [each for each in case.remedies if each.status is RemedyStatus.PLANNED]
    limits = {each.remedy: _limit(each, facts) for each in planned}
    concluded = FindingsConcluded(explanation=command.explanation, limits=limits)
    return (concluded,) if limits else (concluded, WalkthroughClosed())


def report_remedy(
    command: ReportRemedy, case: Walkthrough, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.REMEDIES)
    remedy = _standing(case, command.remedy, RemedyStatus.ISSUED)
    require_text(command.proof, "proof", "落实情况和佐证")
    require_digests(command.files)
    return (RemedyReported(remedy=remedy.remedy, proof=command.proof, files=command.files),)


def verify_remedy(
    command: VerifyRemedy, case: Walkthrough, facts: Occasion
) -> tuple[EventBody, ...]:
    require_stage(case, S.REMEDIES)
    remedy = _standing(case, command.remedy, RemedyStatus.REPORTED)
    if facts.actor.code in {remedy.owner, remedy.reported_by}:
        raise DomainError("FOUR_EYES", "责任人和报告落实的人不能为自己的措施销号", "remedy")
    if not command.done:
        require_text(command.reason, "reason", "不予销号的理由")
    verified = RemedyVerified(remedy=remedy.remedy, done=command.done, reason=command.reason)
    return (verified, *(_closing(case, remedy.remedy) if command.done else ()))


# --- how the state follows ---------------------------------------------------------------


def after_finding_noted(body: FindingNoted, case: Walkthrough, event: Event) -> Walkthrough:
    noted = WalkFinding(
        finding=body.finding, sort=body.sort, text=body.text, noted_on=local_date(event.at)
    )
    return replace(case, findings=(*case.findings, noted))


def after_finding_struck(body: FindingStruck, case: Walkthrough, event: Event) -> Walkthrough:
    findings = tuple(
        replace(each, struck=True) if each.finding == body.finding else each
        for each in case.findings
    )
    return replace(case, findings=findings)


def after_remedy_set(body: RemedySet, case: Walkthrough, event: Event) -> Walkthrough:
    remedy = Remedy(
        remedy=body.remedy,
        text=body.text,
        owner=body.owner,
        answers=body.answers,
        working_days=body.working_days,
        until=body.until,
        set_on=local_date(event.at),
        status=RemedyStatus.PLANNED,
    )
    case = replace(case, remedies=(*case.remedies, remedy))
    return case if body.limit is None else _issued(case, remedy, body.limit, event)


def _issued(case: Walkthrough, remedy: Remedy, limit: Clock, event: Event) -> Walkthrough:
    on = local_date(event.at)
    case = start_clocks(case, limit)
    case = _changed(case, replace(remedy, status=RemedyStatus.ISSUED, issued_on=on))
    return _given(case, remedy, event)


def _given(case: Walkthrough, remedy: Remedy, event: Event) -> Walkthrough:
    """With the owner's task.

    It is the owner's alone, who has agreed to it: it does not go on to a B角 by itself when half
    of its limit is over.
    """
    kind = TaskKind.CARRY_OUT_REMEDY
    task = Task(
        id=f"{kind}#{1 + sum(each.kind is kind for each in case.tasks)}",
        kind=kind,
        about=remedy.remedy,
        role=Role.OFFICER,
        holder=remedy.owner,
        backup="",
        opened_at=event.at,
        clock=remedy.clock,
        taken_up_at=event.at,
        passed=True,
    )
    return replace(case, tasks=(*case.tasks, task))


def _changed(case: Walkthrough, remedy: Remedy) -> Walkthrough:
    remedies = (remedy if each.remedy == remedy.remedy else each for each in case.remedies)
    return replace(case, remedies=tuple(remedies))


def _of(case: Walkthrough, code: str) -> Remedy:
    return next(each for each in case.remedies if each.remedy == code)


_WORK = {TaskKind.CARRY_OUT_REMEDY, TaskKind.VERIFY_REMEDY}


def _ended(case: Walkthrough, remedy: Remedy, event: Event) -> Walkthrough:
    case = close_tasks(case, _WORK, event.at, event.actor.code, about=remedy.remedy)
    return end_clocks(_changed(case, remedy), event.at, remedy.clock)


def after_remedy_withdrawn(body: RemedyWithdrawn, case: Walkthrough, event: Event) -> Walkthrough:
    remedy = replace(_of(case, body.remedy), status=RemedyStatus.WITHDRAWN)
    return _ended(case, remedy, event)


def after_remedy_owner_changed(
    body: RemedyOwnerChanged, case: Walkthrough, event: Event
) -> Walkthrough:
    remedy = replace(_of(case, body.remedy), owner=body.owner)
    case = _changed(case, remedy)
    if remedy.status is not RemedyStatus.ISSUED:
        return case
    case = close_tasks(case, _WORK, event.at, event.actor.code, about=remedy.remedy)
    return _given(case, remedy, event)


def after_findings_concluded(
    body: FindingsConcluded, case: Walkthrough, event: Event
) -> Walkthrough:
    case = end_clocks(replace(case, explanation=body.explanation), event.at, "walk_findings")
    case = enter(case, S.REMEDIES, event.at, event.actor.code)
    for code, limit in body.limits.items():
        case = _issued(case, _of(case, code), limit, event)
    return case


def after_remedy_reported(body: RemedyReported, case: Walkthrough, event: Event) -> Walkthrough:
    remedy = replace(
        _of(case, body.remedy),
        status=RemedyStatus.REPORTED,
        reported_on=local_date(event.at),
        reported_by=event.actor.code,
        proof=body.proof,
        files=body.files,
    )
    case = close_tasks(
        _changed(case, remedy), _WORK, event.at, event.actor.code, about=remedy.remedy
    )
    kept = (each for each in case.materials if each.received.code != remedy.remedy)
    case = replace(case, materials=(*kept, *_evidence(remedy, event)))
    return open_task(
        case,
        TaskKind.VERIFY_REMEDY,
        _verifier(case, remedy),
        event.at,
        about=remedy.remedy,
        clock=remedy.clock,
    )


def _evidence(remedy: Remedy, event: Event) -> tuple[Material, ...]:
    """The files of the last report; those of one that did not do stand in its event."""
    form = MaterialForm.ELECTRONIC
    return tuple(
        Material(
            received=ReceivedMaterial(code=remedy.remedy, form=form, sha256=digest),
            received_at=event.at,
            package=1 + remedy.rejected,
        )
        for digest in remedy.files
    )


def _verifier(case: Walkthrough, remedy: Remedy) -> Role:
    """The supervisor, unless it is the supervisor's own remedy."""
    supervisor = case.posts.get(Role.SUPERVISOR, Post(holder=""))
    own = supervisor.holder in {remedy.owner, remedy.reported_by}
    return Role.OFFICER if own else Role.SUPERVISOR


def after_remedy_verified(body: RemedyVerified, case: Walkthrough, event: Event) -> Walkthrough:
    remedy = _of(case, body.remedy)
    if not body.done:
        remedy = replace(remedy, status=RemedyStatus.ISSUED, rejected=remedy.rejected + 1)
        case = close_tasks(case, _WORK, event.at, event.actor.code, about=remedy.remedy)
        return _given(_changed(case, remedy), remedy, event)
    closed = replace(
        remedy,
        status=RemedyStatus.CLOSED,
        closed_on=local_date(event.at),
        closed_by=event.actor.code,
    )
    return _ended(case, closed, event)


def after_walkthrough_closed(
    body: WalkthroughClosed, case: Walkthrough, event: Event
) -> Walkthrough:
    case = enter(case, S.CLOSED, event.at, event.actor.code)
    return conclude(case, event.at, event.actor.code)


DECISIONS: Decisions = {
    NoteFinding: note_finding,
    StrikeFinding: strike_finding,
    SetRemedy: set_remedy,
    WithdrawRemedy: withdraw_remedy,
    ChangeRemedyOwner: change_remedy_owner,
    ConcludeFindings: conclude_findings,
    ReportRemedy: report_remedy,
    VerifyRemedy: verify_remedy,
}
EVOLUTIONS: Evolutions = {
    FindingNoted: after_finding_noted,
    FindingStruck: after_finding_struck,
    RemedySet: after_remedy_set,
    RemedyWithdrawn: after_remedy_withdrawn,
    RemedyOwnerChanged: after_remedy_owner_changed,
    FindingsConcluded: after_findings_concluded,
    RemedyReported: after_remedy_reported,
    RemedyVerified: after_remedy_verified,
    WalkthroughClosed: after_walkthrough_closed,
}
