"""The state of a walkthrough (局长走流程): a leader goes through a procedure as one of its users.

One case is one leader's walk (人次). What it brings to light are problems and needs; remedies
answer them, n:m (source 003; domain.md §B.1.4 ``WALK``).
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from casework.domain.case.state import Case, Stage


class WalkthroughStage(Stage):
    """Where a walkthrough stands; the values are stored for ever."""

    FINDINGS = "walk_findings"
    REMEDIES = "walk_remedies"
    CLOSED = "walk_closed"

    @property
    def is_final(self) -> bool:
        return self is WalkthroughStage.CLOSED

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    WalkthroughStage.FINDINGS: "走流程待梳理",
    WalkthroughStage.REMEDIES: "走流程措施待落实",
    WalkthroughStage.CLOSED: "走流程已办结",
}


class WalkRole(StrEnum):
    """As whom the leader walks; the values are stored for ever."""

    EMPLOYER_HR = "employer_hr"
    CITIZEN = "citizen"
    CLERK = "clerk"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"employer_hr": "企业HR", "citizen": "办事群众", "clerk": "经办人员"}[self.value]


class WalkMode(StrEnum):
    """How the leader walks; the values are stored for ever."""

    IN_PERSON = "in_person"
    AS_AGENT = "as_agent"
    ACCOMPANYING = "accompanying"
    SUPERVISING = "supervising"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _MODES[self]


_MODES = {
    WalkMode.IN_PERSON: "亲自办",
    WalkMode.AS_AGENT: "代理办",
    WalkMode.ACCOMPANYING: "陪同办",
    WalkMode.SUPERVISING: "监督办",
}


class WalkWay(StrEnum):
    """By which way the procedure was walked; the values are stored for ever."""

    WINDOW = "window"
    ONLINE = "online"
    APP = "app"
    SELF_SERVICE = "self_service"
    HOTLINE = "hotline"
    MIXED = "mixed"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _WAYS[self]


_WAYS = {
    WalkWay.WINDOW: "窗口",
    WalkWay.ONLINE: "网上",
    WalkWay.APP: "手机APP",
    WalkWay.SELF_SERVICE: "自助机",
    WalkWay.HOTLINE: "电话热线",
    WalkWay.MIXED: "线上和线下",
}


class FindingSort(StrEnum):
    """What a walk brings to light; the values are stored for ever."""

    PROBLEM = "problem"
    NEED = "need"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"problem": "问题", "need": "需求"}[self.value]

    @property
    def letter(self) -> str:
        """With which the codes of such findings begin."""
        return {"problem": "P", "need": "N"}[self.value]


class RemedyStatus(StrEnum):
    """Where a remedy stands; the values are stored for ever."""

    PLANNED = "planned"
    ISSUED = "issued"
    REPORTED = "reported"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _STATUSES[self]


_STATUSES = {
    RemedyStatus.PLANNED: "已拟定",
    RemedyStatus.ISSUED: "落实中",
    RemedyStatus.REPORTED: "已落实待销号",
    RemedyStatus.CLOSED: "已销号",
    RemedyStatus.WITHDRAWN: "已撤销",
}


@dataclass(frozen=True, kw_only=True)
class Degrees:
    """The six degrees (六个度) from 1 to 5; None: the walk did not touch on it."""

    policy_known: int | None = None
    papers_few: int | None = None
    process_smooth: int | None = None
    window_handy: int | None = None
    online_easy: int | None = None
    risk_joined: int | None = None


DEGREES = {
    "policy_known": "政策知晓度",
    "papers_few": "材料精简度",
    "process_smooth": "过程通畅度",
    "window_handy": "窗口便民度",
    "online_easy": "网办体验度",
    "risk_joined": "流程与风控结合度",
}
"""Field of ``Degrees`` → the word of the source."""


@dataclass(frozen=True, kw_only=True)
class WalkFinding:
    """A problem (``P1``) or a need (``N1``). ``struck``: it was noted by mistake."""

    finding: str
    sort: FindingSort
    text: str
    noted_on: date
    struck: bool = False


@dataclass(frozen=True, kw_only=True)
class Remedy:
    """A measure (``R1``) that answers findings.

    Its limit is either so many ``working_days`` from the day on which it is issued, or the day
    ``until``. ``files``: digests of the evidence. ``rejected``: how often its evidence did not do.
    """

    remedy: str
    text: str
    owner: str
    answers: tuple[str, ...]
    working_days: int = 0
    until: date | None = None
    set_on: date
    status: RemedyStatus
    issued_on: date | None = None
    reported_on: date | None = None
    reported_by: str = ""
    proof: str = ""
    files: tuple[str, ...] = ()
    rejected: int = 0
    closed_on: date | None = None
    closed_by: str = ""

    @property
    def counts(self) -> bool:
        """Whether it answers what it is for: it was not withdrawn."""
        return self.status is not RemedyStatus.WITHDRAWN

    @property
    def is_under_way(self) -> bool:
        """Whether the case waits for it."""
        return self.status in {RemedyStatus.ISSUED, RemedyStatus.REPORTED}

    @property
    def clock(self) -> str:
        """The id of its limit."""
        return f"remedy:{self.remedy}"


@dataclass(frozen=True, kw_only=True)
class Walkthrough(Case):
    """One walk. ``leader``: by office, not by name. ``explanation``: why a need has no remedy."""

    stage: WalkthroughStage
    leader: str
    role: WalkRole
    mode: WalkMode
    way: WalkWay
    walked_item: str
    walked_on: date
    degrees: Degrees
    note: str = ""
    explanation: str = ""
    findings: tuple[WalkFinding, ...] = ()
    remedies: tuple[Remedy, ...] = ()

    def finding(self, code: str) -> WalkFinding | None:
        """The finding of that code, unless it was struck."""
        return next((f for f in self.findings if f.finding == code and not f.struck), None)

    def remedy(self, code: str) -> Remedy | None:
        """The remedy of that code."""
        return next((each for each in self.remedies if each.remedy == code), None)

    def unanswered(self, *, without: str = "") -> tuple[WalkFinding, ...]:
        """The findings that no remedy answers; ``without``: as if that remedy were withdrawn."""
        answered = {
            code
            for each in self.remedies
            if each.counts and each.remedy != without
            for code in each.answers
        }
        return tuple(f for f in self.findings if not f.struck and f.finding not in answered)
