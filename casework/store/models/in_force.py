"""The tables of what is in force for many cases at once, and of the orders that put it there.

``version`` is that of the order which last changed a row, 0 for what came with the catalogue.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from casework.store.models.model import CaseNo, Key, Model


class CalendarYears(Model):
    """The years of the calendar ``CN``, and what a district (its code) has otherwise."""

    __tablename__ = "calendar_years"

    calendar: Mapped[Key]
    year: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]]
    notice: Mapped[str]
    provisional: Mapped[bool]
    version: Mapped[int] = mapped_column(BigInteger)


class CalendarDays(Model):
    """The working-day index: ``nth`` is how many days are worked from the first to this one."""

    __tablename__ = "calendar_days"

    calendar: Mapped[Key]
    day: Mapped[date] = mapped_column(primary_key=True)
    working: Mapped[bool]
    nth: Mapped[int]


Index(
    "calendar_days_working_idx",
    CalendarDays.calendar,
    CalendarDays.nth,
    postgresql_where=CalendarDays.working,
    postgresql_include=["day"],
)


class Suspensions(Model):
    """Suspensions by order; ``id`` is the number of the order that opened it.

    ``key`` is the reach's (see ``Reach``); no two scopes have a key in common.
    """

    __tablename__ = "suspensions"

    id: Mapped[Key]
    scope: Mapped[str]
    key: Mapped[str] = mapped_column(index=True)
    first_on: Mapped[date]
    lifted_on: Mapped[date | None]
    reason: Mapped[str]
    basis: Mapped[str]
    clocks: Mapped[str]
    channels: Mapped[tuple[str, ...]]
    by: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)


class Measures(Model):
    """Temporary measures, one row for each district and window.

    ``origin`` is ``catalogue``, or the order that started the measure or last gave it an end.
    """

    __tablename__ = "measures"

    id: Mapped[Key]
    effect: Mapped[str]
    name: Mapped[str]
    district: Mapped[str] = mapped_column(index=True)
    items: Mapped[tuple[str, ...]]
    since: Mapped[date]
    until: Mapped[date | None]
    online_accepted_from: Mapped[date | None]
    channels: Mapped[tuple[str, ...]] = mapped_column(server_default=text("'[]'::jsonb"))
    reference: Mapped[str]
    mark: Mapped[str]
    origin: Mapped[str]
    version: Mapped[int] = mapped_column(BigInteger)


class Orders(Model):
    """The audit trail: what was proposed and decided, by whom, and what it did."""

    __tablename__ = "orders"

    no: Mapped[Key]
    kind: Mapped[str]
    status: Mapped[str]
    body: Mapped[dict[str, Any]]
    district: Mapped[str]
    proposed_by: Mapped[str]
    proposed_at: Mapped[datetime]
    decided_by: Mapped[str] = mapped_column(server_default="")
    decided_at: Mapped[datetime | None]
    decision_reason: Mapped[str] = mapped_column(server_default="")
    applied_at: Mapped[datetime | None]
    version: Mapped[int | None] = mapped_column(BigInteger)
    moved: Mapped[int | None]
    roused: Mapped[int | None]
    refusal: Mapped[str] = mapped_column(server_default="")


Index("orders_newest_idx", Orders.proposed_at.desc(), Orders.no.desc())


class Changes(Model):
    """Which cases an applied order concerns; append-only, ``version`` never goes back.

    The version of a case is the highest among the keys that it falls under.
    """

    __tablename__ = "changes"

    version: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    scope: Mapped[str]
    key: Mapped[str]
    order_no: Mapped[str] = mapped_column(ForeignKey("orders.no"), unique=True)
    at: Mapped[datetime] = mapped_column(server_default=func.now())


Index("changes_key_version_idx", Changes.key, Changes.version)


class Armings(Model):
    """What a case's workflow knows, and when it wakes by itself; NULL: not before it is told.

    ``ahead``: how the case will stand when its next moment has come
    (``casework.store.register.by_date``). ``decided_at``: when, by Temporal's time, it decided what
    was last recorded of it.

    A case of before there were orders has no ``version``. Recorders write here with each entry: an
    order that holds the table holds all of them up (``casework.store.in_force.turns``).
    """

    __tablename__ = "armings"
    # Each entry rewrites its row in place.
    __table_args__ = {"postgresql_with": {"fillfactor": 70}}  # noqa: RUF012 - SQLAlchemy's own form

    case_no: Mapped[CaseNo]
    version: Mapped[int | None] = mapped_column(BigInteger)
    wakes_at: Mapped[datetime | None]
    ahead: Mapped[dict[str, Any] | None]
    decided_at: Mapped[datetime | None]


class Receipts(Model):
    """Which cases an order rouses: ``outcome`` is claimed, then signalled or gone (no workflow)."""

    __tablename__ = "receipts"

    order_no: Mapped[str] = mapped_column(ForeignKey("orders.no"), primary_key=True)
    case_no: Mapped[CaseNo]
    outcome: Mapped[str]
    code: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime] = mapped_column(server_default=func.now())


Index(
    "receipts_waiting_idx",
    Receipts.order_no,
    Receipts.case_no,
    postgresql_where=Receipts.outcome == "claimed",
)


class Tellings(Model):
    """Which cases an absence, a leaver or a relation has look again, and what became of each.

    ``about``: by what they are told (``casework.store.telling.part``); ``kind`` is a ``CaseKind``;
    ``outcome`` is waiting, then signalled or gone (no workflow).
    """

    __tablename__ = "tellings"

    about: Mapped[Key]
    case_no: Mapped[CaseNo]
    kind: Mapped[str]
    outcome: Mapped[str]
    code: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime | None]


Index(
    "tellings_waiting_idx",
    Tellings.about,
    Tellings.case_no,
    postgresql_where=Tellings.outcome == "waiting",
)


class PolicyOrders(Model):
    """The policy that an approved order has found: all its cases get this one."""

    __tablename__ = "policy_orders"

    order_no: Mapped[str] = mapped_column(ForeignKey("orders.no"), primary_key=True)
    policy: Mapped[str] = mapped_column(ForeignKey("service_items.digest"))
    catalogue: Mapped[str] = mapped_column(server_default="")


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


class RebalanceMoves(Model):
    """The cases that an order to rebalance hands on, and what became of each (``HandedOn``).

    ``kind`` is a ``CaseKind``; ``tasks`` and ``weight`` as they were when the order was approved.
    ``why`` says why it goes to ``receiver``; ``cap``: how many open tasks they may have, 0: any.
    """

    __tablename__ = "rebalance_moves"

    order_no: Mapped[str] = mapped_column(ForeignKey("orders.no"), primary_key=True)
    case_no: Mapped[Key]
    kind: Mapped[str]
    role: Mapped[str]
    holder: Mapped[str]
    receiver: Mapped[str]
    tasks: Mapped[int]
    weight: Mapped[int]
    cap: Mapped[int]
    why: Mapped[str]
    outcome: Mapped[str]
    code: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime | None]


Index(
    "rebalance_moves_waiting_idx",
    RebalanceMoves.order_no,
    RebalanceMoves.case_no,
    postgresql_where=RebalanceMoves.outcome == "waiting",
)


class CatalogueVersions(Model):
    """The published catalogues; append-only, ``number`` never goes back.

    ``digest`` is that of the archive, by which the material store keeps it for good. ``order_no``
    is NULL for the first version, which is the catalogue that the first worker came with.
    ``replaces``: the digest of the version that was in force when this one was approved.
    """

    __tablename__ = "catalogue_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    digest: Mapped[str]
    first_on: Mapped[date]
    order_no: Mapped[str | None] = mapped_column(ForeignKey("orders.no"), unique=True)
    reason: Mapped[str] = mapped_column(server_default="")
    proposed_by: Mapped[str]
    approved_by: Mapped[str] = mapped_column(server_default="")
    at: Mapped[datetime]
    replaces: Mapped[str] = mapped_column(server_default="")
