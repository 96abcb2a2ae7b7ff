"""The state of a service request (人才服务项目申请, DB50/T 1733—2024 §6.2)."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from casework.domain.case.commands import Fault
from casework.domain.case.facts import Occasion
from casework.domain.case.state import Body, Case, Post, Stage, Workplace
from casework.domain.policy import Mark, MaterialRule, Policy, Role, city_of
from casework.domain.talent import Level, Standing


class RequestStage(Stage):
    """Where a request stands; the values are stored for ever."""

    ON_HOLD = "on_hold"  # the talent's cycle is being verified: nothing new begins
    COLLECT = "collect"  # filed for the counter: paper to be collected
    INTAKE = "intake"
    SUPPLEMENT_DUE = "supplement_due"
    HANDLING = "handling"
    COMPLETED = "completed"
    EXPLAINED = "explained"
    TRANSFERRED = "transferred"
    WITHDRAWN = "withdrawn"
    RETURNED_LAPSED = "returned_lapsed"
    CLOSED = "closed"  # the talent is no longer served

    @property
    def is_final(self) -> bool:
        return self in _FINAL

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_FINAL = frozenset(
    {
        RequestStage.COMPLETED,
        RequestStage.EXPLAINED,
        RequestStage.TRANSFERRED,
        RequestStage.WITHDRAWN,
        RequestStage.RETURNED_LAPSED,
        RequestStage.CLOSED,
    }
)
_LABELS = {
    RequestStage.ON_HOLD: "暂缓（周期核实中）",
    RequestStage.COLLECT: "待收纸质材料",
    RequestStage.INTAKE: "待服务专员受理",
    RequestStage.SUPPLEMENT_DUE: "待补正",
    RequestStage.HANDLING: "联络员办理中",
    RequestStage.COMPLETED: "已办结",
    RequestStage.EXPLAINED: "已解释说明",
    RequestStage.TRANSFERRED: "已转交",
    RequestStage.WITHDRAWN: "已撤回",
    RequestStage.RETURNED_LAPSED: "逾期退件",
    RequestStage.CLOSED: "服务终止",
}


class Mode(StrEnum):
    """How a talent comes (§6.2.1)."""

    ONLINE = "online"  # electronic material at once
    ON_SITE = "on_site"  # paper prepared for collection

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"online": "线上", "on_site": "现场"}[self.value]


@dataclass(frozen=True, kw_only=True)
class Request(Case):
    """One request of one talent. ``talent`` is the case number of the talent's cycle."""

    stage: RequestStage
    standing: Standing
    mode: Mode
    need: str = ""  # Chinese, what is asked for; never who asks
    bodies: tuple[Body, ...]  # that may handle it
    specialists: dict[Level, Post]
    level: Level  # of the platform that coordinates it
    body: Body | None = None
    noticed: tuple[Fault, ...] = ()  # told in the one-time notice
    deemed_accepted: bool = False
    result: str = ""
    transferred_to: str = ""
    mendable_until: date | None = None  # of a closing that the standing brings about

    @property
    def talent(self) -> str:
        return self.standing.talent

    def workplace(self, role: Role) -> Workplace:
        """The platform that coordinates has the specialists, the handling body its liaisons."""
        if role is Role.SPECIALIST:
            return Workplace(district=self._platform(self.level))
        if role is Role.LIAISON and self.body is not None:
            return Workplace(district=self._platform(self.body.level), body=self.body.code)
        return super().workplace(role)

    def _platform(self, level: Level) -> str:
        return city_of(self.district) if level is Level.MUNICIPAL else self.district


# --- policy --------------------------------------------------------------------------------
# The policy of one service on the list (人才服务项目清单).


@dataclass(frozen=True, kw_only=True)
class ServiceRule(Policy):
    """``limits``: ``notice``, ``supplement``, ``collect``, ``handle``, ``handle_extension``.

    ``owners`` are the levels that own the service, the preferred first; ``bodies`` the code of the
    department in charge at each of them.
    """

    owners: tuple[Level, ...]
    bodies: dict[Level, str]
    materials: tuple[MaterialRule, ...] = ()
    material_names: dict[str, str] = field(default_factory=dict)
    reference: str = ""
    mark: Mark = Mark.PROPOSAL


@dataclass(frozen=True, kw_only=True)
class RequestFacts(Occasion):
    """What a decision on a request may know."""

    item: ServiceRule
