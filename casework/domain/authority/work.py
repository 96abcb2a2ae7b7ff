"""By which verbs a task is done."""

from casework.domain.case.state import TaskKind
from casework.domain.kinds.registry import KINDS, CaseKind

_VERBS: dict[TaskKind, tuple[str, ...]] = {
    TaskKind.PRE_REVIEW: ("pre_review",),
    TaskKind.ACCEPT: ("accept",),
    TaskKind.REVIEW: ("review",),
    TaskKind.REPORT_UP: ("report_up",),
    TaskKind.APPROVE: ("approve",),
    TaskKind.DELIVER: ("deliver",),
    TaskKind.CHECK_MATERIAL: ("check_material",),
    TaskKind.CONSENT_DEFERRAL: ("consent_deferral",),
    TaskKind.CONSENT_GREEN: ("consent_green",),
    TaskKind.DECIDE_BREACH: ("decide_breach",),
    TaskKind.ASK_HOLDER: ("archive_arrived",),
    TaskKind.RESOLVE_TROUBLE: ("resolve_trouble",),
    TaskKind.CONTACT: ("record_attempt",),
    TaskKind.CONTACT_OPEN_ITEM: ("close_contact",),
    TaskKind.COLLECT: ("collect_papers",),
    TaskKind.HANDLE: ("feed_back",),
    TaskKind.REMIND_EMPLOYER: ("evaluate",),
    TaskKind.VERIFY: ("verify",),
    TaskKind.DECIDE_OBJECTION: ("decide_objection", "decide_rating_appeal"),
    TaskKind.CONTACT_RATER: ("contact_rater",),
    TaskKind.SETTLE_RATING: ("settle_rating",),
    TaskKind.FOLLOW_UP_RATING: ("follow_up_rating",),
    TaskKind.VISIT: ("record_visit",),
    TaskKind.TAKE_BACK: ("take_back",),
    TaskKind.LATE_PAPERS: ("settle_late_papers",),
}


def work_of(kind: TaskKind, of: CaseKind) -> tuple[str, ...]:
    """The verbs of a kind of case that do the task; none for what is only to be watched (督办)."""
    return tuple(verb for verb in _VERBS.get(kind, ()) if verb in KINDS[of].verbs)
