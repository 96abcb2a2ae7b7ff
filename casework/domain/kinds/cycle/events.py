"""What can happen to a service cycle. Events are stored for ever: fields are only ever added."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from casework.domain.case.events import Title
from casework.domain.case.state import Post
from casework.domain.kinds.cycle.state import CycleKind, DataCheck, Opinion, Points
from casework.domain.policy import Role
from casework.domain.talent import Credential, TalentClass
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class CycleBegun:
    """A talent was recognised, or a permit registered: the first cycle."""

    kind: Literal["cycle_begun"] = "cycle_begun"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    received_at: datetime
    posts: dict[Role, Post]
    cycle: CycleKind
    starts_on: date
    ends_on: date
    letter: TalentClass | None = None
    score: int | None = None
    employer: str = ""
    credential: Credential | None = None
    points: Points = Points.NONE
    clocks: tuple[Clock, ...]
    by_date: bool = False
    catalogue: str = ""  # digest of the version that the policy is from


@dataclass(frozen=True, kw_only=True)
class CycleNotified:
    """The end is near: the employer of that day is asked to evaluate, or the holder to renew.

    ``again``: another employer, after the first notice; ``reminders`` are those still to come that
    the opinion of the former one had ended.
    """

    kind: Literal["cycle_notified"] = "cycle_notified"
    employer: str = ""
    again: bool = False
    opinion: Clock | None = None  # until the last day for the employer's opinion
    reminders: tuple[Clock, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WindowOpened:
    kind: Literal["window_opened"] = "window_opened"
    until: date


@dataclass(frozen=True, kw_only=True)
class EmployerReminded:
    """``days``: how many calendar days before the last day the reminder is for."""

    kind: Literal["employer_reminded"] = "employer_reminded"
    clock: str
    days: int
    by_specialist: bool = False  # the specialist is asked to call as well


@dataclass(frozen=True, kw_only=True)
class EvaluationGiven:
    """The employer's opinion; with ``verify`` it counts at once, else it is kept or evidence."""

    kind: Literal["evaluation_given"] = "evaluation_given"
    opinion: Opinion
    verify: Clock | None = None


@dataclass(frozen=True, kw_only=True)
class EvaluationTakenUp:
    """An early opinion takes effect with the opening of the window."""

    kind: Literal["evaluation_taken_up"] = "evaluation_taken_up"
    verify: Clock


@dataclass(frozen=True, kw_only=True)
class DataChecked:
    kind: Literal["data_checked"] = "data_checked"
    checks: tuple[DataCheck, ...]


@dataclass(frozen=True, kw_only=True)
class CycleExpired:
    """The last day has passed without a decision: neither renewed nor ended.

    ``silent``: nobody has evaluated; the verification goes by data only, and ``verify`` starts.
    """

    kind: Literal["cycle_expired"] = "cycle_expired"
    silent: bool
    verify: Clock | None = None


@dataclass(frozen=True, kw_only=True)
class VerificationFailed:
    kind: Literal["verification_failed"] = "verification_failed"
    reason: str
    objection: Clock


@dataclass(frozen=True, kw_only=True)
class ObjectionMade:
    kind: Literal["objection_made"] = "objection_made"
    reason: str
    review: Clock


@dataclass(frozen=True, kw_only=True)
class CycleRenewed:
    """The next cycle. ``restored``: the permit was renewed late, the points live again."""

    kind: Literal["cycle_renewed"] = "cycle_renewed"
    number: int
    starts_on: date
    ends_on: date
    reason: str = ""
    restored: bool = False
    renewed_on: date | None = None  # of the permit
    renewal_opens_on: date | None = None
    policy: str = ""  # of the next cycle, where the catalogue has changed
    catalogue: str = ""  # digest of the version that it is from; empty: as before
    clocks: tuple[Clock, ...]


@dataclass(frozen=True, kw_only=True)
class CycleEnded:
    """No further service after ``effective_on``; the credential is void from the day after.

    ``left``: the condition of §5.1 no longer holds, so running requests are closed as well.
    """

    kind: Literal["cycle_ended"] = "cycle_ended"
    reason: str
    effective_on: date
    left: bool = False
    mendable_until: date | None = None  # taken back by then, if it was a mistake


@dataclass(frozen=True, kw_only=True)
class EmployerChanged:
    """``employer`` is the new one's credit code; ``renotify`` where the notice was out."""

    kind: Literal["employer_changed"] = "employer_changed"
    employer: str
    changed_on: date
    renotify: bool = False


@dataclass(frozen=True, kw_only=True)
class Reclassified:
    kind: Literal["reclassified"] = "reclassified"
    letter: TalentClass | None
    score: int | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class CredentialIssued:
    """A card or code in the place of the one before, which is void."""

    kind: Literal["credential_issued"] = "credential_issued"
    credential: Credential
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class PointsSuspended:
    """The permit has expired without renewal (居住证暂行条例 §10)."""

    kind: Literal["points_suspended"] = "points_suspended"
    since: date


@dataclass(frozen=True, kw_only=True)
class RenewalOpened:
    """The points may be confirmed from today on (three working days after the renewal)."""

    kind: Literal["renewal_opened"] = "renewal_opened"


@dataclass(frozen=True, kw_only=True)
class PointsConfirmed:
    kind: Literal["points_confirmed"] = "points_confirmed"
    reference: str


EVENTS = (
    Title(body=CycleBegun, title="服务周期开始"),
    Title(body=CycleNotified, title="临期通知"),
    Title(body=WindowOpened, title="评估期开始"),
    Title(body=EmployerReminded, title="催请评估"),
    Title(body=EvaluationGiven, title="提交评估意见"),
    Title(body=EvaluationTakenUp, title="提前提交的评估意见生效"),
    Title(body=DataChecked, title="数据核实"),
    Title(body=CycleExpired, title="周期届满，待人工决定"),
    Title(body=VerificationFailed, title="核实未通过"),
    Title(body=ObjectionMade, title="提出异议"),
    Title(body=CycleRenewed, title="进入下一周期"),
    Title(body=CycleEnded, title="服务终止"),
    Title(body=EmployerChanged, title="变更用人单位"),
    Title(body=Reclassified, title="变更人才类别"),
    Title(body=CredentialIssued, title="补发服务凭证"),
    Title(body=PointsSuspended, title="积分中止"),
    Title(body=RenewalOpened, title="可办理积分续办"),
    Title(body=PointsConfirmed, title="积分确认"),
)
"""All of them, with their titles."""
