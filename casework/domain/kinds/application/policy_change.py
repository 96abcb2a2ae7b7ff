"""What newer policy changes for one running case: limits, materials, checks, who decides.

The same function serves the preview and the decision, so the two cannot differ. A running limit
takes the new length from its own start; what stopped or extended it stays. No promised date moves
to the applicant's harm unless the head of the authority consents, and none moves into the past.
Materials newly asked become faults only while the one-time notice is still to be given; a second
notice is forbidden (C.2). Sources: design.md, decision 2; 行政许可法 §32(1)4.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from casework.domain.case.commands import Fault
from casework.domain.kinds.application import checklist
from casework.domain.kinds.application.state import (
    Application,
    ApplicationFacts,
    ApplicationStage,
    LineStatus,
)
from casework.domain.policy import (
    CheckKind,
    Limit,
    LimitName,
    MaterialForm,
    MaterialRule,
    Policy,
    ServiceItem,
)
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import FIXED, Clock, due_on, kind_of, shown


class Keep(StrEnum):
    """Why a running limit stays as it is; the values are stored and part of the API."""

    PROMISED = "promised"
    PAST = "past"
    NOT_SET = "not_set"
    EXTENDED = "extended"

    @property
    def label(self) -> str:
        """The words a clerk reads."""
        return _KEPT[self]


_KEPT = {
    Keep.PROMISED: "保留原期限：不得改为对申请人不利",
    Keep.PAST: "保留原期限：按新政策已经届满",
    Keep.NOT_SET: "保留原期限：新政策未规定此期限",
    Keep.EXTENDED: "保留原期限：已按原计算单位批准延长",
}

FOLLOWS = {
    "notice": LimitName.NOTICE,
    "pre_review": LimitName.PRE_REVIEW,
    "silence": LimitName.SILENCE,
    "supplement": LimitName.SUPPLEMENT,
    "paper": LimitName.PAPER,
    "decide": LimitName.DECIDE,
    "review": LimitName.REVIEW,
    "archive": LimitName.ARCHIVE,
    "defer": LimitName.DEFER,
    "rescue": LimitName.RESCUE,
    "publicity": LimitName.PUBLICITY,
    "deliver": LimitName.DELIVER,
    "contact": LimitName.CONTACT,
}
"""The limit that a kind of clock follows; a clock of another kind hangs on a date, and stays."""

_MAY_NOT_BE_LATER = frozenset(
    {"notice", "pre_review", "silence", "decide", "review", "deliver", "contact", "publicity"}
)
"""How long the applicant waits for the authority. Publicity is announced to everybody."""
_MAY_NOT_BE_EARLIER = frozenset({"supplement", "paper", "archive", "defer", "rescue", "publicity"})
"""How long the applicant, or the holder of the file, has."""


@dataclass(frozen=True, kw_only=True)
class LimitChange:
    """A running clock before and after; ``kept`` says why it stays as it is, None: it changes.

    ``due_after`` is what holds afterwards; ``due_wanted`` what the new policy alone would say.
    A due date is None while a suspension that is not lifted keeps it from being known.
    """

    clock: str
    name: str
    before: Clock
    after: Clock
    due_before: date | None
    due_after: date | None
    due_wanted: date | None
    kept: Keep | None = None


@dataclass(frozen=True, kw_only=True)
class MaterialChange:
    code: str
    name: str


@dataclass(frozen=True, kw_only=True)
class ValueChange:
    """A plain value of the item: ``channels``, ``decider``, ``delivery``, ``publicity``."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class PolicyChange:
    """What the policy ``after`` changes for a case that stands under ``before`` (digests).

    ``asked``: materials newly asked of this case; ``excused``: newly asked by the policy, but too
    late for this case; ``dropped``: no longer asked. ``faults`` are newly found and ``cleared`` no
    longer faults. ``discharged``: owed materials that are no longer asked.
    """

    before: str
    after: str
    before_on: date
    after_on: date
    limits: tuple[LimitChange, ...] = ()
    asked: tuple[MaterialChange, ...] = ()
    excused: tuple[MaterialChange, ...] = ()
    dropped: tuple[MaterialChange, ...] = ()
    faults: tuple[Fault, ...] = ()
    cleared: tuple[Fault, ...] = ()
    discharged: tuple[str, ...] = ()
    checks_added: tuple[CheckKind, ...] = ()
    checks_dropped: tuple[CheckKind, ...] = ()
    deferrable: tuple[MaterialChange, ...] = ()
    not_deferrable: tuple[MaterialChange, ...] = ()
    values: tuple[ValueChange, ...] = ()

    @property
    def moved(self) -> tuple[LimitChange, ...]:
        """The limits that change."""
        return tuple(each for each in self.limits if each.kept is None)


def policy_change(
    case: Application,
    old: ServiceItem,
    new: ServiceItem,
    facts: ApplicationFacts,
    *,
    head_consents: bool = False,
) -> PolicyChange:
    """What moving the case from ``old`` to ``new`` at ``facts.at`` changes.

    ``head_consents``: the head of the authority has said that promised dates may move to the
    applicant's harm.
    """
    asked, dropped = _materials(case, old, new, facts)
    late = () if is_before_notice(case) else asked
    before, after = _found(case, old, facts), _found(case, new, facts)
    known = _keys(before)
    added, removed = _checks(case, old, new, facts)
    deferrable, not_deferrable = _deferrable(old, new)
    return PolicyChange(
        before=old.digest,
        after=new.digest,
        before_on=old.resolved_on,
        after_on=new.resolved_on,
        limits=tuple(_limits(case, old, new, facts, head_consents=head_consents)),
        asked=_named(rule for rule in asked if rule not in late),
        excused=_named(late),
        dropped=_named(dropped),
        faults=tuple(fault for fault in after if _key(fault) not in known)
        if is_before_notice(case)
        else (),
        cleared=tuple(
            fault for fault in (*case.faults, *case.noticed) if _key(fault) in known - _keys(after)
        ),
        discharged=tuple(_discharged(case, dropped)),
        checks_added=added,
        checks_dropped=removed,
        deferrable=deferrable,
        not_deferrable=not_deferrable,
        values=tuple(_values(old, new)),
    )


def is_before_notice(case: Application) -> bool:
    """Whether the one-time notice can still be given: what is newly asked can be told with it."""
    return case.stage is ApplicationStage.PRE_REVIEW and case.notice_on is None


# --- limits ------------------------------------------------------------------------------


def _limits(
    case: Application,
    old: ServiceItem,
    new: ServiceItem,
    facts: ApplicationFacts,
    *,
    head_consents: bool,
) -> Iterator[LimitChange]:
    for clock in case.running:
        name = limit_of(clock, case, old)
        if name is not None:
            change = _limit(clock, old, new.limit(name), name, facts, head_consents=head_consents)
            if change is not None:
                yield change


def limit_of(clock: Clock, case: Application, policy: Policy) -> LimitName | None:
    """The limit by which a running clock counts; None: it hangs on a date and never moves."""
    name = FOLLOWS.get(kind_of(clock.id))
    if name is None or clock.unit in FIXED:
        return None
    if clock.measure:
        return LimitName.AFTER_MEASURE
    if name is not LimitName.REVIEW or not case.green.consented_by:
        return name
    # The green channel may have been opened or closed since: the clock says by which it began.
    by = [
        each
        for each in (LimitName.REVIEW, LimitName.GREEN_REVIEW)
        if (limit := policy.limit(each))
        and (limit.unit, limit.amount) == (clock.unit, clock.amount)
    ]
    green = LimitName.GREEN_REVIEW if case.green.is_open else LimitName.REVIEW
    return by[0] if len(by) == 1 else green


def _limit(  # noqa: PLR0913 - one clock, two policies, and who consents
    clock: Clock,
    old: ServiceItem,
    limit: Limit | None,
    name: LimitName,
    facts: ApplicationFacts,
    *,
    head_consents: bool,
) -> LimitChange | None:
    before = due_on(clock, facts.calendar)
    if limit is None:
        if old.limit(name) is None:
            return None
        return _kept(clock, before, None, Keep.NOT_SET)
    after = replace(
        clock,
        unit=limit.unit,
        amount=limit.amount,
        rolls_forward=limit.rolls_forward,
        grace=limit.grace is not None or (clock.grace and not head_consents),
        reference=shown(limit.reference),
        mark=limit.mark,
    )
    if after == clock:
        return None
    wanted = due_on(after, facts.calendar)
    if clock.extensions and after.unit is not clock.unit:
        return _kept(clock, before, wanted, Keep.EXTENDED)
    why = _why_kept(clock, after, (before, wanted), facts.today, head_consents=head_consents)
    if why is not None:
        return _kept(clock, before, wanted, why)
    return LimitChange(
        clock=clock.id,
        name=clock.name,
        before=clock,
        after=after,
        due_before=before,
        due_after=wanted,
        due_wanted=wanted,
    )


def _kept(clock: Clock, due: date | None, wanted: date | None, why: Keep) -> LimitChange:
    return LimitChange(
        clock=clock.id,
        name=clock.name,
        before=clock,
        after=clock,
        due_before=due,
        due_after=due,
        due_wanted=wanted,
        kept=why,
    )


def _why_kept(
    clock: Clock,
    after: Clock,
    dues: tuple[date | None, date | None],
    today: date,
    *,
    head_consents: bool,
) -> Keep | None:
    before, due = dues
    if before is not None and before == due:
        return None
    if due is not None and due < today:
        return Keep.PAST
    if head_consents:
        return None
    later, earlier = _direction(clock, after, before, due)
    kind = kind_of(clock.id)
    harms = (later and kind in _MAY_NOT_BE_LATER) or (earlier and kind in _MAY_NOT_BE_EARLIER)
    return Keep.PROMISED if harms else None


def _direction(
    clock: Clock, after: Clock, before: date | None, due: date | None
) -> tuple[bool, bool]:
    """Whether the limit may end later, and whether it may end earlier."""
    if before is not None and due is not None:
        return due > before, due < before
    if before is not None or due is not None:
        return due is None, before is None
    # Paused without a known end: of two lengths in different units nothing is certain.
    if clock.unit is not after.unit:
        return True, True
    lengths = [(each.amount, each.rolls_forward) for each in (clock, after)]
    return lengths[1] > lengths[0], lengths[1] < lengths[0]


# --- materials and faults ----------------------------------------------------------------


def _materials(
    case: Application, old: ServiceItem, new: ServiceItem, facts: ApplicationFacts
) -> tuple[tuple[MaterialRule, ...], tuple[MaterialRule, ...]]:
    """Newly asked and not in the file, and no longer asked; by the day of receipt or today."""
    days = {local_date(case.received_at), facts.today}  # files go by the one, paper by the other

    def required(item: ServiceItem) -> dict[str, MaterialRule]:
        rules = (checklist.required(item, case.claims, day, facts.calendar) for day in days)
        return {rule.code: rule for asked in rules for rule in asked}

    before, after = required(old), required(new)
    there = checklist.received_codes(case) | checklist.owed_codes(case)
    asked = tuple(
        rule
        for code, rule in after.items()
        if code not in before and code not in there and not there & set(rule.alternatives)
    )
    return asked, tuple(rule for code, rule in before.items() if code not in after)


def _found(case: Application, item: ServiceItem, facts: ApplicationFacts) -> tuple[Fault, ...]:
    on = local_date(case.received_at)
    have = checklist.received_codes(case) | checklist.owed_codes(case)
    return checklist.package_faults(item, case.claims, have, on, facts.calendar)


def _key(fault: Fault) -> tuple[str, str]:
    return fault.code, fault.about


def _keys(faults: Iterable[Fault]) -> set[tuple[str, str]]:
    return {_key(fault) for fault in faults}


def _discharged(case: Application, dropped: Iterable[MaterialRule]) -> Iterator[str]:
    """Debts that nobody need pay any more; one that came or was breached is for a person."""
    codes = {rule.code for rule in dropped}
    for line in case.lines:
        if line.material in codes and line.status in {LineStatus.OUTSTANDING, LineStatus.OVERDUE}:
            yield line.material


def _named(rules: Iterable[MaterialRule]) -> tuple[MaterialChange, ...]:
    return tuple(MaterialChange(code=rule.code, name=rule.name) for rule in rules)


def has_archive(item: ServiceItem) -> bool:
    """Whether the item asks for the personnel file."""
    return any(rule.form is MaterialForm.ARCHIVE for rule in item.materials)


# --- checks, deferral, plain values ------------------------------------------------------


def _checks(
    case: Application, old: ServiceItem, new: ServiceItem, facts: ApplicationFacts
) -> tuple[tuple[CheckKind, ...], tuple[CheckKind, ...]]:
    def kinds(item: ServiceItem) -> list[CheckKind]:
        return [
            rule.kind
            for rule in item.checks
            if all(checklist.holds(c, case.claims, facts.today, facts.calendar) for c in rule.when)
        ]

    before, after = kinds(old), kinds(new)
    return (
        tuple(kind for kind in after if kind not in before),
        tuple(kind for kind in before if kind not in after),
    )


def _deferrable(
    old: ServiceItem, new: ServiceItem
) -> tuple[tuple[MaterialChange, ...], tuple[MaterialChange, ...]]:
    def may_be_owed(item: ServiceItem) -> dict[str, MaterialRule]:
        return {r.code: r for r in item.materials if r.deferral is not None and not r.main}

    before, after = may_be_owed(old), may_be_owed(new)
    return (
        _named(rule for code, rule in after.items() if code not in before),
        _named(rule for code, rule in before.items() if code not in after),
    )


def _values(old: ServiceItem, new: ServiceItem) -> Iterator[ValueChange]:
    for name in ("channels", "delivery", "decider", "publicity", "needs_paper", "right_authority"):
        before, after = (_shown(getattr(item, name)) for item in (old, new))
        if before != after:
            yield ValueChange(name=name, before=before, after=after)


def _shown(value: object) -> str:
    match value:
        case bool():
            return "是" if value else "否"
        case tuple():
            return "、".join(map(str, value))
        case _:
            return str(value)
