"""What can happen to a round of visits. Events are stored for ever: fields are only ever added."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from casework.domain.case.events import Title
from casework.domain.case.state import Post
from casework.domain.kinds.round.state import Means, Visit
from casework.domain.policy import Role
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class RoundBegun:
    kind: Literal["round_begun"] = "round_begun"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    received_at: datetime
    posts: dict[Role, Post]
    quarter: str
    ends_on: date
    clocks: tuple[Clock, ...]
    by_date: bool = False
    catalogue: str = ""  # digest of the version that the policy is from


@dataclass(frozen=True, kw_only=True)
class DrawAsked:
    """The day of the draw has come."""

    kind: Literal["draw_asked"] = "draw_asked"
    seed: str  # the same seed and the same visitors give the same sample


@dataclass(frozen=True, kw_only=True)
class SampleDrawn:
    """``population``: how many requests of how many visitors there were to draw from."""

    kind: Literal["sample_drawn"] = "sample_drawn"
    population: int
    visits: tuple[Visit, ...]


@dataclass(frozen=True, kw_only=True)
class VisitRecorded:
    kind: Literal["visit_recorded"] = "visit_recorded"
    request: str
    means: Means
    reached: bool
    opinion: str = ""


EVENTS = (
    Title(body=RoundBegun, title="季度抽样回访开始"),
    Title(body=DrawAsked, title="抽样"),
    Title(body=SampleDrawn, title="样本已抽取"),
    Title(body=VisitRecorded, title="登记回访"),
)
"""All of them, with their titles."""
