"""The people of the offices and their posts (人员、岗位), and their import from a file."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import Header, Path, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import Field

from api.access.guard import Caller, cities_of, require
from api.edge.form_file import A_FILE, form_file
from api.edge.problems import FieldError, ProblemError
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.checks import OfficerCode
from api.routes.export import exported
from api.routes.lists import Code, Listing, PageQuery, readable
from api.routes.order_answers import ORDER_REFUSALS, AnyPreview, Ordered, OrderPending
from api.routes.proposing import preview_content, propose_content
from api.routes.routers import with_token
from api.routes.verbs import IdempotencyKey
from casework.domain.authority import GeneralAction
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.orders import require_may_order, staff_faults
from casework.domain.policy import Role
from casework.domain.staff import ChangeStaff, serves
from casework.domain.time.calendar import local_date
from casework.filing.bodies import District, ShortText, digest
from casework.policy.staff_check import unknown_in
from casework.policy.staff_file import FileFault, StaffFile, StaffFileError, read_staff_file
from casework.store.queries.staff import (
    HeldTasks,
    PostView,
    alerts_of,
    posts_held_by,
    staff_posts,
    tasks_held_by,
)
from casework.store.register.staff import sealed_contacts

router = with_token(prefix="/staff", tags=["staff"])

MOST_FAULTS = 200


class StaffQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    district: District | None = None
    role: Role | None = None
    team: Code = ""
    on: Annotated[date | None, Field(description="这一天在岗的")] = None


@dataclass(frozen=True, kw_only=True)
class StaffPostAnswer(PostView):
    """A post with the Chinese name of its role, and whether it is held today."""

    role_label: str
    held_today: bool


@dataclass(frozen=True, kw_only=True)
class PersonAnswer:
    """A person: every post, what they hold open, and how they are told of cards (no address).

    ``contact_erased_at``: when the address was erased because the person had left.
    """

    person: str
    posts: tuple[StaffPostAnswer, ...]
    work: tuple[HeldTasks, ...]
    alerts: str
    contact_erased_at: datetime | None


@router.get("", summary="人员和岗位", responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY))
@exported("人员和岗位")
async def staff(
    asked: Annotated[StaffQuery, Query()], actor: Caller, here: Here
) -> Listing[StaffPostAnswer]:
    """Posts by person; people of a district see its own, and those of its city.

    The superior of a city sees nothing of another one that has its own.
    """
    district = asked.district or actor.district
    require(actor, GeneralAction.READ_STAFF, district)
    today = local_date(here.now())
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await staff_posts(
                session,
                district=district,
                cities=cities_of(actor, GeneralAction.READ_STAFF),
                role=asked.role or "",
                team=asked.team,
                on=asked.on,
                after=asked.cursor,
                size=asked.size,
            )
    return Listing(items=[_shown(row, today) for row in page.rows], next_cursor=page.next or None)


@router.get(
    "/{person}",
    summary="一名人员",
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def person(
    person: Annotated[OfficerCode, Path(examples=["ja-o1"])], actor: Caller, here: Here
) -> PersonAnswer:
    """Every post of a person, what they hold open, and by which channel they are told."""
    async with here.register.reading() as session:
        posts = await posts_held_by(session, person)
        work = await tasks_held_by(session, person)
        alerts, erased_at = await alerts_of(session, person)
    _require_one(actor, posts)
    today = local_date(here.now())
    return PersonAnswer(
        person=person,
        posts=tuple(_shown(row, today) for row in posts),
        work=work,
        alerts=alerts,
        contact_erased_at=erased_at,
    )


def _require_one(actor: Actor, posts: tuple[PostView, ...]) -> None:
    """Require the right to read one of the posts; who may read none does not learn of the person.

    Raises:
        ProblemError: 404. DomainError: as ``require`` does.
    """
    require(actor, GeneralAction.READ_STAFF)
    cities = cities_of(actor, GeneralAction.READ_STAFF)
    if not any(
        (cities is None or post.city in cities)
        and (not actor.district or serves(post, actor.district))
        for post in posts
    ):
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND, code="PERSON_UNKNOWN", detail="没有此人员编号"
        )


def _shown(row: PostView, today: date) -> StaffPostAnswer:
    is_held = row.since <= today and (row.until is None or today <= row.until)
    return StaffPostAnswer(**vars(row), role_label=Role(row.role).label, held_today=is_held)


@router.post(
    "/imports",
    summary="导入人员和岗位",
    status_code=HTTPStatus.CREATED,
    response_model=Ordered | AnyPreview,
    responses={
        200: {"model": Ordered | AnyPreview, "description": "预览，或者此指令先前已提出"},
        202: {"model": OrderPending, "description": "已收下，登记库尚未答复"},
        **ORDER_REFUSALS,
    },
    openapi_extra=A_FILE,
)
async def import_(  # noqa: PLR0913, PLR0917 - the order, whole
    request: Request,
    actor: Caller,
    here: Here,
    city: Annotated[District, Query(description="市的六位代码", examples=["310000"])],
    reason: Annotated[ShortText, Query(examples=["窗口人员轮换"])],
    district: Annotated[District | None, Query(description="只涉及一个区的")] = None,
    preview: Annotated[bool, Query(description="只看影响，不提出")] = False,  # noqa: FBT002
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Propose a change of staff from a file: YAML, xlsx or CSV; another person has to approve it.

    The body itself, or the form field ``file``. All that is wrong in the file is said at once, by
    row and column: ``rows.<row>.<column>``.
    """
    require_may_order(actor, district or "")  # a file is read for nobody else
    form = content_type.lower().startswith("multipart/form-data")
    pieces = form_file(request.stream(), content_type) if form else request.stream()
    content = b"".join([piece async for piece in pieces])
    try:
        file = await asyncio.to_thread(read_staff_file, content)
    except StaffFileError as error:
        raise DomainError("STAFF_FILE_UNREADABLE", str(error), "file") from None
    change = ChangeStaff(
        city=city,
        district=district or "",
        posts=file.posts,
        leave=file.leave,
        source=digest(content.hex()),
        reason=reason,
    )
    _require_faultless(file, change, here)
    if file.contacts:
        async with here.register.writing() as session:
            sealed = await sealed_contacts(session, file.contacts)
        change = ChangeStaff(**vars(change) | {"contacts": sealed})
    if preview:
        return JSONResponse(jsonable_encoder(await preview_content(change, actor, here)))
    return await propose_content(change, actor, here, idempotency_key)


def _require_faultless(file: StaffFile, change: ChangeStaff, here: Parts) -> None:
    """Refuse a file with all that is wrong in it.

    Raises:
        ProblemError: ``STAFF_FILE_FAULTY``, by row and column.
    """
    known = (
        *staff_faults(change),
        *unknown_in(file.posts, here.desk.catalogue, here.desk.services),
    )
    faults = sorted(
        {
            *file.faults,
            *(
                FileFault(
                    row=file.rows[fault.row],
                    column=fault.field,
                    problem=fault.message,
                    code=fault.code,
                )
                for fault in known
            ),
        }
    )
    if faults:
        raise ProblemError(
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            code="STAFF_FILE_FAULTY",
            detail=f"文件中有 {len(faults)} 处须改正",
            errors=tuple(
                FieldError(field=f"rows.{fault.row}.{fault.column}", detail=fault.problem)
                for fault in faults[:MOST_FAULTS]
            ),
        )
