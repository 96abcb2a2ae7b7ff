"""An example of each body, shown in the API's documentation; all data are made up."""

from typing import Any

from casework.domain.commands import (
    Accept,
    Approve,
    ArchiveArrived,
    CallArchive,
    CheckMaterial,
    ClearCard,
    CloseContact,
    CloseGreen,
    Command,
    ConsentDeferral,
    ConsentGreen,
    DecideBreach,
    Deliver,
    Delivered,
    Extend,
    FileContact,
    MaterialsReceived,
    NotAccept,
    Objection,
    OfferDeferral,
    PreReview,
    Promise,
    Reassign,
    RecordAttempt,
    RecordCheck,
    Refuse,
    ReportUp,
    RequestContact,
    RequestGreen,
    ResolveTrouble,
    ResumeClock,
    Review,
    SettleContact,
    ShareContact,
    StopClock,
    SuperiorDecision,
    Supplement,
    TransferJurisdiction,
    Withdraw,
)

SHA256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

_MATERIALS = [{"code": "diploma", "form": "electronic", "sha256": SHA256}]

EXAMPLES: dict[type[Command], dict[str, Any]] = {
    PreReview: {
        "outcome": "faulty",
        "faults": [
            {"code": "ILLEGIBLE", "about": "diploma", "text": "学历证书扫描件不清晰，请重新上传"}
        ],
        "corrected": [],
    },
    NotAccept: {
        "reason": "用人单位注册地不在本区",
        "right_authority": "用人单位注册地所在区的人才服务中心",
    },
    Supplement: {"materials": _MATERIALS, "statements": []},
    Accept: {},
    RecordCheck: {"check": "education", "passed": True, "reason": "学信网核验一致"},
    CallArchive: {},
    Review: {"opinion": "材料齐全，符合条件"},
    ReportUp: {},
    SuperiorDecision: {"outcome": "approved", "reason": "", "reference": "R-2026-0001"},
    Approve: {},
    Refuse: {"reason": "累计分值未达到标准分值"},
    Objection: {"reason": "公示期间收到实名反映，需重新核实"},
    Deliver: {"method": "self_print"},
    Delivered: {"reference": "EMS-0001"},
    MaterialsReceived: {"materials": [{"code": "original_certificates", "form": "original"}]},
    ArchiveArrived: {},
    CheckMaterial: {"material": "diploma", "in_order": True, "reason": ""},
    OfferDeferral: {
        "materials": ["sealed_copies"],
        "mode": "hold_result",
        "reason": "单位公章暂时无法使用",
    },
    ConsentDeferral: {"granted": True, "reason": ""},
    Promise: {"signed_on": "2026-09-17", "by_agent": False, "authorised": False},
    DecideBreach: {"outcome": "return", "reason": "补救期满仍未补交"},
    RequestGreen: {
        "reason_code": "school_enrolment",
        "external_on": "2026-10-20",
        "cause": "",
        "evidence": ["情况说明"],
    },
    ConsentGreen: {"granted": True, "reason": "入学期限临近，情况属实"},
    CloseGreen: {"reason": "入学手续已延期"},
    Withdraw: {"reason": "申请人另行申报"},
    Extend: {"working_days": 10, "reason": "需向外省单位核实工作经历"},
    StopClock: {"stop": "appraisal", "reason": "委托鉴定"},
    ResumeClock: {"reason": "鉴定结论已收到"},
    ClearCard: {"card": "decide:red", "reason": "系统故障所致，已补办"},
    TransferJurisdiction: {"to_district": "310104", "reason": "单位注册地在该区"},
    Reassign: {"role": "officer", "to": "ja-o2", "reason": "A角休假"},
    ResolveTrouble: {"task": "resolve_trouble#1", "reason": "已电话通知申请人"},
    RequestContact: {
        "outreach": "PAPER_NO_LIMIT.310115.20220301",
        "about": "窗口交件不限时，可自选日期前来",
        "through": "",
    },
    ShareContact: {
        "outreach": "PAPER_NO_LIMIT.310115.20220301",
        "reached_at": "2022-04-11T10:00:00+08:00",
    },
    RecordAttempt: {
        "outreach": "PAPER_NO_LIMIT.310115.20220301",
        "reached": True,
        "note": "本人接听，已知晓",
    },
    SettleContact: {
        "outreach": "PAPER_NO_LIMIT.310115.20220301",
        "note": "约定解封后一周内来窗口交件",
    },
    FileContact: {"outreach": "PAPER_NO_LIMIT.310115.20220301", "note": ""},
    CloseContact: {
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
