"""The texts of notices on mistakes that were mended."""

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
