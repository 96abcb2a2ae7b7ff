"""Upload of materials: streamed to the content store, known from then on by their sha256."""

from http import HTTPStatus
from typing import Annotated

import obstore.exceptions
from fastapi import Header, Request
from pydantic import BaseModel, Field

from api.access.guard import Caller, require
from api.edge.form_file import A_FILE, form_file
from api.edge.problems import AwayError, ProblemError
from api.parts import Here
from api.routes.answers import problem_responses
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.filing.bodies import SHA256
from casework.store.materials import (
    MaterialEmptyError,
    MaterialError,
    MaterialFaultyError,
    MaterialTooLargeError,
    MaterialTypeError,
    Upload,
    note_upload,
)

router = with_token(tags=["intake"])

_REFUSALS: dict[type[MaterialError], tuple[HTTPStatus, str]] = {
    MaterialTooLargeError: (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "MATERIAL_TOO_LARGE"),
    MaterialEmptyError: (HTTPStatus.UNPROCESSABLE_ENTITY, "MATERIAL_EMPTY"),
    MaterialTypeError: (HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "MATERIAL_TYPE_NOT_ALLOWED"),
    MaterialFaultyError: (HTTPStatus.UNPROCESSABLE_ENTITY, "MATERIAL_FAULTY"),
}


class Uploaded(BaseModel):
    """A file in the store; type by its content."""

    sha256: str = Field(examples=[SHA256])
    size: int
    media_type: str = Field(examples=["application/pdf"])


@router.post(
    "/materials",
    summary="上传材料",
    status_code=HTTPStatus.CREATED,
    responses=problem_responses(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    openapi_extra=A_FILE,
)
async def upload(
    request: Request,
    actor: Caller,
    here: Here,
    content_type: Annotated[str, Header(include_in_schema=False)] = "",
) -> Uploaded:
    """Store one file: the body itself, or the form field ``file``; a repeat changes nothing."""
    require(actor, GeneralAction.UPLOAD)
    try:
        form = content_type.lower().startswith("multipart/form-data")
        content = form_file(request.stream(), content_type) if form else request.stream()
        stored = await here.materials.put(content, max_bytes=here.settings.upload_max_bytes)
    except MaterialError as error:
        status, code = _REFUSALS[type(error)]
        raise ProblemError(status=status, code=code, detail=error.message) from None
    except (OSError, obstore.exceptions.BaseError) as error:
        raise AwayError("materials") from error
    async with here.register.writing() as session:
        await note_upload(
            session, Upload(**vars(stored), uploaded_at=here.now(), uploaded_by=actor.code)
        )
    return Uploaded(sha256=stored.sha256, size=stored.size, media_type=stored.media_type)
