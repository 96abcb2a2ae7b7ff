"""What is shown of a walkthrough: its rows in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from casework.domain.case.events import EventBody
from casework.domain.case.kind import Outcome
from casework.domain.case.rules import RowsOf, said_as
from casework.domain.kinds.walkthrough import events as ev
from casework.domain.kinds.walkthrough.state import (
    DEGREES,
    FindingSort,
    RemedyStatus,
    WalkMode,
    WalkRole,
    Walkthrough,
    WalkWay,
)
from casework.domain.time.calendar import WorkingCalendar


@dataclass(frozen=True, kw_only=True)
class WalkthroughRow:
    """One leader's walk, with the six degrees from 1 to 5."""

    leader: str
    role: str
    mode: str
    way: str
    walked_item: str
    walked_on: date
    policy_known: int | None
    papers_few: int | None
    process_smooth: int | None
    window_handy: int | None
    online_easy: int | None
    risk_joined: int | None
    note: str
    explanation: str


@dataclass(frozen=True, kw_only=True)
class WalkFindingRow:
    """One problem or need; ``answered_by``: the codes of remedies, a blank between them."""

    finding: str
    sort: str
    what: str
    noted_on: date
    struck: bool
    answered_by: str


@dataclass(frozen=True, kw_only=True)
class RemedyRow:
    """One remedy; ``answers``: the codes of findings, a blank between them."""

    remedy: str
    plan: str
    owner: str
    answers: str
    status: str
    set_on: date
    issued_on: date | None
    reported_on: date | None
    reported_by: str
    proof: str
    rejected: int
    closed_on: date | None
    closed_by: str


def _rows(case: Walkthrough) -> tuple[WalkthroughRow, ...]:
    row = WalkthroughRow(
        leader=case.leader,
        role=case.role.value,
        mode=case.mode.value,
        way=case.way.value,
        walked_item=case.walked_item,
        walked_on=case.walked_on,
        **{name: getattr(case.degrees, name) for name in DEGREES},
        note=case.note,
        explanation=case.explanation,
    )
    return (row,)


def _findings(case: Walkthrough) -> tuple[WalkFindingRow, ...]:
    return tuple(
        WalkFindingRow(
            finding=each.finding,
            sort=each.sort.value,
            what=each.text,
            noted_on=each.noted_on,
            struck=each.struck,
            answered_by=" ".join(
                r.remedy for r in case.remedies if r.counts and each.finding in r.answers
            ),
        )
        for each in case.findings
    )


def _remedies(case: Walkthrough) -> tuple[RemedyRow, ...]:
    return tuple(
        RemedyRow(
            remedy=each.remedy,
            plan=each.text,
            owner=each.owner,
            answers=" ".join(each.answers),
            status=each.status.value,
            set_on=each.set_on,
            issued_on=each.issued_on,
            reported_on=each.reported_on,
            reported_by=each.reported_by,
            proof=each.proof,
            rejected=each.rejected,
            closed_on=each.closed_on,
            closed_by=each.closed_by,
        )
        for each in case.remedies
    )


ROWS = (
    RowsOf(
        member="walkthroughs",
        table="walkthroughs",
        row=WalkthroughRow,
        of=_rows,
        sealed=("leader", "note", "explanation"),
        words={
            "leader": "走流程的领导",
            "role": "以什么身份",
            "mode": "方式",
            "way": "渠道",
            "walked_item": "所走的事项",
            "walked_on": "走流程的日期",
            **DEGREES,
            "note": "走流程的说明",
            "explanation": "需求没有措施的理由",
        },
        says={
            "role": said_as(WalkRole),
            "mode": said_as(WalkMode),
            "way": said_as(WalkWay),
        },
    ),
    RowsOf(
        member="walk_findings",
        table="walk_findings",
        row=WalkFindingRow,
        of=_findings,
        sealed=("what",),
        key=("finding",),
        words={
            "finding": "编号",
            "sort": "种类",
            "what": "问题和需求",
            "noted_on": "登记日",
            "struck": "误记删去",
            "answered_by": "回应的措施",
        },
        says={"sort": said_as(FindingSort)},
    ),
    RowsOf(
        member="remedies",
        table="remedies",
        row=RemedyRow,
        of=_remedies,
        sealed=("plan", "proof"),
        key=("remedy",),
        words={
            "remedy": "措施",
            "plan": "整改措施",
            "owner": "责任人",
            "answers": "回应的问题和需求",
            "status": "状态",
            "set_on": "制定日",
            "issued_on": "下达日",
            "reported_on": "报告落实日",
            "reported_by": "报告落实的人",
            "proof": "落实情况和佐证",
            "rejected": "退回次数",
            "closed_on": "销号日",
            "closed_by": "销号的人",
        },
        says={"status": said_as(RemedyStatus)},
    ),
)


def lines(case: Walkthrough, calendar: WorkingCalendar) -> Iterator[str]:
    """What was walked and how, and how far it is; what people wrote stands in the register only."""
    yield (
        f"\n{case.walked_on} {case.mode.label} · 以{case.role.label}身份 · {case.way.label}"
        f" · {case.walked_item}"
    )
    rated = {label: getattr(case.degrees, name) for name, label in DEGREES.items()}
    if any(rated.values()):
        yield "\n" + "，".join(f"{label} {stars}" for label, stars in rated.items() if stars)
    there = [each for each in case.findings if not each.struck]
    for sort in FindingSort:
        yield f"\n- {sort.label} {sum(each.sort is sort for each in there)} 个"
    if not case.remedies:
        return
    yield "\n| 措施 | 回应 | 责任人 | 状态 |\n|---|---|---|---|"
    for each in case.remedies:
        yield f"| {each.remedy} | {'、'.join(each.answers)} | {each.owner} | {each.status.label} |"


def outcome(body: EventBody) -> Outcome | None:
    """How a walkthrough came out by an event."""
    return Outcome(label="走流程办结") if isinstance(body, ev.WalkthroughClosed) else None
