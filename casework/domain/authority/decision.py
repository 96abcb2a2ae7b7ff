"""The decision itself: may this person do that with this case, and if not, why."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from casework.domain.authority.matrix import (
    Concern,
    Extent,
    Matrix,
    concern_of,
    label_of,
    system_refusal,
    verb_of,
)
from casework.domain.authority.posts import Named, posts_refusal
from casework.domain.case.commands import AskOpinion, Command, OpinionAsked, Reassign
from casework.domain.case.facts import Actor
from casework.domain.case.jurisdiction import JurisdictionTransfer
from casework.domain.case.kind import kind_of_case
from casework.domain.case.state import Case
from casework.domain.case.together import receiver_of
from casework.domain.errors import DomainError
from casework.domain.policy import Role, city_of

_CITIES_THAT_CONSENT = 2
"""An order has two signatures, so no more cities than that can consent to it [proposal]."""
_LOCAL = frozenset({Extent.ASSIGNED, Extent.DISTRICT})


def refusal(matrix: Matrix, actor: Actor, action: str, concern: Concern) -> DomainError | None:
    """Why not, with a stable code; None: they may.

    ``ROLE_NOT_ALLOWED``, ``NOT_YOUR_CASE``, ``OTHER_DISTRICT``, ``OTHER_OFFICE``, ``OTHER_CLASS``,
    ``NOT_ASSIGNED``, ``FOUR_EYES``: the first that applies, in this order. A system is besides
    bound by the roster: ``system_refusal``. A superior acts and reads in the cities for which they
    are named. Who is asked something by a colleague may read the case and
    answer.
    """
    if concern.wants(actor, action):
        return None
    extent = matrix.extent(concern.kind, action, actor.role, concern.district)
    if extent is None or _is_none_of_the_city(matrix, actor, concern):
        what = label_of(concern.kind, action)
        return DomainError("ROLE_NOT_ALLOWED", f"此岗位不能办理“{what}”")
    if actor.role is Role.SYSTEM:
        return system_refusal(matrix.systems, actor, action, concern)
    if extent is Extent.OWN and not concern.is_own(actor):
        return DomainError("NOT_YOUR_CASE", "只能查阅、办理本人的件")
    elsewhere = _elsewhere(matrix, actor, extent, concern)
    if elsewhere is not None:
        return elsewhere
    if actor.role in matrix.by_office and actor.office not in {"", concern.office}:
        return DomainError("OTHER_OFFICE", "不能查阅、办理其他窗口（机构）的件")
    if _is_of_the_districts(matrix, actor, concern):
        return DomainError("OTHER_CLASS", "E、F类人才由区县服务，市级平台不查阅、不办理")
    if extent is Extent.ASSIGNED and actor.code not in concern.assigned:
        return DomainError("NOT_ASSIGNED", "您不是本件的经办人（A角、B角），请由监督员改派")
    if actor.code in concern.barred.get(action, ()):
        return DomainError("FOUR_EYES", "收件、提出或者作出前一决定的人员，不得审核、审批同一事项")
    return None


def _elsewhere(
    matrix: Matrix, actor: Actor, extent: Extent, concern: Concern
) -> DomainError | None:
    if extent in _LOCAL and actor.district not in {"", concern.district}:
        return DomainError("OTHER_DISTRICT", "不能查阅、办理其他区的件")
    if not concern.district:
        return None
    return matrix.other_city(actor, city_of(concern.district), local=extent in _LOCAL)


def _is_none_of_the_city(matrix: Matrix, actor: Actor, concern: Concern) -> bool:
    """A municipal platform knows the kinds of talent service only."""
    municipal = matrix.is_municipal(actor.role, actor.district)
    return municipal and concern.kind not in matrix.municipal.kinds


def _is_of_the_districts(matrix: Matrix, actor: Actor, concern: Concern) -> bool:
    municipal = matrix.is_municipal(actor.role, actor.district)
    return municipal and concern.letter not in {None, *matrix.municipal.classes}


# --- an order ------------------------------------------------------------------------------
# For which cities may somebody order; what an order may contain, ``casework.domain.orders`` says.


def ordering_refusal(
    matrix: Matrix,
    actor: Actor,
    cities: Collection[str],
    proposed_by: Actor | None = None,
    *,
    founds: str = "",
) -> DomainError | None:
    """Why somebody may not propose, approve or reject an order for these cities; None: they may.

    No ``cities``: it touches every city. ``founds``: the order does nothing but name superiors of
    that city (``founded_by``): while it has none, the superior of any other city may.
    ``proposed_by``: of an approval. ``OTHER_DISTRICT``: they are named for none of the cities.
    ``CITY_CONSENT_REQUIRED``: proposer and approver together must answer for each of the cities,
    and for two of them if there are more.
    """
    if founds and founds not in matrix.superiors and matrix.cities_of(actor):
        return None if actor.role is Role.SUPERIOR else _founder_wanted(founds)
    touched = sorted(cities or matrix.superiors or matrix.cities)
    elsewhere = {city: matrix.other_city(actor, city, local=True) for city in touched}
    refused = [each for each in elsewhere.values() if each is not None]
    if refused and len(refused) == len(touched):
        return refused[0]
    if proposed_by is None:
        return None
    left = [
        city
        for city in touched
        if elsewhere[city] is not None
        and matrix.other_city(proposed_by, city, local=True) is not None
    ]
    if len(touched) - len(left) >= min(len(touched), _CITIES_THAT_CONSENT):
        return None
    named, whose = "、".join(left), "该市" if len(left) == 1 else "其中一市"
    return DomainError(
        "CITY_CONSENT_REQUIRED",
        f"此指令涉及其他市（{named}），须由{whose}的上级主管部门提出或者批准",
    )


def _founder_wanted(city: str) -> DomainError:
    return DomainError("ROLE_NOT_ALLOWED", f"{city} 的首位上级由其他市的上级提出、批准")


# --- a command -----------------------------------------------------------------------------
# May this command be given to this case: by whom, and to whom it gives work.
#
# Whoever is given work must stand in the rosters, and be somebody who may do it.


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
    if refused is None:
        refused = _giving_refusal(matrix, command, case, concern)
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


def _giving_refusal(
    matrix: Matrix, command: Command, case: Case, concern: Concern
) -> DomainError | None:
    """Why not to the person to whom a command gives work; None where it gives none.

    Of several posts that they hold one that will do is enough; else the likeliest says why not.
    """
    if command.gives[0]:
        return _own_work_refusal(matrix, command, concern)
    code, task = receiver_of(command, case)
    if not code.strip():
        return None
    held = matrix.staff.get(code, ())
    if not held:
        return DomainError("OFFICER_UNKNOWN", _UNKNOWN, "to")
    if isinstance(command, AskOpinion):
        if code in case.apart:
            return DomainError("RELATION_DECLARED", "此人员须回避本件，不能征求其意见", "to")
        found = [_asked_refusal(matrix, post, command, concern) for post in held]
        return None if None in found else found[0]
    if isinstance(command, Reassign):
        role, work = command.role, tuple(_work(case, command.role))
    elif task is None:
        return None  # the rule itself says that there is no such task
    else:
        role, work = task.role, kind_of_case(case).work_of(task.kind)
    likeliest_first = sorted(held, key=lambda post: post.role is not role)
    found = [_receiver_refusal(matrix, post, role, work, concern) for post in likeliest_first]
    return None if None in found else found[0]


def _own_work_refusal(matrix: Matrix, command: Command, concern: Concern) -> DomainError | None:
    """Why somebody of the district cannot do the work that they are given themselves."""
    field, verb = command.gives
    code: str = getattr(command, field)
    held = matrix.staff.get(code, ())
    if not held:
        return DomainError("OFFICER_UNKNOWN", _UNKNOWN, field)
    there = [post for post in held if post.district in {"", concern.district}]
    if not there:
        return DomainError("OTHER_DISTRICT", _RECEIVER["OTHER_DISTRICT"], field)
    given = concern.with_assigned(code)
    if any(refusal(matrix, post, verb, given) is None for post in there):
        return None
    return DomainError("OTHER_ROLE", _OTHER_ROLE, field)


def _asked_refusal(
    matrix: Matrix, receiver: Actor, command: AskOpinion, concern: Concern
) -> DomainError | None:
    """Anybody of the rosters may be asked for an opinion, of whichever district."""
    answers = matrix.extent(concern.kind, "give_opinion", receiver.role) is not None
    as_said = not isinstance(command, OpinionAsked) or command.asked_as in {None, receiver.role}
    return None if answers and as_said else DomainError("OTHER_ROLE", _OTHER_ROLE, "to")


def _receiver_refusal(
    matrix: Matrix, receiver: Actor, role: Role, work: Iterable[str], concern: Concern
) -> DomainError | None:
    if receiver.district not in {"", concern.district}:
        return DomainError("OTHER_DISTRICT", _RECEIVER["OTHER_DISTRICT"], "to")
    doing, given = replace(receiver, role=role), concern.with_assigned(receiver.code)
    for verb in work:
        refused = refusal(matrix, doing, verb, given)
        if refused is not None and refused.code in _RECEIVER:
            return DomainError(refused.code, _RECEIVER[refused.code], "to")
    if receiver.role is not role:
        return DomainError("OTHER_ROLE", _OTHER_ROLE, "to")
    return None


def _work(case: Case, role: Role) -> Iterator[str]:
    kind = kind_of_case(case)
    for task in case.open_tasks:
        if task.role is role:
            yield from kind.work_of(task.kind)
