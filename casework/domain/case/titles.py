"""Each event in one Chinese line, for the timeline and the people who look at the Web UI."""

from casework.domain.case.events import Event
from casework.domain.time.calendar import ZONE

TITLES = {
    "submitted": "收件",
    "date_decides": "改按日期判断期限",
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
    "cards_withdrawn": "期限变更，撤回原牌",
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
    "paper_put_off": "临时措施生效，书面材料暂缓递交",
    "contact_listed": "列入主动告知",
    "contact_attempted": "一对一联系",
    "contact_settled": "告知事项落实好",
    "contact_filed": "告知备案登记",
    "contact_escalated": "三次未联系上，短信告知并通知单位",
    "contact_shared": "由他件告知，同步结果",
    "contact_closed": "主动告知结束",
    "task_taken_up": "签收待办",
    "task_handed_over": "待办转交",
    "absences_noted": "经办人员缺岗，待办转交",
    "jurisdiction_transferred": "管辖移送",
    "cycle_begun": "服务周期开始",
    "cycle_notified": "临期通知",
    "window_opened": "评估期开始",
    "employer_reminded": "催请评估",
    "evaluation_given": "提交评估意见",
    "evaluation_taken_up": "提前提交的评估意见生效",
    "data_checked": "数据核实",
    "cycle_expired": "周期届满，待人工决定",
    "verification_failed": "核实未通过",
    "objection_made": "提出异议",
    "cycle_renewed": "进入下一周期",
    "cycle_ended": "服务终止",
    "employer_changed": "变更用人单位",
    "reclassified": "变更人才类别",
    "credential_issued": "补发服务凭证",
    "points_suspended": "积分中止",
    "renewal_opened": "可办理积分续办",
    "points_confirmed": "积分确认",
    "request_filed": "提出服务申请",
    "papers_collected": "收取纸质材料",
    "request_released": "恢复办理",
    "request_notice_given": "一次性告知",
    "request_supplemented": "收到补正",
    "request_accepted": "受理，交联络员办理",
    "body_assigned": "改交办理机构",
    "standing_noted": "人才服务状态变更",
    "result_fed_back": "反馈办理结果",
    "need_explained": "解释说明",
    "need_transferred": "转交有关部门",
    "request_withdrawn": "撤回服务申请",
    "request_lapsed": "逾期退件",
    "request_closed": "服务终止，申请了结",
    "handling_extended": "延长服务事项办理期限",
    "rated": "服务评价",
    "rater_contacted": "联系差评人",
    "rating_complex": "认定为复杂事项",
    "rating_verified": "差评核实",
    "rating_settlement": "差评整改或解释",
    "rating_appealed": "差评申诉",
    "rating_appeal_decided": "差评申诉复核",
    "rating_followed_up": "差评回访",
    "round_begun": "季度抽样回访开始",
    "draw_asked": "抽样",
    "sample_drawn": "样本已抽取",
    "visit_recorded": "登记回访",
    "same_person_found": "发现同一人同一事项的其他未办结件",
    "kept_apart": "疑似重复，决定分别办理",
    "step_unanswered": "环节过半",
    "policy_moved": "改用新政策",
    "taking_back_proposed": "提请撤销更正",
    "taking_back_declined": "不同意撤销更正",
    "taken_back": "撤销更正，恢复办理",
    "papers_came_late": "办结后收到材料",
    "late_papers_settled": "办结后收到的材料已处理",
    "fact_corrected": "更正登记的日期",
}
RUNGS = {
    "blue": "蓝牌",
    "yellow": "黄牌",
    "red": "红牌",
    "reminder": "提醒申请人",
}


def title_of(event: Event) -> str:
    """What happened, in a few Chinese words."""
    title = TITLES[event.body.kind]
    match event.body.kind:
        case "submitted" if getattr(event.body, "authorisation", ""):
            return "收件（代办，附授权委托书）"
        case "accepted" if getattr(event.body, "deemed", False):
            return "逾期未告知，视为受理"
        case "same_person_found" if not getattr(event.body, "others", ()):
            return "已没有同一人同一事项的其他未办结件"
        case "not_accepted" if getattr(event.body, "duplicate_of", ""):
            return "按重复件不予受理"
        case "contact_attempted":
            return "告知到" if getattr(event.body, "reached", False) else "未联系上"
        case "rung_reached":
            return RUNGS[getattr(event.body, "rung", "")]
        case "policy_moved":
            days = (getattr(event.body, name, "") for name in ("before_on", "after_on"))
            return f"{title}：" + " → ".join(f"{day} 版" for day in days)
        case _:
            return title


def line_of(event: Event) -> str:
    """Time in Shanghai, title, officer code: one line."""
    at = event.at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")
    return f"{at} {title_of(event)}（{event.actor.code}）"
