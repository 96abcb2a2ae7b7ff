"""Published catalogues as rows: the first one, and those that orders have put in force since."""

import asyncio
from dataclasses import dataclass, fields
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.facts import Actor
from casework.domain.kinds.registry import CaseKind
from casework.domain.orders import Order, PublishCatalogue
from casework.domain.publishing import CatalogueVersion, version_on
from casework.domain.time.calendar import local_date
from casework.messages.orders import OrderStatus
from casework.policy.publishing.differences import CatalogueDifference, catalogue_differences
from casework.policy.publishing.versions import HeldCatalogues, WholeCatalogue
from casework.policy.staffing import staff
from casework.store.engine import take_publishing_turn
from casework.store.in_force.order_book import insert_order
from casework.store.models import Cases, CatalogueVersions, Openings, Orders


@dataclass(frozen=True, kw_only=True)
class VersionRow(CatalogueVersion):
    """A published version with its order; ``order_no`` is None for the first one.

    ``replaces``: the digest of the version in force when this one was approved.
    """

    order_no: str | None
    reason: str
    proposed_by: str
    approved_by: str
    at: datetime
    replaces: str


_SHOWN = tuple(CatalogueVersions.__table__.c[field.name] for field in fields(VersionRow))


async def list_versions(session: AsyncSession) -> tuple[VersionRow, ...]:
    """Every published version, the first one first."""
    found = await session.execute(select(*_SHOWN).order_by(CatalogueVersions.number))
    return tuple(VersionRow(**row) for row in found.mappings())


async def latest_version(session: AsyncSession) -> int:
    """The number of the last published version; 0: nothing has been published."""
    return await session.scalar(select(func.max(CatalogueVersions.number))) or 0


async def enter_first(session: AsyncSession, digest: str, by: str, at: datetime) -> bool:
    """Enter a catalogue as version 1, unless there is one; whether it was entered."""
    await take_publishing_turn(session)
    if await latest_version(session):
        return False
    row = {"number": 1, "digest": digest, "first_on": local_date(at), "proposed_by": by, "at": at}
    await session.execute(insert(CatalogueVersions).values(row))
    return True


async def publish(
    session: AsyncSession, order: Order, approved_by: Actor, at: datetime
) -> VersionRow:
    """Enter the version of an approved order; idempotent on its number.

    The caller holds ``take_publishing_turn`` and has checked the catalogue.
    """
    content = order.content
    if not isinstance(content, PublishCatalogue):
        raise TypeError(content.kind)
    await session.execute(insert_order(order, at))
    known = await list_versions(session)
    if own := next((row for row in known if row.order_no == order.no), None):
        return own
    before = version_on(known, local_date(at))
    row = VersionRow(
        number=max((row.number for row in known), default=0) + 1,
        digest=content.digest,
        first_on=content.first_on,
        order_no=order.no,
        reason=content.reason,
        proposed_by=order.proposed_by.code,
        approved_by=approved_by.code,
        at=at,
        replaces=before.digest if before else "",
    )
    await session.execute(insert(CatalogueVersions).values(vars(row)))
    await session.execute(
        update(Orders)
        .where(Orders.no == order.no)
        .values(
            status=OrderStatus.APPLIED,
            decided_by=approved_by.code,
            decided_at=func.coalesce(Orders.decided_at, at),
            applied_at=at,
        )
    )
    return row


async def is_published(session: AsyncSession, order_no: str) -> bool:
    """Whether the order has put its catalogue in force already."""
    query = select(CatalogueVersions.number).where(CatalogueVersions.order_no == order_no)
    return await session.scalar(query) is not None


# --- what publishing would do --------------------------------------------------------------

MOST_DIFFERENCES = 500
_EXAMPLES = 10


@dataclass(frozen=True, kw_only=True)
class OpenCases:
    """Open applications of an item that changes: a move to newer policy would be for these.

    Publishing does not touch them. ``examples``: the numbers of some of them.
    """

    district: str
    item: str
    cases: int
    examples: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class CataloguePreview:
    """What a catalogue would change; ``differences`` are the first ones of ``changed``.

    ``without_superior``: cities of which it speaks and for which nobody is named on the first day.
    """

    catalogue: str
    first_on: date
    replaces: str
    changed: int
    differences: tuple[CatalogueDifference, ...]
    open_cases: tuple[OpenCases, ...]
    without_superior: tuple[str, ...]


async def preview_publishing(
    session: AsyncSession, held: HeldCatalogues, proposed: WholeCatalogue, first_on: date
) -> CataloguePreview:
    """What publishing would do, in words; changes nothing."""
    found = await asyncio.to_thread(catalogue_differences, held, proposed, first_on)
    items = proposed.catalogue.items().keys() | held.on(first_on).catalogue.items().keys()
    touched = dict.fromkeys((each.district, each.code) for each in found if each.code in items)
    open_cases = [await _open_cases(session, district, item) for district, item in touched]
    return CataloguePreview(
        catalogue=proposed.digest,
        first_on=first_on,
        replaces=held.on(first_on).digest,
        changed=len(found),
        differences=found[:MOST_DIFFERENCES],
        open_cases=tuple(each for each in open_cases if each.cases),
        without_superior=staff()
        .on(first_on)
        .unled({*proposed.catalogue.districts(), *proposed.services.platforms()}),
    )


async def _open_cases(session: AsyncSession, district: str, item: str) -> OpenCases:
    ours = (
        select(Cases.case_no)
        .join(Openings, Openings.case_no == Cases.case_no)
        .where(
            Openings.kind == CaseKind.APPLICATION,
            Cases.district == district,
            Cases.item == item,
            Cases.closed_at.is_(None),
        )
    )
    count = await session.scalar(select(func.count()).select_from(ours.subquery())) or 0
    some = await session.scalars(ours.order_by(Cases.case_no).limit(_EXAMPLES))
    return OpenCases(district=district, item=item, cases=count, examples=tuple(some))
