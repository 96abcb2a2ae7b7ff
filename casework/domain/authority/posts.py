"""Whether work is given to people who could do it: the posts that a start or a transfer names.

The API fills them in from the rosters. Who speaks to Temporal names them, and could name anybody.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from casework.domain.authority.matrix import Matrix
from casework.domain.case.state import Body, Post
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.domain.talent import Level


@dataclass(frozen=True, kw_only=True)
class Named:
    """The posts of one case: its own, the specialists of both platforms, and each body's liaison.

    ``district``: where they work; None: in one district, whichever it is.
    """

    district: str | None
    posts: Mapping[Role, Post]
    specialists: Mapping[Level, Post] = field(default_factory=dict)
    bodies: Iterable[Body] = ()

    def officers(self) -> Iterator[tuple[str, Role, str]]:
        """Everybody named: at which field, in which role, by code."""
        for role, post in self.posts.items():
            yield from _of_post(f"posts.{role}", role, post)
        for level, post in self.specialists.items():
            yield from _of_post(f"specialists.{level}", Role.SPECIALIST, post)
        for place, body in enumerate(self.bodies):
            yield from _of_post(f"bodies.{place}.liaison", Role.LIAISON, body.liaison)


def _of_post(at: str, role: Role, post: Post) -> Iterator[tuple[str, Role, str]]:
    yield f"{at}.holder", role, post.holder
    if post.backup:
        yield f"{at}.backup", role, post.backup


def posts_refusal(matrix: Matrix, named: Named) -> DomainError | None:
    """Why work may not be given so, at the first officer to whom it may not; None: it may.

    ``OFFICER_UNKNOWN``: in no roster. ``OTHER_DISTRICT``, ``OTHER_ROLE``: somewhere else in it; who
    has no district is there for every one.
    """
    district = named.district
    for at, role, code in named.officers():
        held = matrix.staff.get(code, ())
        if not held:
            return DomainError("OFFICER_UNKNOWN", "岗位表中没有此人员编号", at)
        in_role = [post for post in held if post.role is role] or held
        if district is None:
            district = next((post.district for post in in_role if post.district), None)
        there = [post for post in in_role if post.district in {"", district}]
        if not there:
            return DomainError("OTHER_DISTRICT", "岗位所列人员不属本区", at)
        if all(post.role is not role for post in there):
            return DomainError("OTHER_ROLE", "岗位表中此人员不在此岗位", at)
    return None
