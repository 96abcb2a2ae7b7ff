"""The words of forms: what a clerk calls each field of a verb, and each of its values.

A field without a word is shown by its name, so that a new verb has its form by itself;
tests/desk/test_forms.py says which words are missing.
"""

from collections.abc import Mapping
from enum import Enum

from casework import words

LABELS: Mapping[str, str] = {
    "about": "涉及的材料或情况",
    "approve": "直接批准（公开的放假安排）",
    "authorised": "代办人有授权委托书",
    "basis": "依据",
    "begun": "包括已签收的",
    "body": "办理单位（层级/单位，如 municipal/education）",
    "by_agent": "由代办人签署",
    "card": "要销的牌",
    "cases": "办件编号",
    "cause": "外部原因",
    "changed_on": "变更日期",
    "channels": "涉及的渠道",
    "check": "核查事项",
    "clocks": "停止谁的期限",
    "code": "代码",
    "corrected": "当场更正的内容",
    "credential": "证件种类",
    "delivered_on": "送达日期",
    "district": "区划代码",
    "effect": "措施代码",
    "email": "电子邮箱",
    "employer": "新用人单位的统一社会信用代码",
    "ended_on": "返岗日",
    "evidence": "证明材料",
    "expires_on": "有效期至",
    "external_on": "外部日期（最迟须在何日前办结）",
    "faults": "需要补正的问题（一次性全部列出）",
    "field": "要更正的日期",
    "files": "附件",
    "finding": "核实结果",
    "first_on": "第一天",
    "form": "形式",
    "granted": "是否同意",
    "head_consents": "负责人同意延后已承诺的期限",
    "holder": "原经办人员编号",
    "in_order": "材料是否合格",
    "item": "事项代码",
    "items": "事项代码",
    "justified": "差评是否属实",
    "key": "范围编号（区划代码、机构或办件编号）",
    "kinds": "只改派这些种类",
    "last_on": "最后一天",
    "left_on": "离职日期",
    "letter": "人才类别",
    "lifted_on": "解除日",
    "make_up": "调休上班的日子",
    "mark": "依据效力",
    "material": "材料",
    "materials": "材料",
    "means": "联系方式",
    "measure": "临时措施编号",
    "met": "是否办成",
    "method": "送达方式",
    "mode": "容缺方式",
    "name": "姓名",
    "note": "说明",
    "notice": "通知的名称、文号和日期",
    "off": "放假的日子",
    "officer": "人员编号",
    "online_accepted_from": "网上受理自",
    "opinion": "意见",
    "order": "指令编号",
    "other": "另一件的办件编号",
    "outcome": "结果",
    "outreach": "主动告知编号",
    "party": "联络人",
    "passed": "是否通过",
    "person": "人员编号",
    "phone": "电话",
    "provisional": "暂定",
    "question": "要征求意见的问题",
    "reach": "范围",
    "reached": "是否联系上",
    "reason": "理由",
    "reason_code": "事由代码",
    "reference": "文号或单号",
    "renewed_on": "续签日期",
    "request": "服务申请编号",
    "result": "办理结果",
    "right_authority": "应当去的机关",
    "role": "岗位",
    "satisfied": "是否满意",
    "scope": "层级",
    "score": "积分",
    "seq": "经过的序号",
    "settlement": "处理方式",
    "sha256": "文件",
    "signed_on": "签署日期",
    "since": "开始日",
    "stage": "只限此阶段",
    "statements": "已作说明的问题代码",
    "stop": "中止事由",
    "suspension": "暂停编号",
    "task": "待办",
    "team": "小组",
    "text": "内容",
    "to": "接办人员编号",
    "to_district": "移送到哪个区（区划代码）",
    "told_by": "告知方式",
    "told_on": "自行告知的日期（如有）",
    "until": "最后一天",
    "upheld": "是否维持",
    "value": "正确的日期",
    "verdict": "评估意见",
    "working_days": "工作日数",
    "year": "年份",
}
"""Field → the words of a clerk, in whichever verb."""

LABELS_OF: Mapping[tuple[str, str], str] = {
    ("open_suspension", "first_on"): "开始日（当日不计）",
    ("change_suspension", "first_on"): "开始日（当日不计）",
    ("move_policy", "to"): "改用哪一天的政策",
    ("publish_catalogue", "first_on"): "施行日",
    ("ask_opinion", "to"): "向谁征求（人员编号）",
    ("correct_address", "party"): "当事人",
    ("correct_address", "reason"): "更正的理由",
    ("give_opinion", "text"): "意见",
    ("phrase", "verb"): "用于哪项操作（不选：全部操作）",
    ("phrase", "office"): "供本区所有人选用",
    ("add_note", "text"): "备注（只有同事能看到）",
    ("transfer_need", "to"): "转交给哪个单位",
    ("record_visit", "opinion"): "对服务的意见",
    ("issue_credential", "code"): "人才卡号或人才码",
    ("decide_objection", "upheld"): "异议是否成立",
    ("decide_rating_appeal", "upheld"): "申诉是否成立",
}
"""Where a verb means something of its own by a field."""

HINTS: Mapping[str, str] = {
    "reason": "会登记在办理经过里；可以分行。",
    "to": "岗位表中的人员编号，如 ja-o2。",
    "corrected": "一行一项。",
    "evidence": "一行一项。",
    "statements": "一行一个代码。",
}

_DAYS = {
    "left_on": "离职日期",
    "changed_on": "变更日期",
    "renewed_on": "续签日期",
    "expires_on": "有效期至",
    "signed_on": "签署日期",
    "delivered_on": "送达日期",
}

CHOICES: Mapping[str, Mapping[str, str]] = {
    "field": _DAYS,
    "told_by": words.SENT_BY,
}
"""Texts that can only be one of these."""

_VALUES: Mapping[str, Mapping[str, str]] = {
    "BreachOutcome": {"return": "退件", "revoke": "撤销", "accept_late": "同意逾期补交"},
    "CheckKind": {"education": "教育背景核查", "archive": "核档", "outside": "外调"},
    "CredentialKind": {"card": "人才卡", "code": "人才码"},
    "Decision": {"approved": "同意", "returned": "退回", "refused": "不同意"},
    "DeferralMode": {
        "hold_result": "材料补齐后再发结果",
        "result_first": "先发结果，材料后补",
    },
    "DeliveryMethod": {"self_print": "自助打印", "ems": "快递（EMS）", "window": "窗口领取"},
    "MaterialForm": words.FORMS,
    "PreReviewOutcome": {"passed": "通过", "faulty": "有问题，一次性告知"},
    "StopKind": {
        "hearing": "听证",
        "tender": "招标",
        "auction": "拍卖",
        "inspection": "检验",
        "testing": "检测",
        "quarantine": "检疫",
        "appraisal": "鉴定",
        "expert_review": "专家评审",
    },
    "Mark": {
        "law": "法律法规",
        "source": "公开文件",
        "found": "检索所得",
        "proposal": "本机构建议",
        "uncertain": "尚不确定",
    },
    "Scope": words.SCOPES,
    "Stopped": words.STOPPED,
    "TalentClass": {letter: f"{letter}类" for letter in "ABCDEF"},
    "Told": words.SENT_BY,
}


def label_of_field(verb: str, name: str) -> str:
    """What a clerk calls a field of a verb; the name itself where there is no word."""
    return LABELS_OF.get((verb, name)) or LABELS.get(name, name)


def label_of_value(value: Enum) -> str:
    """What a clerk calls a value; the value itself where there is no word."""
    own = getattr(value, "label", "")
    return str(own or _VALUES.get(type(value).__name__, {}).get(value.value, value.value))
