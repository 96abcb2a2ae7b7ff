"""Orders (指令): their present state, and the second person's decision."""

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import Caller, cities_of, readable_district, require_at, require_city
from api.parts import Here, Parts
from api.parts.link import NoRunError
from api.routes.answers import problem_responses
from api.routes.checks import update_id
from api.routes.export import exported
from api.routes.lists import Listing, PageQuery, readable
from api.routes.once import answer_to
from api.routes.order_answers import (
    ORDER_REFUSALS,
    OrderAnswer,
    Ordered,
    OrderPending,
    known_order,
    order_pending,
    ordered,
    receipt_of,
    shown,
)
from api.routes.order_bodies import NO, ApprovalBody, RejectionBody
from api.routes.proposing import PROPOSED
from api.routes.routers import with_token
from api.routes.verbs import IdempotencyKey
from casework.domain.authority import GeneralAction
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.filing.bodies import KEY, District
from casework.messages.orders import (
    Approval,
    Carried,
    HandedOn,
    OrderReceipt,
    OrderStatus,
    Rejection,
)
from casework.store.in_force import OrderView, list_orders
from casework.store.in_force.order_book import RECEIPTS, place_of_order
from casework.store.in_force.policy_moves import MOVES, MOVES_LIST, MovedCase
from casework.store.in_force.rebalancing import HANDINGS, HANDINGS_LIST, HandedCase
from casework.store.paging import ByTime
from casework.store.telling import TELLINGS, Count

router = with_token(prefix="/orders", tags=["orders"])

No = Annotated[str, Path(pattern=NO, examples=["ZL-0000-0000-0001"])]
_TAKEN_ON: dict[int | str, Any] = {
    202: {"model": OrderPending, "description": "已收下，登记库尚未答复"}
}


class OrderQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    district: District | None = None
    status: OrderStatus | None = None
    sort: Annotated[ByTime, Field(description="最新提出的在前，或最早的在前")] = ByTime.NEWEST


class MovesQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    outcome: Carried | None = None


@dataclass(frozen=True, kw_only=True)
class MoveAnswer(MovedCase):
    """A case of an order: the digest of its former policy, the outcome, and why it was refused."""

    outcome_label: str


class HandingsQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    outcome: HandedOn | None = None


@dataclass(frozen=True, kw_only=True)
class HandingAnswer(HandedCase):
    """A case of an order: from whom to whom and why, the outcome, and why it was refused."""

    outcome_label: str


@router.get("", summary="指令", responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))
@exported("指令")
async def orders(
    asked: Annotated[OrderQuery, Query()], actor: Caller, here: Here
) -> Listing[OrderAnswer]:
    """Orders, by default newest first; staff of a district see its own."""
    district = readable_district(actor, asked.district)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await list_orders(
                session,
                district=district,
                cities=cities_of(actor),
                status=asked.status,
                sort=asked.sort,
                after=asked.cursor,
                size=asked.size,
            )
    return Listing(items=[shown(row) for row in page.rows], next_cursor=page.next or None)


@router.get("/{no}", summary="一项指令", responses=ORDER_REFUSALS)
async def order(no: No, actor: Caller, here: Here) -> OrderAnswer:
    """One order: its content, who proposed and decided it, what it changed, how far it has come."""
    found = await _readable(no, actor, here)
    async with here.register.reading() as session:
        return shown(found, await _progress(session, found))


@router.get("/{no}/cases", summary="指令涉及的办件及结果", responses=ORDER_REFUSALS)
@exported("指令涉及的办件")
async def cases(
    no: No, asked: Annotated[MovesQuery, Query()], actor: Caller, here: Here
) -> Listing[MoveAnswer]:
    """The cases of a move to newer policy, by number, and what became of each."""
    await _readable(no, actor, here)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await MOVES.page(
                session,
                no,
                MOVES_LIST,
                outcome=asked.outcome,
                after=asked.cursor,
                size=asked.size,
            )
    items = [MoveAnswer(**vars(row), outcome_label=Carried(row.outcome).label) for row in page.rows]
    return Listing(items=items, next_cursor=page.next or None)


@router.get("/{no}/handings", summary="负荷均衡转交的办件及结果", responses=ORDER_REFUSALS)
@exported("转交的办件")
async def handings(
    no: No, asked: Annotated[HandingsQuery, Query()], actor: Caller, here: Here
) -> Listing[HandingAnswer]:
    """The cases that an order to rebalance hands on, by number, and what became of each."""
    await _readable(no, actor, here)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await HANDINGS.page(
                session,
                no,
                HANDINGS_LIST,
                outcome=asked.outcome,
                after=asked.cursor,
                size=asked.size,
            )
    items = [
        HandingAnswer(**vars(row), outcome_label=HandedOn(row.outcome).label) for row in page.rows
    ]
    return Listing(items=items, next_cursor=page.next or None)


@router.post(
    "/{no}/approve",
    summary="批准指令",
    response_model=Ordered,
    responses={**_TAKEN_ON, **ORDER_REFUSALS},
)
async def approve(
    no: No,
    actor: Caller,
    here: Here,
    body: ApprovalBody = ApprovalBody(),  # noqa: B008 - frozen
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Bring it into force: when this answers, the register shows the changes."""
    return await _decide(no, Approval(actor=actor, reason=body.reason), here, idempotency_key)


@router.post(
    "/{no}/reject",
    summary="驳回指令",
    response_model=Ordered,
    responses={**_TAKEN_ON, **ORDER_REFUSALS},
)
async def reject(
    no: No,
    body: RejectionBody,
    actor: Caller,
    here: Here,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Reject it, with a reason."""
    return await _decide(no, Rejection(actor=actor, reason=body.reason), here, idempotency_key)


@router.get(
    "/{no}/operations/{key}",
    summary="查询先前对指令的操作",
    response_model=Ordered,
    responses={**_TAKEN_ON, **ORDER_REFUSALS},
)
async def operation(
    no: No, key: Annotated[str, Path(pattern=KEY)], actor: Caller, here: Here
) -> Response:
    """Ask for the answer to what was sent under this key: done, still pending, or refused."""
    ident = update_id(actor, key)

    async def told() -> OrderReceipt | None:
        found = await known_order(no, here)
        if key == PROPOSED and found.proposed_by == actor.code:
            return receipt_of(found)
        theirs = found.decided_by == actor.code and await here.engine.order_took(no, ident)
        return receipt_of(found) if theirs else None

    receipt = await answer_to(lambda: here.engine.order_answer(no, ident), told)
    return ordered(receipt) if receipt else order_pending(no, key)


async def _readable(no: str, actor: Actor, here: Parts) -> OrderView:
    """Return the order, if the caller may read it; others do not learn whether it exists."""
    found = await require_at(
        actor, GeneralAction.READ, known_order(no, here), lambda order: order.district or None
    )
    if not found.district:
        async with here.register.reading() as session:
            require_city(actor, await place_of_order(session, no))
    return found


async def _progress(session: AsyncSession, order: OrderView) -> Count:
    """How many cases it tells something, and how many it has told; of a leaver, theirs."""
    match order.kind:
        case "move_policy":
            return await MOVES.count(session, order.no)
        case "rebalance":
            return await HANDINGS.count(session, order.no)
        case "change_staff":
            return await TELLINGS.count_all(session, order.no)
    return await RECEIPTS.count(session, order.no)


async def _decide(
    no: str, decision: Approval | Rejection, here: Parts, idempotency_key: str | None
) -> Response:
    key = idempotency_key or secrets.token_urlsafe(16)

    async def known() -> OrderReceipt | None:
        """Return the caller's own decision, if Temporal no longer knows the key of the update."""
        found = await known_order(no, here)
        theirs = (found.decided_by, found.decision_reason) == (decision.actor.code, decision.reason)
        rejected = found.status == OrderStatus.REJECTED
        same = theirs and rejected == isinstance(decision, Rejection)
        return receipt_of(found) if same and found.decided_at is not None else None

    try:
        receipt = await here.engine.decide(
            no,
            decision,
            update_id=update_id(decision.actor, key),
            known=None if idempotency_key is None else known,
        )
    except NoRunError:
        status = OrderStatus((await known_order(no, here)).status).label
        raise DomainError("ORDER_DECIDED", f"指令{status}，不能再决定") from None
    return ordered(receipt) if receipt else order_pending(no, key)
