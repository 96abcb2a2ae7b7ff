"""What colleagues have for each other on a case: notes, for nobody outside."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query

from api.access.guard import Caller, permit
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.lists import Listing, PageQuery, readable
from casework.domain.authority import Action
from casework.filing.bodies import CaseNo
from casework.store.queries.together import NoteView
from casework.store.queries.together import notes as noted

router = APIRouter(
    tags=["reading"],
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)


@dataclass(frozen=True, kw_only=True)
class NoteItem(NoteView):
    """A note: when, by whom, what."""


@router.get("/cases/{case_no}/notes", summary="内部备注")
async def notes(
    case_no: CaseNo, asked: Annotated[PageQuery, Query()], actor: Caller, here: Here
) -> Listing[NoteItem]:
    """The notes of a case, newest first; for colleagues only."""
    with readable(asked.cursor):
        async with here.register.reading() as session:
            await permit(session, actor, Action.READ_NOTES, case_no)
            page = await noted(session, case_no, after=asked.cursor, size=asked.size)
    items = [NoteItem(**vars(row)) for row in page.rows]
    return Listing(items=items, next_cursor=page.next or None)
