"""What can happen to a service request. Events are stored for ever: fields are only ever added."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from casework.domain.case.commands import Fault, ReceivedMaterial
from casework.domain.case.events import Title
from casework.domain.case.state import Body, Post
from casework.domain.kinds.request.state import Mode
from casework.domain.policy import Role
from casework.domain.talent import Level, Standing
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class RequestFiled:
    """Filed by the talent or the employer's liaison.

    ``level``: of the platform that coordinates it. ``notice`` runs from the filing, unless the
    request waits (on hold, or for paper): then ``collect`` limits the paper.
    """

    kind: Literal["request_filed"] = "request_filed"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    received_at: datetime
    posts: dict[Role, Post]
    standing: Standing
    mode: Mode
    need: str
    bodies: tuple[Body, ...]
    specialists: dict[Level, Post]
    level: Level
    materials: tuple[ReceivedMaterial, ...]
    notice: Clock | None = None
    collect: Clock | None = None
    by_date: bool = False
    catalogue: str = ""  # digest of the version that the policy is from


@dataclass(frozen=True, kw_only=True)
class PapersCollected:
    kind: Literal["papers_collected"] = "papers_collected"
    materials: tuple[ReceivedMaterial, ...]
    notice: Clock


@dataclass(frozen=True, kw_only=True)
class RequestReleased:
    """The talent's cycle was renewed: the request goes on where it waited."""

    kind: Literal["request_released"] = "request_released"
    notice: Clock | None = None
    collect: Clock | None = None


@dataclass(frozen=True, kw_only=True)
class RequestNoticeGiven:
    """The one-time notice (§6.6.2a): all that is missing, once."""

    kind: Literal["request_notice_given"] = "request_notice_given"
    faults: tuple[Fault, ...]
    supplement: Clock


@dataclass(frozen=True, kw_only=True)
class RequestSupplemented:
    kind: Literal["request_supplemented"] = "request_supplemented"
    materials: tuple[ReceivedMaterial, ...]
    notice: Clock
    statements: tuple[str, ...] = ()  # codes of faults answered without a material


@dataclass(frozen=True, kw_only=True)
class RequestAccepted:
    """Accepted, or deemed accepted; ``body`` handles it within ``handle``.

    None: no body may handle it, and the supervisor has to find one.
    """

    kind: Literal["request_accepted"] = "request_accepted"
    accepted_on: date
    deemed: bool = False
    body: Body | None
    handle: Clock


@dataclass(frozen=True, kw_only=True)
class BodyAssigned:
    """Another body; ``level`` is that of the platform that coordinates it from now on."""

    kind: Literal["body_assigned"] = "body_assigned"
    level: Level
    body: Body | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class StandingNoted:
    """The talent stands otherwise: class, hold, end."""

    kind: Literal["standing_noted"] = "standing_noted"
    standing: Standing
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class ResultFedBack:
    """The liaison has completed the service; ``met`` is False where it could not be provided."""

    kind: Literal["result_fed_back"] = "result_fed_back"
    met: bool
    result: str


@dataclass(frozen=True, kw_only=True)
class NeedExplained:
    """Out of scope, and explained patiently (§6.4.6)."""

    kind: Literal["need_explained"] = "need_explained"
    reason: str
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class NeedTransferred:
    """Out of scope, and handed to the department in charge (§6.4.6)."""

    kind: Literal["need_transferred"] = "need_transferred"
    to: str
    reason: str
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class RequestWithdrawn:
    kind: Literal["request_withdrawn"] = "request_withdrawn"
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class RequestLapsed:
    kind: Literal["request_lapsed"] = "request_lapsed"
    clock: str
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class RequestClosed:
    """The talent is no longer served."""

    kind: Literal["request_closed"] = "request_closed"
    reason: str
    mendable_until: date | None = None


@dataclass(frozen=True, kw_only=True)
class HandlingExtended:
    kind: Literal["handling_extended"] = "handling_extended"
    working_days: int
    reason: str
    reference: str


EVENTS = (
    Title(body=RequestFiled, title="提出服务申请"),
    Title(body=PapersCollected, title="收取纸质材料"),
    Title(body=RequestReleased, title="恢复办理"),
    Title(body=RequestNoticeGiven, title="一次性告知"),
    Title(body=RequestSupplemented, title="收到补正"),
    Title(body=RequestAccepted, title="受理，交联络员办理"),
    Title(body=BodyAssigned, title="改交办理机构"),
    Title(body=StandingNoted, title="人才服务状态变更"),
    Title(body=ResultFedBack, title="反馈办理结果"),
    Title(body=NeedExplained, title="解释说明"),
    Title(body=NeedTransferred, title="转交有关部门"),
    Title(body=RequestWithdrawn, title="撤回服务申请"),
    Title(body=RequestLapsed, title="逾期退件"),
    Title(body=RequestClosed, title="服务终止，申请了结"),
    Title(body=HandlingExtended, title="延长服务事项办理期限"),
)
"""All of them, with their titles."""
