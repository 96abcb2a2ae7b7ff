"""The signed digests of the audit chain, for those who watch over a district."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from api.access.guard import Caller, require
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.lists import Listing, PageQuery, readable
from casework.domain.authority import GeneralAction
from casework.filing.body import District
from casework.store.queries.digests import DigestView
from casework.store.queries.digests import digests as stored

router = APIRouter(tags=["audit"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))


class DigestQuery(PageQuery):
    """Without a district: the caller's own, or all."""

    district: District | None = None


@router.get("/audit/digests", summary="审计链的日摘要")
async def digests(
    asked: Annotated[DigestQuery, Query()], actor: Caller, here: Here
) -> Listing[DigestView]:
    """The digests, newest first; `casework audit export` writes them whole."""
    district = asked.district or actor.district
    require(actor, GeneralAction.READ_AUDIT, district)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await stored(session, district, after=asked.cursor, size=asked.size)
    return Listing(items=list(page.rows), next_cursor=page.next or None)
