"""May this command be given to this case: by whom, and to whom it gives work.

Whoever is given work must stand in the rosters, and be somebody who may do it.
"""

from collections.abc import Iterator
from dataclasses import replace

from casework.domain.authority.actions import verb_of
from casework.domain.authority.concern import Concern, concern_of
from casework.domain.authority.decision import refusal
from casework.domain.authority.matrix import Matrix
from casework.domain.authority.posts import Named, posts_refusal
from casework.domain.case.commands import Command, Reassign
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.kind import kind_of_case
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.policy import Role

_UNKNOWN = "岗位表中没有此人员编号"
_OTHER_ROLE = "岗位表中此人员不在此岗位"
_RECEIVER = {
    "OTHER_DISTRICT": "接办人员不属本区",
    "OTHER_OFFICE": "接办人员不属本窗口（机构）",
    "OTHER_CLASS": "接办人员属市级平台，不办理E、F类人才的件",
    "FOUR_EYES": "接办人员收过本件、提出或者作出前一决定，不得审核、审批同一事项",
}


def refusal_of(  # noqa: PLR0913 - a command, and whose case it comes to
    matrix: Matrix,
    command: Command,
    case: Case,
    *,
    subject: str = "",
    employer: str = "",
    opened_by: str = "",
    source: str = "",
) -> DomainError | None:
    """Why a command may not be given to a case by its actor; None: it may (see ``refusal``).

    Work is given to nobody who could not do it: ``OFFICER_UNKNOWN``, ``OTHER_DISTRICT``,
    ``OTHER_OFFICE``, ``OTHER_CLASS``, ``FOUR_EYES``, ``OTHER_ROLE`` at ``to``; in a transfer as
    ``posts_refusal`` has it.
    """
    concern = concern_of(
        case, subject=subject, employer=employer, opened_by=opened_by, source=source
    )
    refused = refusal(matrix, command.actor, verb_of(kind_of_case(case).name, command), concern)
    if refused is None and isinstance(command, Reassign) and command.to.strip():
        return _receiver_refusal(matrix, command, case, concern)
    if refused is None and isinstance(command, JurisdictionTransfer):
        return posts_refusal(matrix, _receiving(command))
    return refused


def _receiving(command: JurisdictionTransfer) -> Named:
    return Named(
        district=command.to_district,
        posts=command.posts,
        specialists=command.specialists,
        bodies=command.bodies,
    )


def _receiver_refusal(
    matrix: Matrix, command: Reassign, case: Case, concern: Concern
) -> DomainError | None:
    receiver = matrix.staff.get(command.to)
    if receiver is None:
        return DomainError("OFFICER_UNKNOWN", _UNKNOWN, "to")
    if receiver.district not in {"", case.district}:
        return DomainError("OTHER_DISTRICT", _RECEIVER["OTHER_DISTRICT"], "to")
    doing, given = replace(receiver, role=command.role), concern.with_assigned(receiver.code)
    for verb in _work(case, command.role):
        refused = refusal(matrix, doing, verb, given)
        if refused is not None and refused.code in _RECEIVER:
            return DomainError(refused.code, _RECEIVER[refused.code], "to")
    if receiver.role is not command.role:
        return DomainError("OTHER_ROLE", _OTHER_ROLE, "to")
    return None


def _work(case: Case, role: Role) -> Iterator[str]:
    kind = kind_of_case(case)
    for task in case.open_tasks:
        if task.role is role:
            yield from kind.work_of(task.kind)
