"""A case under way in a rehearsal, and what was refused in it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from casework.domain.case.commands import Command
from casework.domain.case.opening import StartCase
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import MaterialForm


@dataclass(frozen=True, kw_only=True)
class RefusalError:
    """An attempt that was refused: stable code and Chinese reason."""

    code: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A refused attempt, for the timeline: the register knows nothing of most of them."""

    at: datetime
    command: Command
    refusal: RefusalError


@dataclass(frozen=True, kw_only=True)
class PlayedCase:
    """One rehearsed case; ``name`` is the scenario's for it.

    ``forms``: in which form each material of its checklist is handed in. ``subject``: whose it is.
    """

    name: str
    kind: CaseKind
    case_no: str
    title: str
    forms: Mapping[str, MaterialForm]
    subject: str = ""
    attempts: list[Attempt] = field(default_factory=list)

    @classmethod
    def of(cls, start: StartCase, name: str, forms: Mapping[str, MaterialForm]) -> "PlayedCase":
        """The case that a start opens."""
        return cls(
            name=name,
            kind=CaseKind(start.kind),
            case_no=start.case_no,
            title=f"{start.item.name}，{start.item.district_name}",
            forms=forms,
            subject=start.subject,
        )
