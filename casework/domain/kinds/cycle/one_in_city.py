"""One person has one open cycle of a kind in a city, until it has ended or is another city's.

No source says so in these words; §5.1 and §5.3 of DB50/T 1733—2024 know one cycle of a talent, and
so does the permit of its holder [proposal].
"""

from dataclasses import dataclass

from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.state import CycleStage

NOT_ACTIVE = frozenset({CycleStage.LAPSED, CycleStage.ENDED})
"""An expired permit keeps no new one out: its own cycle ends by nothing but a late renewal."""


@dataclass(frozen=True, kw_only=True)
class OtherCycle:
    """A cycle that keeps another one of the same person in its city from being opened."""

    case_no: str
    district: str
    stage: CycleStage

    @property
    def refusal(self) -> DomainError:
        """``CYCLE_EXISTS``: number, district and stage, nothing else."""
        return DomainError(
            "CYCLE_EXISTS",
            f"此人在本市已有服务周期：{self.case_no}（{self.district}，{self.stage.label}）；"
            "该周期终止或者移送外市之前，不能再登记",
        )
