"""The texts of the notices: template → (title, body). How they are filled: ``texts.py``.

Wording. A date is a date: whether the limit behind it is law is said only by the field of kind
``basis``, from the catalogue's mark. Where the licence law guides a step that may not be a licence
(domain.md §C.1, last point), the text says 参照 (by analogy), never 依据.
"""

from casework.domain.case.kind import KNOWN

FRAME = """\
办件编号：{case_no}
办理事项：{item}

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

_OF_APPLICATIONS: dict[str, tuple[str, str]] = {
    "receipt": (
        "收件凭证",
        """\
您的申请材料已于{received_on:date}收到。
收到的材料共{count?}件：
{materials:list?}
本凭证只证明已经收到材料，不表示已经受理。材料是否齐全、是否符合规定形式，由经办机构审查后告知。""",
    ),
    "deferral_promise": (
        "容缺受理承诺书",
        f"""\
经办机构同意下列材料容缺办理。您自愿选择的，请阅读以下承诺，签名后交回：
{{materials:list}}
本人承诺：已经提交的材料真实、有效；上列材料按《容缺受理通知书》告知的期限补交。
本人已知悉：{_IF_LATE}
由代办人签署的，须附授权委托书。
承诺人（签名）：____________________
签署日期：________年____月____日""",
    ),
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
    "policy_moved": (
        "改按新规定办理告知书",
        """\
您的办件自本告知之日起按{after_on:date}的规定继续办理，理由：{reasons}
以下期限随之调整：{limits?}
以下材料不再要求，无须补交：{discharged?}
已经作出的告知和决定不因此改变。""",
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
经负责人批准，延长本办件的办理期限，理由如下：
{reasons:list}
办理期限延长至{due_on:date?}{due_basis:basis?}。"""
        + _PAUSED,
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
您的申请自{from_on:date}起公示。
公示期至{until_on:date?}{until_basis:basis?}。
因{paused?}，公示期暂停计算，恢复计算后继续公示。
公示地址：{place?}
公示期间如有异议，将核实后再作决定。""",
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
}


# --- service cycles ------------------------------------------------------------------------
# What the standard does not say (silence, objection, what is on hold) is worded as what the office
# does, never as law.


_TERM = "服务周期将于{ends_on:date}届满。"

CYCLE_TEMPLATES: dict[str, tuple[str, str]] = {
    "cycle_notice": (
        "履职情况综合评估通知",
        f"""\
贵单位人才的{_TERM}请对其履职情况进行综合评估，\
自{{window_on:date}}起至{{due_on:date}}止提交评估意见{{due_basis:basis?}}。
提前提交的，意见予以留存，自{{window_on:date}}起生效。""",
    ),
    "cycle_notice_again": (
        "履职情况综合评估通知",
        f"""\
贵单位人才的{_TERM}请对其履职情况进行综合评估，\
于{{due_on:date}}前（含当日）提交评估意见{{due_basis:basis?}}。""",
    ),
    "cycle_reminder": (
        "评估催请",
        f"""\
贵单位人才的{_TERM}目前尚未收到评估意见，距提交截止日约{{days}}天。
请于{{due_on:date?}}前（含当日）提交{{due_basis:basis?}}。""",
    ),
    "cycle_opinion_kept": (
        "评估意见已留存",
        "贵单位提前提交的评估意见已经收到并留存，自{window_on:date}评估期开始之日起生效。",
    ),
    "cycle_expired": (
        "服务周期届满告知",
        """\
服务周期已于{ends_on:date}届满，核实尚未作出结论。\
服务既不自动续期，也不自动终止，由经办机构核实后决定。
经办机构于{due_on:date?}前（含当日）作出核实结论{due_basis:basis?}。
在此期间暂不受理新的服务申请，已经提出的申请继续办理。""",
    ),
    "cycle_not_passed": (
        "核实结论告知书",
        """\
经核实，拟不再续期，理由如下：
{reasons:list}
对此结论有异议的，请于{due_on:date?}前（含当日）向经办机构提出{due_basis:basis?}。\
未提出异议的，服务在期满后终止。""",
    ),
    "cycle_objection_reminder": (
        "异议期限提醒",
        "对核实结论有异议的，请于{due_on:date}前（含当日）提出{due_basis:basis?}。",
    ),
    "cycle_objection_made": (
        "异议收悉",
        """\
您于{made_on:date}提出的异议已经收到，由作出结论以外的人员复核。
复核于{due_on:date?}前（含当日）完成{due_basis:basis?}。""",
    ),
    "cycle_renewed": (
        "续期告知书",
        "核实通过，服务进入下一周期：自{starts_on:date}起，至{ends_on:date}止。",
    ),
    "cycle_ended": (
        "服务终止告知书",
        """\
服务自{effective_on:date}之后终止，理由如下：
{reasons:list}
人才卡、人才码自次日起失效；终止前已经受理的申请继续办理。""",
    ),
    "cycle_left": (
        "服务终止告知书",
        """\
因不再符合全职在渝工作的条件，服务自{effective_on:date}之后终止：
{reasons:list}
人才卡、人才码自次日起失效；尚未办结的服务申请一并终止。""",
    ),
    "cycle_reclassified": (
        "人才类别变更告知",
        """\
您的人才类别已经变更，服务周期不变。
现类别：{letter?}
现计分：{score?}
理由：{reasons}""",
    ),
    "cycle_credential": (
        "服务凭证补发告知",
        "您的{credential}已于{issued_on:date}补发，原凭证作废。",
    ),
    "permit_notice": (
        "居住证签注提醒",
        """\
您的居住证有效期至{ends_on:date}，请在此之前办理签注。
逾期未签注的，积分中止；补办签注后恢复。""",
    ),
    "permit_renewed": (
        "居住证签注登记告知",
        """\
您的居住证已经签注，有效期至{ends_on:date}。
自{opens_on:date?}起可以办理积分续办。""",
    ),
    "permit_restored": (
        "积分恢复告知",
        """\
您的居住证已经补办签注，有效期至{ends_on:date}，积分自{starts_on:date}起恢复。
自{opens_on:date?}起可以办理积分续办。""",
    ),
    "permit_points_suspended": (
        "积分中止告知",
        """\
您的居住证有效期已于{ends_on:date}届满，尚未签注，积分自{since_on:date}起中止。
补办签注后恢复。""",
    ),
    "permit_renewal_open": (
        "积分续办开放通知",
        "您的居住证签注已经生效，自{opens_on:date}起可以办理积分续办。",
    ),
    "permit_points_confirmed": (
        "积分确认告知",
        "您的积分已于{confirmed_on:date}确认（{reference}），在居住证有效期内（至{ends_on:date}）有效。",
    ),
}


# --- service requests ----------------------------------------------------------------------
# The standard leaves the limits open (规定时限), so each date says by ``basis`` how firm it is.


_FIRST_STEP = """\
服务专员将于{notice_on:date?}前审核{notice_basis:basis?}；\
需要补正的，届时一次性告知全部内容。
请于{collect_on:date?}前将纸质材料交到服务窗口{collect_basis:basis?}。"""

_HANDLED = (
    """\
办理机构：{body?}
办理期限至{due_on:date?}{due_basis:basis?}。"""
    + _PAUSED
)

REQUEST_TEMPLATES: dict[str, tuple[str, str]] = {
    "request_received": (
        "服务申请收件回执",
        """\
您的服务申请已于{received_on:date}收到。
申请内容：{need?}
"""
        + _FIRST_STEP
        + _PAUSED,
    ),
    "request_on_hold": (
        "服务申请暂缓告知",
        """\
您的服务申请已于{received_on:date}收到。
申请内容：{need?}
您的服务周期已届满，正在核实，核实期间新的申请暂缓办理。核实通过后自动恢复，无需重新提交。""",
    ),
    "request_released": (
        "服务申请恢复办理告知",
        """\
您的服务周期已核实通过，暂缓的服务申请自{released_on:date}起恢复办理。
"""
        + _FIRST_STEP
        + _PAUSED,
    ),
    "request_notice": (
        "服务申请一次性告知书",
        """\
您的服务申请材料不齐全或者不符合要求。现将需要补正的全部内容一次性告知如下：
{faults:list}
请于{due_on:date?}前补正{due_basis:basis?}。逾期未补正的，申请将被退回，您可以重新申请。"""
        + _PAUSED,
    ),
    "request_accepted": (
        "服务申请受理告知",
        """\
您的服务申请已于{accepted_on:date}受理，由联络员办理。
"""
        + _HANDLED,
    ),
    "request_deemed_accepted": (
        "服务申请受理告知（视为受理）",
        """\
我平台未在规定时间内一次性告知需要补正的内容，参照《中华人民共和国行政许可法》第三十二条，\
您的服务申请自{accepted_on:date}收到材料之日起视为受理。
"""
        + _HANDLED,
    ),
    "request_moved": (
        "服务申请改交办理机构告知",
        """\
您的服务申请改交其他机构办理，理由：{reasons}。已计算的办理期限不重新起算。
"""
        + _HANDLED,
    ),
    "request_extended": (
        "服务申请延长办理期限告知",
        """\
您的服务申请办理期限延长至{due_on:date?}{due_basis:basis?}，理由如下：
{reasons:list}"""
        + _PAUSED,
    ),
    "request_result": (
        "服务申请办理结果",
        """\
您的服务申请已办结，结果如下：
{result}
请对本次服务作出评价（非常满意、满意、基本满意、不满意、非常不满意）。""",
    ),
    "request_explained": (
        "服务申请解释说明",
        """\
您提出的需求不属于人才服务项目范围，现说明如下：
{reasons:list}""",
    ),
    "request_transferred": (
        "服务申请转交告知",
        """\
您提出的需求不属于人才服务项目范围，已转交：{to}。说明如下：
{reasons:list}""",
    ),
    "request_lapsed": (
        "服务申请退件通知",
        """\
截至{due_on:date}，需要提交的材料仍未收齐，本次服务申请已退回。
{missing:list?}
退回不影响您的权利，材料备齐后可以重新申请。""",
    ),
    "request_closed": (
        "服务申请终止告知",
        """\
您的服务申请终止办理，原因如下：
{reasons:list}""",
    ),
    "request_withdrawn": (
        "撤回服务申请确认",
        """\
您的服务申请已于{withdrawn_on:date}按您的要求撤回，办理终止。需要时可以重新申请。""",
    ),
    "request_supplement_reminder": (
        "服务申请补正提醒",
        """\
以下内容尚未补正：
{missing:list}
请于{due_on:date}前补正{due_basis:basis?}。逾期未补正的，申请将被退回，您可以重新申请。""",
    ),
    "request_collect_reminder": (
        "纸质材料提交提醒",
        """\
您的服务申请所需纸质材料尚未提交。
请于{due_on:date}前交到服务窗口{due_basis:basis?}。逾期未交的，申请将被退回，您可以重新申请。""",
    ),
}


# --- ratings -------------------------------------------------------------------------------


RATING_TEMPLATES: dict[str, tuple[str, str]] = {
    "rating_received": (
        "评价收悉通知",
        """\
您对{rated}号事项的评价（{grade}）已收到，我们将核实处理。
工作人员将在{due_on:date?}前与您联系{due_basis:basis?}。"""
        + _PAUSED,
    ),
    "rating_settled": (
        "评价处理结果",
        """\
您对{rated}号事项的评价已处理（{settlement}），情况如下：
{reasons:list}
我们将就处理结果对您进行回访。""",
    ),
}


# --- mistakes that were mended -------------------------------------------------------------


_ANEW = """\
现决定撤销更正，恢复办理，理由如下：
{reasons:list}
编号不变，现处于“{stage}”；误办结期间不计入任何期限。
{name?}至{due_on:date?}{due_basis:basis?}。
办理期限至{decision_due_on:date?}{decision_due_basis:basis?}。"""

MENDING_TEMPLATES = {
    "taken_back": (
        "撤销更正告知书",
        "经查，您的申请于{closed_on:date}以“{closed_as}”办结有误，此前的告知作废。\n" + _ANEW,
    ),
    "request_taken_back": (
        "服务申请撤销更正告知",
        "经查，您的服务申请于{closed_on:date}以“{closed_as}”办结有误，此前的告知作废。\n" + _ANEW,
    ),
    "cycle_taken_back": (
        "服务终止撤销更正告知",
        "经查，人才服务于{closed_on:date}登记终止有误，此前的告知作废，人才卡、人才码继续有效。\n"
        + _ANEW,
    ),
    "fact_corrected": (
        "登记日期更正告知",
        """\
您的办件中登记的{what}有误，现由{was_on:date}更正为{right_on:date}，理由如下：
{reasons:list}""",
    ),
    "cycle_fact_corrected": (
        "登记日期更正告知",
        """\
登记的{what}有误，现由{was_on:date}更正为{right_on:date}，理由如下：
{reasons:list}
服务至{served_until:date?}止，凭证自次日起失效。
居住证有效期至{ends_on:date?}。""",
    ),
}

TEMPLATES = {
    **_OF_APPLICATIONS,
    **CYCLE_TEMPLATES,
    **REQUEST_TEMPLATES,
    **RATING_TEMPLATES,
    **MENDING_TEMPLATES,
    **{name: text for kind in KNOWN.values() for name, text in kind.texts.items()},
}
