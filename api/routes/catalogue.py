"""The published catalogue: what this process holds, all versions, and what is to be published.

An archive is sent first, and known from then on by its digest; an order publishes it.
"""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus

import obstore.exceptions
from fastapi import Request, Response
from pydantic import BaseModel, Field

from api.access.guard import Caller, require
from api.edge.problems import AwayError, FieldError, ProblemError
from api.parts import Here, Parts, Play
from api.routes.answers import problem_responses
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction
from casework.domain.errors import DomainError
from casework.domain.orders import PublishCatalogue
from casework.domain.publishing import version_on
from casework.domain.time.calendar import local_date
from casework.filing.bodies import SHA256, Sha256
from casework.policy.catalogue import CatalogueError
from casework.policy.publishing.archive import ArchiveError, repacked
from casework.policy.publishing.proposal import require_publishable
from casework.policy.publishing.versions import WholeCatalogue
from casework.store.in_force import (
    CatalogueNotHeldError,
    VersionRow,
    latest_version,
    list_versions,
)
from casework.store.in_force.published import read_archive, read_checked, read_proposed
from casework.store.materials import MaterialDamagedError, MaterialNotFoundError

router = with_token(
    prefix="/catalogue",
    tags=["catalogue"],
    responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)

ZIP = "application/zip"
_MOST_FAULTS = 50
_ARCHIVE = {"schema": {"type": "string", "format": "binary"}}


@dataclass(frozen=True, kw_only=True)
class CatalogueVersionAnswer:
    """A published version; ``order_no`` is null for the first one, which no order published."""

    number: int
    digest: str
    first_on: date
    order_no: str | None
    reason: str
    proposed_by: str
    approved_by: str
    at: datetime
    replaces: str


@dataclass(frozen=True, kw_only=True)
class CatalogueAnswer:
    """``held`` is what this process goes by today, ``in_force`` what the register says.

    Both are null before the first worker has published anything; ``digest`` is then that of the
    catalogue that the process came with. ``since``: when the process took what it holds.
    """

    digest: str
    held: CatalogueVersionAnswer | None
    in_force: CatalogueVersionAnswer | None
    since: datetime | None


@dataclass(frozen=True, kw_only=True)
class CatalogueVersions:
    """Every version, the newest first."""

    items: tuple[CatalogueVersionAnswer, ...]


class ArchiveKept(BaseModel):
    """An archive in the store; ``digest`` names it in an order, ``files`` is their number."""

    digest: str = Field(examples=[SHA256])
    files: int


@router.get("", summary="本进程所用的目录版本")
async def catalogue(actor: Caller, here: Here) -> CatalogueAnswer:
    """Which version this process holds, and which is in force; they differ for seconds at most."""
    require(actor, GeneralAction.READ)
    today = local_date(here.now())
    async with here.register.reading() as session:
        rows = await list_versions(session)
    held = here.published.held
    known = held.version_on(today)
    current = version_on(rows, today)
    by_number = {row.number: row for row in rows}
    return CatalogueAnswer(
        digest=held.on(today).digest,
        held=_shown(by_number[known.number]) if known and known.number in by_number else None,
        in_force=_shown(by_number[current.number]) if current else None,
        since=here.published.since,
    )


@router.get("/versions", summary="已发布的目录版本")
async def versions(actor: Caller, here: Here) -> CatalogueVersions:
    """Every published version with its order, the newest first."""
    require(actor, GeneralAction.READ)
    async with here.register.reading() as session:
        rows = await list_versions(session)
    return CatalogueVersions(items=tuple(_shown(row) for row in reversed(rows)))


@router.post(
    "/archives",
    summary="上传拟发布的目录（ZIP）",
    status_code=HTTPStatus.CREATED,
    responses=problem_responses(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNPROCESSABLE_ENTITY
    ),
    openapi_extra={"requestBody": {"required": True, "content": {ZIP: _ARCHIVE}}},
)
async def send(request: Request, actor: Caller, here: Here) -> ArchiveKept:
    """Keep a catalogue that has no faults; the same files again change nothing.

    422 ``CATALOGUE_INVALID`` lists the faults by file and line, ``SCENARIOS_NOT_MET`` the files of
    its folder ``scenarios`` that the proposed policy does not meet. Nothing is in force by this.
    """
    require(actor, GeneralAction.SEND_CATALOGUE, "")
    content = await request.body()
    try:
        whole = await asyncio.to_thread(_checked, content)
    except ArchiveError as error:
        raise DomainError("CATALOGUE_INVALID", str(error), "body") from None
    except CatalogueError as error:
        raise _faulty(error) from None
    if unmet := await asyncio.to_thread(_unmet, whole, here.play):
        raise _not_met(unmet)
    try:
        await here.materials.keep(whole.archive.content)
    except (OSError, obstore.exceptions.BaseError) as error:
        raise AwayError("materials") from error
    return ArchiveKept(digest=whole.digest, files=len(whole.files))


@router.get(
    "/archives/{sha256}",
    summary="导出目录（ZIP）",
    response_class=Response,
    responses={
        200: {"content": {ZIP: _ARCHIVE}, "description": "目录的全部文件"},
        **problem_responses(HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY),
    },
)
async def archive(sha256: Sha256, actor: Caller, here: Here) -> Response:
    """The files of a published version, or of one that is proposed, as they were sent."""
    require(actor, GeneralAction.READ)
    try:
        found = await read_archive(here.materials, sha256)
    except (MaterialNotFoundError, MaterialDamagedError, ArchiveError):
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND,
            code="CATALOGUE_UNKNOWN",
            detail="没有此目录，请核对摘要",
        ) from None
    except (OSError, obstore.exceptions.BaseError) as error:
        raise AwayError("materials") from error
    name = f'attachment; filename="catalogue-{sha256[:12]}.zip"'
    return Response(found.content, media_type=ZIP, headers={"Content-Disposition": name})


async def proposed_catalogue(content: PublishCatalogue, here: Parts) -> WholeCatalogue:
    """The catalogue of a proposal, if it may be published.

    Raises:
        DomainError: ``CATALOGUE_UNKNOWN``, ``CATALOGUE_INVALID``, or as ``require_publishable``.
    """
    today = local_date(here.now())
    async with here.register.reading() as session:
        latest = await latest_version(session)
    try:
        await here.published.require(latest, today)
        whole = await read_proposed(here.published, content.digest)
    except CatalogueNotHeldError as error:
        raise AwayError("catalogue") from error
    except (OSError, obstore.exceptions.BaseError) as error:
        raise AwayError("materials") from error
    held = here.published.held
    await asyncio.to_thread(require_publishable, held, whole, content.first_on, today)
    return whole


def _checked(content: bytes) -> WholeCatalogue:
    return read_checked(repacked(content))


def _faulty(error: CatalogueError) -> ProblemError:
    return ProblemError(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="CATALOGUE_INVALID",
        detail=f"目录有 {len(error.findings)} 处错误，未保存",
        errors=tuple(
            FieldError(field=f"{each.file}:{each.line}", detail=f"{each.field}: {each.problem}")
            for each in error.findings[:_MOST_FAULTS]
        ),
    )


def _unmet(whole: WholeCatalogue, play: Play | None) -> tuple[str, ...]:
    if play is not None:
        return play(whole)
    return tuple(name for name in whole.files if name.startswith("scenarios/"))


def _not_met(unmet: tuple[str, ...]) -> ProblemError:
    return ProblemError(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code="SCENARIOS_NOT_MET",
        detail=f"目录附带的 {len(unmet)} 个场景与拟发布的规定不符或无法推演，未保存",
        errors=tuple(FieldError(field="scenarios", detail=each) for each in unmet[:_MOST_FAULTS]),
    )


def _shown(row: VersionRow) -> CatalogueVersionAnswer:
    return CatalogueVersionAnswer(**vars(row))
