"""The state of a service cycle (服务周期), a talent's or that of a permit; and its policy."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum

from casework.domain.case.facts import Occasion
from casework.domain.case.state import Case, Stage
from casework.domain.policy import Limit, Mark, Policy, Unit
from casework.domain.talent import Credential, Standing, StandingStatus, TalentClass
from casework.domain.time.calendar import ONE_DAY, ZONE, add_months


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


# --- policy --------------------------------------------------------------------------------
# The policy of a cycle: what the catalogue sets for a talent's three years or a permit's year.


class EvaluationWindow(StrEnum):
    """How 期满前30日内 is read (domain.md §H.12)."""

    LAST_30_DAYS = "last_30_days"  # within the last 30 days (default)
    BEFORE_30_DAYS = "before_30_days"  # not later than 30 days before


@dataclass(frozen=True, kw_only=True)
class CyclePolicy(Policy):
    """``limits``: ``verify``, ``objection``, ``objection_review`` and, for a permit, ``ren_open``.

    ``notice`` is how long before the end the notice goes out (months or calendar days);
    ``window_days`` calendar days; ``reminders`` calendar days before the last day for an opinion.
    Where ``evaluated``, an employer evaluates and the agency verifies; otherwise the holder renews.
    """

    cycle: CycleKind
    term_months: int
    term_reference: str
    term_mark: Mark
    notice: Limit
    evaluated: bool
    window: EvaluationWindow = EvaluationWindow.LAST_30_DAYS
    window_days: int = 30
    window_reference: str = ""
    window_mark: Mark = Mark.SOURCE
    reminders: tuple[int, ...] = ()
    reminders_reference: str = ""
    specialist_within: int = 7  # reminders this near to the last day also ask the specialist

    def end(self, starts_on: date) -> date:
        """The corresponding day (民法典 §202)."""
        return add_months(starts_on, self.term_months)

    def notice_on(self, ends_on: date) -> date:
        """The calendar day of the notice; on a rest day it goes out the working day before."""
        if self.notice.unit is Unit.MONTHS:
            return add_months(ends_on, -self.notice.amount)
        return ends_on - self.notice.amount * ONE_DAY

    def window_opens_on(self, ends_on: date) -> date:
        """The first day on which an opinion counts."""
        if self.window is EvaluationWindow.BEFORE_30_DAYS:
            return self.notice_on(ends_on)
        return ends_on - self.window_days * ONE_DAY

    def opinion_due_on(self, ends_on: date) -> date:
        """The last calendar day for an opinion, before a rest day rolls it forward."""
        if self.window is EvaluationWindow.BEFORE_30_DAYS:
            return ends_on - self.window_days * ONE_DAY
        return ends_on


@dataclass(frozen=True, kw_only=True)
class CycleFacts(Occasion):
    """What a decision on a cycle may know.

    ``following``: the policy of a cycle that begins now; ``catalogue``: the digest of its version.
    """

    item: CyclePolicy
    following: CyclePolicy | None = None
    catalogue: str = ""
