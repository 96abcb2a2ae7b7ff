"""What is shown of a walkthrough: its rows in the register, and the details of the Web UI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from casework.domain.case.events import EventBody
from casework.domain.case.kind import Outcome
from casework.domain.case.rules import RowsOf
from casework.domain.kinds.walkthrough import events as ev
from casework.domain.kinds.walkthrough.state import DEGREES, FindingSort, Walkthrough
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
    ),
    RowsOf(
        member="walk_findings",
        table="walk_findings",
        row=WalkFindingRow,
        of=_findings,
        sealed=("what",),
        key=("finding",),
    ),
    RowsOf(
        member="remedies",
        table="remedies",
        row=RemedyRow,
        of=_remedies,
        sealed=("plan", "proof"),
        key=("remedy",),
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
