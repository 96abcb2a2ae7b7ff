"""Relations of officers (回避): whose cases an officer must never have.

An officer declares them, for themself only. The number is not kept, only its pseudonym.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import Path
from pydantic import BaseModel, ConfigDict, StringConstraints

from api.access.guard import Caller, require
from api.edge.problems import AwayError
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.domain.case.facts import Actor
from casework.domain.case.opening import credit_code, personal_number
from casework.domain.errors import DomainError
from casework.domain.time.calendar import local_date
from casework.filing.bodies import Body
from casework.store.register.cases import Running
from casework.store.register.shares import (
    Relation,
    declare_relation,
    end_relation,
    open_cases_of,
    relations_of,
    told_of,
)
from casework.store.telling import SIGNALLED, TELLINGS, Count, Outcome, tell

log = structlog.get_logger("api")

router = with_token(
    prefix="/relations",
    tags=["relations"],
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)

RelationId = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Number = Annotated[str, StringConstraints(pattern=r"^[^\x00]{0,100}$", min_length=1)]


class PartyKind(StrEnum):
    """Whether the number is a person's or a firm's."""

    PERSON = "person"
    FIRM = "firm"


class RelationKind(StrEnum):
    """``own``: the person is the officer; ``related``: somebody close, or with an interest."""

    OWN = "own"
    RELATED = "related"


class RelationBody(Body):
    """``number``: of an identity document, or the credit code of a firm."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"number": "91350100M000100Y43", "party": "firm", "kind": "related"}]
        }
    )

    number: Number
    party: PartyKind
    kind: RelationKind = RelationKind.RELATED


@dataclass(frozen=True, kw_only=True)
class RelationItem:
    """A declaration; of whom, nobody can read out of it.

    ``cases`` were open when it was declared, ``told`` of them have been told that they have to go.
    """

    id: str
    officer: str
    kind: str
    declared_at: datetime
    ended_at: datetime | None
    cases: int
    told: int


class RelationList(BaseModel):
    """The caller's own, the newest first."""

    items: list[RelationItem]


@router.post("", summary="申报回避", status_code=HTTPStatus.CREATED)
async def declare(body: RelationBody, actor: Caller, here: Here) -> RelationItem:
    """Declare a relation; the cases of that person or firm go to somebody else at once.

    If Temporal is away, they are told as soon as it is back. The same again is the same
    declaration, and tells the cases again.
    """
    require(actor, GeneralAction.DECLARE_RELATION)
    subject = here.desk.pseudonyms.of(_number(body, here))
    relation = Relation(
        id=_id(actor, subject, body.kind),
        officer=actor.code,
        kind=body.kind.value,
        declared_by=actor.code,
        declared_at=here.now(),
    )
    async with here.register.writing() as session:
        declared = await declare_relation(session, relation, subject)
        about = told_of(declared.id)
        await tell(session, about, open_cases_of(subject), anew=True)
        concerned = await TELLINGS.waiting(session, about, limit=TOLD_AT_ONCE)
    outcomes = await _tell(concerned, f"{about}:{here.now().isoformat()}", here)
    async with here.register.writing() as session:
        await TELLINGS.note(session, about, outcomes)
        return _item(declared, await TELLINGS.count(session, about))


TOLD_AT_ONCE = 50
"""The other cases of a large firm hear of it by the schedule, at a limited rate."""


async def _tell(concerned: Sequence[Running], key: str, here: Parts) -> list[Outcome]:
    """Tell the cases while the officer waits; of whatever fails, the schedule tells them."""
    outcomes = []
    try:
        for case in concerned:
            await here.engine.look_again(case.workflow_id, request_id=f"{key}:{case.case_no}")
            outcomes.append(Outcome(case_no=case.case_no, outcome=SIGNALLED))
    except AwayError:
        log.warning("relation_told_later", cases=len(concerned) - len(outcomes))
    return outcomes


@router.get("", summary="本人的回避申报")
async def relations(actor: Caller, here: Here) -> RelationList:
    """What the caller has declared, ended ones too."""
    require(actor, GeneralAction.DECLARE_RELATION)
    async with here.register.reading() as session:
        found = await relations_of(session, actor.code)
        told = [await TELLINGS.count(session, told_of(each.id)) for each in found]
    items = [_item(each, count) for each, count in zip(found, told, strict=True)]
    return RelationList(items=items)


@router.post("/{relation_id}/end", summary="结束回避")
async def end(relation_id: RelationId, actor: Caller, here: Here) -> RelationItem:
    """The relation is over; what was given to others meanwhile stays with them."""
    require(actor, GeneralAction.DECLARE_RELATION)
    async with here.register.writing() as session:
        ended = await end_relation(session, relation_id, actor.code, here.now())
        count = await TELLINGS.count(session, told_of(relation_id))
    if ended is None:
        raise DomainError("RELATION_NOT_FOUND", "没有您的此项回避申报")
    return _item(ended, count)


def _number(body: RelationBody, here: Parts) -> str:
    if body.party is PartyKind.FIRM:
        return credit_code(body.number, "number")
    return personal_number(body.number, local_date(here.now()), "number")


def _id(actor: Actor, subject: str, kind: RelationKind) -> str:
    """The same declaration has the same id; it tells nothing of the person."""
    told = f"{actor.code}:{subject}:{kind}"
    return f"{actor.code}-{sha256(told.encode()).hexdigest()[:12]}"


def _item(relation: Relation, count: Count) -> RelationItem:
    return RelationItem(
        id=relation.id,
        officer=relation.officer,
        kind=relation.kind,
        declared_at=relation.declared_at,
        ended_at=relation.ended_at,
        cases=count.cases,
        told=count.done,
    )
