"""Jurisdiction transfers (管辖移送): who receives a case, and the log."""

from dataclasses import dataclass, fields
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Query

from api.access.guard import Caller, require
from api.edge.problems import no_case
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.export import exported
from api.routes.lists import Listing, PageQuery, readable
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.domain.case.commands import TransferJurisdiction
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.state import Case
from casework.domain.kinds.request.state import Request
from casework.domain.time.calendar import local_date
from casework.filing.bodies import CaseNo, District
from casework.store.queries import state
from casework.store.queries.logs import TransferView
from casework.store.queries.logs import transfers as logged

router = with_token(tags=["reading"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))


class TransferQuery(PageQuery):
    """Empty fields do not restrict."""

    district: District | None = None
    case_no: CaseNo | None = None


@dataclass(frozen=True, kw_only=True)
class TransferItem(TransferView):
    """A transfer: which case, when, by whom, from where, to where, why."""


@router.get("/transfers", summary="管辖移送记录")
@exported("管辖移送记录")
async def transfers(
    asked: Annotated[TransferQuery, Query()], actor: Caller, here: Here
) -> Listing[TransferItem]:
    """Transfers from and to the caller's district, newest first; both districts see each."""
    require(actor, GeneralAction.READ_TRANSFERS, asked.district)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await logged(
                session,
                district=asked.district or actor.district,
                case_no=asked.case_no or "",
                after=asked.cursor,
                size=asked.size,
            )
    items = [TransferItem(**vars(row)) for row in page.rows]
    return Listing(items=items, next_cursor=page.next or None)


async def with_receivers(
    command: TransferJurisdiction, case_no: str, here: Parts
) -> JurisdictionTransfer:
    """Add to the transfer the posts of the receiving district, as if the case were opened there.

    Raises:
        DomainError: the district does not offer the item, or nobody holds its posts. ProblemError:
            404, the register does not know the case.
    """
    async with here.register.reading() as session:
        case = await state(session, case_no)
    if case is None:
        raise no_case()
    said = {field.name: getattr(command, field.name) for field in fields(command)}
    return JurisdictionTransfer(**said, **_receivers(case, command.to_district, here))


def _receivers(case: Case, district: str, here: Parts) -> dict[str, Any]:
    on = local_date(case.received_at)
    desk = here.desk_on(on)
    sharing = desk.sharing.rules(district, case.item, local_date(here.now()))
    if not isinstance(case, Request):
        desk.catalogue.resolve(case.item, district, on)
        office = desk.catalogue.office(district)
        posts = desk.centres.posts_for(district, item=case.item, office=office)
        return {"office": office, "posts": posts, "sharing": sharing}
    rule = desk.services.rule(case.item, district, on)
    return {
        "office": desk.services.office(district),
        "posts": desk.platforms.posts(district),
        "bodies": desk.platforms.bodies(district, rule, desk.services),
        "specialists": desk.platforms.specialists(district),
        "sharing": sharing,
    }
