"""What a scenario is played on: time, cases, orders, and the register that openings ask.

There are two. ``temporal_engine`` has a time-skipping server, a register and all activities, as
production has them. ``pure`` keeps the cases in memory and asks the domain what happens: it
answers in milliseconds. Everything else of a rehearsal is the same for both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from temporalio.client import WorkflowUpdateRPCTimeoutOrCancelledError

from casework.domain.case.commands import Command
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.case.opening import Party, StartCase
from casework.domain.case.state import Case
from casework.domain.kinds.application.opening import StartApplication
from casework.domain.kinds.rating.opening import Rateable
from casework.domain.kinds.registry import CaseKind
from casework.domain.orders import Order
from casework.domain.policy import MaterialForm
from casework.domain.staff import StaffPost
from casework.domain.talent import Standing
from casework.messages.absences import StartAbsence
from casework.messages.cases import InForceQuestion
from casework.messages.entry import Opening
from casework.rehearsal.faults import Place
from casework.rehearsal.seen import Seen
from casework.trial.case import RefusalError


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


@dataclass(frozen=True, kw_only=True)
class Declared:
    """An officer's relation to a person, and from when on it is known."""

    officer: str
    subject: str
    at: datetime


class Engine(Protocol):
    """One scenario being played; nothing of another one is known here.

    ``shift`` is what the cases add to the time of the server. ``reference`` is new wherever
    something may remember it from an earlier rehearsal.
    """

    @property
    def shift(self) -> timedelta:
        """Zero where nothing else has a time."""

    @property
    def reference(self) -> str:
        """What makes the references of this rehearsal differ from those of others."""

    # --- time ----------------------------------------------------------------------------

    async def now(self) -> datetime:
        """The time of the cases, aware."""

    async def pass_until(self, moment: datetime) -> None:
        """Let time pass until that moment; what falls due on the way happens."""

    async def come_to_rest(self) -> None:
        """Return once nothing is under way; raises BrokenError."""

    async def cause_of(self, error: Exception) -> Exception:
        """Why nothing moves any more, where something can tell; else the error itself."""

    async def staff(self, posts: Sequence[StaffPost], declared: Sequence[Declared]) -> None:
        """Bring in who holds posts, and who declares which relation when."""

    # --- cases ---------------------------------------------------------------------------

    async def submit(self, start: StartCase) -> None:
        """Open the case; it is in the register when this returns. Raises BrokenError."""

    async def do(self, case: PlayedCase, verb: str, command: Command) -> RefusalError | None:
        """Send a command; return why it was refused, if it was."""

    async def signal(self, case: PlayedCase, fact: str, command: Command) -> RefusalError | None:
        """Report a fact; the register tells what becomes of it, unless the case is closed."""

    async def look(self, case_no: str, order_no: str) -> Seen:
        """The case as the register shows it now, and what the order of that number has told."""

    async def catch_up(self, case: PlayedCase) -> None:
        """Let the case note what the date has decided."""

    async def histories(self, case: PlayedCase) -> tuple[str, ...]:
        """The history of each run of its workflow as JSON, the first first; none without any."""

    # --- what is decided for many --------------------------------------------------------

    async def order(
        self, order: Order, district: str, approver: Actor, cities: tuple[str, ...] = ()
    ) -> str:
        """Approve the order and carry it out; the id of the suspension or measure it is about.

        Raises:
            DomainError: it is refused.
        """

    async def absence(self, start: StartAbsence) -> None:
        """Record an absence."""

    # --- what openings ask the register --------------------------------------------------

    async def in_force(self, question: InForceQuestion) -> InForce:
        """What is in force for a case."""

    async def standing(self, talent: str) -> Standing | None:
        """How a talent stands."""

    async def party(self, case_no: str, role: str) -> Party | None:
        """How a party of a case is reached."""

    async def rateable(self, case_no: str) -> Rateable | None:
        """A case as a rating needs to know it."""

    async def bar_from_deferral(self, start: StartApplication) -> None:
        """Give the applicant an earlier case with an unrepaired breach."""

    async def add_finished(self, cases: Sequence["Finished"]) -> None:
        """Have the register know cases that were completed before."""


Finished = tuple[Opening, Case, Sequence[Event]]
"""A case that no workflow has: its opening, how it ended, and the events that led there."""


SILENT = (TimeoutError, WorkflowUpdateRPCTimeoutOrCancelledError)
"""Nothing answers; of an update that is given up, the client raises its own."""


class StoppedError(RuntimeError):
    """The engine failed at the ``place`` of a scenario; the cause says with what."""

    def __init__(self, place: Place) -> None:
        super().__init__("the rehearsal was stopped")
        self.place = place
