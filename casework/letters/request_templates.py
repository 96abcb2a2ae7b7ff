"""The texts of the notices of service requests: template → (title, body); grammar: ``texts.py``.

The standard leaves the limits open (规定时限), so each date says by ``basis`` how firm it is.
"""

_PAUSED = "\n因{paused?}，此期限暂停计算，恢复计算后另行告知截止日。"

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
