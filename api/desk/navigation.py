"""The pages that everybody can go to from everywhere. A room of the desk adds its lines here."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from casework.domain.authority import INSIDE
from casework.domain.policy import Role

PATH = "/desk"
MINE = "/my"
"""Where people from outside look at their own cases."""


OUTSIDE = frozenset({Role.APPLICANT, Role.TALENT, Role.EMPLOYER})


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A page in the navigation of these roles."""

    path: str
    title: str
    roles: AbstractSet[Role]


_WATCHING = frozenset({Role.SUPERVISOR, Role.SUPERIOR})
_ASKED = frozenset({Role.OFFICER, Role.SPECIALIST, Role.SUPERVISOR})
_KEEPING = frozenset({Role.OFFICER, Role.REVIEWER, Role.SUPERVISOR})
_RECORDING = frozenset({Role.OFFICER, Role.SUPERVISOR})
ENTRIES = (
    Entry(path=PATH, title="工作台", roles=INSIDE),
    Entry(path=f"{PATH}/tasks", title="待办", roles=INSIDE),
    Entry(path=f"{PATH}/cases", title="办件查询", roles=INSIDE),
    Entry(path=MINE, title="我的办件", roles=OUTSIDE),
    Entry(path=f"{PATH}/board", title="看板", roles=_WATCHING),
    Entry(path=f"{PATH}/reports", title="报表", roles=_WATCHING),
    Entry(path=f"{PATH}/cards", title="督办", roles=_WATCHING),
    Entry(path=f"{PATH}/orders", title="指令", roles=_WATCHING),
    Entry(path=f"{PATH}/absences", title="缺岗与改派", roles=_WATCHING),
    Entry(path=f"{PATH}/staff", title="人员", roles=_WATCHING),
    Entry(path=f"{PATH}/catalogue", title="目录版本", roles=_WATCHING),
    Entry(path=f"{PATH}/consultations/new", title="登记咨询", roles=_ASKED),
    Entry(
        path=f"{PATH}/walkthroughs/new", title="登记走流程", roles={Role.OFFICER, Role.SUPERVISOR}
    ),
    Entry(path=f"{PATH}/lists/units", title="单位", roles=_KEEPING),
    Entry(path=f"{PATH}/lists/visitors", title="预约", roles=_RECORDING),
    Entry(path=f"{PATH}/lists", title="名册", roles=INSIDE),
)
"""In the order in which they are shown."""


def home_of(role: Role | None) -> str:
    """Where somebody of this role begins."""
    return MINE if role in OUTSIDE else PATH


def entries_of(role: Role) -> tuple[Entry, ...]:
    """The navigation of somebody of this role."""
    return tuple(entry for entry in ENTRIES if role in entry.roles)
