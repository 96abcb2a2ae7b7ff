"""What several routes ask before or after they speak to a case."""

from collections.abc import Sequence
from http import HTTPStatus

import obstore.exceptions

from api.edge.problems import AwayError, ProblemError, invalid
from api.parts import Parts
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.registry import CaseKind, workflow_id
from casework.domain.policy import MaterialForm
from casework.store.materials.content import MaterialNotFoundError
from casework.store.queries.talent_service import kind_of
from casework.store.register.credentials import is_taken
from casework.store.register.same_person import other_cycle


def update_id(actor: Actor, key: str) -> str:
    """The id of an update: keys of different callers never meet."""
    return f"{actor.code}:{key}"


def no_case() -> ProblemError:
    """404, there is no such case."""
    return ProblemError(
        status=HTTPStatus.NOT_FOUND, code="CASE_NOT_FOUND", detail="没有此办件编号，请核对"
    )


BRINGS_PAPERS = frozenset({"materials_received", "archive_arrived", "supplement", "collect_papers"})
"""The verbs by which material comes to a case."""


async def no_run(
    case_no: str, here: Parts, kind: CaseKind = CaseKind.APPLICATION, *, verb: str = ""
) -> ProblemError:
    """Why Temporal has no open run of a case: 404 if there is no such case, 409 if it has ended.

    Whoever brings material is told that none was registered, and where to go with it.
    """
    try:
        async with here.register.reading() as session:
            exists = await kind_of(session, case_no) == kind
    except AwayError:
        exists = await here.engine.knows(workflow_id(kind, case_no))
        if not exists:
            raise
    if exists and verb in BRINGS_PAPERS:
        detail = "本件已办结，所交材料未登记。请与办理机关窗口联系取回，或者持材料重新申请"
        return ProblemError(status=HTTPStatus.CONFLICT, code="PAPERS_TOO_LATE", detail=detail)
    if exists:
        return ProblemError(
            status=HTTPStatus.CONFLICT, code="CASE_CLOSED", detail="本件已办结，不能再操作"
        )
    return no_case()


async def ensure_credential_free(code: str, case_no: str, here: Parts) -> None:
    """Raise a 409 problem where a valid card or code belongs to somebody else."""
    async with here.register.writing() as session:  # it asks for a lock
        taken = await is_taken(session, code, case_no)
    if taken:
        raise DomainError("CREDENTIAL_TAKEN", "此人才卡号或人才码已属于他人，请核对")


async def ensure_no_other_cycle(cycle: StartCycle, here: Parts) -> None:
    """Raise a 409 problem where the person has a cycle of this kind in the same city."""
    async with here.register.writing() as session:  # it asks for a lock
        other = await other_cycle(
            session,
            kind=cycle.kind,
            subject=cycle.subject,
            district=cycle.district,
            case_no=cycle.case_no,
        )
    if other is not None:
        raise other.refusal


async def ensure_stored(materials: Sequence[ReceivedMaterial], here: Parts) -> None:
    """Raise a 422 problem unless each material that is a file has been uploaded."""
    for place, material in enumerate(materials):
        field = f"materials.{place}.sha256"
        if material.sha256:
            if not await _is_stored(material.sha256, here):
                raise invalid(
                    field, "没有此文件，请先上传（POST /v1/materials）", "MATERIAL_NOT_UPLOADED"
                )
        elif material.form is MaterialForm.ELECTRONIC:
            raise invalid(field, "电子材料须先上传（POST /v1/materials），再填写其 sha256")


async def ensure_file(sha256: str | None, field: str, here: Parts) -> None:
    """Raise a 422 problem unless the file that a field names, if any, has been uploaded."""
    if sha256 is not None and not await _is_stored(sha256, here):
        raise invalid(field, "没有此文件，请先上传（POST /v1/materials）", "MATERIAL_NOT_UPLOADED")


async def _is_stored(sha256: str, here: Parts) -> bool:
    try:
        return await here.materials.exists(sha256)
    except MaterialNotFoundError:
        return False
    except (OSError, obstore.exceptions.BaseError) as error:
        raise AwayError("materials") from error
