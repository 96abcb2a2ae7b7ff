"""What can happen to a walkthrough. Events are stored for ever: fields are only ever added."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from casework.domain.case.events import Title
from casework.domain.case.state import Post
from casework.domain.kinds.walkthrough.state import (
    Degrees,
    FindingSort,
    WalkMode,
    WalkRole,
    WalkWay,
)
from casework.domain.policy import Role
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class WalkthroughRecorded:
    """A leader has walked; ``limit`` is that for noting what it brought to light."""

    kind: Literal["walkthrough_recorded"] = "walkthrough_recorded"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    received_at: datetime
    posts: dict[Role, Post]
    leader: str
    role: WalkRole
    mode: WalkMode
    way: WalkWay
    walked_item: str
    walked_on: date
    degrees: Degrees
    note: str = ""
    limit: Clock
    by_date: bool = True
    catalogue: str = ""


@dataclass(frozen=True, kw_only=True)
class FindingNoted:
    kind: Literal["walk_finding_noted"] = "walk_finding_noted"
    finding: str
    sort: FindingSort
    text: str


@dataclass(frozen=True, kw_only=True)
class FindingStruck:
    kind: Literal["walk_finding_struck"] = "walk_finding_struck"
    finding: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RemedySet:
    """``limit`` is None while the findings are not concluded: it begins when it is issued."""

    kind: Literal["remedy_set"] = "remedy_set"
    remedy: str
    text: str
    owner: str
    answers: tuple[str, ...]
    working_days: int = 0
    until: date | None = None
    limit: Clock | None = None


@dataclass(frozen=True, kw_only=True)
class RemedyWithdrawn:
    kind: Literal["remedy_withdrawn"] = "remedy_withdrawn"
    remedy: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RemedyOwnerChanged:
    kind: Literal["remedy_owner_changed"] = "remedy_owner_changed"
    remedy: str
    owner: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class FindingsConcluded:
    """The remedies are issued; ``limits``: code of a remedy → its limit."""

    kind: Literal["walk_findings_concluded"] = "walk_findings_concluded"
    explanation: str = ""
    limits: dict[str, Clock] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RemedyReported:
    kind: Literal["remedy_reported"] = "remedy_reported"
    remedy: str
    proof: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class RemedyVerified:
    """``done`` False: the evidence does not do, and the owner goes on within the same limit."""

    kind: Literal["remedy_verified"] = "remedy_verified"
    remedy: str
    done: bool
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class WalkthroughClosed:
    """No remedy is under way any more."""

    kind: Literal["walkthrough_was_closed"] = "walkthrough_was_closed"


def _verified(body: RemedyVerified) -> str:
    return "措施销号" if body.done else "措施未予销号"


EVENTS = (
    Title(body=WalkthroughRecorded, title="登记走流程"),
    Title(body=FindingNoted, title="登记问题或需求"),
    Title(body=FindingStruck, title="删去误记的问题或需求"),
    Title(body=RemedySet, title="制定整改措施"),
    Title(body=RemedyWithdrawn, title="撤销整改措施"),
    Title(body=RemedyOwnerChanged, title="改定措施责任人"),
    Title(body=FindingsConcluded, title="梳理完毕，下达整改措施"),
    Title(body=RemedyReported, title="报告措施已落实"),
    Title(body=RemedyVerified, title="核查措施", said=_verified),
    Title(body=WalkthroughClosed, title="走流程办结"),
)
"""All of them, with their titles."""
