"""What colleagues have for each other: notes and opinions of a case, lists for handing over."""

from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date
from http import HTTPStatus
from typing import Annotated

from fastapi import Query

from api.access.guard import Caller, forbidden, may, permit, require
from api.edge.problems import AwayError, invalid, no_case
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.checks import OfficerCode, ensure_there, posts_of
from api.routes.export import exported
from api.routes.lists import Listing, PageQuery, readable
from api.routes.routers import with_token
from casework.domain.authority import INSIDE, Action, GeneralAction
from casework.domain.case.commands import COLLEAGUES, AskOpinion, OpinionAsked
from casework.domain.case.facts import Actor
from casework.domain.case.state import Post
from casework.domain.kinds.registry import CaseKind, stage_label
from casework.domain.policy import Role, city_of
from casework.domain.talent import Level
from casework.domain.time.calendar import local_date
from casework.filing.bodies import CaseNo
from casework.policy.authority import load_authority
from casework.policy.roster import NoPostsError
from casework.policy.staffing import staff
from casework.store.access import outline
from casework.store.queries.handover import Held, HeldView
from casework.store.queries.handover import handover as held_by
from casework.store.queries.together import NoteView, OpinionView
from casework.store.queries.together import notes as noted
from casework.store.queries.together import opinions as asked_for
from casework.store.register.absences import absent_officers

router = with_token(
    tags=["reading"],
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)


@dataclass(frozen=True, kw_only=True)
class NoteItem(NoteView):
    """A note: when, by whom, what."""


@router.get("/cases/{case_no}/notes", summary="内部备注")
@exported("内部备注")
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


@dataclass(frozen=True, kw_only=True)
class OpinionItem(OpinionView):
    """An opinion: who asked whom what, until when, and what was answered, or that it is open."""


@router.get("/cases/{case_no}/opinions", summary="征求的意见（会签）")
@exported("征求的意见")
async def opinions(
    case_no: CaseNo, asked: Annotated[PageQuery, Query()], actor: Caller, here: Here
) -> Listing[OpinionItem]:
    """Who was asked, who has answered and who has not; for colleagues only.

    Somebody elsewhere who was asked sees their own, as long as it is open.
    """
    with readable(asked.cursor):
        async with here.register.reading() as session:
            known = await permit(session, actor, Action.READ, case_no)
            if actor.role not in INSIDE:
                raise forbidden("ROLE_NOT_ALLOWED", "征求的意见仅供工作人员查阅")
            own = "" if may(actor, Action.READ_NOTES, known) else actor.code
            page = await asked_for(session, case_no, of=own, after=asked.cursor, size=asked.size)
    items = [OpinionItem(**vars(row)) for row in page.rows]
    return Listing(items=items, next_cursor=page.next or None)


# --- handing over --------------------------------------------------------------------------


class HandoverQuery(PageQuery):
    """``on``: the day by which something counts as overdue; today if it is left out."""

    on: date | None = None


@dataclass(frozen=True, kw_only=True)
class HandoverItem(HeldView):
    """One thing that the officer holds or waits for; the labels are what a clerk reads."""

    what_label: str
    case_kind_label: str
    stage_label: str
    overdue: bool


@router.get("/officers/{code}/handover", summary="交接清单")
@exported("交接清单")
async def handover(
    code: OfficerCode, asked: Annotated[HandoverQuery, Query()], actor: Caller, here: Here
) -> Listing[HandoverItem]:
    """Everything that an officer holds, case by case: for themselves and their supervisor.

    Open tasks, cards, promises and notes of their cases, requests to take a task over, opinions
    that they owe or wait for.
    """
    if code != actor.code:
        require(actor, GeneralAction.READ_HANDOVER, _place_of(code, actor, here))
    elif actor.role not in COLLEAGUES:
        raise forbidden("ROLE_NOT_ALLOWED", "交接清单仅供工作人员查阅")
    on = asked.on or local_date(here.now())
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await held_by(session, code, after=asked.cursor, size=asked.size)
    items = [
        HandoverItem(
            **vars(row),
            what_label=Held(row.what).label,
            case_kind_label=CaseKind(row.kind_of_case).label,
            stage_label=stage_label(row.stage),
            overdue=row.due_on is not None and row.due_on < on,
        )
        for row in page.rows
    ]
    return Listing(items=items, next_cursor=page.next or None)


def _place_of(code: str, actor: Actor, here: Parts) -> str:
    require(actor, GeneralAction.READ_HANDOVER)
    places = [post.place for post in posts_of(code, here, "code")]
    return actor.district if actor.district in places else places[0]


# --- of whom an opinion is asked -----------------------------------------------------------


async def asked_by_rosters(command: AskOpinion, case_no: str, here: Parts) -> OpinionAsked:
    """Add to a request who it is that is asked, by the rosters of today.

    Raises:
        ProblemError: 422 ``NO_SUCH_POST``, nobody holds that post; ``OFFICER_ABSENT``, at ``to``.
        404, the register does not know the case.
    """
    said = {field.name: getattr(command, field.name) for field in fields(command)}
    if command.to or (command.role is not None and not (command.district or command.body)):
        if command.to:
            with suppress(AwayError):  # the case itself then decides alone
                await ensure_there(command.to, here)
        roles = [post.role for post in load_authority().staff.get(command.to, ())]
        as_wanted = not roles or command.role in roles
        return OpinionAsked(
            **said, asked=command.to, asked_as=command.role if as_wanted else roles[0]
        )
    if not (command.body or (command.district and command.role)):
        return OpinionAsked(**said)  # the case itself says that nobody is named
    async with here.register.reading() as session:
        case = await outline(session, case_no)
        absent = await absent_officers(session, local_date(here.now()))
    if case is None:
        raise no_case()
    post, role = _post_of(command, command.district or case.district, here)
    if post is None:
        raise invalid("body" if command.body else "role", "没有此岗位", "NO_SUCH_POST")
    asked = post.backup if post.holder in absent and post.backup else post.holder
    return OpinionAsked(**said, asked=asked, asked_as=role)


def _post_of(command: AskOpinion, district: str, here: Parts) -> tuple[Post | None, Role]:
    if command.body or command.role is None:
        level, _, code = command.body.partition("/")
        platform = city_of(district) if level == Level.MUNICIPAL else district
        with suppress(NoPostsError):
            return staff().on(local_date(here.now())).liaison(platform, code), Role.LIAISON
        return None, Role.LIAISON
    for posts in (here.desk.centres.posts_for, here.desk.platforms.posts):
        with suppress(NoPostsError):
            if (post := posts(district).get(command.role)) is not None:
                return post, command.role
    return None, command.role
