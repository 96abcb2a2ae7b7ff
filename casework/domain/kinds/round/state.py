"""The state of a quarterly round of sampled follow-up visits (抽样回访, DB50/T 1733—2024 §7.1)."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from casework.domain.case.facts import Occasion
from casework.domain.case.state import Case, Stage
from casework.domain.policy import Mark, Policy


class RoundStage(Stage):
    """Where a round stands; the values are stored for ever."""

    PLANNED = "round_planned"
    VISITING = "round_visiting"
    DONE = "round_done"
    EMPTY = "round_empty"  # nobody had come in that time

    @property
    def is_final(self) -> bool:
        return self in {RoundStage.DONE, RoundStage.EMPTY}

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    RoundStage.PLANNED: "待抽样",
    RoundStage.VISITING: "回访中",
    RoundStage.DONE: "回访完成",
    RoundStage.EMPTY: "本季度无来访人才",
}


class Means(StrEnum):
    """How a talent is asked (§7.1)."""

    PHONE = "phone"
    QQ = "qq"
    WECHAT = "wechat"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"phone": "电话", "qq": "QQ", "wechat": "微信"}[self.value]


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One request of the sample; ``request`` is its case number."""

    request: str
    talent: str
    means: Means | None = None
    reached: bool | None = None
    opinion: str = ""
    recorded_at: datetime | None = None
    recorded_by: str = ""


@dataclass(frozen=True, kw_only=True)
class Round(Case):
    """One round of one platform in one quarter, e.g. ``2026Q4``."""

    stage: RoundStage
    quarter: str
    ends_on: date
    population: int = 0
    visits: tuple[Visit, ...] = ()


# --- policy --------------------------------------------------------------------------------
# The policy of sampled follow-up: how many, and when in the quarter.


@dataclass(frozen=True, kw_only=True)
class RoundPolicy(Policy):
    """``percent`` of the visitors' requests, rounded up, at least ``minimum`` (or all there are).

    ``draw_before``, ``warn_before``: working days before the last working day of the quarter.
    ``lookback_months``: who came in that time before the draw is a visitor (来访人才).
    """

    percent: int
    minimum: int
    draw_before: int
    warn_before: int
    lookback_months: int
    reference: str
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class RoundFacts(Occasion):
    """What a decision on a round may know."""

    item: RoundPolicy
