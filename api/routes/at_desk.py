"""What people of the staff keep beside the cases: looks, saved views, phrases (常用语)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from api.access.guard import Caller, may, permit, require, sight_of
from api.edge.faults import unreadable
from api.edge.problems import ProblemError, invalid
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.board import CardQuery
from api.routes.lists import AnyCaseQuery, PageQuery, TaskQuery
from api.routes.orders import OrderQuery
from api.routes.routers import with_token
from api.routes.staff import StaffQuery
from api.routes.talent_service.absences import AbsenceQuery
from casework.domain.authority import INSIDE, Action, GeneralAction
from casework.domain.bounds import AtMost
from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.case.kind import KNOWN
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS, CaseKind, stage_label
from casework.domain.time.calendar import local_date
from casework.domain.time.dates import Day
from casework.filing.bodies import Body, CaseNo
from casework.store import desk as kept
from casework.store.desk import Phrase, SavedView

router = with_token(
    tags=["desk"],
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)

Verb = Annotated[str, StringConstraints(pattern=r"^[a-z-]{0,40}$")]
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    AtMost(1000, lines=True),
]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20)]
PhraseId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$")]


class SavedList(StrEnum):
    """A list of which views can be saved, named as its address."""

    TASKS = "tasks"
    CASES = "cases"
    CARDS = "cards"
    ORDERS = "orders"
    ABSENCES = "absences"
    STAFF = "staff"


_QUERIES: Mapping[SavedList, type[PageQuery]] = {
    SavedList.TASKS: TaskQuery,
    SavedList.CASES: AnyCaseQuery,
    SavedList.CARDS: CardQuery,
    SavedList.ORDERS: OrderQuery,
    SavedList.ABSENCES: AbsenceQuery,
    SavedList.STAFF: StaffQuery,
}


def _inside(actor: Actor) -> None:
    if actor.role not in INSIDE:
        raise DomainError("ROLE_NOT_ALLOWED", "仅供工作人员使用")


# --- who looks at a case -------------------------------------------------------------------


class LookBody(Body):
    """``seq``: the last event that is shown; ``doing``: the verb whose form is open, or empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"seq": 7, "doing": "pre-review"}]})

    seq: Annotated[int, Field(ge=0, le=10**6)]
    doing: Verb = ""


@dataclass(frozen=True, kw_only=True)
class ColleagueItem:
    """Somebody else of the staff, by code: since when they have the case open, and for what."""

    person: str
    since: datetime
    at: datetime
    doing: str
    doing_label: str


@dataclass(frozen=True, kw_only=True)
class LookAnswer:
    """The visit before this one: up to which event, and until when; null at the first.

    ``others`` have the case open now.
    """

    case_no: str
    before_seq: int | None
    before_at: datetime | None
    others: tuple[ColleagueItem, ...]


@router.post("/cases/{case_no}/looks", summary="记下正在查看")
async def look(case_no: CaseNo, body: LookBody, actor: Caller, here: Here) -> LookAnswer:
    """Note that the caller has the case open, and say who else has.

    Nothing is written into the case. A visit ends 15 minutes after its last look.
    """
    _inside(actor)
    async with here.register.writing() as session:
        known = await permit(session, actor, Action.READ, case_no)
        verbs = KINDS[CaseKind(known.kind)].verbs
        verb = body.doing.replace("-", "_")
        if verb and verb not in verbs:
            raise invalid("doing", "此类办件没有这项操作", "UNKNOWN_VERB")
        now = here.now()
        seen = await kept.look(session, case_no, actor.code, seq=body.seq, doing=body.doing, at=now)
        others: tuple[kept.Colleague, ...] = ()
        if may(actor, Action.READ_NOTES, known):
            others = await kept.colleagues_at(session, case_no, actor.code, now)
    return LookAnswer(
        case_no=case_no,
        before_seq=seen.before_seq,
        before_at=seen.before_at,
        others=tuple(
            ColleagueItem(**vars(each), doing_label=_label(verbs, each.doing)) for each in others
        ),
    )


def _label(verbs: Mapping[str, type[Command]], verb: str) -> str:
    command = verbs.get(verb.replace("-", "_"))
    return command.label if command else ""


@dataclass(frozen=True, kw_only=True)
class MovedItem:
    """A case that has moved on since the caller looked: ``events`` have come."""

    case_no: str
    kind_label: str
    item_name: str
    stage_label: str
    events: int
    seen_at: datetime


@dataclass(frozen=True, kw_only=True)
class MovedList:
    """The last looked at first; at most fifty."""

    items: tuple[MovedItem, ...]


@router.get("/looks", summary="上次查看之后有变化的办件")
async def moved(actor: Caller, here: Here) -> MovedList:
    """The cases that the caller has looked at, and in which something has happened since."""
    _inside(actor)
    async with here.register.reading() as session:
        found = await kept.moved_on(session, actor.code, sight_of(actor))
    return MovedList(
        items=tuple(
            MovedItem(
                case_no=each.case_no,
                kind_label=CaseKind(each.kind).label,
                item_name=each.item_name,
                stage_label=stage_label(each.stage),
                events=each.last_seq - each.seq,
                seen_at=each.seen_at,
            )
            for each in found
        )
    )


# --- views of lists ------------------------------------------------------------------------


class ViewBody(Body):
    """``asked``: the parameters of the list, as its address has them; ``usual``: opens with it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "list": "tasks",
                    "name": "我的预审",
                    "asked": {"kind": "pre_review"},
                    "usual": True,
                }
            ]
        }
    )

    list: SavedList
    name: Name
    asked: Annotated[
        dict[
            Annotated[str, Field(max_length=40)], Annotated[str, StringConstraints(max_length=100)]
        ],
        Field(max_length=20),
    ]
    usual: bool = False


class ViewNamed(Body):
    """Which view."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"list": "tasks", "name": "我的预审"}]}
    )

    list: SavedList
    name: Name


class ViewQuery(BaseModel):
    """Of one list, or of all."""

    model_config = ConfigDict(extra="forbid")

    list: SavedList | None = None


@dataclass(frozen=True, kw_only=True)
class ViewList:
    """The caller's own views."""

    items: tuple[SavedView, ...]


@router.get("/views", summary="保存的视图")
async def views(asked: Annotated[ViewQuery, Query()], actor: Caller, here: Here) -> ViewList:
    """One's own saved views of lists, in the order in which they were saved."""
    _inside(actor)
    async with here.register.reading() as session:
        found = await kept.saved_views(session, actor.code)
    return ViewList(items=tuple(each for each in found if asked.list in {None, each.list}))


@router.post("/views", summary="保存视图")
async def save_view(body: ViewBody, actor: Caller, here: Here) -> ViewList:
    """Keep filters and sort of a list under a name; the same name again replaces them."""
    _inside(actor)
    asked = {name: value for name, value in body.asked.items() if value}
    for name in ("cursor", "size", "format", "total", "count_to"):
        if name in asked:
            raise invalid("asked", f"视图里不能有 {name}", "INVALID_REQUEST")
    try:
        _QUERIES[body.list].model_validate(asked)
    except ValidationError as error:
        raise unreadable(error.errors()) from None
    view = SavedView(list=body.list.value, name=body.name, asked=asked, usual=body.usual)
    async with here.register.writing() as session:
        await kept.save_view(session, actor.code, view, here.now())
        found = await kept.saved_views(session, actor.code)
    return ViewList(items=tuple(each for each in found if each.list == body.list))


@router.post("/views/remove", summary="删除视图")
async def remove_view(body: ViewNamed, actor: Caller, here: Here) -> ViewList:
    """Forget a view of one's own."""
    _inside(actor)
    async with here.register.writing() as session:
        if not await kept.remove_view(session, actor.code, body.list.value, body.name):
            raise _nothing("VIEW_NOT_FOUND", "没有这个视图")
        found = await kept.saved_views(session, actor.code)
    return ViewList(items=tuple(each for each in found if each.list == body.list))


# --- phrases -------------------------------------------------------------------------------


class PhraseBody(Body):
    """``verb``: for which act; empty: for every one. ``office``: for everybody in the district.

    Without ``since`` from today on; without ``until``: until it is ended.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"verb": "pre-review", "text": "扫描件不清晰，请重新上传。"}]
        }
    )

    verb: Verb = ""
    text: Text
    office: bool = False
    since: Day | None = None
    until: Day | None = None


class PhraseQuery(BaseModel):
    """What is proposed for one act, or everything."""

    model_config = ConfigDict(extra="forbid")

    verb: Annotated[Verb | None, Field(description="用于此操作的，和通用的")] = None


@dataclass(frozen=True, kw_only=True)
class PhraseItem:
    """A phrase. ``office``: of the whole district, kept by a head or supervisor (``by``)."""

    id: str
    verb: str
    text: str
    office: bool
    since: date
    until: date | None
    by: str


@dataclass(frozen=True, kw_only=True)
class PhraseList:
    """What is proposed to the caller today; those of the district first."""

    items: tuple[PhraseItem, ...]


@router.get("/phrases", summary="常用语")
async def phrases(asked: Annotated[PhraseQuery, Query()], actor: Caller, here: Here) -> PhraseList:
    """One's own phrases and those of one's district, as far as they are in force today."""
    _inside(actor)
    owners = (*([_office(actor)] if actor.district else ()), actor.code)
    today = local_date(here.now())
    async with here.register.reading() as session:
        found = await kept.phrases(session, owners, today, asked.verb)
    items = sorted((_item(each) for each in found), key=lambda each: not each.office)
    return PhraseList(items=tuple(items))


@router.post("/phrases", summary="登记常用语", status_code=HTTPStatus.CREATED)
async def keep_phrase(body: PhraseBody, actor: Caller, here: Here) -> PhraseItem:
    """Keep a phrase; the same text again gets the new days. It is proposed, and never sent."""
    _inside(actor)
    known = {verb for kind in KNOWN.values() for verb in kind.verbs}
    if body.verb and body.verb.replace("-", "_") not in known:
        raise invalid("verb", "没有这项操作", "UNKNOWN_VERB")
    if body.office:
        if not actor.district:
            raise invalid("office", "您不属于任何一区，只能登记自己的常用语", "NO_DISTRICT")
        require(actor, GeneralAction.KEEP_PHRASES)
    since = body.since or local_date(here.now())
    if body.until and body.until < since:
        raise invalid("until", "不能早于第一天", "DATES_REVERSED")
    phrase = Phrase(
        owner=_office(actor) if body.office else actor.code,
        verb=body.verb,
        text=body.text,
        since=since,
        until=body.until,
        by=actor.code,
    )
    async with here.register.writing() as session:
        return _item(await kept.keep_phrase(session, phrase, here.now()))


@router.post("/phrases/{phrase_id}/end", summary="停用常用语")
async def end_phrase(phrase_id: PhraseId, actor: Caller, here: Here) -> PhraseItem:
    """Propose a phrase no longer, from now on."""
    _inside(actor)
    async with here.register.writing() as session:
        found = await kept.find_phrase(session, phrase_id)
        if found is None or found.owner not in {actor.code, _office(actor)}:
            raise _nothing("PHRASE_NOT_FOUND", "没有这条常用语")
        if found.owner != actor.code:
            require(actor, GeneralAction.KEEP_PHRASES)
        yesterday = local_date(here.now()) - timedelta(days=1)
        await kept.end_phrase(session, phrase_id, yesterday)
        return _item(await kept.find_phrase(session, phrase_id) or found)


def _office(actor: Actor) -> str:
    return f"district/{actor.district}"


def _item(phrase: Phrase) -> PhraseItem:
    told: dict[str, Any] = {name: value for name, value in vars(phrase).items() if name != "owner"}
    return PhraseItem(**told, office="/" in phrase.owner)


def _nothing(code: str, detail: str) -> ProblemError:
    return ProblemError(status=HTTPStatus.NOT_FOUND, code=code, detail=detail)
