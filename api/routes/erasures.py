"""Erasure of personal data, where the law asks for it (个人信息保护法第四十七条)."""

from datetime import datetime
from http import HTTPStatus

import obstore.exceptions
from pydantic import BaseModel, ConfigDict

from api.access.caller import Caller
from api.access.guard import permit
from api.edge.problems import AwayError
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.routers import with_token
from casework.domain.authority import Action
from casework.filing.bodies import Body, CaseNo, ShortText
from casework.store.sealing.erasure import erase

router = with_token(prefix="/erasures", tags=["personal-data"])


class ErasureBody(Body):
    """Whose data, by any of their cases; ``basis``: the article and item the erasure rests on."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_no": "310106-2B7K-9QXM-4TZA",
                    "reason": "本人书面申请删除，服务已终止",
                    "basis": "个人信息保护法第四十七条第一款第（三）项：个人撤回同意",
                }
            ]
        }
    )

    case_no: CaseNo
    reason: ShortText
    basis: ShortText


class ErasureRecord(BaseModel):
    """What was erased: the cases of one person, and how many files of theirs."""

    cases: list[str]
    files: int
    at: datetime
    by: str
    reason: str
    basis: str


@router.post(
    "",
    summary="依法删除个人信息",
    responses=problem_responses(
        HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
)
async def erasures(body: ErasureBody, actor: Caller, here: Here) -> ErasureRecord:
    """Erase a person from all their cases, for good; the record of what was done remains.

    Refused while a case of the person is open or something is owed. A repeat returns the first
    result.
    """
    async with here.register.writing() as session:
        await permit(session, actor, Action.ERASE, body.case_no)
        done = await erase(
            session,
            body.case_no,
            by=actor.code,
            reason=body.reason,
            basis=body.basis,
            at=here.now(),
        )
    for case_no in done.cases:
        here.vault.forget(case_no)
    try:
        for sha256 in done.files:
            await here.materials.remove(sha256)
    except (OSError, obstore.exceptions.BaseError) as error:
        raise AwayError(
            "materials"
        ) from error  # the secrets are deleted; sent again, the request deletes the files, too
    for case in done.workflows:
        await here.engine.end_erased(case)
    return ErasureRecord(
        cases=list(done.cases),
        files=len(done.files),
        at=done.at,
        by=done.by,
        reason=done.reason,
        basis=done.basis,
    )
