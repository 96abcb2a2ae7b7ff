"""The answers of routes about an order: its status, pending, or the whole order."""

from dataclasses import dataclass
from http import HTTPStatus

from fastapi import Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.parts import Parts
from api.routes.answers import problem_responses
from api.routes.once import asked_later
from casework.domain.errors import DomainError
from casework.messages.orders import CONTENT, OrderReceipt, OrderStatus, headline, unsealed
from casework.store.in_force import OrderView, Preview, find_order
from casework.store.in_force.catalogue_orders import CataloguePreview
from casework.store.in_force.policy_moves import PolicyPreview
from casework.store.in_force.rebalancing import RebalancePreview
from casework.store.in_force.staff_orders import StaffPreview
from casework.store.telling import Count

AnyPreview = Preview | PolicyPreview | StaffPreview | CataloguePreview | RebalancePreview
"""What an order would do, by its kind."""

ORDER_REFUSALS = problem_responses(
    HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
)


@dataclass(frozen=True, kw_only=True)
class OrderAnswer(OrderView):
    """An order with all that was decided about it; ``headline`` says in a line what it does.

    ``cases``: how many it tells something, ``done``: how many of them were told. In a list null.
    """

    status_label: str
    headline: str
    cases: int | None = None
    done: int | None = None


class Ordered(BaseModel):
    """The status of the order; ``preview`` says what it would do, or is null if not requested.

    For a move to newer policy, ``cases`` is the number of its cases, ``done`` how many are done.
    """

    no: str
    status: OrderStatus
    status_label: str
    version: int | None
    moved: int | None
    roused: int
    preview: AnyPreview | None = None
    cases: int | None = None
    done: int = 0


class OrderPending(BaseModel):
    """Accepted, not yet in the register: ask at ``ask``, it is never done twice."""

    status: str = "pending"
    no: str
    ask: str = Field(examples=["/v1/orders/ZL-0000-0000-0001/operations/key-1"])


async def known_order(no: str, here: Parts) -> OrderView:
    """The order as the register has it.

    Raises:
        DomainError: ``ORDER_NOT_FOUND``.
    """
    async with here.register.reading() as session:
        found = await find_order(session, no)
    if found is None:
        raise DomainError("ORDER_NOT_FOUND", "没有此指令编号，请核对")
    return found


def receipt_of(found: OrderView) -> OrderReceipt:
    """Return the status of an order from the register."""
    return OrderReceipt(
        no=found.no,
        status=OrderStatus(found.status),
        version=found.version,
        moved=found.moved,
        roused=found.roused or 0,
    )


def shown(found: OrderView, progress: Count | None = None) -> OrderAnswer:
    """An order as its page shows it; of addresses, only whose they are."""
    content = CONTENT.validate_python(found.body)
    body = CONTENT.dump_python(unsealed(content), mode="json") if found.body.get("contacts") else {}
    return OrderAnswer(
        **vars(found) | ({"body": body} if body else {}),
        status_label=OrderStatus(found.status).label,
        headline=headline(content),
        cases=progress.cases if progress else None,
        done=progress.done if progress else None,
    )


def ordered(
    receipt: OrderReceipt,
    preview: AnyPreview | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    """Return the status of the order, with its address."""
    body = Ordered(
        no=receipt.no,
        status=receipt.status,
        status_label=receipt.status.label,
        version=receipt.version,
        moved=receipt.moved,
        roused=receipt.roused,
        preview=preview,
        cases=receipt.cases,
        done=receipt.done,
    )
    place = {"Location": f"/v1/orders/{receipt.no}"}
    return JSONResponse(jsonable_encoder(body), status, place)


def order_pending(no: str, key: str) -> Response:
    """Return a 202 with the address at which to ask for the answer."""
    place = f"/v1/orders/{no}/operations/{key}"
    return asked_later(OrderPending(no=no, ask=place), place)
