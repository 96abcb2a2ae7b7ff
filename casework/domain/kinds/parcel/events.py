"""The events of a parcel. They are stored for ever: fields are only ever added."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from casework.domain.case.events import Title
from casework.domain.case.state import Post
from casework.domain.kinds.parcel.state import Matched, ParcelFinding
from casework.domain.policy import Role
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class ParcelReceived:
    """A parcel came on ``arrived_on``, and is registered. ``match``: the limit for placing it."""

    kind: Literal["parcel_received"] = "parcel_received"
    case_no: str
    district: str
    item: str
    item_name: str
    office: str
    channel: str
    policy: str
    received_at: datetime
    posts: dict[Role, Post]
    courier: str
    number: str
    arrived_on: date
    remark: str = ""
    clue: str = ""
    contents: tuple[str, ...] = ()
    faults: tuple[ParcelFinding, ...] = ()
    match: Clock
    by_date: bool = True
    catalogue: str = ""


@dataclass(frozen=True, kw_only=True)
class ParcelMatched:
    """An officer has said where the papers belong."""

    kind: Literal["parcel_matched"] = "parcel_matched"
    matched: Matched


@dataclass(frozen=True, kw_only=True)
class ParcelPlaced:
    """The case has the papers; it counts them from the day of arrival."""

    kind: Literal["parcel_placed"] = "parcel_placed"
    case_no: str


@dataclass(frozen=True, kw_only=True)
class ParcelNotPlaced:
    """The case does not take them, or none could be opened: somebody matches again."""

    kind: Literal["parcel_not_placed"] = "parcel_not_placed"
    code: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class ParcelNotClaimed:
    """The limit is over, and nobody knows whose it is."""

    kind: Literal["parcel_not_claimed"] = "parcel_not_claimed"
    clock: str


@dataclass(frozen=True, kw_only=True)
class ParcelSentBack:
    """It went back to its sender under that number of the courier's."""

    kind: Literal["parcel_was_sent_back"] = "parcel_was_sent_back"
    reason: str
    number: str
    mendable_until: date | None = None


EVENTS = (
    Title(body=ParcelReceived, title="登记快递来件"),
    Title(body=ParcelMatched, title="来件归件"),
    Title(body=ParcelPlaced, title="来件材料已入件"),
    Title(body=ParcelNotPlaced, title="来件未能归件"),
    Title(body=ParcelNotClaimed, title="来件逾期无人认领"),
    Title(body=ParcelSentBack, title="寄回来件"),
)
"""All of them, with their titles."""
