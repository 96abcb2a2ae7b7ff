"""The pages that everybody can go to from everywhere. A room of the desk adds its lines here."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from casework.domain.authority import INSIDE
from casework.domain.policy import Role

PATH = "/desk"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A page in the navigation of these roles."""

    path: str
    title: str
    roles: AbstractSet[Role]


ENTRIES = (
    Entry(path=PATH, title="工作台", roles=INSIDE),
    Entry(path=f"{PATH}/tasks", title="待办", roles=INSIDE),
    Entry(path=f"{PATH}/cases", title="办件查询", roles=INSIDE),
)
"""In the order in which they are shown."""


def entries_of(role: Role) -> tuple[Entry, ...]:
    """The navigation of somebody of this role."""
    return tuple(entry for entry in ENTRIES if role in entry.roles)
