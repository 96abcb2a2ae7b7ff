"""An example of each body of talent service, shown in the API's documentation; all made up."""

from typing import Any

from casework.domain.case.commands import Command, TakeUp
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
