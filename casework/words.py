"""What a clerk reads in the place of codes that the API gives without a word."""

from collections.abc import Mapping

ROLES = {
    "applicant": "申请人",
    "employer": "用人单位",
    "superior": "上级主管部门",
    "talent": "人才",
    "agent": "代办人",
}
"""Parties of a case, and who is written to."""

SENT_BY = {"mail": "邮件", "sms": "短信", "desk": "网上查阅"}
NOTICE_STATUS = {"queued": "待发送", "sent": "已发送", "refused": "对方拒收", "void": "已作废"}
FORMS = {
    "electronic": "电子文件",
    "paper": "书面材料",
    "original": "原件",
    "archive": "人事档案",
}
"""In which form a material came."""
FILED_BY = {
    "online": "网上",
    "email": "邮件",
    "post": "邮寄",
    "window": "窗口",
    "app": "手机APP",
    "schedule": "定时启动（抽样回访）",
    "hotline_12345": "12345热线",
    "complaint": "投诉建议",
    "opinion_box": "意见箱",
    "consultation": "咨询",
    "self_service": "自助机",
    "hotline": "电话热线",
    "mixed": "线上和线下",
}
SYSTEMS = {
    "clock": "期限到时",
    "casework": "本系统",
    "catalogue": "目录版本",
    "orders": "指令",
    "outreach": "主动告知",
    "cycle": "服务周期",
    "mail": "收件邮箱",
    "mail-papers": "收件邮箱",
    "post": "邮寄收件",
    "post-room": "邮寄收件",
    "booking-form": "预约网页",
    "visit-rounds": "抽样回访",
    "rating": "服务评价",
    "rehearsal": "演练",
}
"""What speaks to cases itself, or files under this source, and stands in no roster."""
SOURCES = {
    "window": "窗口",
    "agent": "代办人",
    "applicant": "本人",
    "talent": "人才本人",
    "employer": "用人单位",
}
"""Under which source people file; those from outside each under one of their own below it."""
SCOPES = {"city": "全市", "district": "全区", "office": "窗口", "case": "办件"}
STOPPED = {"applicant": "申请人的期限", "authority": "机关的期限", "both": "双方的期限"}


def word(words: Mapping[str, str], code: object) -> str:
    """Return the word for a code; a code that is new here stands for itself."""
    return words.get(str(code), str(code))
