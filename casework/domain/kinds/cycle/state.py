"""The state of a service cycle (服务周期): a talent's three years, or the year of a permit."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from casework.domain.case.state import Case, Stage
from casework.domain.talent import Credential, Standing, StandingStatus, TalentClass
from casework.domain.time.calendar import ZONE


class CycleKind(StrEnum):
    TALENT = "talent"  # DB50/T 1733—2024 §5.3
    PERMIT = "permit"  # 居住证暂行条例 §10: the points live as long as the permit

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"talent": "人才服务周期", "permit": "居住证周期"}[self.value]


class CycleStage(Stage):
    """Where a cycle stands (domain.md §C.8); the values are stored for ever."""

    ACTIVE = "active"
    NOTIFIED = "notified"  # the employer, or the holder of the permit, has been told
    WINDOW = "window"  # the employer may evaluate
    VERIFYING = "verifying"
    OBJECTION = "objection"  # not passed: the talent may object, or has
    LAPSED = "lapsed_permit"  # the permit has expired: the points are suspended
    ENDED = "ended"

    @property
    def is_final(self) -> bool:
        return self is CycleStage.ENDED

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    CycleStage.ACTIVE: "周期内",
    CycleStage.NOTIFIED: "已通知（临近期满）",
    CycleStage.WINDOW: "评估期",
    CycleStage.VERIFYING: "核实中",
    CycleStage.OBJECTION: "未通过（异议期）",
    CycleStage.LAPSED: "到期未续（积分中止）",
    CycleStage.ENDED: "服务终止",
}


_YEARS_AHEAD = 5


class Verdict(StrEnum):
    """What an employer says of the duty performance (履职情况综合评估)."""

    QUALIFIED = "qualified"
    NOT_QUALIFIED = "not_qualified"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"qualified": "合格", "not_qualified": "不合格"}[self.value]


@dataclass(frozen=True, kw_only=True)
class Opinion:
    """The evaluation of one employer, by its credit code."""

    employer: str
    verdict: Verdict
    text: str
    given_on: date
    early: bool = False  # before the window; takes effect when it opens
    late: bool = False  # after the last day on which it was due


@dataclass(frozen=True, kw_only=True)
class DataCheck:
    """What another system answered in the verification (大数据核实): ``source`` and outcome."""

    source: str
    name: str
    outcome: str  # confirmed | contradicted | unknown
    note: str = ""


class Points(StrEnum):
    """The points of a permit holder."""

    NONE = ""
    VALID = "valid"
    SUSPENDED = "suspended"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"": "", "valid": "有效", "suspended": "中止"}[self.value]


@dataclass(frozen=True, kw_only=True)
class Cycle(Case):
    """One cycle of one subject; the next one takes its place under the same number.

    ``starts_on`` S and ``ends_on`` E: E is the last day, and the S of the next cycle.
    """

    stage: CycleStage
    kind: CycleKind
    number: int = 1
    starts_on: date
    ends_on: date
    letter: TalentClass | None = None
    score: int | None = None
    employer: str = ""  # credit code
    credential: Credential | None = None
    opinion: Opinion | None = None
    evidence: tuple[Opinion, ...] = ()  # of former employers, and what came too late to count
    checks: tuple[DataCheck, ...] = ()
    verified_by: str = ""
    objection: str = ""
    silent: bool = False  # nobody evaluated until the end
    on_hold: bool = False
    left: bool = False
    served_until: date | None = None
    points: Points = Points.NONE
    renewed_on: date | None = None  # the permit's last renewal
    renewal_opens_on: date | None = None  # PTS_REN may be filed from that day on
    confirmed_on: date | None = None  # the points, for this permit
    previous_end: date | None = None  # of the cycle before
    held_before: bool = False  # on hold when it closed

    @property
    def reckoned_from(self) -> datetime:
        return datetime.combine(self.starts_on, time(), tzinfo=ZONE)

    @property
    def reckoned_until(self) -> int:
        """So that the clocks of the next cycle, too, can be reckoned."""
        return self.ends_on.year + _YEARS_AHEAD

    @property
    def standing(self) -> Standing:
        """What requests have to know."""
        return Standing(
            talent=self.case_no,
            status=self._status,
            letter=self.letter,
            served_until=self.served_until,
            version=self.seq,
        )

    @property
    def _status(self) -> StandingStatus:
        if self.left:
            return StandingStatus.LEFT
        if self.stage is CycleStage.ENDED:
            return StandingStatus.ENDED
        return StandingStatus.ON_HOLD if self.on_hold else StandingStatus.ACTIVE
