"""Messages between workflow and register about who gets a case, and who may claim a task."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from casework.domain.case.opening import StartCase
from casework.domain.case.state import Case, Post, Task
from casework.domain.policy import Role
from casework.domain.sharing import AS_POSTED, WEIGHTS, Choice, SharingRule
from casework.domain.time.calendar import WorkingCalendar


@dataclass(frozen=True, kw_only=True)
class ShareQuestion:
    """Who is to have these roles of a case.

    ``seq`` is its last event: asked again after the same one, the answer is the same. ``rules`` are
    those of its policy, ``posts`` those that it has. ``weighed_by``: the last days on which an open
    task that is due weighs as ``WEIGHTS`` says. ``unclaimed``: nobody of the team has claimed it.
    """

    case_no: str
    seq: int
    district: str
    office: str
    item: str
    roles: tuple[Role, ...]
    rules: dict[Role, SharingRule]
    posts: dict[Role, Post]
    subject: str = ""
    employer: str = ""
    on: date
    weighed_by: tuple[date, ...] = ()
    unclaimed: bool = False


@dataclass(frozen=True, kw_only=True)
class ShareAnswer:
    """``apart``: the officers who must keep away from the case."""

    choices: dict[Role, Choice]
    apart: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ClaimQuestion:
    """May this person claim a task of the team; ``rule`` is that of the task's role."""

    case_no: str
    district: str
    office: str
    item: str
    role: Role
    team: str
    person: str
    rule: SharingRule
    posts: dict[Role, Post]
    subject: str = ""
    employer: str = ""
    on: date


@dataclass(frozen=True, kw_only=True)
class ClaimAnswer:
    """``refused`` is a code, empty if the person may; ``backup`` is then the B角."""

    refused: str = ""
    reason: str = ""
    backup: str = ""


def share_question(  # noqa: PLR0913 - a case, and for which of its roles
    case: Case,
    start: StartCase,
    calendar: WorkingCalendar,
    on: date,
    roles: Iterable[Role],
    *,
    unclaimed: bool = False,
) -> ShareQuestion:
    """Ask the register who is to have these roles of a case from that day on."""
    return ShareQuestion(
        case_no=case.case_no,
        seq=case.seq,
        district=case.district,
        office=case.office,
        item=case.item,
        roles=tuple(roles),
        rules=dict(start.sharing),
        posts=case.posts,
        subject=start.subject,
        employer=start.employer_subject,
        on=on,
        weighed_by=tuple(calendar.shift(on, days) for days, _ in WEIGHTS),
        unclaimed=unclaimed,
    )


def claim_question(
    case: Case, start: StartCase, task: Task, person: str, on: date
) -> ClaimQuestion:
    """Ask the register whether a person may claim a task of a team."""
    return ClaimQuestion(
        case_no=case.case_no,
        district=case.district,
        office=case.office,
        item=case.item,
        role=task.role,
        team=task.team,
        person=person,
        rule=start.sharing.get(task.role, AS_POSTED),
        posts=case.posts,
        subject=start.subject,
        employer=start.employer_subject,
        on=on,
    )
