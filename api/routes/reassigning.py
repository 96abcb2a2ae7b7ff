"""Bulk reassignment (批量改派): gives the work of one officer in many cases to another.

It sends the verb ``reassign`` to each case in the name of the supervisor, and does nothing else.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import Caller, require
from api.edge.problems import invalid
from api.parts import Here, Parts
from api.parts.link import NoRunError
from api.routes.answers import problem_responses
from api.routes.checks import OfficerCode, ensure_there, posts_of, update_id
from api.routes.once import known_by
from api.routes.routers import with_token
from api.routes.verbs import IdempotencyKey
from casework.domain.authority import GeneralAction, refusal_of
from casework.domain.case.commands import Reassign
from casework.domain.case.facts import Actor
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.policy import Role
from casework.domain.staff import serves
from casework.filing.bodies import Body, District, ShortText
from casework.policy.authority import load_authority
from casework.security.keys.vault import ErasedError
from casework.store.queries import state
from casework.store.queries.worklist import AssignedCase, assigned_cases

MOST = 200
_AT_ONCE = 8
_VERB = "reassign"
_KINDS = frozenset(kind for kind, each in KINDS.items() if _VERB in each.verbs)

router = with_token(tags=["handling"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))


class Reassigned(StrEnum):
    """What became of one case."""

    LISTED = "listed"  # a preview: nothing was done
    DONE = "done"
    PENDING = "pending"  # accepted for good, not yet in the register
    REFUSED = "refused"


class ReassignmentBody(Body):
    """Whose work goes to whom, and why; without ``district`` the caller's own."""

    model_config = ConfigDict(
        populate_by_name=True,
        json_schema_extra={
            "examples": [{"from": "ja-o1", "to": "ja-o2", "reason": "A角调离岗位", "preview": True}]
        },
    )

    holder: OfficerCode = Field(alias="from")
    to: OfficerCode
    district: District | None = None
    role: Role | None = Field(default=None, description="只改派此岗位；缺省为全部")
    kinds: tuple[CaseKind, ...] = Field(default=(), max_length=len(KINDS))
    reason: ShortText
    preview: bool = Field(default=False, description="只列出，不改派")


class ReassignedCase(BaseModel):
    """A post of a case; ``code`` and ``reason`` say why it was refused."""

    case_no: str
    kind: CaseKind
    role: Role
    outcome: Reassigned
    code: str = ""
    reason: str = ""


class Reassignment(BaseModel):
    """``left``: how many further cases of that officer's have not been looked at."""

    items: list[ReassignedCase]
    left: int


@dataclass(frozen=True, kw_only=True)
class _Held:
    """A post of a case that the officer holds, or of which they have an open task."""

    case: AssignedCase
    state: Case
    role: Role


@router.post("/reassignments", summary="批量改派")
async def reassign(
    body: ReassignmentBody, actor: Caller, here: Here, idempotency_key: IdempotencyKey = None
) -> Reassignment:
    """Give every post and open task of an officer to another, in at most 200 cases a call.

    The same key again goes on where the last call ended, and does nothing twice.
    """
    require(actor, GeneralAction.REASSIGN, body.district)
    district = body.district or actor.district
    await _require_able(body, district, here)
    held, left = await _found(body, district, here)
    key = idempotency_key or secrets.token_urlsafe(16)
    if body.preview:
        items = [_item(each, Reassigned.LISTED) for each in held]
    else:
        giving = _Giving(body=body, actor=actor, here=here, key=key)
        items = list(await asyncio.gather(*map(giving.give, held)))
    return Reassignment(items=items, left=left)


async def _require_able(body: ReassignmentBody, district: str, here: Parts) -> None:
    """Refuse a receiver to whom no case may be given."""
    if body.to == body.holder:
        raise invalid("to", "改派前后是同一人员", "SAME_OFFICER")
    if not any(serves(post, district) for post in posts_of(body.to, here, "to")):
        raise invalid("to", "接办人员不属本区", "OTHER_DISTRICT")
    await ensure_there(body.to, here)


async def _found(body: ReassignmentBody, district: str, here: Parts) -> tuple[list[_Held], int]:
    """Return the officer's posts in the first cases, and how many cases were not examined."""
    held: list[_Held] = []
    kinds = set(body.kinds or _KINDS) & _KINDS
    async with here.register.reading() as session:
        assigned = await assigned_cases(session, body.holder, district=district, kinds=kinds)
        looked, counted = 0, 0
        async for posts in _posts(session, assigned, body):
            looked += 1
            held += posts
            counted += bool(posts)
            if counted == MOST:
                break
    return held, len(assigned) - looked


async def _posts(
    session: AsyncSession, assigned: tuple[AssignedCase, ...], body: ReassignmentBody
) -> AsyncIterator[list[_Held]]:
    for case in assigned:
        try:
            found = await state(session, case.case_no)
        except ErasedError:
            found = None
        roles = sorted(set(_roles(found, body))) if found else ()
        yield [_Held(case=case, state=found, role=role) for role in roles if found]


def _roles(case: Case, body: ReassignmentBody) -> Iterator[Role]:
    posts = (role for role, post in case.posts.items() if post.holder == body.holder)
    own = (task for task in case.open_tasks if not task.asked_by)  # an answer is nobody else's
    tasks = (task.role for task in own if task.holder == body.holder)
    yield from (role for role in (*posts, *tasks) if body.role in {None, role})


@dataclass(frozen=True, kw_only=True)
class _Giving:
    """Sends the verb to each case, a few at a time; ``key`` is that of the whole call."""

    body: ReassignmentBody
    actor: Actor
    here: Parts
    key: str
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def give(self, held: _Held) -> ReassignedCase:
        command = Reassign(
            actor=self.actor, role=held.role, to=self.body.to, reason=self.body.reason
        )
        if (refused := refusal_of(load_authority(), command, held.state)) is not None:
            return _item(held, Reassigned.REFUSED, refused)
        case_no, ident = held.case.case_no, update_id(self.actor, f"{self.key}.{held.role}")
        try:
            async with self.gate:
                receipt = await self.here.engine.command(
                    workflow_id(held.case.kind, case_no),
                    _VERB,
                    command,
                    update_id=ident,
                    known=known_by(case_no, ident, self.here, _VERB, command),
                )
        except NoRunError:
            return _item(held, Reassigned.REFUSED, DomainError("CASE_CLOSED", "本件已办结"))
        except DomainError as error:
            return _item(held, Reassigned.REFUSED, error)
        return _item(held, Reassigned.DONE if receipt else Reassigned.PENDING)


def _item(held: _Held, outcome: Reassigned, refused: DomainError | None = None) -> ReassignedCase:
    return ReassignedCase(
        case_no=held.case.case_no,
        kind=CaseKind(held.case.kind),
        role=held.role,
        outcome=outcome,
        code=refused.code if refused else "",
        reason=refused.message if refused else "",
    )
