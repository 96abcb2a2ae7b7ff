"""Decides what a caller may do and see; `api.access.caller` finds out who calls.

``casework.domain.authority`` gives every answer here. For people from outside, a case that is not
theirs does not exist: they get the same answer as for an unknown number.
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
    INSIDE,
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
from casework.domain.policy import Role, city_of
from casework.domain.staff import POST_ROLES
from casework.policy.authority import load_authority
from casework.store.access import outline
from casework.store.queries import TaskView
from casework.store.register.cases import concern

__all__ = ["Caller"]

T = TypeVar("T")

_ASKED_WITHIN_SECONDS = 2
"""If the register takes longer it counts as unavailable, and only the case itself checks."""


async def permit(session: AsyncSession, actor: Actor, action: str, case_no: str) -> Concern:
    """Return the concern of a case if the caller may do this action, which is not a verb, with it.

    Raises:
        DomainError: the caller may not. ProblemError: 404, there is no such case, or the caller may
            not know of it.
    """
    known = await outline(session, case_no)
    if known is None:
        raise no_case()
    if not known.assigned:  # a row from before this was kept; its events have it
        known = await concern(session, case_no) or known
    refused = refusal(load_authority(), actor, action, known)
    if refused is not None:
        raise _told(refused, actor, known)
    return known


def may(actor: Actor, action: str, known: Concern) -> bool:
    """Whether the caller may do this action, which is not a verb, with a case that they know."""
    return refusal(load_authority(), actor, action, known) is None


async def permit_verb(
    register: Register, actor: Actor, kinds: Collection[CaseKind], verb: str, case_no: str
) -> None:
    """Refuse a verb before it is sent, with the reason that the case itself would give.

    If the register does not know the case, or does not answer, the case decides alone.

    Raises:
        DomainError: the caller may not. ProblemError: 404, as `permit`.
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
    """Return the refusal that the caller may see."""
    outside = actor.role is not Role.SYSTEM and sight_of(actor).is_own
    is_hidden = outside and not known.is_own(actor)
    return no_case() if is_hidden else refused


def sight_of(actor: Actor) -> Sight:
    """Return which part of the register the caller may see."""
    return sight(load_authority(), actor)


def why_not(actor: Actor, task: TaskView) -> DomainError | None:
    """Why the caller may not do a task of a list; None: they may."""
    if task.kind == TaskKind.UNDELIVERED:  # only those have it who see to webhooks
        return None
    barred = frozenset(task.barred.split())
    verbs = KINDS[CaseKind(task.kind_of_case)].work_of(TaskKind(task.kind))
    seen = sight_of(actor)
    own = frozenset({task.holder, task.backup})
    concern_of_task = Concern(
        kind=task.kind_of_case,
        district=task.district,
        office=actor.office,  # in any other source the caller would not see it
        opened_by=actor.code if seen.is_own or actor.role is Role.SYSTEM else "",
        assigned=frozenset(task.assigned.split()) | (own if not task.asked_by else frozenset()),
        asked=own if task.asked_by else frozenset(),
        barred=dict.fromkeys(verbs, barred),
    )
    refusals = (refusal(load_authority(), actor, verb, concern_of_task) for verb in verbs)
    refused = next((each for each in refusals if each is not None), None)
    if refused is not None and refused.code == "NOT_ASSIGNED" and task.team and not task.holder:
        return DomainError("NOT_ASSIGNED", f"小组 {task.team} 的待办，请先认领")
    return refused


def cities_of(actor: Actor, action: str = Action.READ) -> frozenset[str] | None:
    """The cities of which the caller may know what concerns no single case; None: all."""
    matrix = load_authority()
    local = matrix.extent(GENERAL, action, actor.role) is Extent.DISTRICT
    own = matrix.cities_of(actor, local=local)
    is_staff = bool(actor.district) and actor.role in POST_ROLES
    return frozenset({city_of(actor.district)}) if own is None and is_staff else own


def require_city(actor: Actor, city: str) -> None:
    """Refuse what concerns no single case and bears on a city that the caller may not know of.

    Raises:
        DomainError: ``OTHER_DISTRICT``.
    """
    own = cities_of(actor)
    if city and own is not None and city not in own:
        raise DomainError("OTHER_DISTRICT", "不能查阅、办理其他市的件")


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
    if asked and (elsewhere := load_authority().other_city(actor, city_of(asked))):
        raise elsewhere
    if extent is not Extent.DISTRICT:
        return asked
    if asked and actor.district not in {"", asked}:
        raise DomainError("OTHER_DISTRICT", "不能查阅其他区的件")
    return asked or actor.district or None


def _district_of_system(actor: Actor, asked: str | None, kind: str) -> str | None:
    """The same for a system: it must name one of its districts; counts include all sources."""
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
    if asked and (elsewhere := load_authority().other_city(actor, city_of(asked))):
        raise elsewhere
    if asked and own and asked != own:
        raise DomainError("OTHER_DISTRICT", "不能查阅其他区的件")
    return asked or own


def require(actor: Actor, action: GeneralAction, district: str | None = None) -> None:
    """Refuse an action that concerns no single case; ``district``: the one that it concerns.

    Raises:
        DomainError: ``ROLE_NOT_ALLOWED``, ``OTHER_DISTRICT``.
    """
    place = actor.district if district is None else district
    refused = refusal(load_authority(), actor, action, Concern(kind=GENERAL, district=place))
    if refused is not None:
        raise refused


def keeps_webhooks(actor: Actor) -> bool:
    """Whether the caller sees to all webhooks, and to what their receivers refuse."""
    concern = Concern(kind=GENERAL, district="")
    action = GeneralAction.APPROVE_WEBHOOK
    return actor.role in INSIDE and refusal(load_authority(), actor, action, concern) is None


async def require_at(
    actor: Actor,
    action: GeneralAction,
    looked_up: Awaitable[T],
    district_of: Callable[[T], str | None],
) -> T:
    """Look something up; return it if the caller may act in its district (None: the caller's own).

    A caller who may do this nowhere is refused for that, whatever the look-up finds or raises.

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
    """Raise the DomainError of ``filing_refusal`` if the actor may not open this case."""
    refused = filing_refusal(load_authority(), actor, filed)
    if refused is not None:
        raise refused


def forbidden(code: str, detail: str) -> ProblemError:
    """403, with a stable code."""
    return ProblemError(status=HTTPStatus.FORBIDDEN, code=code, detail=detail)
