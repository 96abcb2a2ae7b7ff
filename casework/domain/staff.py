"""The people of an office and their posts, as dated data of the register.

A post is what one person does in one role from one day on. Which cases are given to whom follows
from posts, absences and the office's way of sharing out; nothing here names a person, only codes.
Days are those of Shanghai. Source: DB50/T 1733—2024 §6.6.2b asks for A角 and B角 and no gap in
service; everything else here is the office's own [proposal].
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Annotated, Literal, Protocol

from casework.domain.bounds import AtMost, Few, Phrase, Text, Word
from casework.domain.policy import Role, city_of
from casework.domain.talent import TalentClass
from casework.domain.time.dates import Day

WHOLE = 100
"""The share of somebody whose whole working time belongs to the post, in percent."""

EVER = date(2000, 1, 1)
"""Since when those hold their posts who held them before there was a register of posts."""

POST_ROLES = (
    Role.OFFICER,
    Role.REVIEWER,
    Role.HEAD,
    Role.SUPERVISOR,
    Role.SUPERIOR,
    Role.SPECIALIST,
    Role.LIAISON,
)
"""The roles that are posts; the others are people outside, and systems."""

OF_THE_CITY = frozenset({Role.SUPERIOR})
"""The roles that serve a whole city, and no district alone."""


Share = Annotated[int, AtMost(WHOLE, least=1)]
Rank = Annotated[int, AtMost(1_000, least=1)]


@dataclass(frozen=True, kw_only=True)
class StaffPost:
    """One post of one person. Empty lists do not restrict; ``id`` is given by the register.

    ``district``: empty for those who serve a whole ``city`` (its superior, its platform).
    ``rank``: among the people of a role the lowest is A角 where work is not shared out, the next
    is B角. ``share``: percent of a whole working day. ``stands_in_for``: the code of a person, or
    of a team, whose B角 this person is. ``until``: the last day; None: until it is ended.
    """

    id: Word = ""
    person: Word
    role: Role
    city: Word
    district: Word = ""
    office: Phrase = ""
    items: Few[Word] = ()
    bodies: Few[Word] = ()
    classes: Few[TalentClass] = ()
    team: Word = ""
    share: Share = WHOLE
    stands_in_for: Word = ""
    skills: Few[Word] = ()
    rank: Rank = 1
    since: Day
    until: Day | None = None

    @property
    def place(self) -> str:
        """The district, or the city of who serves a whole one: where it is decided about."""
        return self.district or self.city

    def holds_on(self, day: Day) -> bool:
        """Whether it is held on that day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def covers(self, *, item: str = "", office: str = "") -> bool:
        """Whether cases of this item and this office are among its work."""
        return (not self.items or item in self.items) and self.office in {"", office}

    def meets(self, other: "StaffPost") -> bool:
        """Whether both are the same work of the same person on one day."""
        return (
            _work(self) == _work(other)
            and self.since <= (other.until or date.max)
            and other.since <= (self.until or date.max)
        )


def _work(post: StaffPost) -> tuple[object, ...]:
    lists = (post.items, post.bodies, post.classes)
    place = (post.city, post.district, post.office, post.team)
    return post.person, post.role, *place, *map(frozenset, lists)


class _Placed(Protocol):
    @property
    def city(self) -> str: ...
    @property
    def district(self) -> str: ...


def serves(post: _Placed, district: str) -> bool:
    """Whether it is a post of that district, or of the whole city in which the district lies."""
    return post.district == district or (not post.district and post.city == city_of(district))


def held_on(posts: Iterable[StaffPost], day: Day) -> tuple[StaffPost, ...]:
    """The posts that are held on that day, in the order of rank, then of code."""
    held = (post for post in posts if post.holds_on(day))
    return tuple(sorted(held, key=lambda post: (post.rank, post.person, post.id)))


# --- changes -------------------------------------------------------------------------------
# A change of staff is an order: one proposes it, another approves, and it holds from its days on.


@dataclass(frozen=True, kw_only=True)
class EndPost:
    """A post, by its id, gets its last day."""

    post: Word
    last_on: Day


@dataclass(frozen=True, kw_only=True)
class Leave:
    """A person leaves (离岗): all their posts where the order reaches end with that day."""

    person: Word
    last_on: Day


@dataclass(frozen=True, kw_only=True)
class SealedContact:
    """Where a person is told of cards; ``mail`` and ``sms`` are sealed before they come here.

    Sealed twice, the same address looks different, so two of these are compared without.
    """

    person: Word
    alerts: Word
    mail: Text = field(default="", compare=False, repr=False)
    sms: Text = field(default="", compare=False, repr=False)


MOST_POSTS = 2_000
"""So many posts one order may bring or end; a larger city changes district by district."""

Posts = Annotated[tuple[StaffPost, ...], AtMost(MOST_POSTS)]
Ends = Annotated[tuple[EndPost, ...], AtMost(MOST_POSTS)]
SealedContacts = Annotated[tuple[SealedContact, ...], AtMost(MOST_POSTS)]


@dataclass(frozen=True, kw_only=True)
class ChangeStaff:
    """Posts begin and end, people leave. Nothing holds before the day of approval.

    All is of one ``city``, and of one ``district`` of it if that is said; only what a release
    brings from its files is of several. ``source``: the digest of the file it was read from.
    """

    kind: Literal["change_staff"] = "change_staff"
    city: Word = ""
    district: Word = ""
    posts: Posts = ()
    ends: Ends = ()
    leave: Few[Leave] = ()
    contacts: SealedContacts = ()
    source: Word = ""
    reason: Text


@dataclass(frozen=True, kw_only=True, order=True)
class StaffFault:
    """What is wrong with a post: ``row`` counts from 0, ``field`` is that of the post."""

    row: int
    field: str
    code: str
    message: str


_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_NUMBER_OF_SOMEBODY = re.compile(r"\d{11}|\d{15}|\d{17}[\dXx]")
_DISTRICT = re.compile(r"\d{6}", re.ASCII)


def post_faults(posts: Sequence[StaffPost]) -> tuple[StaffFault, ...]:
    """All that is wrong with posts that are to be added, in the order of rows."""
    found = [fault for row, post in enumerate(posts) for fault in _faults(row, post)]
    return tuple(sorted({*found, *_twice(posts)}))


def _faults(row: int, post: StaffPost) -> Iterator[StaffFault]:
    for name in ("person", "team", "stands_in_for"):
        code = getattr(post, name)
        if (code or name == "person") and not _is_code(code):
            message = "只写编号（字母、数字和 . _ -），不写姓名、证件号码或者电话"
            yield StaffFault(row=row, field=name, code="CODE_INVALID", message=message)
    is_city = bool(_DISTRICT.fullmatch(post.city)) and city_of(post.city) == post.city
    elsewhere = is_city and bool(post.district) and city_of(post.district) != post.city
    below_city = bool(post.district) and post.role in OF_THE_CITY
    no_body = post.role is Role.LIAISON and not post.bodies
    oneself = bool(post.stands_in_for) and post.stands_in_for == post.person
    backwards = post.until is not None and post.until < post.since
    share = f"工作时间占比为 1 至 {WHOLE}"
    last = f"截止日不得早于起始日 {post.since}"
    for is_wrong, name, code, message in (
        (post.role not in POST_ROLES, "role", "NO_POST_OF_STAFF", f"“{post.role.label}”不是岗位"),
        (not is_city, "city", "UNKNOWN_CITY", "请填写市的六位代码，例如 310000"),
        (elsewhere, "district", "OTHER_CITY", "此区不属所填的市"),
        (below_city, "district", "OF_THE_CITY", f"{post.role.label}属全市，不填区"),
        (no_body, "bodies", "FIELD_REQUIRED", "联络员须填写所在的服务办理机构"),
        (not 1 <= post.share <= WHOLE, "share", "SHARE_OUT_OF_RANGE", share),
        (post.rank < 1, "rank", "RANK_OUT_OF_RANGE", "顺序从 1 开始"),
        (oneself, "stands_in_for", "STANDS_IN_FOR_ONESELF", "不能是自己的B角"),
        (backwards, "until", "UNTIL_BEFORE_SINCE", last),
    ):
        if is_wrong:
            yield StaffFault(row=row, field=name, code=code, message=message)


def _is_code(code: str) -> bool:
    return bool(_CODE.fullmatch(code)) and not _NUMBER_OF_SOMEBODY.fullmatch(code)


def _twice(posts: Sequence[StaffPost]) -> Iterator[StaffFault]:
    before: dict[tuple[object, ...], list[StaffPost]] = {}
    for row, post in enumerate(posts):
        others = before.setdefault(_work(post), [])
        if any(post.meets(other) for other in others):
            yield StaffFault(
                row=row, field="person", code="POST_TWICE", message="同一岗位、同一期间写了两次"
            )
        others.append(post)
