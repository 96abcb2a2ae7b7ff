"""The tables of orders that move running cases to newer policy."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import Key, Model


class PolicyOrders(Model):
    """The policy that an approved order has found: all its cases get this one."""

    __tablename__ = "policy_orders"

    order_no: Mapped[str] = mapped_column(ForeignKey("orders.no"), primary_key=True)
    policy: Mapped[str] = mapped_column(ForeignKey("service_items.digest"))


class PolicyMoves(Model):
    """The cases of such an order, and what became of each (``Carried``); ``code`` of a refusal.

    ``case_no`` is as the order names it, which may be no case at all. ``policy`` is the digest
    under which the case stood when the order was approved.
    """

    __tablename__ = "policy_moves"

    order_no: Mapped[str] = mapped_column(ForeignKey("orders.no"), primary_key=True)
    case_no: Mapped[Key]
    policy: Mapped[str] = mapped_column(server_default="")
    outcome: Mapped[str]
    code: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime | None]


Index(
    "policy_moves_waiting_idx",
    PolicyMoves.order_no,
    PolicyMoves.case_no,
    postgresql_where=PolicyMoves.outcome == "waiting",
)
