"""Who holds which post: the officers A and B of each role, by district.

Only codes, never names; for alerts also where an officer is reached, if the file says so. The
sample roster serves the local stack and the tests; a department names its own file by
``CASEWORK_ROSTER_FILE``.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked_dataclass

from casework.domain.authority import System
from casework.domain.case.facts import Actor
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.policy import yaml_text
from casework.policy.officer_contacts import OfficerContact, read_contacts
from casework.policy.system_bindings import read_systems

STAFF_ROLES = frozenset({Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SUPERVISOR})


class RosterError(ValueError):
    """A roster file is wrong: says where, and what is right."""


class NoPostsError(DomainError):
    """The roster has nobody for a district."""

    def __init__(self, district: str) -> None:
        super().__init__("NO_POSTS", f"岗位表中没有“{district}”的岗位", "district")


@dataclass(frozen=True, kw_only=True)
class Roster:
    """``people``: everybody by code, with role and district (empty: all districts).

    ``contacts``: where those are reached who can be, by code. ``systems``: what each is bound to.
    """

    _posts: dict[str, dict[Role, Post]]
    people: dict[str, Actor] = field(default_factory=dict)
    contacts: dict[str, OfficerContact] = field(default_factory=dict)
    systems: dict[str, System] = field(default_factory=dict)

    def posts_for(self, district: str) -> dict[Role, Post]:
        """The posts that answer for a case of this district, the superior's included.

        Raises:
            NoPostsError: the district is not in the roster.
        """
        try:
            return dict(self._posts[district])
        except KeyError:
            raise NoPostsError(district) from None

    def districts(self) -> frozenset[str]:
        """The districts whose posts it has."""
        return frozenset(self._posts)


# Without inputs: they would repeat addresses of officers.
@checked_dataclass(
    frozen=True, kw_only=True, config=ConfigDict(extra="forbid", hide_input_in_errors=True)
)
class _RosterFile:
    districts: dict[str, dict[Role, Post]]
    superior: Post
    systems: Any = field(default_factory=dict)  # read apart, as contacts are
    contacts: dict[str, Any] = field(default_factory=dict)


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
        content = _FILE.validate_python(yaml_text.load(file.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise RosterError(f"{file.name}{_place(error)}") from None
    except (OSError, UnicodeError, ValidationError) as error:
        raise RosterError(f"{file.name}: {error}") from error
    people: dict[str, Actor] = {}
    systems, wrong = read_systems(content.systems)
    if wrong:
        raise RosterError("\n".join(f"{file.name}: {fault}" for fault in wrong))
    for code in systems:
        _enlist(people, Actor(code=code, role=Role.SYSTEM), file.name)
    _appoint(people, content.superior, Role.SUPERIOR, "", file.name)
    for district, posts in content.districts.items():
        if missing := STAFF_ROLES - set(posts):
            raise RosterError(f"{file.name}: {district} lacks {', '.join(sorted(missing))}")
        for role, post in posts.items():
            _appoint(people, post, role, district, file.name)
    contacts, faults = read_contacts(content.contacts)
    if faults:
        raise RosterError("\n".join(f"{file.name}: {fault}" for fault in faults))
    superior = {Role.SUPERIOR: content.superior}
    return Roster(
        _posts={district: posts | superior for district, posts in content.districts.items()},
        people=people,
        contacts=contacts,
        systems=systems,
    )


def _place(error: yaml.YAMLError) -> str:
    """Where a file is no YAML, and why; its own text would repeat lines of the file."""
    mark = getattr(error, "problem_mark", None)
    said = (getattr(error, part, None) for part in ("context", "problem"))
    return f"{f':{mark.line + 1}' if mark else ''}: {', '.join(filter(None, said))}"


def _appoint(people: dict[str, Actor], post: Post, role: Role, district: str, file: str) -> None:
    for code in filter(None, (post.holder, post.backup)):
        _enlist(people, Actor(code=code, role=role, district=district), file)


def _enlist(people: dict[str, Actor], actor: Actor, file: str) -> None:
    if actor.code in people:
        raise RosterError(f"{file}: {actor.code} stands in two places; one code, one post")
    people[actor.code] = actor
