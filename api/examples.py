"""An example of each body, shown in the API's documentation; all data are made up."""

from typing import Any

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

_MATERIALS = [{"code": "diploma", "form": "electronic", "sha256": SHA256}]

EXAMPLES: dict[str, dict[str, Any]] = {
    "pre_review": {
        "outcome": "faulty",
        "faults": [
            {"code": "ILLEGIBLE", "about": "diploma", "text": "学历证书扫描件不清晰，请重新上传"}
        ],
        "corrected": [],
    },
    "not_accept": {
        "reason": "用人单位注册地不在本区",
        "right_authority": "用人单位注册地所在区的人才服务中心",
    },
    "supplement": {"materials": _MATERIALS, "statements": []},
    "accept": {},
    "record_check": {"check": "education", "passed": True, "reason": "学信网核验一致"},
    "call_archive": {},
    "review": {"opinion": "材料齐全，符合条件"},
    "report_up": {},
    "superior_decision": {"outcome": "approved", "reason": "", "reference": "R-2026-0001"},
    "approve": {},
    "refuse": {"reason": "累计分值未达到标准分值"},
    "objection": {"reason": "公示期间收到实名反映，需重新核实"},
    "deliver": {"method": "self_print"},
    "delivered": {"reference": "EMS-0001"},
    "materials_received": {"materials": [{"code": "original_certificates", "form": "original"}]},
    "archive_arrived": {},
    "check_material": {"material": "diploma", "in_order": True, "reason": ""},
    "offer_deferral": {
        "materials": ["sealed_copies"],
        "mode": "hold_result",
        "reason": "单位公章暂时无法使用",
    },
    "consent_deferral": {"granted": True, "reason": ""},
    "promise": {"signed_on": "2026-09-17", "by_agent": False, "authorised": False},
    "decide_breach": {"outcome": "return", "reason": "补救期满仍未补交"},
    "request_green": {
        "reason_code": "school_enrolment",
        "external_on": "2026-10-20",
        "cause": "",
        "evidence": ["情况说明"],
    },
    "consent_green": {"granted": True, "reason": "入学期限临近，情况属实"},
    "close_green": {"reason": "入学手续已延期"},
    "withdraw": {"reason": "申请人另行申报"},
    "extend": {"working_days": 10, "reason": "需向外省单位核实工作经历"},
    "stop_clock": {"stop": "appraisal", "reason": "委托鉴定"},
    "resume_clock": {"reason": "鉴定结论已收到"},
    "clear_card": {"card": "decide:red", "reason": "系统故障所致，已补办"},
    "reassign": {"role": "officer", "to": "ja-o2", "reason": "A角休假"},
    "resolve_trouble": {"task": "resolve_trouble#1", "reason": "已电话通知申请人"},
    "request_contact": {
        "outreach": "PAPER_NO_LIMIT.310115.20220301",
        "about": "窗口交件不限时，可自选日期前来",
        "through": "",
    },
    "share_contact": {
        "outreach": "PAPER_NO_LIMIT.310115.20220301",
        "reached_at": "2022-04-11T10:00:00+08:00",
    },
    "record_attempt": {
        "outreach": "PAPER_NO_LIMIT.310115.20220301",
        "reached": True,
        "note": "本人接听，已知晓",
    },
    "settle_contact": {
        "outreach": "PAPER_NO_LIMIT.310115.20220301",
        "note": "约定解封后一周内来窗口交件",
    },
    "file_contact": {"outreach": "PAPER_NO_LIMIT.310115.20220301", "note": ""},
    "close_contact": {
        "outreach": "PAPER_NO_LIMIT.310115.20220301",
        "reason": "单位已书面确认转告本人",
    },
}

SUBMISSION: dict[str, Any] = {
    "district": "310106",
    "item": "PTS_NEW",
    "source": "points-portal",
    "reference": "2026-000123",
    "channel": "online",
    "received_at": "2026-09-17T09:30:00+08:00",
    "claims": {
        "self_score": 125,
        "application_form_filed": True,
        "employer_reviewed": True,
        "permit_expires_on": "2027-06-30",
    },
    "materials": [{"code": "identity_document", "form": "electronic", "sha256": SHA256}],
    "applicant": {
        "name": "张三",
        "id_number": "310101199003071230",
        "email": "zhangsan@example.com",
        "phone": "13800001234",
    },
    "employer": {"name": "某某公司", "credit_code": "91310106MA1FY7XX05"},
}
