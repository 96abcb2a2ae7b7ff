"""What a move to newer policy would do: how many cases, and some of them before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.domain.case.in_force import imposed
from casework.domain.kinds.application.policy_change import PolicyChange, policy_change
from casework.domain.kinds.application.policy_moving import ORDERS
from casework.domain.kinds.application.state import Application, ApplicationFacts
from casework.domain.kinds.registry import stage_label
from casework.domain.orders import MoveToPolicy
from casework.domain.policy import ServiceItem
from casework.domain.time.calendar import local_date
from casework.messages.cases import InForceQuestion
from casework.security.keys.vault import ErasedError
from casework.store.in_force import read_in_force
from casework.store.in_force.policy_moves import concerned, policy_of
from casework.store.register.cases import state


@dataclass(frozen=True, kw_only=True)
class LimitPreview:
    """A running limit before and after; ``kept``: why it stays, in Chinese; empty: it changes.

    ``due_wanted`` is what the new policy alone would say.
    """

    clock: str
    name: str
    amount_before: int
    unit_before: str
    amount_after: int
    unit_after: str
    due_before: date | None
    due_after: date | None
    due_wanted: date | None
    kept: str


@dataclass(frozen=True, kw_only=True)
class ValuePreview:
    """A plain value of the item that differs: ``channels``, ``decider``, ``delivery`` …."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class CasePreview:
    """What changes for one case; materials and faults by their Chinese names and texts.

    ``excused``: newly asked by the policy, and not of this case: a second notice is forbidden.
    """

    case_no: str
    stage: str
    stage_label: str
    policy_before: str
    policy_after: str
    limits: tuple[LimitPreview, ...]
    asked: tuple[str, ...]
    excused: tuple[str, ...]
    dropped: tuple[str, ...]
    faults: tuple[str, ...]
    cleared: tuple[str, ...]
    discharged: tuple[str, ...]
    checks_added: tuple[str, ...]
    checks_dropped: tuple[str, ...]
    deferrable: tuple[str, ...]
    not_deferrable: tuple[str, ...]
    values: tuple[ValuePreview, ...]


@dataclass(frozen=True, kw_only=True)
class PolicyPreview:
    """``cases`` are concerned, ``unchanged`` of them stand under that policy already.

    ``stages``: how many at each stage. ``policy`` is the digest found for ``to``.
    """

    policy: str
    to: date
    cases: int
    unchanged: int
    stages: Mapping[str, int]
    examples: tuple[CasePreview, ...]


async def preview_move(
    session: AsyncSession, content: MoveToPolicy, item: ServiceItem, at: datetime, limit: int = 20
) -> PolicyPreview:
    """What the move would do at ``at``, with ``limit`` examples; changes nothing."""
    found = concerned(content).subquery()
    same = func.count().filter(found.c.policy == item.digest)
    cases, unchanged = (await session.execute(select(func.count(), same).select_from(found))).one()
    by_stage = select(found.c.stage, func.count()).group_by(found.c.stage).order_by(found.c.stage)
    query = select(found.c.case_no).order_by(found.c.case_no).limit(limit)
    if not content.head_consents:
        query = query.where(found.c.policy != item.digest)
    numbers = (await session.scalars(query)).all()
    examples = [await _example(session, number, content, item, at) for number in numbers]
    return PolicyPreview(
        policy=item.digest,
        to=content.to or local_date(at),
        cases=cases,
        unchanged=0 if content.head_consents else unchanged,
        stages={row[0]: row[1] for row in await session.execute(by_stage)},
        examples=tuple(example for example in examples if example is not None),
    )


async def _example(
    session: AsyncSession, case_no: str, content: MoveToPolicy, item: ServiceItem, at: datetime
) -> CasePreview | None:
    try:
        case = await state(session, case_no)
    except ErasedError:
        return None
    if not isinstance(case, Application):
        return None
    old = await policy_of(session, case.policy)
    known = await read_in_force(session, _question(case))
    if old is None or known.calendar is None:
        return None
    facts = ApplicationFacts(
        at=at, actor=ORDERS, item=old, calendar=known.calendar, measures=known.measures or None
    )
    now = imposed(case, known)
    change = policy_change(now, old, item, facts, head_consents=content.head_consents)
    return _shown(case, change)


def _question(case: Application) -> InForceQuestion:
    return InForceQuestion(
        case_no=case.case_no,
        district=case.district,
        office=case.office,
        item=case.item,
        received_on=local_date(case.received_at),
        calendar_version=-1,
    )


def _shown(case: Application, change: PolicyChange) -> CasePreview:
    return CasePreview(
        case_no=case.case_no,
        stage=case.stage,
        stage_label=stage_label(case.stage),
        policy_before=change.before,
        policy_after=change.after,
        limits=tuple(
            LimitPreview(
                clock=each.clock,
                name=each.name,
                amount_before=each.before.amount,
                unit_before=each.before.unit,
                amount_after=each.after.amount,
                unit_after=each.after.unit,
                due_before=each.due_before,
                due_after=each.due_after,
                due_wanted=each.due_wanted,
                kept=each.kept.label if each.kept else "",
            )
            for each in change.limits
        ),
        asked=tuple(each.name for each in change.asked),
        excused=tuple(each.name for each in change.excused),
        dropped=tuple(each.name for each in change.dropped),
        faults=tuple(fault.text for fault in change.faults),
        cleared=tuple(fault.text for fault in change.cleared),
        discharged=change.discharged,
        checks_added=change.checks_added,
        checks_dropped=change.checks_dropped,
        deferrable=tuple(each.name for each in change.deferrable),
        not_deferrable=tuple(each.name for each in change.not_deferrable),
        values=tuple(
            ValuePreview(name=each.name, before=each.before, after=each.after)
            for each in change.values
        ),
    )
