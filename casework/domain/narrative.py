"""Each event in one Chinese line, for the timeline and the people who look at the Web UI."""

from casework.domain.calendar import ZONE
from casework.domain.events import Event

TITLES = {
    "submitted": "收件",
    "notice_given": "一次性告知",
    "second_notice_blocked": "拦截二次告知",
    "pre_review_passed": "预审通过",
    "not_accepted": "不予受理",
    "supplement_received": "收到补正",
    "lapsed": "逾期退件",
    "accepted": "受理",
    "materials_arrived": "收到材料",
    "check_recorded": "登记核查结果",
    "archive_called": "开具调档函",
    "archive_received": "档案到达",
    "archive_overdue": "档案逾期未到",
    "review_passed": "审核通过",
    "reported_up": "上报",
    "returned_by_superior": "上级退回",
    "approved": "同意",
    "objection_raised": "公示异议",
    "publicity_ended": "公示期满",
    "refused": "不予批准",
    "dispatched": "寄出",
    "result_delivered": "送达",
    "archived": "归档",
    "withdrawn": "撤回申请",
    "extended": "延长办理期限",
    "clock_stopped": "中止计时",
    "clock_resumed": "恢复计时",
    "rung_reached": "期限提醒",
    "card_cleared": "销牌",
    "deferral_offered": "提出容缺受理",
    "deferral_consented": "容缺审批",
    "deferral_promised": "签署容缺承诺",
    "material_checked": "核对补交材料",
    "debt_overdue": "容缺逾期，进入补救期",
    "debt_breached": "容缺失信",
    "breach_decided": "失信处理",
    "green_requested": "申请绿色通道",
    "green_opened": "开通绿色通道",
    "green_refused": "绿色通道未获同意",
    "green_escalated": "绿色通道督办",
    "green_ended": "绿色通道结束",
    "reassigned": "改派",
    "trouble_met": "外部系统拒绝",
    "trouble_resolved": "外部系统问题已处理",
    "message_refused": "消息被拒",
    "time_noted": "期限依据变更（暂停、临时措施或工作日历）",
    "limit_begun": "期限起算或恢复计算",
    "contact_listed": "列入主动告知",
    "contact_attempted": "一对一联系",
    "contact_settled": "告知事项落实好",
    "contact_filed": "告知备案登记",
    "contact_escalated": "三次未联系上，短信告知并通知单位",
    "contact_shared": "由他件告知，同步结果",
    "contact_closed": "主动告知结束",
}
RUNGS = {"blue": "蓝牌", "yellow": "黄牌", "red": "红牌", "reminder": "提醒申请人"}


def title_of(event: Event) -> str:
    """What happened, in a few Chinese words."""
    title = TITLES[event.body.kind]
    match event.body.kind:
        case "accepted" if getattr(event.body, "deemed", False):
            return "逾期未告知，视为受理"
        case "contact_attempted":
            return "告知到" if getattr(event.body, "reached", False) else "未联系上"
        case "rung_reached":
            return RUNGS[getattr(event.body, "rung", "")]
        case _:
            return title


def line_of(event: Event) -> str:
    """Time in Shanghai, title, officer code: one line."""
    at = event.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    return f"{at} {title_of(event)}（{event.actor.code}）"
