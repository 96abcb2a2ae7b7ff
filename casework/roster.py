"""Who holds which post: the officers A and B of each role, by district.

Only codes, never names. The sample roster serves the local stack and the tests; a department names
its own file by ``CASEWORK_ROSTER_FILE``.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from casework.domain.errors import DomainError
from casework.domain.facts import Actor
from casework.domain.matter import Post
from casework.domain.policy import Role

STAFF_ROLES = frozenset({Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR})


class RosterError(ValueError):
    """A roster file is wrong: says where, and what is right."""


class NoPostsError(DomainError):
    """The roster has nobody for a district."""

    def __init__(self, district: str) -> None:
        super().__init__("NO_POSTS", f"岗位表中没有“{district}”的岗位", "district")


@dataclass(frozen=True, kw_only=True)
class Roster:
    """``people``: everybody by code, with role and district (empty: all districts)."""

    _posts: dict[str, dict[Role, Post]]
    people: dict[str, Actor] = field(default_factory=dict)

    def posts_for(self, district: str) -> dict[Role, Post]:
        """The posts that answer for a case of this district, the superior's included.

        Raises:
            NoPostsError: the district is not in the roster.
        """
        try:
            return dict(self._posts[district])
        except KeyError:
            raise NoPostsError(district) from None


@checked_dataclass(frozen=True, kw_only=True, config=ConfigDict(extra="forbid"))
class _RosterFile:
    districts: dict[str, dict[Role, Post]]
    superior: Post
    systems: tuple[str, ...] = ()


_FILE = TypeAdapter(_RosterFile)


@cache
def load_roster(file: Path | None = None) -> Roster:
    """The roster of a file, read once; without one the sample of the catalogue.

    Raises:
        RosterError: it cannot be read, or is wrong.
    """
    return read_roster(file or files("catalogue") / "rosters" / "sample.yaml")


def read_roster(file: Traversable | Path) -> Roster:
    """The roster of a file; raises RosterError."""
    try:
        content = _FILE.validate_python(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeError, yaml.YAMLError, ValidationError) as error:
        raise RosterError(f"{file.name}: {error}") from error
    people: dict[str, Actor] = {}
    for code in content.systems:
        _enlist(people, Actor(code=code, role=Role.SYSTEM), file.name)
    _appoint(people, content.superior, Role.SUPERIOR, "", file.name)
    for district, posts in content.districts.items():
        if missing := STAFF_ROLES - set(posts):
            raise RosterError(f"{file.name}: {district} lacks {', '.join(sorted(missing))}")
        for role, post in posts.items():
            _appoint(people, post, role, district, file.name)
    superior = {Role.SUPERIOR: content.superior}
    return Roster(
        _posts={district: posts | superior for district, posts in content.districts.items()},
        people=people,
    )


def _appoint(people: dict[str, Actor], post: Post, role: Role, district: str, file: str) -> None:
    for code in filter(None, (post.holder, post.backup)):
        _enlist(people, Actor(code=code, role=role, district=district), file)


def _enlist(people: dict[str, Actor], actor: Actor, file: str) -> None:
    if actor.code in people:
        raise RosterError(f"{file}: {actor.code} stands in two places; one code, one post")
    people[actor.code] = actor
