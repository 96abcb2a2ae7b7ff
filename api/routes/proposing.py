"""Proposals of orders, and what an order would do."""

from http import HTTPStatus

from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import Caller, forbidden
from api.edge.problems import AwayError
from api.parts import Here, Parts
from api.parts.link import Begun
from api.parts.repeats import KEY_REUSED
from api.routes.catalogue import proposed_catalogue
from api.routes.checks import update_id
from api.routes.once import begin_once
from api.routes.order_answers import (
    ORDER_REFUSALS,
    AnyPreview,
    Ordered,
    OrderPending,
    order_pending,
    ordered,
    receipt_of,
)
from api.routes.order_bodies import ORDER_BODY, content_of, require_known
from api.routes.routers import with_token
from api.routes.verbs import IdempotencyKey
from casework.domain.authority import ITSELF, ordering_refusal
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.orders import (
    ChangeSuspension,
    Content,
    LiftSuspension,
    MoveToPolicy,
    Order,
    PublishCatalogue,
    Rebalance,
    Scope,
    check_policy_day,
    check_proposal,
    cities_of_order,
    district_of,
    founded_by,
    stated_district,
)
from casework.domain.policy import Role
from casework.domain.sharing import SharingRule
from casework.domain.staff import ChangeStaff
from casework.domain.time.calendar import local_date
from casework.filing.bodies import Body
from casework.messages.orders import CONTENT, OrderReceipt, StartOrder, content_key, order_number
from casework.policy.authority import load_authority
from casework.policy.publishing.places import cities_touched
from casework.policy.staff_check import unknown_in
from casework.policy.staffing import staff
from casework.store.in_force import find_order, find_suspension, preview_order
from casework.store.in_force.catalogue_orders import preview_publishing
from casework.store.in_force.policy_moves import dated_measures, not_concerned, preview_move
from casework.store.in_force.rebalancing import Ground, preview_rebalance
from casework.store.in_force.staff_orders import preview_staff

router = with_token(prefix="/orders", tags=["orders"])

_NAMED = 10
PROPOSED = "propose"
"""The key under which the answer to a proposal is asked for."""


async def propose(
    body: Body, actor: Caller, here: Here, idempotency_key: IdempotencyKey = None
) -> Response:
    """Propose an order; nothing is in force before another person approves it.

    201: proposed, with a preview. 200: this order was proposed before. A calendar may be approved
    with its proposal (``approve``), by somebody who answers for every district; where other cities
    have superiors of their own, one of theirs approves it.
    """
    content, approved = content_of(body), bool(getattr(body, "approve", False))
    return await propose_content(content, actor, here, idempotency_key, approved=approved)


async def propose_content(
    content: Content,
    actor: Actor,
    here: Parts,
    idempotency_key: str | None = None,
    *,
    approved: bool = False,
) -> Response:
    """Propose an order with this content, as ``propose`` answers."""
    district, cities = await _checked(content, actor, here)
    if approved and actor.district and actor.role is not Role.SUPERIOR:
        raise forbidden("ROLE_NOT_ALLOWED", "只有上级或不限区的监督员可直接批准工作日历")
    alone = ordering_refusal(load_authority(), actor, cities, proposed_by=actor) is None
    key = idempotency_key or content_key(content, local_date(here.now()))
    order = Order(no=order_number(actor.code, key), content=content, proposed_by=actor)
    expected: AnyPreview | None = None

    async def begin() -> Begun[OrderReceipt]:
        nonlocal expected
        expected = await _expected(content, here)
        start = StartOrder(
            order=order, district=district, cities=cities, approved=approved and alone
        )
        return await here.engine.propose(start, update_id(actor, PROPOSED))

    return await begin_once(
        begin,
        known=lambda _: _known(order, here),
        pending=lambda: order_pending(order.no, PROPOSED),
        begun_as=lambda receipt, status: ordered(receipt, expected, status),
    )


async def preview(body: Body, actor: Caller, here: Here) -> AnyPreview:
    """Show what an order would do, with examples; nothing is changed.

    How many clocks of which kind it moves; for a move to newer policy, how many cases, and their
    limits, materials and checks before and after. To rebalance: which cases go from whom to whom,
    and what each has before and after. For a catalogue, what it changes in words, and
    the open cases that keep the policy which they have.
    """
    return await preview_content(content_of(body), actor, here)


async def preview_content(content: Content, actor: Actor, here: Parts) -> AnyPreview:
    """What an order with this content would do."""
    await _checked(content, actor, here)
    async with here.register.writing() as session:
        return await _previewed(session, content, here)


# The bodies are made from the contents of orders, so no annotation can name them.
propose.__annotations__["body"] = ORDER_BODY
preview.__annotations__["body"] = ORDER_BODY
router.add_api_route(
    "",
    propose,
    methods=["POST"],
    summary="提出指令",
    status_code=HTTPStatus.CREATED,
    response_model=Ordered,
    responses={
        200: {"model": Ordered, "description": "此指令先前已提出"},
        202: {"model": OrderPending, "description": "已收下，登记库尚未答复"},
        **ORDER_REFUSALS,
    },
)
router.add_api_route(
    "/preview", preview, methods=["POST"], summary="预览指令的影响", responses=ORDER_REFUSALS
)


async def _checked(content: Content, actor: Actor, here: Parts) -> tuple[str, tuple[str, ...]]:
    """Return district and cities that are responsible for the order, if this actor may propose it.

    No cities: every city.
    """
    require_known(content, here.desk.catalogue)
    if isinstance(content, ChangeStaff):
        require_known_posts(content, here)
    district, known = stated_district(content), tuple[str, ...]()
    if district is None and isinstance(content, ChangeSuspension | LiftSuspension):
        async with here.register.reading() as session:
            found = await find_suspension(session, content.suspension)
        if found is None:
            raise DomainError("SUSPENSION_UNKNOWN", "没有此暂停，请核对编号", "suspension")
        district = district_of(found.reach)
        known = (found.reach.key,) if found.reach.scope is Scope.CITY else ()
    check_proposal(content, actor, district or "")
    if isinstance(content, PublishCatalogue):
        whole = await proposed_catalogue(content, here)
        known = cities_touched(here.published.held, whole, content.first_on)
    cities = cities_of_order(content, district or "", known)
    refused = ordering_refusal(load_authority(), actor, cities, founds=founded_by(content))
    if refused is not None:
        raise refused
    if isinstance(content, MoveToPolicy):
        on = check_policy_day(content, local_date(here.now()))
        here.desk_on(on).catalogue.resolve(content.item, content.district, on)
        await _require_cases(content, here)
    return district or "", cities


def require_known_posts(content: ChangeStaff, here: Parts) -> None:
    """Refuse posts of places, items or bodies that no catalogue has, at the first of them.

    Raises:
        DomainError: with the code of the fault.
    """
    for fault in unknown_in(content.posts, here.desk.catalogue, here.desk.services):
        raise DomainError(fault.code, fault.message, f"posts.{fault.row}.{fault.field}")
    systems = load_authority().systems
    for row, post in enumerate(content.posts):
        if post.person in systems or post.person in ITSELF:
            raise DomainError("CODE_TAKEN", "此编号是对接系统的", f"posts.{row}.person")


async def _require_cases(content: MoveToPolicy, here: Parts) -> None:
    """Require that the named cases exist; the register checks again when the order is approved."""
    if not content.cases:
        return
    async with here.register.reading() as session:
        strangers = await not_concerned(session, content)
    if strangers:
        numbers = "、".join(strangers[:_NAMED])
        if len(strangers) > _NAMED:
            numbers += f" 等 {len(strangers)} 件"
        raise DomainError("CASE_NOT_FOUND", f"本区没有此事项的办件：{numbers}", "cases")


async def _previewed(session: AsyncSession, content: Content, here: Parts) -> AnyPreview:
    now = here.now()
    if isinstance(content, ChangeStaff):
        return await preview_staff(session, content, at=now)
    if isinstance(content, PublishCatalogue):
        proposed = await proposed_catalogue(content, here)
        return await preview_publishing(session, here.published.held, proposed, content.first_on)
    if isinstance(content, Rebalance):
        return await preview_rebalance(session, content, _ground(content, here))
    if not isinstance(content, MoveToPolicy):
        return await preview_order(session, content)
    on = check_policy_day(content, local_date(now))
    measures = await dated_measures(session, content.district, content.item)
    item = here.desk_on(on).catalogue.resolve(content.item, content.district, on, measures)
    return await preview_move(session, content, item, now)


def _ground(content: Rebalance, here: Parts) -> Ground:
    on = local_date(here.now())
    sharing = here.desk_on(on).sharing

    def rule(item: str) -> SharingRule:
        return sharing.rules(content.district, item, on)[content.role]

    return Ground(on=on, posts=staff().on(on).posts, rule=rule)


async def _expected(content: Content, here: Parts) -> AnyPreview | None:
    try:
        async with here.register.writing() as session:
            return await _previewed(session, content, here)
    except AwayError:
        return None  # accept the order nevertheless; it is checked again when it is applied


async def _known(order: Order, here: Parts) -> Response | None:
    async with here.register.reading() as session:
        found = await find_order(session, order.no)
    if found is None:
        return None
    if CONTENT.validate_python(found.body) != order.content:
        raise KEY_REUSED
    return ordered(receipt_of(found))
