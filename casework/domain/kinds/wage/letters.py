"""What complainant and employer are told of a wage complaint."""

from casework.domain.case.events import Event, TakenBack
from casework.domain.case.letters import Notice, fields_of_taking_back, limit_of
from casework.domain.case.rules import Fields, Letter, Letters
from casework.domain.kinds.wage import events as ev
from casework.domain.kinds.wage.state import WageComplaint, money
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import Clock, kind_of

_TO_COMPLAINANT = ("applicant",)
_TO_EMPLOYER = ("employer",)
_TO_BOTH = ("applicant", "employer")
TEXTS = {
    "wage_received": (
        "欠薪投诉收悉",
        """\
您的欠薪投诉（{owed}）已经收到。
将于{due_on:date?}前立案，或者书面告知不予受理{due_basis:basis?}。
因{paused?}，期限暂停计算。
语音、视频、聊天记录等证据可以在网上提交，不必到场。""",
    ),
    "wage_asked": (
        "欠薪投诉补正告知",
        """\
您的欠薪投诉需要补正：
{missing}
请于{due_on:date?}前补正{due_basis:basis?}；逾期不补正的，本次投诉不再办理，补齐后可以重新提出。
因{paused?}，补正期限暂停计算。""",
    ),
    "wage_supplement_reminder": (
        "欠薪投诉补正提醒",
        "请于{due_on:date}前补正您的欠薪投诉{due_basis:basis?}：\n{missing}",
    ),
    "wage_lapsed": (
        "欠薪投诉逾期未补正告知",
        "您的欠薪投诉逾期未补正，本次投诉不再办理。补齐后可以重新提出。",
    ),
    "wage_filed": (
        "欠薪投诉受理立案告知",
        """\
您的欠薪投诉已于{filed_on:date}立案，由两名以上劳动保障监察员调查。
调查将于{due_on:date?}前完成{due_basis:basis?}；情况复杂的，经批准可以延长。
因{paused?}，调查期限暂停计算。""",
    ),
    "wage_refused": (
        "欠薪投诉不予受理告知书",
        """\
您的欠薪投诉不予受理：{ground}。
理由：{reason}
可以向{right_authority?}提出。
对本决定不服的，可以依法申请行政复议或者提起行政诉讼。""",
    ),
    "wage_extended": (
        "欠薪案件调查期限延长告知",
        """\
因{reason}，您投诉的欠薪案件延长调查期限{working_days}个工作日。
调查将于{due_on:date?}前完成{due_basis:basis?}。
因{paused?}，调查期限暂停计算。""",
    ),
    "wage_settled": (
        "欠薪和解协议告知",
        """\
经调解，双方已就拖欠的工资达成和解，分期支付如下：
{instalments:list}
任何一期逾期未付的，本机构恢复调查，依法处理。""",
    ),
    "wage_instalment_reminder": (
        "和解协议付款提醒",
        "请于{due_on:date}前支付和解协议第{number}期{amount}；逾期未付的，本机构恢复调查。",
    ),
    "wage_broken": (
        "和解协议未履行告知",
        "和解协议第{number}期{amount}未按期支付，协议终止，本机构恢复调查。",
    ),
    "wage_hearing": (
        "陈述申辩权利告知书",
        """\
经调查：{finding}
本机构拟依法作出处理。请于{due_on:date?}前陈述、申辩{due_basis:basis?}，可以书面、电话或者视频提出；
逾期视为放弃。
因{paused?}，期限暂停计算。""",
    ),
    "wage_hearing_reminder": (
        "陈述申辩提醒",
        "请于{due_on:date}前陈述、申辩{due_basis:basis?}；逾期视为放弃。",
    ),
    "wage_decided": (
        "欠薪案件处理决定书",
        """\
决定：{decision}
理由：{reason}
对本决定不服的，可以依法申请行政复议或者提起行政诉讼。""",
    ),
    "wage_result": (
        "欠薪投诉结果反馈",
        """\
您投诉的欠薪案件，结果：{outcome}。
{answer}
请于{due_on:date?}前确认{due_basis:basis?}；没有收到工资的，请说明情况。
因{paused?}，期限暂停计算。""",
    ),
    "wage_confirm_reminder": (
        "欠薪投诉结果确认提醒",
        "请于{due_on:date}前确认您投诉的欠薪案件的结果{due_basis:basis?}；没有收到工资的，请说明情况。",
    ),
    "wage_reopened": (
        "欠薪案件恢复调查告知",
        """\
因您说明没有收到工资，本机构恢复调查。
调查将于{due_on:date?}前完成{due_basis:basis?}。
因{paused?}，调查期限暂停计算。""",
    ),
    "wage_withdrawn": (
        "欠薪投诉撤回告知",
        "您的欠薪投诉已撤回，案件终止。\n理由：{reason}",
    ),
    "wage_taken_back": (
        "欠薪投诉撤销更正告知",
        """\
您的欠薪投诉于{closed_on:date}登记为“{closed_as}”，经核查有误，已撤销更正，恢复为“{stage}”。
理由：{reasons}
现行期限：{due_on:date?}前。""",
    ),
}
RECIPIENTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(TEXTS, _TO_COMPLAINANT),
    "wage_settled": _TO_BOTH,
    "wage_instalment_reminder": _TO_EMPLOYER,
    "wage_broken": _TO_BOTH,
    "wage_hearing": _TO_EMPLOYER,
    "wage_hearing_reminder": _TO_EMPLOYER,
    "wage_decided": _TO_BOTH,
}


def letter_of_complaint_received(
    body: ev.ComplaintReceived, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    return "wage_received", {"owed": money(body.owed)} | limit_of(case, body.filing, calendar)


def letter_of_complainant_asked(
    body: ev.ComplainantAsked, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    return "wage_asked", {"missing": body.missing} | limit_of(case, body.supplement, calendar)


def letter_of_complaint_lapsed(
    body: ev.ComplaintLapsed, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    return "wage_lapsed", {}


def letter_of_complaint_filed(
    body: ev.ComplaintFiled, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    limit = limit_of(case, body.investigation, calendar)
    return "wage_filed", {"filed_on": str(body.filed_on)} | limit


def letter_of_complaint_refused(
    body: ev.ComplaintRefused, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    return "wage_refused", {
        "ground": body.ground.label,
        "reason": body.reason,
        "right_authority": body.right_authority,
    }


def letter_of_investigation_extended(
    body: ev.InvestigationExtended, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    limit = limit_of(case, case.clock("wage_investigation"), calendar)
    return "wage_extended", {
        "reason": body.reason,
        "working_days": str(body.working_days),
    } | limit


def letter_of_settlement_recorded(
    body: ev.SettlementRecorded, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    lines = (
        f"第{each.number}期 {each.due_on} 前：{money(each.amount)}" for each in body.instalments
    )
    return "wage_settled", {"instalments": "\n".join(lines)}


def letter_of_settlement_broken(
    body: ev.SettlementBroken, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    return "wage_broken", _instalment(case, body.clock)


def letter_of_investigation_concluded(
    body: ev.InvestigationConcluded, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    if body.hearing is None:
        return None
    return "wage_hearing", {"finding": body.finding} | limit_of(case, body.hearing, calendar)


def letter_of_wages_decided(
    body: ev.WagesDecided, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    return "wage_decided", {"decision": body.decision.label, "reason": body.reason}


def letter_of_result_told(
    body: ev.ResultTold, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    outcome = case.outcome.label if case.outcome else ""
    limit = limit_of(case, body.confirm, calendar)
    return "wage_result", {"outcome": outcome, "answer": body.answer} | limit


def letter_of_result_confirmed(
    body: ev.ResultConfirmed, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    if body.investigation is None:
        return None
    return "wage_reopened", limit_of(case, body.investigation, calendar)


def letter_of_complaint_withdrawn(
    body: ev.ComplaintWithdrawn, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    return "wage_withdrawn", {"reason": body.reason}


def letter_of_taken_back(
    body: TakenBack, event: Event, case: WageComplaint, calendar: WorkingCalendar
) -> Notice | None:
    return "wage_taken_back", fields_of_taking_back(body, case, calendar)


def reminder(case: WageComplaint, clock: Clock, fields: Fields) -> Letter | None:
    """On the last working day before: whoever has something to do by that day."""
    match kind_of(clock.id):
        case "wage_supplement":
            return "wage_supplement_reminder", fields | {"missing": case.missing}
        case "wage_instalment":
            return "wage_instalment_reminder", fields | _instalment(case, clock.id)
        case "wage_hearing":
            return "wage_hearing_reminder", fields
        case _:
            return "wage_confirm_reminder", fields


def _instalment(case: WageComplaint, clock: str) -> Fields:
    found = next(each for each in case.instalments if each.clock == clock)
    return {"number": str(found.number), "amount": money(found.amount)}


LETTERS: Letters = {
    ev.ComplaintReceived: letter_of_complaint_received,
    ev.ComplainantAsked: letter_of_complainant_asked,
    ev.ComplaintLapsed: letter_of_complaint_lapsed,
    ev.ComplaintFiled: letter_of_complaint_filed,
    ev.ComplaintRefused: letter_of_complaint_refused,
    ev.InvestigationExtended: letter_of_investigation_extended,
    ev.SettlementRecorded: letter_of_settlement_recorded,
    ev.SettlementBroken: letter_of_settlement_broken,
    ev.InvestigationConcluded: letter_of_investigation_concluded,
    ev.WagesDecided: letter_of_wages_decided,
    ev.ResultTold: letter_of_result_told,
    ev.ResultConfirmed: letter_of_result_confirmed,
    ev.ComplaintWithdrawn: letter_of_complaint_withdrawn,
    TakenBack: letter_of_taken_back,
}
