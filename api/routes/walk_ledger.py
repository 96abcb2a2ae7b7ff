"""The ledger of walkthroughs (走流程台账): the entries that each figure of a report counts."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from api.access.guard import Caller, listed_district, sight_of
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.export import exported
from api.routes.lists import Code, Listing, PageQuery, Text, readable
from api.routes.routers import with_token
from casework.domain.kinds.registry import stage_label
from casework.domain.kinds.walkthrough.state import RemedyStatus
from casework.domain.reports import LedgerFigure
from casework.domain.time.dates import Day
from casework.filing.bodies import District
from casework.store.queries.reports import Place
from casework.store.queries.walkthroughs import LedgerEntry, ledger_page

router = with_token(
    tags=["walkthroughs"], responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY)
)


class WalkEntryQuery(PageQuery):
    """A field that is left out does not restrict. ``before``: the day after the last one."""

    figure: LedgerFigure | None = None
    district: District | None = None
    since: Day | None = None
    before: Day | None = None
    item: Code = ""
    office: Text = ""
    channel: Code = ""


@dataclass(frozen=True, kw_only=True)
class WalkEntry(LedgerEntry):
    """An entry with its words. ``day``: on which it was walked, noted, set or closed."""

    figure_label: str
    status_label: str
    stage_label: str


@router.get("/walk-entries", summary="走流程台账")
@exported("走流程台账")
async def walk_entries(
    asked: Annotated[WalkEntryQuery, Query()], actor: Caller, here: Here
) -> Listing[WalkEntry]:
    """Walks, problems, needs and remedies, by day; people of a district see their own."""
    place = Place(
        district=listed_district(actor, asked.district),
        item=asked.item,
        office=asked.office,
        channel=asked.channel,
        sight=sight_of(actor),
    )
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await ledger_page(
                session,
                place.conditions(),
                figure=asked.figure or "",
                since=asked.since,
                before=asked.before,
                after=asked.cursor,
                size=asked.size,
            )
    items = [
        WalkEntry(
            **vars(row),
            figure_label=LedgerFigure(row.figure).label,
            status_label=RemedyStatus(row.status).label if row.status else "",
            stage_label=stage_label(row.stage),
        )
        for row in page.rows
    ]
    return Listing(items=items, next_cursor=page.next or None)
