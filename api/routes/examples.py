"""An example of each body, shown in the API's documentation; all data are made up."""

from typing import Any

from casework.domain.case.commands import (
    ClearCard,
    Command,
    CorrectFact,
    ProposeTakingBack,
    Reassign,
    ResolveTrouble,
    SettleLatePapers,
    TakeBack,
    TakeUp,
    TransferJurisdiction,
)
from casework.domain.kinds.application.commands import (
    Accept,
    Approve,
    ArchiveArrived,
    CallArchive,
    CheckMaterial,
    CloseContact,
    CloseGreen,
    ConsentDeferral,
    ConsentGreen,
    DecideBreach,
    Deliver,
    Delivered,
    Extend,
    FileContact,
    KeepApart,
    MaterialsReceived,
    MovePolicy,
    NotAccept,
    Objection,
    OfferDeferral,
    PreReview,
    Promise,
    RecordAttempt,
    RecordCheck,
    Refuse,
    RefuseDuplicate,
    ReportUp,
    RequestContact,
    RequestGreen,
    ResumeClock,
    Review,
    SettleContact,
    ShareContact,
    StopClock,
    SuperiorDecision,
    Supplement,
    Withdraw,
)
from casework.domain.kinds.cycle.commands import (
    ChangeEmployer,
    ConfirmPoints,
    DecideObjection,
    Evaluate,
    IssueCredential,
    RaiseObjection,
    Reclassify,
    RecordLeft,
    RenewPermit,
    Verify,
)
from casework.domain.kinds.rating.commands import (
    AppealRating,
    ContactRater,
    DecideRatingAppeal,
    FollowUpRating,
    MarkComplex,
    SettleRating,
    VerifyRating,
)
from casework.domain.kinds.request.commands import (
    AcceptRequest,
    AssignBody,
    CollectPapers,
    ExplainNeed,
    ExtendHandling,
    FeedBack,
    GiveNotice,
    SupplementRequest,
    TransferNeed,
    WithdrawRequest,
)
from casework.domain.kinds.round.commands import RecordVisit
from casework.filing.bodies import SHA256

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
    KeepApart: {"other": "310112-71Z3-Z1JX-7J9T", "reason": "两件的用人单位不同，经核实均有效"},
    RefuseDuplicate: {"other": "310112-71Z3-Z1JX-7J9T", "reason": "已在该区就同一事项提出申请"},
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
    Delivered: {"reference": "EMS-0001", "delivered_on": "2026-10-12"},
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
    MovePolicy: {"order": "ZL-0000-0000-0001", "reason": "新办法自7月1日起施行"},
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
    ProposeTakingBack: {"reason": "误点不予批准，审核意见为同意"},
    TakeBack: {"granted": True, "reason": "经核实，确系误办结"},
    SettleLatePapers: {"task": "late_papers#1", "reason": "已电话告知申请人重新申报，材料退回"},
    CorrectFact: {
        "seq": 7,
        "field": "delivered_on",
        "value": "2026-10-09",
        "reason": "签收日期登记有误，以快递回单为准",
    },
}


SERVICE_EXAMPLES: dict[type[Command], dict[str, Any]] = {
    CollectPapers: {"materials": [{"code": "household_register", "form": "paper"}]},
    GiveNotice: {
        "faults": [
            {"code": "ILLEGIBLE", "about": "household_register", "text": "户口簿复印件不清晰"}
        ]
    },
    SupplementRequest: {
        "materials": [{"code": "household_register", "form": "electronic", "sha256": SHA256}]
    },
    AcceptRequest: {"body": ""},
    AssignBody: {"body": "district/education", "reason": "由区教育部门办理更便捷"},
    FeedBack: {"met": True, "result": "已联系就近学校，9 月 1 日报到"},
    ExplainNeed: {"reason": "不属于服务项目清单，已电话说明"},
    TransferNeed: {"to": "区医保局", "reason": "属医保部门职责"},
    WithdrawRequest: {"reason": "需求已自行解决"},
    ExtendHandling: {"working_days": 5, "reason": "学校需核实学位"},
    Evaluate: {"verdict": "qualified", "text": "履职情况良好，完成年度任务"},
    Verify: {"passed": True, "reason": ""},
    RaiseObjection: {"reason": "社保记录已更正，请重新核实"},
    DecideObjection: {"upheld": True, "reason": "更正后的记录属实"},
    ChangeEmployer: {
        "employer": "91310106MA1FY7XX05",
        "changed_on": "2026-09-01",
        "party": {"name": "某某公司联络员", "email": "hr@example.com"},
    },
    RecordLeft: {"left_on": "2026-09-01", "reason": "不再全职在渝工作"},
    Reclassify: {"letter": "B", "reason": "目录调整后重新认定"},
    IssueCredential: {"credential": "card", "code": "YC-000002", "reason": "原卡遗失"},
    RenewPermit: {"renewed_on": "2026-09-01", "expires_on": "2027-09-15"},
    ConfirmPoints: {"reference": "JF-2026-0001"},
    ContactRater: {"reached": True, "note": "已致电，约定两日内答复"},
    MarkComplex: {"reason": "涉及多部门"},
    VerifyRating: {"justified": True, "finding": "窗口等候时间过长"},
    SettleRating: {"settlement": "fixed", "reason": "已增设午间窗口"},
    AppealRating: {"reason": "评价内容与办理事项无关"},
    DecideRatingAppeal: {"upheld": False, "reason": "不足以认定为恶意评价"},
    FollowUpRating: {"satisfied": True, "note": "对整改满意"},
    RecordVisit: {
        "request": "500103-0000-0000-0000",
        "means": "phone",
        "reached": True,
        "opinion": "办理及时",
    },
    TakeUp: {"task": "handle#1"},
}
