"""Submission of applications: the same request, however often and by however many, is one case."""

from fastapi import APIRouter, Response

from api.access.guard import Caller, require_filing
from api.parts import Here
from api.routes.checks import ensure_file
from api.routes.in_force import in_force_for
from api.routes.opening import OPENED, opened
from casework.domain.case.opening import StartCase
from casework.filing.bodies import Submission

router = APIRouter(tags=["intake"])


@router.post("/applications", summary="提交申请", **OPENED)
async def submit(submission: Submission, actor: Caller, here: Here) -> Response:
    """Open a case for (district, source, reference), or find the one that they have.

    201: opened. 200: it was there, with the same content; the body is the same. 409
    ``CONTENT_DIFFERS``: the reference belongs to another content. 403 ``OTHER_SOURCE``: the source
    is not the filer's; ``NOT_THE_APPLICANT``, ``NOT_THE_EMPLOYER``: the application is of others.
    """
    submission, now = submission.owned_by(actor), here.now()
    require_filing(actor, here.desk.filed(submission, now))

    async def start() -> StartCase:
        await ensure_file(submission.authorisation, "authorisation", here)
        in_force = await in_force_for(here.desk.question(submission, now), here)
        return here.desk.application(submission, actor, now, in_force)

    return await opened(submission.identity, actor, here, start)
