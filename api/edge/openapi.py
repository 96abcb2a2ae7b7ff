"""The published description of the API: valid for code generators, and readable in Chinese.

Names from which programs make code (tags, operations, schemas, the security scheme) are ASCII and
do not change; the words for people are in other fields.
"""

import re
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api.edge.problems import ProblemBody
from casework.domain.kinds.registry import KINDS

_REF = "#/components/schemas/{model}"
_TAGS = {
    "intake": ("收件", "上传材料，提交申请"),
    "reading": ("查阅", "办件、待办、时限、说明和各种清单"),
    "letters": ("文书核验", "文书的真伪和效力，任何人可查"),
    "personal-data": ("个人信息", "查看完整信息、按证件号码查找、依法删除"),
    "audit": ("审计", "每日摘要"),
    "identity": ("身份", "当前登录的是谁"),
    "handling": ("办理", "对办件的每一步操作"),
    "policy": ("政策与期限", "事项、材料、条件和期限的计算"),
    "in-force": ("现行规定", "暂停、临时措施和工作日历"),
    "catalogue": ("事项目录", "目录版本的查询、导出和上传；发布须有指令"),
    "orders": ("指令", "提出、批准、驳回指令"),
    "staff": ("人员和岗位", "谁在什么岗位，从哪天起；导入变动"),
    "outreach": ("主动告知", "一对一告知及其进度"),
    "credit": ("容缺信用", "容缺失信记录及修复"),
    "callbacks": ("外部系统回传", "上级、档案、快递等系统报告事实"),
    "talent-services": ("人才服务", "服务项目和服务申请"),
    "talent-cycles": ("人才服务周期", "人才认定后的服务周期"),
    "permit-cycles": ("居住证周期", "居住证的积分周期"),
    "ratings": ("好差评", "评价及其处理"),
    "visit-rounds": ("抽样回访", "每季度抽样回访"),
    "absences": ("缺岗", "人员缺岗和返岗"),
    "relations": ("回避", "人员申报本人的回避"),
    "webhooks": ("变化推送", "对接系统订阅办件变化；签名的公钥"),
    "web-ui": ("流程界面", "解读 Temporal 界面中的密文"),
    "health": ("运行", "存活与就绪"),
}
"""Name of a tag → its Chinese title and description."""


def _tags() -> dict[str, tuple[str, str]]:
    """Return these tags, and one for each kind whose routes are built from the kind."""
    made = [kind for kind in KINDS.values() if kind.opens is not None]
    return _TAGS | {kind.path: (kind.label, f"{kind.label}的提交和查阅") for kind in made}


def tags() -> list[dict[str, str]]:
    """The tags as the description lists them."""
    return [
        {"name": name, "description": f"{label}：{about}", "x-displayName": label}
        for name, (label, about) in _tags().items()
    ]


def operation_id(route: APIRoute) -> str:
    """Name an operation by its method and address, which do not change.

    ``GET /v1/orders/{no}/cases`` is ``get_orders_by_no_cases``.
    """
    method = "_".join(sorted(route.methods or ()))
    address = route.path_format.removeprefix("/v1")
    words = re.sub(r"[{]([a-z_]+)[}]", r"by_\1", address)
    return method.lower() + re.sub(r"[^a-z0-9]+", "_", words)


def describe_problems(app: FastAPI) -> None:
    """Add the schema to which every `api.routes.answers.PROBLEM` refers."""
    plain = app.openapi

    def described() -> dict[str, Any]:
        # Made anew by the framework whenever a route has come.
        document = plain()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "ProblemBody" not in schemas:
            problem = TypeAdapter(ProblemBody).json_schema(ref_template=_REF, mode="serialization")
            schemas |= problem.pop("$defs") | {"ProblemBody": problem}
        return document

    app.openapi = described  # type: ignore[method-assign]  # the way that the framework offers
