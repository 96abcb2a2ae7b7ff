"""The files of a case, as they were uploaded or as a picture that every browser shows; noted."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote

import obstore.exceptions
import structlog
from fastapi import Depends, Header, Query, Response
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints
from starlette.types import Receive, Scope, Send

from api.access.guard import Caller, may, permit, sight_of
from api.edge.problems import AwayError, ProblemError, invalid
from api.edge.ranges import Part, UnsatisfiableRangeError, part_of
from api.parts import Here, Parts
from api.routes.answers import PROBLEM, problem_responses
from api.routes.one_case import OneCase, reading
from api.routes.routers import with_token
from casework.domain.authority import INSIDE, Action
from casework.domain.kinds.application.state import Application
from casework.filing.bodies import CaseNo
from casework.security.keys.vault import ErasedError
from casework.store.file_type import (
    EML,
    JPEG,
    PDF,
    PNG,
    SHOWN_AS_JPEG,
    UPLOADED,
    FaultyContentError,
    as_jpeg,
)
from casework.store.materials import (
    FiledMaterial,
    MaterialDamagedError,
    MaterialNotFoundError,
    MaterialView,
    find_attached,
    find_filed,
    is_digest,
    materials_of,
)
from casework.store.queries.disclosure import Looked, note_access
from casework.store.sealing.erasure import erased

router = with_token(tags=["personal-data"])

UNKNOWN = "application/octet-stream"
HEADERS = {
    # Nothing in a file may run, or be shown within a page of somebody else's.
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'self'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
}
MATERIAL = r"^([0-9a-f]{64}|[1-9][0-9]{0,5})$"
_SHOWN_IN_PLACE = frozenset({PDF, JPEG, PNG})
_ONE_LOOK = timedelta(minutes=10)
_LONGEST_NAME = 60
_PIECE = 1 << 18
_DRAWING = ThreadPoolExecutor(2, "pictures")
"""Pictures are converted in threads of their own, so that uploads need not wait."""
_FILE = {"schema": {"type": "string", "format": "binary"}}
_TYPES = dict.fromkeys((*UPLOADED, EML, UNKNOWN), _FILE)

log = structlog.get_logger("api")


class Form(StrEnum):
    """In which form a picture is wanted, if not in its own."""

    JPEG = "jpeg"


class FileAnswer(StreamingResponse):
    """Sends a part of a file in pieces, and always closes it, even if the connection breaks."""

    def __init__(
        self,
        file: BinaryIO,
        part: Part,
        **told: Any,  # noqa: ANN401 - as the framework's
    ) -> None:
        super().__init__(_pieces(file, part), **told)
        self._file = file
        self.headers["Content-Length"] = str(part.size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """In which form a file is wanted, and which part of it."""

    form: Annotated[
        Form | None, Query(alias="as", description="jpeg：照片（含 HEIC）转为 JPEG 显示")
    ] = None
    part: Annotated[
        str | None,
        Header(alias="Range", max_length=8000, description="一段，如 bytes=0-1023；多段则给全文"),
    ] = None
    if_range: Annotated[
        str | None,
        Header(alias="If-Range", max_length=8000, description="文件的 ETag；不同则给全文"),
    ] = None


@dataclass(frozen=True, kw_only=True)
class MaterialItem(MaterialView):
    """A material of the case; ``type_label`` is the kind of file as a clerk calls it."""

    type_label: str


@dataclass(frozen=True, kw_only=True)
class FaultItem:
    """What the check of form and preconditions found; ``about``: a material code or a fact."""

    code: str
    about: str
    text: str


@dataclass(frozen=True, kw_only=True)
class MaterialList:
    """What lies in the case's file, in the order of arrival.

    ``faults``: what the machine found and is still open, for staff only; null for everybody else,
    and of a kind that is not checked. Those of an erased case are not known any more.
    ``may_open``: whether the caller may see the files, too.
    """

    case_no: str
    items: tuple[MaterialItem, ...]
    faults: tuple[FaultItem, ...] | None
    may_open: bool = True


@router.get(
    "/cases/{case_no}/materials",
    summary="材料清单",
    responses=problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
)
async def materials(case_no: CaseNo, actor: Caller, here: Here) -> MaterialList:
    """Every material of the case: number, what it is, digest, size, type, when it came, by whom.

    Not the files themselves: those are read one by one, and each look is noted.
    """
    async with reading(case_no, actor, here) as one:
        return await told_materials(one)


async def told_materials(one: OneCase) -> MaterialList:
    """What lies in the file, as the caller may know it."""
    found = await materials_of(one.session, one.case_no)
    seen = sight_of(one.actor)
    outside = seen.is_own or seen.is_of_sources
    faults = None if outside else await _faults(one)
    items = tuple(
        MaterialItem(
            **vars(each),
            type_label=UPLOADED.get(each.media_type or "", ""),
        )
        for each in found
    )
    return MaterialList(
        case_no=one.case_no,
        items=items,
        faults=faults,
        may_open=may(one.actor, Action.DISCLOSE, one.known),
    )


async def _faults(one: OneCase) -> tuple[FaultItem, ...] | None:
    try:
        case = await one.recorded()
    except ErasedError:
        return ()
    if not isinstance(case, Application):
        return None
    return tuple(
        FaultItem(code=each.code, about=each.about, text=each.text) for each in case.faults
    )


@router.get(
    "/cases/{case_no}/materials/{which}",
    summary="查看材料",
    response_class=Response,
    responses={
        200: {"content": _TYPES, "description": "材料内容"},
        206: {"content": _TYPES, "description": "材料内容的一段（Range）"},
        416: {"content": PROBLEM, "description": "所请求的范围超出文件（RANGE_NOT_SATISFIABLE）"},
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
    which: Annotated[str, StringConstraints(pattern=MATERIAL)],
    actor: Caller,
    here: Here,
    wanted: Annotated[Wanted, Depends()],
) -> Response:
    """A file of this case, for who may see its personal data in clear; each look is noted.

    By its number in the list of materials, or by its digest; what came with an opinion by its
    digest only, for those who may read that.

    ``as=jpeg`` shows a picture as JPEG, at most 4096 pixels long; without it the file is what was
    uploaded. ``Range`` gives one part of an uploaded file, whose ``ETag`` is its digest; parts that
    one person reads of one file within ten minutes are one look. 404 ``MATERIAL_NOT_FOUND``: the
    case has no such file, whoever else has. 409 ``MATERIAL_LOST``, ``MATERIAL_DAMAGED``: the
    content store has it no more, or not as it was: that is told before the first byte, also of a
    part. 410 ``CASE_ERASED``: the person was erased.
    """
    async with here.register.reading() as session:
        attached = None
        if actor.role in INSIDE and is_digest(which):
            attached = await find_attached(session, case_no, which)
        if attached is None:
            await permit(session, actor, Action.DISCLOSE, case_no)
        else:
            own = actor.code in attached.asked
            await permit(session, actor, Action.READ if own else Action.READ_NOTES, case_no)
        if await erased(session, case_no):
            raise ErasedError(case_no)
        filed = attached.file if attached else await find_filed(session, case_no, which)
    if filed is None or not filed.sha256:
        raise _no_file(filed)
    kind = filed.media_type or UNKNOWN
    if wanted.form is not None and kind not in SHOWN_AS_JPEG:
        raise invalid("as", "此材料不是图片，不能转为 JPEG，请下载原件查看", "NOT_A_PICTURE")
    with ExitStack() as stack:
        file = stack.enter_context(await _fetched(case_no, filed.sha256, here))
        headers = dict(HEADERS)
        part = None
        if wanted.form is not None and kind != JPEG:
            drawn = await _drawn(file, kind)
            stack.close()
            file, kind = stack.enter_context(drawn), JPEG
        else:
            etag = f'"{filed.sha256}"'
            headers |= {"ETag": etag, "Accept-Ranges": "bytes"}
            part = _part(_size(file), etag, wanted)
        size = _size(file)
        if part is not None:
            headers["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
        async with here.register.writing() as session:
            await note_access(
                session,
                at=here.now(),
                actor=actor,
                what=Looked.MATERIAL,
                case_no=case_no,
                reason=f"第 {filed.number} 件材料（{filed.code}）",
                once_within=None if part is None else _ONE_LOOK,
            )
        place = "inline" if kind in _SHOWN_IN_PLACE else "attachment"
        answer = FileAnswer(
            file,
            part or Part(first=0, last=size - 1),
            status_code=HTTPStatus.OK if part is None else HTTPStatus.PARTIAL_CONTENT,
            media_type=kind,
            headers={**headers, "Content-Disposition": _saved_as(case_no, filed, kind, place)},
        )
        stack.pop_all()
    return answer


def _size(file: BinaryIO) -> int:
    return file.seek(0, os.SEEK_END)


def _part(size: int, etag: str, wanted: Wanted) -> Part | None:
    try:
        return part_of(size, etag, asked=wanted.part, if_range=wanted.if_range)
    except UnsatisfiableRangeError:
        raise ProblemError(
            status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
            code="RANGE_NOT_SATISFIABLE",
            detail=f"文件共 {size} 字节，没有所请求的范围",
            headers={"Content-Range": f"bytes */{size}", "ETag": etag},
        ) from None


def _no_file(filed: FiledMaterial | None) -> ProblemError:
    paper = "本件此材料不是电子文件，请查阅纸质原件"
    return ProblemError(
        status=HTTPStatus.NOT_FOUND,
        code="MATERIAL_NOT_FOUND",
        detail=paper if filed else "本件没有此材料文件，请核对",
    )


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


async def _pieces(file: BinaryIO, part: Part) -> AsyncIterator[bytes]:
    file.seek(part.first)
    left = part.size
    while piece := await asyncio.to_thread(file.read, min(left, _PIECE)):
        left -= len(piece)
        yield piece


def _saved_as(case_no: str, filed: FiledMaterial, kind: str, place: str) -> str:
    """Under which name a browser keeps a file (RFC 6266): by case, number and what it is.

    What somebody called it is not known here, and no person is named.
    """
    ending = "eml" if kind == EML else UPLOADED.get(kind, "bin").lower()
    plain = f"{case_no}-{filed.number}"
    name = quote(f"{plain}-{filed.name[:_LONGEST_NAME]}.{ending}", safe="", errors="replace")
    return f"{place}; filename=\"{plain}.{ending}\"; filename*=UTF-8''{name}"
