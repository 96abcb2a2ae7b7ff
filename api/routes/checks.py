"""Checks that several routes make before or after they send something to a case."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

import obstore.exceptions
from pydantic import Field

from api.edge.problems import AwayError, ProblemError, invalid, no_case
from api.parts import Parts
from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.cycle.opening import StartCycle
from casework.domain.kinds.registry import KINDS, CaseKind, workflow_id
from casework.domain.kinds.ticket.procedure import answers_for
from casework.domain.policy import MaterialForm
from casework.domain.staff import StaffPost
from casework.domain.time.calendar import local_date
from casework.policy.staffing import ask_again, staff
from casework.store.materials import MaterialNotFoundError
from casework.store.queries import kind_of, ticket_beside
from casework.store.register.absences import absent_officers
from casework.store.register.parties import is_taken, other_cycle, party_roles


def update_id(actor: Actor, key: str) -> str:
    """Return the id of an update; keys of different callers never collide."""
    return f"{actor.code}:{key}"


BRINGS_PAPERS = frozenset(
    verb
    for kind in KINDS.values()
    for verb, command in kind.verbs.items()
    if kind.late is not None and command in kind.late.brings
)
"""The verbs that bring material to a case."""


async def no_run(
    case_no: str, here: Parts, kind: CaseKind = CaseKind.APPLICATION, *, verb: str = ""
) -> ProblemError:
    """Return why Temporal has no open run of a case: 404, no such case; 409, it has ended.

    For verbs that bring material it says that none was registered, and where to hand it in.
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
    """Raise a 409 problem if the card or code is valid and belongs to somebody else."""
    async with here.register.writing() as session:  # it asks for a lock
        taken = await is_taken(session, code, case_no)
    if taken:
        raise DomainError("CREDENTIAL_TAKEN", "此人才卡号或人才码已属于他人，请核对")


async def ensure_no_other_cycle(cycle: StartCycle, here: Parts) -> None:
    """Raise a 409 problem if the person has a cycle of this kind in the same city."""
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


SYSTEMS_ONLY = frozenset(verb for kind in KINDS.values() for verb in kind.unsaid)
"""Verbs that only workflows send, never a caller."""


def verbs_at(path: str) -> Mapping[str, type[Command]]:
    """The verbs under ``/v1/<path>/<case no>/``, by their names in Temporal."""
    kind = kinds_at(path)[0]
    return {verb: each for verb, each in KINDS[kind].verbs.items() if verb not in SYSTEMS_ONLY}


def kinds_at(path: str) -> tuple[CaseKind, ...]:
    """Return the kinds whose cases have this address."""
    return tuple(kind for kind, each in KINDS.items() if each.path == path)


async def kind_at(path: str, case_no: str, here: Parts) -> CaseKind:
    """Return which of the kinds at an address a case is, from the register or else from Temporal.

    Raises:
        ProblemError: 404, no case of such a kind.
        AwayError: neither knows, and one of them does not answer.
    """
    kinds = kinds_at(path)
    if len(kinds) == 1:
        return kinds[0]
    away: AwayError | None = None
    try:
        async with here.register.reading() as session:
            found = await kind_of(session, case_no)
        if found in kinds:
            return CaseKind(found)
    except AwayError as error:
        away = error
    for kind in kinds:  # just opened, and not in the register yet
        if await here.engine.knows(workflow_id(kind, case_no)):
            return kind
    raise away or no_case()


OfficerCode = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


def posts_of(code: str, here: Parts, field: str) -> tuple[StaffPost, ...]:
    """The posts that an officer holds today, at least one.

    Raises:
        ProblemError: ``OFFICER_UNKNOWN``, nobody with that code holds one; at ``field``.
    """
    today = staff().on(local_date(here.now())).posts
    held = tuple(post for post in today if post.person == code)
    if not held:
        ask_again()
        raise invalid(field, "岗位表中没有此人员编号", "OFFICER_UNKNOWN")
    return held


async def ensure_party(role: str, case_no: str, here: Parts) -> None:
    """Refuse to speak of a party that the case does not have.

    Raises:
        ProblemError: ``PARTY_UNKNOWN``, at ``party``.
    """
    async with here.register.reading() as session:
        known = await party_roles(session, case_no)
    if known and role not in known:
        raise invalid("party", f"本件当事人有：{'、'.join(known)}", "PARTY_UNKNOWN")


async def ensure_answers_for_both(into: str, case_no: str, here: Parts) -> None:
    """Refuse to join a ticket into what answers for no other one: nobody would answer it then.

    Raises:
        ProblemError: ``TICKET_UNKNOWN``, at ``into``: it is no ticket of that district, came later,
            is not signed, or was itself sent back or joined into another.
    """
    if into == case_no:
        return  # the ticket itself says so
    async with here.register.reading() as session:
        found = await ticket_beside(session, into, case_no)
    if found is None or not answers_for(found.stage, came_before=found.came_before):
        raise invalid(
            "into",
            "须是本区先收到的另一件工单的编号，且该工单已签收、未退回、未并入其他工单",
            "TICKET_UNKNOWN",
        )


async def ensure_there(code: str, here: Parts) -> None:
    """Refuse to give work to an officer who is absent today.

    Raises:
        ProblemError: ``OFFICER_ABSENT``, at ``to``.
    """
    async with here.register.reading() as session:
        absent = await absent_officers(session, local_date(here.now()))
    if code in absent:
        raise invalid("to", "接办人员今日缺岗", "OFFICER_ABSENT")
