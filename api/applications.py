"""Submission of applications: the same request, however often and by however many, is one case."""

from http import HTTPStatus

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse

from api.answers import Done, Pending, pending, problem_responses
from api.checks import ensure_stored, update_id
from api.guard import SUBMITTERS, Caller, forbidden, require_role
from api.in_force import in_force_for
from api.link import NoRunError
from api.parts import Here, Parts
from api.problems import AwayError, ProblemError
from api.submission import Submission
from casework.domain.case import Stage
from casework.domain.policy import Role
from casework.store.queries import find_by_reference, timeline

router = APIRouter(tags=["收件"])


@router.post(
    "/applications",
    summary="提交申请",
    status_code=HTTPStatus.CREATED,
    response_model=Done,
    responses={
        200: {"model": Done, "description": "此申请先前已提交，办件相同"},
        202: {"model": Pending, "description": "已收下，登记库尚未答复"},
        **problem_responses(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
    },
)
async def submit(submission: Submission, actor: Caller, here: Here) -> Response:
    """Open a case for (district, source, reference), or find the one that they have.

    201: opened. 200: it was there, with the same content; the body is the same. 409
    ``CONTENT_DIFFERS``: the reference belongs to another content.
    """
    require_role(actor, SUBMITTERS, "提交申请")
    if actor.role is not Role.SYSTEM and actor.district not in {"", submission.district}:
        raise forbidden("OTHER_DISTRICT", "不能提交其他区的申请")
    if (known := await _known(submission, here)) is not None:
        return known
    now = here.now()
    in_force = await in_force_for(here.opener.question(submission, now), here)
    start = here.opener.start(submission, actor, now, in_force)
    await ensure_stored(submission.materials, here)
    key = f"submit-{submission.content[:16]}"
    try:
        receipt = await here.engine.submit(start, update_id(actor, key))
    except NoRunError:
        # It has ended, and is in the register then.
        if (known := await _known(submission, here, must_answer=True)) is None:
            raise AwayError("register") from None
        return known
    if receipt is None:
        return pending(start.case_no, key)
    known = await _known(submission, here, status=HTTPStatus.CREATED)
    return known or pending(start.case_no, key)


async def _known(
    submission: Submission,
    here: Parts,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    must_answer: bool = False,
) -> Response | None:
    """The answer from the register; None if it does not know the case, or does not answer."""
    case_no = submission.case_no
    try:
        async with here.register.reading() as session:
            found = await find_by_reference(
                session,
                district=submission.district,
                source=submission.source,
                reference=submission.reference,
            )
            first = (await timeline(session, case_no))[:1] if found else ()
    except AwayError:
        if must_answer:
            raise
        return None
    if found is None or not first:
        return None
    if found.content != submission.content:
        raise ProblemError(
            status=HTTPStatus.CONFLICT,
            code="CONTENT_DIFFERS",
            detail="同一外部编号已用于内容不同的申请；如为新申请，请换一个编号",
        )
    body = {
        "case_no": case_no,
        "seq": 1,
        "stage": Stage.PRE_REVIEW.value,
        "stage_label": Stage.PRE_REVIEW.label,
        "at": first[0].at.isoformat(),
    }
    return JSONResponse(body, status, {"Location": f"/v1/applications/{case_no}"})
