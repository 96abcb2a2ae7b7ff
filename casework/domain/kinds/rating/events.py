"""What can happen to a rating. Events are stored for ever: fields are only ever added."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from casework.domain.case.events import Title
from casework.domain.case.state import Post
from casework.domain.kinds.rating.state import Grade, Settlement
from casework.domain.policy import Role
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class Rated:
    """Rated once; a poor rating starts ``contact`` and ``settle``, both from the day of rating."""

    kind: Literal["rated"] = "rated"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    received_at: datetime
    posts: dict[Role, Post]
    rated: str
    grade: Grade
    named: bool
    comment: str = ""
    contact: Clock | None = None
    settle: Clock | None = None
    by_date: bool = False
    catalogue: str = ""  # digest of the version that the policy is from


@dataclass(frozen=True, kw_only=True)
class RaterContacted:
    """``reached`` False: an attempt in vain, which does not meet the limit."""

    kind: Literal["rater_contacted"] = "rater_contacted"
    reached: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class RatingComplex:
    """A hard case: the longer limit, from the same day."""

    kind: Literal["rating_complex"] = "rating_complex"
    reason: str
    settle: Clock


@dataclass(frozen=True, kw_only=True)
class RatingVerified:
    kind: Literal["rating_verified"] = "rating_verified"
    justified: bool
    finding: str


@dataclass(frozen=True, kw_only=True)
class RatingSettled:
    kind: Literal["rating_settlement"] = "rating_settlement"
    settlement: Settlement
    reason: str  # what was put right, or what was explained


@dataclass(frozen=True, kw_only=True)
class RatingAppealed:
    kind: Literal["rating_appealed"] = "rating_appealed"
    reason: str


@dataclass(frozen=True, kw_only=True)
class RatingAppealDecided:
    kind: Literal["rating_appeal_decided"] = "rating_appeal_decided"
    upheld: bool
    reason: str


@dataclass(frozen=True, kw_only=True)
class RatingFollowedUp:
    """``satisfied`` False closes it as well: the rater's word stands in the register."""

    kind: Literal["rating_followed_up"] = "rating_followed_up"
    satisfied: bool
    note: str = ""


EVENTS = (
    Title(body=Rated, title="服务评价"),
    Title(body=RaterContacted, title="联系差评人"),
    Title(body=RatingComplex, title="认定为复杂事项"),
    Title(body=RatingVerified, title="差评核实"),
    Title(body=RatingSettled, title="差评整改或解释"),
    Title(body=RatingAppealed, title="差评申诉"),
    Title(body=RatingAppealDecided, title="差评申诉复核"),
    Title(body=RatingFollowedUp, title="差评回访"),
)
"""All of them, with their titles."""
