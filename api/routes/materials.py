"""The files of a case, as they were uploaded or as a picture that every browser shows; noted."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, BinaryIO

import obstore.exceptions
import structlog
from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.access.guard import Caller, permit
from api.edge.problems import AwayError, ProblemError, invalid
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from casework.domain.authority import INSIDE, Action
from casework.filing.bodies import CaseNo, Sha256
from casework.security.keys.vault import ErasedError
from casework.store.file_type import (
    ALLOWED,
    JPEG,
    PNG,
    SHOWN_AS_JPEG,
    FaultyContentError,
    as_jpeg,
)
from casework.store.materials import (
    MaterialDamagedError,
    MaterialNotFoundError,
    find_attached,
    find_filed,
)
from casework.store.queries.disclosure import Looked, note_access
from casework.store.sealing.erasure import erased

router = APIRouter(tags=["personal-data"])

UNKNOWN = "application/octet-stream"
HEADERS = {
    # Nothing in a file may run, or be shown within another page.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_SHOWN_IN_PLACE = frozenset({JPEG, PNG})
_PIECE = 1 << 18
_DRAWING = ThreadPoolExecutor(2, "pictures")
"""Pictures are converted in threads of their own, so that uploads need not wait."""
_FILE = {"schema": {"type": "string", "format": "binary"}}
_TYPES = dict.fromkeys((*ALLOWED, UNKNOWN), _FILE)

log = structlog.get_logger("api")


class Form(StrEnum):
    """In which form a picture is wanted, if not in its own."""

    JPEG = "jpeg"


class FileAnswer(StreamingResponse):
    """Sends a file in pieces, and always closes it, even if the connection breaks."""

    def __init__(self, file: BinaryIO, **told: Any) -> None:  # noqa: ANN401 - as the framework's
        super().__init__(_pieces(file), **told)
        self._file = file
        self.headers["Content-Length"] = str(file.seek(0, os.SEEK_END))
        file.seek(0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)


@router.get(
    "/cases/{case_no}/materials/{sha256}",
    summary="查看材料",
    response_class=Response,
    responses={
        200: {"content": _TYPES, "description": "材料内容"},
        **problem_responses(
            HTTPStatus.NOT_FOUND,
            HTTPStatus.CONFLICT,
            HTTPStatus.GONE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    },
)
async def material(
    case_no: CaseNo,
    sha256: Sha256,
    actor: Caller,
    here: Here,
    form: Annotated[
        Form | None, Query(alias="as", description="jpeg：照片（含 HEIC）转为 JPEG 显示")
    ] = None,
) -> Response:
    """A file of this case, for who may see its personal data in clear; each look is noted.

    What came with an opinion, for those who may read that.

    ``as=jpeg`` shows a picture as JPEG, at most 4096 pixels long; without it the file is what was
    uploaded. 404 ``MATERIAL_NOT_FOUND``: the case has no such file, whoever else has. 409
    ``MATERIAL_LOST``, ``MATERIAL_DAMAGED``: the content store has it no more, or not as it was.
    """
    async with here.register.reading() as session:
        attached = None
        if actor.role in INSIDE:
            attached = await find_attached(session, case_no, sha256)
        if attached is None:
            await permit(session, actor, Action.DISCLOSE, case_no)
        else:
            own = actor.code in attached.asked
            await permit(session, actor, Action.READ if own else Action.READ_NOTES, case_no)
        if await erased(session, case_no):
            raise ErasedError(case_no)
        filed = attached.file if attached else await find_filed(session, case_no, sha256)
    if filed is None:
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND,
            code="MATERIAL_NOT_FOUND",
            detail="本件没有此材料文件，请核对",
        )
    kind = filed.media_type or UNKNOWN
    if form is not None and kind not in SHOWN_AS_JPEG:
        raise invalid("as", "此材料不是图片，不能转为 JPEG，请下载原件查看", "NOT_A_PICTURE")
    with ExitStack() as stack:
        file = stack.enter_context(await _fetched(case_no, sha256, here))
        if form is not None and kind != JPEG:
            drawn = await _drawn(file, kind)
            stack.close()
            file, kind = stack.enter_context(drawn), JPEG
        async with here.register.writing() as session:
            await note_access(
                session,
                at=here.now(),
                actor=actor,
                what=Looked.MATERIAL,
                case_no=case_no,
                reason=f"第 {filed.number} 件材料（{filed.code}）",
            )
        place = "inline" if kind in _SHOWN_IN_PLACE else "attachment"
        name = f"{case_no}-{filed.number}.{ALLOWED.get(kind, 'bin').lower()}"
        answer = FileAnswer(
            file,
            media_type=kind,
            headers={**HEADERS, "Content-Disposition": f'{place}; filename="{name}"'},
        )
        stack.pop_all()
    return answer


async def _fetched(case_no: str, sha256: str, here: Parts) -> BinaryIO:
    try:
        return await here.materials.fetch(sha256)
    except MaterialNotFoundError:
        raise _broken("MATERIAL_LOST", "材料库中没有此文件", case_no, sha256) from None
    except MaterialDamagedError:
        raise _broken("MATERIAL_DAMAGED", "此文件与上传时不同，已损坏", case_no, sha256) from None
    except (OSError, obstore.exceptions.BaseError) as error:
        raise AwayError("materials") from error


def _broken(code: str, what: str, case_no: str, sha256: str) -> ProblemError:
    """Log a fault that only an operator can repair, and return its problem."""
    log.error(code.lower(), case_no=case_no, sha256=sha256)
    detail = f"{what}，请告知管理员从备份恢复"
    return ProblemError(status=HTTPStatus.CONFLICT, code=code, detail=detail)


async def _drawn(file: BinaryIO, kind: str) -> BinaryIO:
    try:
        return await asyncio.get_running_loop().run_in_executor(_DRAWING, as_jpeg, file, kind)
    except FaultyContentError as error:
        raise invalid("as", str(error), "NOT_A_PICTURE") from None


async def _pieces(file: BinaryIO) -> AsyncIterator[bytes]:
    while piece := await asyncio.to_thread(file.read, _PIECE):
        yield piece
