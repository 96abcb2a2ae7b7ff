"""The verbs of a walkthrough."""

from dataclasses import dataclass
from typing import Annotated, Any

from casework.domain.bounds import AtMost, Few, Number, Remark, Text, Word
from casework.domain.case.commands import (
    TOGETHER,
    Claim,
    ClearCard,
    Command,
    GiveBack,
    Reassign,
    ResolveTrouble,
    TakeUp,
)
from casework.domain.kinds.walkthrough.state import FindingSort
from casework.domain.policy import Role
from casework.domain.time.dates import Day

KEEPERS = frozenset({Role.OFFICER, Role.SUPERVISOR})
OWNERS = frozenset({Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR})
Evidence = Annotated[tuple[Word, ...], AtMost(10)]


@dataclass(frozen=True, kw_only=True)
class NoteFinding(Command):
    """A problem that the leader met, or a need that people or staff told of."""

    sort: FindingSort
    text: Remark

    roles = KEEPERS
    label = "登记问题或需求"


@dataclass(frozen=True, kw_only=True)
class StrikeFinding(Command):
    """It was noted by mistake; no remedy may answer it."""

    finding: Word
    reason: Text

    roles = KEEPERS
    label = "删去误记的问题或需求"


@dataclass(frozen=True, kw_only=True)
class SetRemedy(Command):
    """A measure for these findings, with an owner and a limit: ``working_days`` or ``until``."""

    text: Remark
    owner: Word
    answers: Few[Word]
    working_days: Number = 0
    until: Day | None = None

    roles = KEEPERS
    label = "制定整改措施"
    gives = ("owner", "report_remedy")


@dataclass(frozen=True, kw_only=True)
class WithdrawRemedy(Command):
    """It is not carried out; every problem that it answers has another one."""

    remedy: Word
    reason: Text

    roles = frozenset({Role.SUPERVISOR})
    label = "撤销整改措施"


@dataclass(frozen=True, kw_only=True)
class ChangeRemedyOwner(Command):
    """Somebody else carries it out, within the same limit."""

    remedy: Word
    owner: Word
    reason: Text

    roles = frozenset({Role.SUPERVISOR})
    label = "改定措施责任人"
    gives = ("owner", "report_remedy")


@dataclass(frozen=True, kw_only=True)
class ConcludeFindings(Command):
    """All is noted, and every problem has a remedy: these are issued, and their limits begin.

    ``explanation``: why a need has no remedy.
    """

    explanation: Text = ""

    roles = KEEPERS
    label = "梳理完毕，下达整改措施"
    onward = True


@dataclass(frozen=True, kw_only=True)
class ReportRemedy(Command):
    """The owner says what was done, and what proves it; ``files`` are digests of the evidence."""

    remedy: Word
    proof: Remark
    files: Evidence = ()

    roles = OWNERS
    label = "报告措施已落实"
    onward = True


@dataclass(frozen=True, kw_only=True)
class VerifyRemedy(Command):
    """Somebody else than its owner looks at the evidence; ``done`` False: it does not do."""

    remedy: Word
    done: bool
    reason: Remark = ""

    roles = KEEPERS
    label = "核查措施，销号或者退回"

    @property
    def leads_on(self) -> bool:
        return self.done


WALKTHROUGH_VERBS: dict[str, type[Command]] = {
    "note_finding": NoteFinding,
    "strike_finding": StrikeFinding,
    "set_remedy": SetRemedy,
    "withdraw_remedy": WithdrawRemedy,
    "change_remedy_owner": ChangeRemedyOwner,
    "conclude_findings": ConcludeFindings,
    "report_remedy": ReportRemedy,
    "verify_remedy": VerifyRemedy,
    "take_up": TakeUp,
    "claim": Claim,
    "give_back": GiveBack,
    **TOGETHER,
    "clear_card": ClearCard,
    "reassign": Reassign,
    "resolve_trouble": ResolveTrouble,
}
EXAMPLES: dict[type[Command], dict[str, Any]] = {
    NoteFinding: {"sort": "problem", "text": "企业在线申请密码需隔天激活后才能使用"},
    StrikeFinding: {"finding": "P1", "reason": "与另一问题重复登记"},
    SetRemedy: {
        "text": "密码申请当日激活",
        "owner": "ja-o2",
        "answers": ["P1"],
        "working_days": 20,
    },
    WithdrawRemedy: {"remedy": "R1", "reason": "改由全市统一平台解决"},
    ChangeRemedyOwner: {"remedy": "R1", "owner": "ja-o1", "reason": "原责任人调离"},
    ConcludeFindings: {"explanation": "该需求须修改法规，已向上级反映"},
    ReportRemedy: {"remedy": "R1", "proof": "密码已改为即时激活，附测试截图"},
    VerifyRemedy: {"remedy": "R1", "done": True},
}
