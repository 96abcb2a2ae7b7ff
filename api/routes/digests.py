"""Digests: of the cards of each officer, and of the audit chain of each district."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from api.access.guard import Caller, require
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.export import exported
from api.routes.lists import Code, Listing, PageQuery, readable
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.filing.bodies import District
from casework.store.queries.logs import CardDigestView, DigestView, card_digests
from casework.store.queries.logs import digests as stored_audit_digests

audit_router = with_token(
    tags=["audit"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY)
)
router = with_token(tags=["reading"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))


class DigestStatus(StrEnum):
    """The outcome of a digest; the values are stored for ever."""

    QUEUED = "queued"
    SENT = "sent"
    REFUSED = "refused"
    VOID = "void"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    DigestStatus.QUEUED: "待发送",
    DigestStatus.SENT: "已发送",
    DigestStatus.REFUSED: "未能送达",
    DigestStatus.VOID: "已无须发送",
}


class DigestQuery(PageQuery):
    """Without a district: the caller's own, or all."""

    district: District | None = None
    officer: Code = ""
    status: DigestStatus | None = None
    day: date | None = None


@dataclass(frozen=True, kw_only=True)
class CardDigestItem(CardDigestView):
    """A digest as a list shows it."""

    status_label: str


@router.get("/card-digests", summary="督办提醒的发送记录")
@exported("督办提醒")
async def sent_digests(
    asked: Annotated[DigestQuery, Query()], actor: Caller, here: Here
) -> Listing[CardDigestItem]:
    """The digests of cards by officer and day, newest first; never where somebody is reached."""
    district = asked.district or actor.district
    require(actor, GeneralAction.READ_CARD_DIGESTS, district)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await card_digests(
                session,
                district=district,
                officer=asked.officer,
                status=asked.status or "",
                day=asked.day,
                after=asked.cursor,
                size=asked.size,
            )
    return Listing(items=[_item(row) for row in page.rows], next_cursor=page.next or None)


def _item(row: CardDigestView) -> CardDigestItem:
    return CardDigestItem(**vars(row), status_label=DigestStatus(row.status).label)


class AuditDigestQuery(PageQuery):
    """Without a district: the caller's own, or all."""

    district: District | None = None


@audit_router.get("/audit/digests", summary="审计链的日摘要")
@exported("审计链日摘要")
async def audit_digests(
    asked: Annotated[AuditDigestQuery, Query()], actor: Caller, here: Here
) -> Listing[DigestView]:
    """The digests, newest first; `casework audit export` writes them whole."""
    district = asked.district or actor.district
    require(actor, GeneralAction.READ_AUDIT, district)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await stored_audit_digests(
                session, district, after=asked.cursor, size=asked.size
            )
    return Listing(items=list(page.rows), next_cursor=page.next or None)
