"""The texts of the notices about a service cycle: template → (title, body); see ``texts.py``.

What the standard does not say (silence, objection, what is on hold) is worded as what the office
does, never as law.
"""

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
