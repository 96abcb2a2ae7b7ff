"""What decisions refuse alike, whatever the kind of case.

The wrong stage, a blank text, a material of no list; who must keep away by four eyes; and what a
case has no room for.
"""

from collections.abc import Collection, Mapping

from casework.domain.case.commands import Command, ReceivedMaterial
from casework.domain.case.kind import kind_of_case
from casework.domain.case.state import Case, Post, Stage, Task
from casework.domain.errors import DomainError
from casework.domain.policy import Role


def require_stage(case: Case, *stages: Stage) -> None:
    """Refuse with ``WRONG_STAGE`` unless the case is at one of these stages."""
    if case.stage not in stages:
        wanted = "、".join(stage.label for stage in stages)
        raise DomainError(
            "WRONG_STAGE", f"本件目前处于“{case.stage.label}”，此操作须在“{wanted}”阶段办理"
        )


def require_text(text: str, field: str, name: str) -> None:
    """Refuse with ``FIELD_REQUIRED`` if a reason or the like is blank."""
    if not text.strip():
        raise DomainError("FIELD_REQUIRED", f"请填写{name}", field)


def require_listed(materials: tuple[ReceivedMaterial, ...], listed: Collection[str]) -> None:
    """Refuse with ``UNKNOWN_MATERIAL`` what is not on the list of materials."""
    for place, material in enumerate(materials, start=1):
        if material.code not in listed:
            codes = "、".join(sorted(listed)) or "无"
            raise DomainError(
                "UNKNOWN_MATERIAL", f"第 {place} 项不在材料目录中，可用：{codes}", "materials"
            )


def require_as_seen(command: Command, seq: int) -> None:
    """Refuse with ``CASE_MOVED_ON`` a command whose actor has not seen event ``seq``."""
    if command.seen is not None and command.seen != seq:
        raise DomainError("CASE_MOVED_ON", "您查看之后，本件已有变化，此次操作未办理；请核对后再办")


# --- four eyes -----------------------------------------------------------------------------
# Four eyes: who has asked for something, or taken it in, does not decide on it.
#
# The rule goes by person, not by post: it holds whichever post somebody sits in by now, as A角, as
# B角 in somebody's stead, or after a re-assignment (行政许可法 §34; domain.md §A, C.5, C.7).


Barred = Mapping[str, frozenset[str]]
"""Verb → the codes of those who may not, whatever their post."""


def barred(case: Case) -> Barred:
    """Whom four eyes exclude from which verbs of a case, as it stands."""
    proposed_by = case.closing.proposed_by if case.closing else ""
    return {**kind_of_case(case).barred(case), "take_back": codes(proposed_by)}


def codes(*given: str) -> frozenset[str]:
    """Those of these codes that are not empty."""
    return frozenset(code for code in given if code)


def barred_from(case: Case, task: Task) -> frozenset[str]:
    """Whom four eyes or a relation (回避) exclude from a task; it goes to none, in no way."""
    excluded = barred(case)
    verbs = kind_of_case(case).work_of(task.kind)
    return codes(*case.apart).union(*(excluded.get(verb, frozenset()) for verb in verbs))


def assigned_to(case: Case) -> frozenset[str]:
    """A角 and B角 of the posts and of the open tasks of a case, but for what one asks another."""
    own = (task for task in case.open_tasks if not task.asked_by)
    answering: tuple[Post | Task, ...] = (*case.posts.values(), *own)
    return codes(*(code for each in answering for code in (each.holder, each.backup)))


def asked(case: Case) -> frozenset[str]:
    """Whom a colleague has asked something: they read the case and answer, and do nothing else."""
    return codes(*(task.holder for task in case.open_tasks if task.asked_by))


# --- room ----------------------------------------------------------------------------------
# How much a case may hold, so that its state always travels in one message of Temporal (2 MB).
#
# A state grows by what people and systems send, and a little by what time brings. What comes from
# outside is refused first. Officers have more room. What brings a case nearer to its end is never
# refused, nor is anything that time brings: it is little, and every way back is refused before.


FROM_OUTSIDE = 256 * 1024
"""Bytes of JSON up to which a state takes more from applicants and systems."""
FROM_OFFICERS = 384 * 1024
"""And from officers."""
BEYOND = 256 * 1024
"""What the last message, the way to the end and time may still add."""
MOST = FROM_OFFICERS + BEYOND
"""No state is ever larger: a test grows cases of every kind by every verb."""
_OUTSIDE = frozenset({Role.APPLICANT, Role.EMPLOYER, Role.TALENT, Role.SYSTEM})


def require_room(command: Command, size: int) -> None:
    """Refuse with ``CASE_FULL`` what a case of ``size`` bytes does not take any more."""
    if command.leads_on:
        return
    if size > (FROM_OUTSIDE if command.actor.role in _OUTSIDE else FROM_OFFICERS):
        raise DomainError(
            "CASE_FULL",
            f"本件内容已达上限（约 {size // 1024} KB），不能再登记“{command.label}”；"
            "请经办人员办结，其余内容另行提出",
        )
