"""What a city's directory says of its people, and the change of staff that follows from it.

The directory knows persons, by code only, and groups. A group is a post: a role in a place, perhaps
of one office. Everything else of a post (team, share, items, rank) stays with the office.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from casework.domain.bounds import excesses
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.policy import Role, city_of
from casework.domain.staff import (
    MOST_POSTS,
    OF_THE_CITY,
    POST_ROLES,
    ChangeStaff,
    EndPost,
    Leave,
    StaffPost,
    post_faults,
)

MOST_LEAVERS = 50
"""So many leave by one order; the next call of the directory proposes the others."""

LONGEST_CODE = 64

RANK = 1_000
"""Of every post that a directory brings: after all whom the office has ranked, so that nobody new
is the A角 of a district only because of their code."""

GROUP_ROLES = tuple(role for role in POST_ROLES if role is not Role.LIAISON)
"""The roles that groups can be; a liaison's post needs a body, which a directory does not know."""

REASON = "目录服务（SCIM）同步"


SPEAKS_AS = "scim."
"""With this the code begins by which a directory proposes; no person and no system has such one."""


@dataclass(frozen=True, kw_only=True)
class Directory:
    """A directory that may write: its code, and the city or district of its people."""

    code: str
    place: str

    @property
    def actor(self) -> Actor:
        """Who proposes what it says."""
        return Actor(code=SPEAKS_AS + self.code, role=Role.SYSTEM, district=self.district)

    @property
    def city(self) -> str:
        """The city in which its people are."""
        return city_of(self.place)

    @property
    def district(self) -> str:
        """The district to which it is bound; empty: all of its city."""
        return "" if self.place == self.city else self.place


def is_directory(actor: Actor) -> bool:
    """Whether it is a directory that speaks."""
    return actor.role is Role.SYSTEM and actor.code.startswith(SPEAKS_AS)


def may_be_of_directory(content: object) -> bool:
    """Whether a directory may propose it: people and posts of one city, and no addresses."""
    return isinstance(content, ChangeStaff) and bool(content.city) and not content.contacts


@dataclass(frozen=True, kw_only=True, order=True)
class GroupPost:
    """The post that a group is: ``<role>@<place>``, or ``<role>@<place>/<office>``."""

    role: Role
    place: str
    office: str = ""

    @property
    def name(self) -> str:
        """How a directory names it."""
        return f"{self.role.value}@{self.place}" + (f"/{self.office}" if self.office else "")

    def is_of(self, post: StaffPost) -> bool:
        """Whether a post is one of this group."""
        return (post.role, post.place, post.office) == (self.role, self.place, self.office)

    def post(self, person: str, since: date) -> StaffPost:
        """The post of a member, from that day on."""
        city = city_of(self.place)
        return StaffPost(
            person=person,
            role=self.role,
            city=city,
            district="" if self.place == city else self.place,
            office=self.office,
            rank=RANK,
            since=since,
        )


def group_post(name: str, directory: Directory) -> GroupPost:
    """The post that a group of this name is.

    Raises:
        DomainError: ``GROUP_UNKNOWN``, it is no post; ``OTHER_CITY``, ``OTHER_DISTRICT``, it is
            none of the directory's.
    """
    role, at, rest = name.partition("@")
    place, slash, office = rest.partition("/")
    well_formed = at and place.isascii() and place.isdigit() and len(place) == len(directory.place)
    named = not slash or _is_name(office)
    if role not in GROUP_ROLES or not well_formed or not named:
        roles = "、".join(GROUP_ROLES)
        raise DomainError(
            "GROUP_UNKNOWN", f"群组名须为“岗位@区划代码”或“岗位@区划代码/窗口”，岗位可用：{roles}"
        )
    found = GroupPost(role=Role(role), place=place, office=office)
    if city_of(place) != directory.city:
        raise DomainError("OTHER_CITY", f"此目录只管 {directory.place} 的岗位")
    if directory.district not in {"", place}:
        raise DomainError("OTHER_DISTRICT", f"此目录只管 {directory.place} 的岗位")
    if found.role in OF_THE_CITY and place != directory.city:
        raise DomainError("OTHER_DISTRICT", f"{found.role.label}属全市")
    return found


def _is_name(office: str) -> bool:
    """Whether a post may have it: what is kept must be good for every order that follows."""
    post = GroupPost(role=Role.OFFICER, place="310101", office=office).post("code", date.min)
    return bool(office) and office == office.strip() and not any(excesses(post))


def require_code(code: str) -> None:
    """Refuse what is no code of a person: ``CODE_INVALID``; names and numbers are none."""
    if len(code) > LONGEST_CODE:
        raise DomainError("CODE_INVALID", f"人员编号至多 {LONGEST_CODE} 个字符")
    post = GroupPost(role=Role.OFFICER, place="310101").post(code, date.min)
    for fault in post_faults([post]):
        raise DomainError(fault.code, fault.message)


@dataclass(frozen=True, kw_only=True)
class DirectoryState:
    """All that a directory says.

    ``people``: everybody it has or ever had, with whether they are active; whoever it has deleted
    is not. ``members``: by group, also of groups that it has deleted, which have none.
    """

    people: dict[str, bool]
    members: dict[GroupPost, frozenset[str]]


def change_by(
    state: DirectoryState, directory: Directory, posts: Iterable[StaffPost], today: date
) -> ChangeStaff | None:
    """The change that brings the staff to what the directory says; None: it is so already.

    ``posts``: those of the directory's people. Of these only what the directory has a group for
    begins or ends, so a post of another role, office or place is left as people have ordered it.
    Whoever is not active leaves, with all their posts where the directory reaches. People whom it
    never had are not its own.
    """
    running = [
        post
        for post in posts
        if _runs(post, today) and _is_in(post, directory.city, directory.district)
    ]
    gone = sorted({post.person for post in running if not state.people.get(post.person, True)})
    active = {person for person, is_active in state.people.items() if is_active}
    begin = [
        group.post(person, today)
        for group, members in sorted(state.members.items())
        for person in sorted(members & active)
        if not any(post.person == person and group.is_of(post) for post in running)
    ]
    ends = [
        EndPost(post=post.id, last_on=today - timedelta(days=1))
        for post in running
        if post.person in active and _is_taken_back(state, post)
    ]
    if not (begin or ends or gone):
        return None
    return ChangeStaff(
        city=directory.city,
        district=directory.district,
        posts=tuple(begin[:MOST_POSTS]),
        ends=tuple(sorted(ends, key=lambda end: end.post)[:MOST_POSTS]),
        leave=tuple(
            Leave(person=p, last_on=today - timedelta(days=1)) for p in gone[:MOST_LEAVERS]
        ),
        reason=REASON,
    )


def _runs(post: StaffPost, today: date) -> bool:
    """Whether it is held today or will be."""
    return post.until is None or post.until >= max(today, post.since)


def _is_in(post: StaffPost, city: str, district: str) -> bool:
    return post.city == city and district in {"", post.district}


def _is_taken_back(state: DirectoryState, post: StaffPost) -> bool:
    """Whether it is of a group that the directory has, or had, and its person is no member."""
    theirs = [members for group, members in state.members.items() if group.is_of(post)]
    return bool(theirs) and not any(post.person in members for members in theirs)


def same_change(one: ChangeStaff, other: ChangeStaff) -> bool:
    """Whether two changes differ at most in the day on which they were made."""
    return _undated(one) == _undated(other)


def _undated(change: ChangeStaff) -> tuple[object, ...]:
    posts = {(p.person, p.role, p.place, p.office) for p in change.posts}
    ends = {end.post for end in change.ends}
    return change.city, change.district, posts, ends, {each.person for each in change.leave}


def split_leavers(
    change: ChangeStaff, posts: Iterable[StaffPost], today: date
) -> tuple[ChangeStaff | None, ChangeStaff | None]:
    """Who may leave at once, and the rest of a change.

    Whoever goes on in another place is not simply gone: that they leave this one waits with the
    rest. ``posts``: as in ``change_by``.
    """
    elsewhere = {
        post.person
        for post in posts
        if _runs(post, today) and not _is_in(post, change.city, change.district)
    }
    gone = tuple(each for each in change.leave if each.person not in elsewhere)
    stay = tuple(each for each in change.leave if each.person in elsewhere)
    return _or_none(change, posts=(), ends=(), leave=gone), _or_none(change, leave=stay)


def _or_none(change: ChangeStaff, **without: Collection[object]) -> ChangeStaff | None:
    rest = ChangeStaff(**vars(change) | without)
    return rest if rest.posts or rest.ends or rest.leave else None
