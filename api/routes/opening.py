"""Opening a case of any kind: the same content, however often and by however many, is one case."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api.access.guard import Caller, require_filing
from api.parts import Here, Parts
from api.parts.link import Begun
from api.routes.answers import Done, Pending, done, pending, problem_responses
from api.routes.checks import ensure_file, ensure_stored, update_id
from api.routes.in_force import in_force_for
from api.routes.once import begin_once
from api.routes.routers import with_token
from casework.domain.case.events import Event
from casework.domain.case.facts import Actor
from casework.domain.case.opening import Identity, StartCase
from casework.domain.case.procedure import evolve
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.filing.bodies import Body, Filing, Submission
from casework.filing.desk import policy_day
from casework.messages.cases import Receipt
from casework.store.queries import find_by_reference
from casework.store.queries.case import content_of
from casework.store.register.cases import stored_events

router = with_token(tags=["intake"])

CONTENT_DIFFERS = DomainError(
    "CONTENT_DIFFERS", "同一外部编号已用于内容不同的申请；如为新申请，请换一个编号"
)
_SUBMITTED, _SHOWN_DIGITS = "submit-", 16
OPENED: dict[str, Any] = {
    "status_code": HTTPStatus.CREATED,
    "response_model": Done,
    "responses": {
        200: {"model": Done, "description": "先前已提交，办件相同"},
        202: {"model": Pending, "description": "已收下，登记库尚未答复"},
        **problem_responses(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    },
}
"""The status and answers that every route that opens cases declares."""


async def opened(
    identity: Identity,
    actor: Actor,
    here: Parts,
    start: Callable[[], Awaitable[StartCase]],
    differs: DomainError = CONTENT_DIFFERS,
) -> Response:
    """Open the case, or find it: 201 opened, 200 it existed, 202 its answer is still to come.

    ``start`` makes the start message; it is called only for a new case.

    Raises:
        DomainError: ``differs``, the reference was used for other content.
    """
    key = f"{_SUBMITTED}{identity.content[:_SHOWN_DIGITS]}"
    kind = CaseKind(identity.kind)

    async def begin() -> Begun[Receipt]:
        case = await start()
        await ensure_stored(case.materials, here)
        try:
            return await here.engine.submit(case, update_id(actor, key))
        except DomainError as refusal:
            raise (differs if refusal.code == CONTENT_DIFFERS.code else refusal) from None

    return await begin_once(
        begin,
        known=lambda status: _known(identity, here, differs, status),
        pending=lambda: pending(identity.case_no, key, kind),
    )


async def _known(
    identity: Identity, here: Parts, differs: DomainError, status: HTTPStatus
) -> Response | None:
    """The answer from the register; None if it does not know the case."""
    async with here.register.reading() as session:
        found = await find_by_reference(
            session,
            kind=identity.kind,
            district=identity.district,
            source=identity.source,
            reference=identity.reference,
        )
        first = (await stored_events(session, identity.case_no))[:1] if found else ()
    if found is None or not first:
        return None
    if found.content != identity.content:
        raise differs
    place = f"/v1/{KINDS[CaseKind(identity.kind)].path}/{identity.case_no}"
    return JSONResponse(done(_as_opened(first[0])), status, {"Location": place})


def _as_opened(first: Event) -> Receipt:
    """Return the answer given when the case was opened, whatever has happened since."""
    case: Case = evolve(None, first)
    return Receipt(case_no=case.case_no, seq=first.seq, stage=case.stage, at=first.at)


async def opening_receipt(case_no: str, key: str, here: Parts) -> Receipt | None:
    """Return the answer under the key that `opened` gave with 202; None: it is not such a key."""
    digits = key.removeprefix(_SUBMITTED)
    if digits == key or len(digits) != _SHOWN_DIGITS:
        return None
    async with here.register.reading() as session:
        content = await content_of(session, case_no)
        if content is None or not content.startswith(digits):
            return None
        first = (await stored_events(session, case_no))[:1]
    return _as_opened(first[0]) if first else None


async def by_the_desk(body: Any, actor: Actor, now: datetime, here: Parts) -> StartCase:  # noqa: ANN401 - a `StartingBody`
    """The start of a case that asks for nothing beside what is filed; raises DomainError."""
    on = policy_day(body, now)
    in_force = await in_force_for(here.desk_on(on).question(body, now), here, on)
    return here.desk_on(on).start(body, actor, now, in_force)


Starting = Callable[[Any, Actor, datetime, Parts], Awaitable[StartCase]]
"""(body, who files, now, parts) → the start of the case; only asked for a new one."""


def add_opening(  # noqa: PLR0913 - what, where, how it is called and told of
    router: APIRouter,
    model: type[Body],
    *,
    summary: str,
    about: str,
    path: str = "",
    starting: Starting = by_the_desk,
) -> None:
    """Give a router the POST that opens a case by a body; ``about`` is shown."""

    async def open_case(body: Any, actor: Caller, here: Here) -> Response:  # noqa: ANN401 - its type is set below
        filed: Any = body.owned_by(actor) if isinstance(body, Filing) else body
        now = here.now()
        require_filing(actor, here.desk.filed(filed, now))
        return await opened(filed.identity, actor, here, lambda: starting(filed, actor, now, here))

    open_case.__annotations__["body"] = model
    router.add_api_route(
        path, open_case, methods=["POST"], summary=summary, description=about, **OPENED
    )


async def _with_its_authorisation(
    body: Submission, actor: Actor, now: datetime, here: Parts
) -> StartCase:
    await ensure_file(body.authorisation, "authorisation", here)
    return await by_the_desk(body, actor, now, here)


add_opening(
    router,
    Submission,
    path="/applications",
    summary="提交申请",
    about="""Open a case for (district, source, reference), or find the one that they have.

201: opened. 200: it was there, with the same content; the body is the same. 409
``CONTENT_DIFFERS``: the reference belongs to another content. 403 ``OTHER_SOURCE``: the source
is not the filer's; ``NOT_THE_APPLICANT``, ``NOT_THE_EMPLOYER``: the application is of others.""",
    starting=_with_its_authorisation,
)
