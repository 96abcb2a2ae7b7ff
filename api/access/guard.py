"""Decides what a caller may do and see; `api.access.caller` finds out who calls.

Every answer here is that of ``casework.domain.authority``. To people from outside a case that is
not theirs does not exist: they are told the same as of a number that nobody has.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from http import HTTPStatus
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from api.access.caller import Caller
from api.edge.problems import AwayError, ProblemError, no_case
from api.parts.register import Register
from casework.domain.authority import (
    GENERAL,
    Action,
    Concern,
    Extent,
    Filed,
    GeneralAction,
    Sight,
    filing_refusal,
    label_of,
    refusal,
    sight,
)
from casework.domain.case.facts import Actor
from casework.domain.case.state import TaskKind
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.policy import Role
from casework.policy.authority import load_authority
from casework.store.access import outline
from casework.store.queries import TaskView
from casework.store.register.cases import concern

__all__ = ["Caller"]

T = TypeVar("T")

_ASKED_WITHIN_SECONDS = 2
"""A register that takes longer is away: the case itself then decides alone."""


async def permit(session: AsyncSession, actor: Actor, action: str, case_no: str) -> Concern:
    """The concern of a case with which the caller may do something that is no verb.

    Raises:
        DomainError: why not. ProblemError: 404, there is no such case, or none that the caller may
            know of.
    """
    known = await outline(session, case_no)
    if known is None:
        raise no_case()
    if not known.assigned:  # a row from before it was kept; its events tell
        known = await concern(session, case_no) or known
    refused = refusal(load_authority(), actor, action, known)
    if refused is not None:
        raise _told(refused, actor, known)
    return known


async def permit_verb(
    register: Register, actor: Actor, kinds: Collection[CaseKind], verb: str, case_no: str
) -> None:
    """Refuse a verb before it is sent, with the very reason that the case itself would give.

    What the register does not know, or cannot say now, is left to the case.

    Raises:
        DomainError: why not. ProblemError: 404, as `permit`.
    """
    matrix = load_authority()
    if all(matrix.extent(kind, verb, actor.role) is None for kind in kinds):
        what = label_of(next(iter(kinds)), verb)
        raise DomainError("ROLE_NOT_ALLOWED", f"此岗位不能办理“{what}”")
    try:
        async with asyncio.timeout(_ASKED_WITHIN_SECONDS), register.reading() as session:
            known = await concern(session, case_no)
    except (AwayError, TimeoutError):
        return
    if known is not None and known.kind in kinds:
        refused = refusal(matrix, actor, verb, known)
        if refused is not None:
            raise _told(refused, actor, known)


def _told(refused: DomainError, actor: Actor, known: Concern) -> DomainError | ProblemError:
    """A refusal as the caller may hear it."""
    outside = actor.role is not Role.SYSTEM and sight_of(actor).is_own
    is_hidden = outside and not known.is_own(actor)
    return no_case() if is_hidden else refused


def sight_of(actor: Actor) -> Sight:
    """What the caller sees of the register."""
    return sight(load_authority(), actor)


def why_not(actor: Actor, task: TaskView) -> DomainError | None:
    """Why the caller may not do a task of a list; None: they may."""
    barred = frozenset(task.barred.split())
    verbs = KINDS[CaseKind(task.kind_of_case)].work_of(TaskKind(task.kind))
    seen = sight_of(actor)
    concern_of_task = Concern(
        kind=task.kind_of_case,
        district=task.district,
        office=actor.office,  # of another one the caller would not see it
        opened_by=actor.code if seen.is_own or actor.role is Role.SYSTEM else "",
        assigned=frozenset({task.holder, task.backup, *task.assigned.split()}),
        barred=dict.fromkeys(verbs, barred),
    )
    refused = (refusal(load_authority(), actor, verb, concern_of_task) for verb in verbs)
    return next((each for each in refused if each is not None), None)


def readable_district(actor: Actor, asked: str | None, kind: str = GENERAL) -> str | None:
    """The district a list is narrowed to: the one asked for, else the actor's own; None: all.

    Raises:
        DomainError: ``ROLE_NOT_ALLOWED``, ``OTHER_DISTRICT``.
    """
    extent = load_authority().extent(kind, Action.READ, actor.role)
    if extent is None or (kind == GENERAL and extent is Extent.OWN):
        raise DomainError("ROLE_NOT_ALLOWED", f"此岗位不能{label_of(kind, Action.READ)}")
    if actor.role is Role.SYSTEM:
        return _district_of_system(actor, asked, kind)
    if extent is not Extent.DISTRICT:
        return asked
    if asked and actor.district not in {"", asked}:
        raise DomainError("OTHER_DISTRICT", "不能查阅其他区的件")
    return asked or actor.district or None


def _district_of_system(actor: Actor, asked: str | None, kind: str) -> str | None:
    """The same for a system: of several districts it has to name one; counts are of all sources."""
    matrix = load_authority()
    bound = matrix.systems.get(actor.code)
    places = sorted(bound.districts or ()) if bound else []
    if asked is None and len(places) > 1:
        raise DomainError("FIELD_REQUIRED", "此系统登记了多个区，请写明区划", "district")
    place = asked or next(iter(places), "")
    refused = refusal(matrix, actor, Action.READ, Concern(kind=kind, district=place))
    if refused is not None:
        raise refused
    return place or None


def listed_district(actor: Actor, asked: str | None) -> str:
    """The district to which a list of cases is narrowed beside the caller's sight; empty: none.

    Raises:
        DomainError: ``OTHER_DISTRICT``.
    """
    own = sight_of(actor).district
    if asked and own and asked != own:
        raise DomainError("OTHER_DISTRICT", "不能查阅其他区的件")
    return asked or own


def require(actor: Actor, action: GeneralAction, district: str | None = None) -> None:
    """Refuse what concerns no single case; ``district`` where it concerns one.

    Raises:
        DomainError: ``ROLE_NOT_ALLOWED``, ``OTHER_DISTRICT``.
    """
    place = actor.district if district is None else district
    refused = refusal(load_authority(), actor, action, Concern(kind=GENERAL, district=place))
    if refused is not None:
        raise refused


async def require_at(
    actor: Actor,
    action: GeneralAction,
    looked_up: Awaitable[T],
    district_of: Callable[[T], str | None],
) -> T:
    """What was looked up, if the caller may do that in its district; None: in the caller's own.

    Whoever may do it nowhere hears that, and not what became of the look-up.

    Raises:
        DomainError: as ``require``; or what the look-up raises.
    """
    try:
        found = await looked_up
    except Exception:
        require(actor, action)
        raise
    require(actor, action, district_of(found))
    return found


def require_filing(actor: Actor, filed: Filed) -> None:
    """Refuse to open a case; raises DomainError as ``filing_refusal`` has it."""
    refused = filing_refusal(load_authority(), actor, filed)
    if refused is not None:
        raise refused


def forbidden(code: str, detail: str) -> ProblemError:
    """403, with a stable code."""
    return ProblemError(status=HTTPStatus.FORBIDDEN, code=code, detail=detail)
