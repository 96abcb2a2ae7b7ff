"""Moving a running case to newer policy: what is said and what happens.

The rules are in ``policy_moving.py``; what would change is computed by ``policy_change.py``.
"""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from casework.domain.bounds import Word
from casework.domain.case.commands import Fault, MovePolicy
from casework.domain.policy import CheckKind, Decider, Role, ServiceItem
from casework.domain.time.clock import Clock


@dataclass(frozen=True, kw_only=True)
class PolicyMove(MovePolicy):
    """What an approved order tells each of its cases, with the new policy whole.

    ``head_consents`` counts only where the head of the authority approved (``approved_as``).
    """

    item: ServiceItem | None = None
    proposed_by: Word = ""
    approved_by: Word = ""
    approved_as: Role | None = None
    head_consents: bool = False


@dataclass(frozen=True, kw_only=True)
class KeptLimit:
    """A running limit that stays as it is: ``why`` is the value of a ``Keep``."""

    clock: str
    due_on: date | None
    why: str


@dataclass(frozen=True, kw_only=True)
class PolicyMoved:
    """The case goes on under the policy ``after``; carries all that it changes.

    ``clocks`` are the changed ones, whole; ``kept`` those that stay although the new policy sets
    another limit. ``faults`` and ``noticed`` are whole, as they stand from now on. ``excused``: the
    materials that the new policy asks for and that come too late for this case (C.2).
    ``paper_complete`` and ``answered``: the new policy asks for nothing more that was awaited, and
    the office's turn begins, with ``pre_review`` and ``silence``. ``discharged``: debts for
    materials no longer asked; ``ended``: clocks that end with them.
    """

    kind: Literal["policy_moved"] = "policy_moved"
    before: str
    after: str
    before_on: date
    after_on: date
    order: str
    proposed_by: str
    approved_by: str
    head_consents: bool = False
    reason: str
    clocks: tuple[Clock, ...] = ()
    kept: tuple[KeptLimit, ...] = ()
    faults: tuple[Fault, ...] = ()
    noticed: tuple[Fault, ...] = ()
    answered: bool = False
    excused: tuple[str, ...] = ()
    papers: tuple[str, ...] = ()
    paper_complete: bool = False
    pre_review: Clock | None = None
    silence: Clock | None = None
    discharged: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    deliver: Clock | None = None
    skipped: tuple[tuple[CheckKind, str], ...] = ()
    decider: Decider | None = None
