"""The texts of the notices: template → (title, body). How they are filled: ``texts.py``.

Wording. A date is a date: whether the limit behind it is law is said only by the field of kind
``basis``, from the catalogue's mark. Where the licence law guides a step that may not be a licence
(domain.md §C.1, last point), the text says 参照 (by analogy), never 依据.
"""

from casework.domain.case.kind import KNOWN
from casework.letters.cycle_templates import CYCLE_TEMPLATES
from casework.letters.mending_templates import MENDING_TEMPLATES
from casework.letters.rating_templates import RATING_TEMPLATES
from casework.letters.request_templates import REQUEST_TEMPLATES

FRAME = """\
申请编号：{case_no}
申请事项：{item}

{body}

{note?}
{office}
{on:date}"""

# 行政许可法 §38: a refusal names its reasons and the ways to contest it; the periods are those of
# 行政复议法 §20 (60 days) and 行政诉讼法 §46 (six months).
_REMEDIES = """\
如不服本决定，可自知道本决定之日起六十日内依法申请行政复议，\
或者自知道本决定之日起六个月内依法提起行政诉讼。
复议机关：{review_authority?}"""

_PAUSED = "\n因{paused?}，此期限暂停计算，恢复计算后另行告知截止日。"

_IF_LATE = """\
材料以送达经办机构为准。逾期未补交的，暂停办理并告知原因；宽限期内仍未补交的，\
办件将被退回，已出具结果的将提请撤销，并记入信用记录，修复前不再适用容缺受理。"""

TEMPLATES: dict[str, tuple[str, str]] = {
    "one_time_notice": (
        "一次性告知书",
        """\
经审查，您的申请材料不齐全或者不符合规定形式。现将需要补正的全部内容一次性告知如下：
{faults:list}
请于{due_on:date?}前补正{due_basis:basis?}。逾期未补正的，申请将被退回，您可以重新申请。"""
        + _PAUSED,
    ),
    "supplement_reminder": (
        "补正提醒",
        """\
以下内容尚未补正：
{missing:list}
请于{due_on:date}前补正{due_basis:basis?}。逾期未补正的，申请将被退回，您可以重新申请。""",
    ),
    "paper_due": (
        "交件通知",
        """\
您的申请已通过预审。请提交以下书面材料：
{materials:list}
请于{due_on:date?}前提交{due_basis:basis?}。"""
        + _PAUSED,
    ),
    "lapsed": (
        "退件通知",
        """\
截至{due_on:date}，需要补交的内容仍未收齐，本次申请已退回：
{missing:list?}
退回不影响您的权利，材料备齐后可以重新申请。""",
    ),
    "not_accepted": (
        "不予受理通知书",
        f"""\
您的申请不予受理，理由如下：
{{reasons:list}}
请向有权办理的机关申请：{{right_authority?}}
{_REMEDIES}""",
    ),
    "duplicate_refused": (
        "不予受理通知书（重复申请）",
        f"""\
您就同一事项已有申请正在办理，编号：{{other}}。本次申请按重复申请不予受理，理由如下：
{{reasons:list}}
编号{{other}}的申请继续办理，不受影响。
{_REMEDIES}""",
    ),
    "accepted": (
        "受理通知书",
        """\
您的申请已于{accepted_on:date}受理。
办理期限至{decision_due_on:date?}{decision_due_basis:basis?}。"""
        + _PAUSED,
    ),
    "deemed_accepted": (
        "受理通知书（视为受理）",
        """\
我机构未在规定时间内一次性告知需要补正的内容，参照《中华人民共和国行政许可法》第三十二条，\
您的申请自{accepted_on:date}收到之日起视为受理。
办理期限至{decision_due_on:date?}{decision_due_basis:basis?}。"""
        + _PAUSED,
    ),
    "deferral_granted": (
        "容缺受理通知书",
        f"""\
根据您的承诺，以下材料容缺受理，请按期补交：
{{materials:list}}
补交期限至{{due_on:date?}}{{due_basis:basis?}}。
因{{paused?}}，此期限暂停计算，恢复计算后另行告知截止日。
{_IF_LATE}""",
    ),
    "deferral_reminder": (
        "容缺材料补交提醒",
        """\
以下容缺材料尚未补交：
{materials:list}
请于{due_on:date}前补交{due_basis:basis?}。""",
    ),
    "deferral_overdue": (
        "容缺材料逾期告知",
        """\
以下容缺材料未按承诺期限补交，办理现已暂停：
{materials:list}
请于{rescue_on:date?}前补交{rescue_basis:basis?}。补齐后恢复办理；\
届时仍未补交的，按《容缺受理通知书》告知的后果处理。"""
        + _PAUSED,
    ),
    "deferral_breached": (
        "容缺承诺未履行告知",
        """\
以下容缺材料在宽限期内仍未补交：
{materials:list}
未履行承诺的情况已记入信用记录，修复前不再适用容缺受理。\
本办件如何处理由工作人员决定，决定将另行书面告知。""",
    ),
    "debt_unpaid": (
        "材料未补交告知",
        """\
以下暂缓递交的材料在期限和宽限期内仍未补交：
{materials:list}
本办件如何处理由工作人员决定，决定将另行书面告知。""",
    ),
    "limit_begun": (
        "期限起算告知",
        """\
“{cause}”至{until_on:date}止，{name}自其后开始或者继续计算。
请于{due_on:date}前办理{due_basis:basis?}。""",
    ),
    "jurisdiction_transferred": (
        "管辖移送告知",
        """\
您的办件已由{from}移送{to}继续办理，理由如下：
{reasons:list}
办件编号不变，已经提交的材料继续有效，已经起算的期限连续计算，不重新起算。""",
    ),
    "contact_failed": (
        "主动告知",
        """\
经办机构就以下事项在{times}个工作日先后致电申请人，均未能接通，现以短信和邮件告知申请人及其单位：
{about}
请申请人与经办机构联系，或者由单位转告本人。""",
    ),
    "breach_decided": (
        "容缺失信处理决定告知书",
        f"""\
对未按承诺补交材料一事，决定如下：{{outcome}}。理由：
{{reasons:list}}
{_REMEDIES}""",
    ),
    "extension": (
        "延长办理期限告知书",
        """\
经负责人批准，本办件办理期限延长至{due_on:date}{due_basis:basis?}，理由如下：
{reasons:list}""",
    ),
    "clock_stopped": (
        "办理期限中止计算告知书",
        """\
自{stopped_on:date}起，因以下事由，所需时间不计入办理期限（参照《中华人民共和国行政许可法》第四十五条）：
{cause}""",
    ),
    "clock_resumed": (
        "办理期限恢复计算告知书",
        """\
以下事由已结束，办理期限自{resumed_on:date}起继续计算：
{cause}
办理期限至{decision_due_on:date}{decision_due_basis:basis?}。""",
    ),
    "refused": (
        "不予办理决定告知书",
        f"""\
经审查，您的申请不符合条件，决定不予办理，理由如下：
{{reasons:list}}
{_REMEDIES}""",
    ),
    "publicity": (
        "公示告知",
        """\
您的申请已进入公示，公示期自{from_on:date}至{until_on:date}{until_basis:basis?}。
公示地址：{place?}
公示期间如有异议，将核查后再作决定。""",
    ),
    "approved": (
        "办理结果告知",
        """\
您的申请已于{decided_on:date}通过。
以下容缺材料补齐后发放结果：
{materials:list}""",
    ),
    "result_ready": (
        "结果领取通知",
        """\
您的办理结果已出具，{method:method}。""",
    ),
    "dispatched": (
        "寄件通知",
        """\
您的办理结果已寄出，邮件号：{tracking_number}。""",
    ),
    "withdrawn": (
        "撤回申请确认",
        """\
您的申请已于{withdrawn_on:date}按您的要求撤回，办理终止。需要时可以重新申请。""",
    ),
    "green_incomplete": (
        "绿色通道申请补充告知",
        """\
您的绿色通道申请缺少以下证明，补齐前不能开通：
{missing:list}
补齐后请重新提出；您的申请仍按一般程序办理。""",
    ),
    "green_refused": (
        "绿色通道申请告知",
        """\
您的绿色通道申请未获同意，您的申请仍按一般程序办理。理由如下：
{reasons:list}""",
    ),
    "green_opened": (
        "绿色通道告知",
        """\
您的办件已进入绿色通道，原因：{reason}。
将在{external_on:date?}之前优先办理。
绿色通道只调整办理次序和时限，不减少任何审核环节；原因消除后自动恢复一般办理。""",
    ),
    **CYCLE_TEMPLATES,
    **REQUEST_TEMPLATES,
    **RATING_TEMPLATES,
    **MENDING_TEMPLATES,
    **{name: text for kind in KNOWN.values() for name, text in kind.texts.items()},
}
