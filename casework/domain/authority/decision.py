"""The decision itself: may this person do that with this case, and if not, why."""

from casework.domain.authority.actions import label_of
from casework.domain.authority.concern import Concern
from casework.domain.authority.matrix import Extent, Matrix
from casework.domain.authority.systems import system_refusal
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.policy import Role

_LOCAL = frozenset({Extent.ASSIGNED, Extent.DISTRICT})


def refusal(matrix: Matrix, actor: Actor, action: str, concern: Concern) -> DomainError | None:
    """Why not, with a stable code; None: they may.

    ``ROLE_NOT_ALLOWED``, ``NOT_YOUR_CASE``, ``OTHER_DISTRICT``, ``OTHER_OFFICE``, ``OTHER_CLASS``,
    ``NOT_ASSIGNED``, ``FOUR_EYES``: the first that applies, in this order. A system is besides
    bound by the roster: ``system_refusal``.
    """
    extent = matrix.extent(concern.kind, action, actor.role, concern.district)
    if extent is None or _is_none_of_the_city(matrix, actor, concern):
        what = label_of(concern.kind, action)
        return DomainError("ROLE_NOT_ALLOWED", f"此岗位不能办理“{what}”")
    if actor.role is Role.SYSTEM:
        return system_refusal(matrix.systems, actor, action, concern)
    if extent is Extent.OWN and not concern.is_own(actor):
        return DomainError("NOT_YOUR_CASE", "只能查阅、办理本人的件")
    if extent in _LOCAL and actor.district not in {"", concern.district}:
        return DomainError("OTHER_DISTRICT", "不能查阅、办理其他区的件")
    if actor.role in matrix.by_office and actor.office not in {"", concern.office}:
        return DomainError("OTHER_OFFICE", "不能查阅、办理其他窗口（机构）的件")
    if _is_of_the_districts(matrix, actor, concern):
        return DomainError("OTHER_CLASS", "E、F类人才由区县服务，市级平台不查阅、不办理")
    if extent is Extent.ASSIGNED and actor.code not in concern.assigned:
        return DomainError("NOT_ASSIGNED", "您不是本件的经办人（A角、B角），请由监督员改派")
    if actor.code in concern.barred.get(action, ()):
        return DomainError("FOUR_EYES", "收件、提出或者作出前一决定的人员，不得审核、审批同一事项")
    return None


def _is_none_of_the_city(matrix: Matrix, actor: Actor, concern: Concern) -> bool:
    """A municipal platform knows the kinds of talent service only."""
    municipal = matrix.is_municipal(actor.role, actor.district)
    return municipal and concern.kind not in matrix.municipal.kinds


def _is_of_the_districts(matrix: Matrix, actor: Actor, concern: Concern) -> bool:
    municipal = matrix.is_municipal(actor.role, actor.district)
    return municipal and concern.letter not in {None, *matrix.municipal.classes}
