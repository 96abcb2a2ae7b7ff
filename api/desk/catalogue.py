"""目录版本: which policy is in force. Another is sent as a ZIP, and an order publishes it."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import UploadFile

from api.access.caller import CSRF_HEADER
from api.desk.forms import refusing
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting, to
from api.edge.problems import ProblemError

router = APIRouter(prefix=f"{PATH}/catalogue", include_in_schema=False)

_PIECE = 1 << 18


@router.get("")
async def versions(visit: Visiting) -> Response:
    """Every published version, and which of them holds today."""
    return await _shown(visit)


@router.post("")
async def sent(visit: Visiting) -> Response:
    """Keep a catalogue and go on to the order that would publish it, or say what is wrong."""
    given = await visit.form()
    file = given.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return await _shown(visit, refusing("file", "请选择目录的 ZIP 文件"))
    try:
        answer = await visit.api.ask(
            "POST",
            "/v1/catalogue/archives",
            content=_pieces(file),
            headers={CSRF_HEADER: "desk", "Content-Type": "application/zip"},
        )
    except ProblemError as refused:
        return await _shown(visit, refused)
    asked = urlencode({"digest": answer.json()["digest"]})
    return to(f"{PATH}/orders/new/publish_catalogue?{asked}")


async def _shown(visit: Visit, problem: ProblemError | None = None) -> Response:
    held = await visit.api.get("/v1/catalogue")
    listed = await visit.api.get("/v1/catalogue/versions")
    in_force = held["in_force"]["number"] if held["in_force"] else None
    return visit.page(
        "catalogue.html",
        problem.status if problem else HTTPStatus.OK,
        held=held,
        rows=listed["items"],
        in_force=in_force,
        today=visit.today.isoformat(),
        problem=problem,
    )


async def _pieces(upload: UploadFile) -> AsyncIterator[bytes]:
    while piece := await upload.read(_PIECE):
        yield piece
