"""Facts that outside systems report: superior, archive, courier, and the hotline 12345.

They go to the case as signals. A fact that the case cannot use is recorded there as refused.
"""

from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import Header
from pydantic import BaseModel, Field

from api.access.guard import Caller, permit_verb, require
from api.edge.problems import AwayError, invalid
from api.parts import Here, Parts
from api.parts.link import NoRunError
from api.routes.answers import problem_responses
from api.routes.checks import no_run, update_id
from api.routes.once import if_register_tells, known_by
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.kinds.application.commands import (
    ArchiveArrived,
    Decision,
    Delivered,
    SuperiorDecision,
)
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.kinds.ticket.commands import HotlineReturned
from casework.filing.bodies import KEY, Body, CaseNo
from casework.messages.cases import said_by
from casework.security.keys.errors import ErasedError
from casework.store.register.cases import note_fact

log = structlog.get_logger("api")

ARRIVED, DELIVERED, HOTLINE_RETURNED = "arrived", "delivered", "hotline_returned"
PASSWORD_SENT = "password_sent"  # noqa: S105 - what happened, no password

router = with_token(
    prefix="/callbacks",
    tags=["callbacks"],
    responses=problem_responses(
        HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
)


class Callback(Body):
    """What a system reports about a case; ``reference`` is its own number of the case."""

    case_no: CaseNo
    outcome: str = Field(max_length=40, examples=["approved"])
    reference: str = Field(default="", max_length=100, examples=["R-2026-0001"])
    reasons: str = Field(default="", max_length=4000)


class Noted(BaseModel):
    """The fact is on its way to the case."""

    case_no: str
    fact: str


Key = Annotated[
    str | None, Header(alias="Idempotency-Key", pattern=KEY, description="相同的键只登记一次")
]


@router.post("", status_code=HTTPStatus.ACCEPTED, summary="外部系统回传（按 outcome 区分）")
async def any_fact(callback: Callback, actor: Caller, here: Here, key: Key = None) -> Noted:
    """Report any of the facts below; its outcome says which one."""
    return await _note(callback, actor, here, key, set(_FACTS))


@router.post("/superior", status_code=HTTPStatus.ACCEPTED, summary="上级决定：同意、退回、不同意")
async def superior(callback: Callback, actor: Caller, here: Here, key: Key = None) -> Noted:
    """The superior has decided; a return or a refusal gives its reasons."""
    return await _note(callback, actor, here, key, {each.value for each in Decision})


@router.post("/archive", status_code=HTTPStatus.ACCEPTED, summary="档案到达")
async def archive(callback: Callback, actor: Caller, here: Here, key: Key = None) -> Noted:
    """The personnel file has come."""
    return await _note(callback, actor, here, key, {ARRIVED})


@router.post("/delivered", status_code=HTTPStatus.ACCEPTED, summary="快递签收")
async def delivered(callback: Callback, actor: Caller, here: Here, key: Key = None) -> Noted:
    """The courier has handed the result over."""
    return await _note(callback, actor, here, key, {DELIVERED})


@router.post("/accounts", status_code=HTTPStatus.ACCEPTED, summary="新密码已发至登记的联系方式")
async def accounts(callback: Callback, actor: Caller, here: Here, key: Key = None) -> Noted:
    """The account system has sent a new password to the contact it has registered."""
    return await _note(callback, actor, here, key, {PASSWORD_SENT})


@router.post("/hotline", status_code=HTTPStatus.ACCEPTED, summary="12345热线退回重办")
async def hotline(callback: Callback, actor: Caller, here: Here, key: Key = None) -> Noted:
    """The hotline does not take a ticket as done: it is to be handled again, for these reasons."""
    return await _note(callback, actor, here, key, {HOTLINE_RETURNED})


_FACTS = {each.value: "superior_decision" for each in Decision} | {
    ARRIVED: "archive_arrived",
    DELIVERED: "delivered",
    PASSWORD_SENT: "delivered",
    HOTLINE_RETURNED: "hotline_returned",
}


async def _note(
    callback: Callback, actor: Actor, here: Parts, key: str | None, outcomes: set[str]
) -> Noted:
    require(actor, GeneralAction.REPORT_BACK)
    if callback.outcome not in outcomes:
        raise invalid("outcome", "须是以下之一：" + "、".join(sorted(outcomes)))
    fact, case_no = _FACTS[callback.outcome], callback.case_no
    kind = CaseKind.TICKET if callback.outcome == HOTLINE_RETURNED else CaseKind.APPLICATION
    command, noted = _command(fact, callback, actor), Noted(case_no=case_no, fact=fact)
    known = known_by(case_no, update_id(actor, key or ""), here, fact, command)
    if key is not None and await if_register_tells(known) is not None:
        return noted
    await permit_verb(here.register, actor, [kind], fact, case_no)
    try:
        await here.engine.tell(workflow_id(kind, case_no), fact, command, request_id=key or "")
    except NoRunError:
        raise await no_run(case_no, here, kind, verb=fact) from None
    if key is not None:
        await _keep(case_no, update_id(actor, key), fact, command, here)
    return noted


async def _keep(case_no: str, fact_id: str, fact: str, command: Command, here: Parts) -> None:
    """Write the key into the register: Temporal knows it in this run of the case only."""
    try:
        async with here.register.writing() as session:
            await note_fact(
                session, case_no, fact_id, fact=fact, content=said_by(command), at=here.now()
            )
    except (AwayError, ErasedError):
        # The signal was accepted nevertheless: sent again to this run, it is the same signal.
        log.warning("fact_not_noted", case_no=case_no, fact=fact)


def _command(fact: str, callback: Callback, actor: Actor) -> Command:
    match fact:
        case "superior_decision":
            return SuperiorDecision(
                actor=actor,
                outcome=Decision(callback.outcome),
                reason=callback.reasons,
                reference=callback.reference,
            )
        case "archive_arrived":
            return ArchiveArrived(actor=actor)
        case "hotline_returned":
            return HotlineReturned(actor=actor, reason=callback.reasons)
        case _:
            return Delivered(actor=actor, reference=callback.reference)
