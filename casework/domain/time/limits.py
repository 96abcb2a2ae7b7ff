"""From a policy's limit to a running clock."""

import re
from datetime import date

from casework.domain.errors import DomainError
from casework.domain.policy import LimitName, Mark, Policy, Unit
from casework.domain.time.clock import Clock

NAMES = {
    "notice": "一次性告知期限",
    "pre_review": "预审期限",
    "supplement": "补正期限",
    "silence": "补正后受理期限",
    "paper": "书面材料递交期限",
    "decide": "办理期限",
    "review": "审核环节期限",
    "archive": "档案寄达期限",
    "defer": "容缺补交期限",
    "rescue": "逾期补救期限",
    "publicity": "公示期",
    "deliver": "送达期限",
    "green": "绿色通道督办日",
    "contact": "主动告知联系期限",
    "request_notice": "服务申请受理期限",
    "request_supplement": "服务申请补正期限",
    "collect": "纸质材料收取期限",
    "handle": "服务事项办理期限",
    "cycle_notice": "通知用人单位评估日",
    "permit_notice": "居住证签注提醒日",
    "cycle_window": "评估期开始日",
    "cycle_reminder": "催请评估日",
    "opinion": "评估意见提交期限",
    "cycle_end": "服务周期届满日",
    "permit_end": "居住证有效期届满日",
    "verify": "周期核实期限",
    "objection": "异议期限",
    "objection_review": "异议复核期限",
    "ren_open": "积分续办开放日",
    "rate_contact": "差评联系期限",
    "rate_settle": "差评办结期限",
    "draw": "抽样日",
    "round_warning": "回访提醒日",
    "round": "季度抽样回访期限",
}

_PLACE = re.compile(r"[，；、]?\s*domain\.md [^，；）]*")


def shown(reference: str) -> str:
    """A reference as a clerk reads it: the source, without its place in ``docs/domain.md``."""
    return _PLACE.sub("", reference).replace("（，", "（").replace("（）", "")


def start_clock(item: Policy, limit_name: LimitName, clock_id: str, started_on: date) -> Clock:
    """A clock by the item's limit, counting from the day after ``started_on``.

    Raises DomainError ``LIMIT_NOT_SET`` if the catalogue sets no such limit for the item.
    """
    limit = item.limit(limit_name)
    if limit is None:
        raise DomainError("LIMIT_NOT_SET", f"事项目录未规定“{NAMES[kind_of(clock_id)]}”")
    return Clock(
        id=clock_id,
        name=NAMES[kind_of(clock_id)],
        unit=limit.unit,
        amount=limit.amount,
        rolls_forward=limit.rolls_forward,
        started_on=started_on,
        reference=shown(limit.reference),
        mark=limit.mark,
        grace=limit.grace is not None,
    )


def until_clock(clock_id: str, until: date, started_on: date, reference: str) -> Clock:
    """A clock that ends on a date and never moves."""
    return Clock(
        id=clock_id,
        name=NAMES[kind_of(clock_id)],
        unit=Unit.UNTIL,
        until=until,
        started_on=started_on,
        reference=shown(reference),
        mark=Mark.PROPOSAL,
    )


def kind_of(clock_id: str) -> str:
    """``review#2`` and ``defer:seal`` are of the kinds ``review`` and ``defer``."""
    return clock_id.split("#", maxsplit=1)[0].split(":", maxsplit=1)[0]
