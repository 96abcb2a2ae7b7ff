"""What a talent (人才) is served under: class, provider levels, and how the service stands.

Sources: DB50/T 1733—2024 §5.1–5.3, 6.1.2; domain.md §A, C.8.
"""

from dataclasses import dataclass
from enum import StrEnum

from casework.domain.bounds import Number, Word
from casework.domain.time.dates import Day


class TalentClass(StrEnum):
    """The letter of the catalogue (新重庆人才分类目录); one recognised by score may have none."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class Level(StrEnum):
    """Who provides a service (DB50/T 1733—2024 §6.1.2)."""

    MUNICIPAL = "municipal"
    DISTRICT = "district"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return {"municipal": "市级部门", "district": "区县（自治县）"}[self.value]


MUNICIPALLY_SERVED = frozenset({TalentClass.A, TalentClass.B, TalentClass.C, TalentClass.D})


def serving_class(letter: TalentClass | None) -> TalentClass:
    """The class by which somebody is served: by score without a letter, as F [proposal]."""
    return letter or TalentClass.F


def may_serve(level: Level, letter: TalentClass | None) -> bool:
    """Whether a level may serve a talent: E and F are served by the district only (§6.1.2)."""
    return level is Level.DISTRICT or serving_class(letter) in MUNICIPALLY_SERVED


class CredentialKind(StrEnum):
    """What a talent shows to be served (DB50/T 1733—2024 §5.2)."""

    CARD = "card"  # 新重庆人才卡
    CODE = "code"  # 人才码


@dataclass(frozen=True, kw_only=True)
class Credential:
    """A card or a talent code; worthless from ``void_on`` on."""

    kind: CredentialKind
    code: Word
    issued_on: Day
    void_on: Day | None = None


class StandingStatus(StrEnum):
    ACTIVE = "active"
    ON_HOLD = "on_hold"  # the cycle is over and not decided: nothing new, what runs is finished
    ENDED = "ended"  # no further service: nothing new, what runs is finished
    LEFT = "left"  # §5.1 no longer holds: what runs is closed

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _STATUSES[self]


_STATUSES = {
    StandingStatus.ACTIVE: "服务中",
    StandingStatus.ON_HOLD: "暂缓（周期核实中）",
    StandingStatus.ENDED: "服务终止",
    StandingStatus.LEFT: "已离开，服务终止",
}


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How a talent stands, as their service requests need to know it.

    ``version`` is the number of the last event of the cycle: of two, the higher one holds.
    """

    talent: Word  # case number of the cycle
    status: StandingStatus
    letter: TalentClass | None
    served_until: Day | None = None
    version: Number = 0
