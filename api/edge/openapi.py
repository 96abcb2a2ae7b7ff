"""The published description of the API: valid for code generators, and readable in Chinese.

Names from which programs make code (tags, operations, schemas, the security scheme) are ASCII and
do not change; the words for people are in other fields.
"""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import TypeAdapter

from api.edge.codes import codes_of
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
    "consultations": ("咨询登记", "逐次登记的咨询及其统计；未当场答复的另立工单"),
    "units": ("单位登记", "单位及其在本区唯一的固定邮箱；登记和变更由另一人复核"),
    "webhooks": ("变化推送", "对接系统订阅办件变化；签名的公钥"),
    "desk": ("工作台", "谁正在查看、保存的视图、常用语；不写入办件"),
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


_NAMED = {
    "POST /v1/catalogue/archives": "catalogue.upload",
    "POST /v1/materials": "materials.upload",
    "POST /v1/staff/imports": "staff.import_file",
    "POST /v1/reassignments": "reassignments.order",
    "POST /v1/orders": "orders.propose",
    "POST /v1/rating-links/{code}": "rating_links.rate",
    "POST /v1/me/due-calendar": "me.make_due_calendar",
}
"""Operations whose address alone does not say what they do."""
_ONE = frozenset(
    {"health", "ready", "me", "board", "due", "catalogue", "verification_key", "login", "logout"}
)
"""Addresses without a parameter of which there is one; the others are lists."""
_PARAMETER = re.compile(r"[{][a-z_0-9]+(:[a-z]+)?[}]")


def operation_id(route: APIRoute) -> str:
    """Name an operation by its address and method, as ``<resource>.<what>``; the name stays.

    ``POST /v1/applications`` is ``applications.submit``, ``POST …/{case_no}/pre-review`` is
    ``applications.pre_review``, ``GET /v1/orders/{no}`` is ``orders.get``, ``GET /v1/orders`` is
    ``orders.list`` and ``GET /v1/orders/{no}/cases`` is ``orders.cases``.
    """
    method = min(route.methods or {"GET"})  # several only where nothing is described
    if (named := _NAMED.get(f"{method} {route.path_format}")) is not None:
        return named
    segments = route.path_format.removeprefix("/v1").strip("/").split("/")
    words = [re.sub(r"[^a-z0-9]+", "_", each) for each in segments if not _PARAMETER.match(each)]
    if method != "GET":
        return ".".join(words if len(words) > 1 else [*words, "submit"])
    if _PARAMETER.match(segments[-1]):
        return ".".join([*words, "get"])
    if len(words) > 1:
        return ".".join(words)
    return f"{words[0]}.{'get' if words[0] in _ONE else 'list'}"


def describe_problems(app: FastAPI) -> None:
    """Add the schema to which every `api.routes.answers.PROBLEM` refers, and mend the rest.

    What is mended is what generators of clients stumble over; it describes the same JSON.
    """
    plain = app.openapi

    def described() -> dict[str, Any]:
        # Made anew by the framework whenever a route has come.
        document = plain()
        if "servers" in document:
            return document
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        problem = TypeAdapter(ProblemBody).json_schema(ref_template=_REF, mode="serialization")
        schemas |= problem.pop("$defs") | {"ProblemBody": problem}
        for each in iter_route_contexts(app.routes):
            for method in each.methods or ():
                told = document["paths"].get(each.path_format, {}).get(method.lower())
                if told is not None:
                    _tell_codes(told, codes_of(each))
        return for_generators(document)

    app.openapi = described  # type: ignore[method-assign]  # the way that the framework offers


def _tell_codes(operation: dict[str, Any], codes: list[str]) -> None:
    """Name the codes by which an operation is refused, beside those of every operation."""
    operation["x-codes"] = codes
    if codes and "default" in operation["responses"]:
        told = "、".join(codes)
        operation["responses"]["default"] |= {"description": f"问题（RFC 9457），code 如 {told}"}


# --- what generators need ------------------------------------------------------------------

CONTRACT = "1"
"""Raised with everything that breaks what ``tests/api/released.json`` promises, and with the path.

``docs/contract.md`` says what may change without that.
"""
_SERVERS = [{"url": "/", "description": "此文档所在的服务器"}]
_REQUEST_ID = {
    "name": "X-Request-Id",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    "description": "请求编号，答复和日志中照写；不写或者写法不对的，由服务器给出",
}
"""Every operation takes it. It is told where a body has two types: openapi-python-client imports
``Unset``, which it writes there, only with a parameter that may be left out."""
_OF_AN_ACT = ("Done", "TriedAnswer")
_ACT_ANSWER = "ActAnswer"


def for_generators(document: dict[str, Any]) -> dict[str, Any]:
    """Mend a description in place, so that programs can be made from it; return it."""
    document["servers"] = _SERVERS
    document["info"]["x-contract"] = CONTRACT
    schemas = document["components"]["schemas"]
    for operation in (each for path in document["paths"].values() for each in path.values()):
        if _has_bodies_alone(operation):
            operation.setdefault("parameters", []).append(_REQUEST_ID)
    for name in _told_apart(document["paths"]):
        kind = schemas[name.rpartition("/")[2]]
        kind["required"] = sorted({*kind.get("required", ()), "kind"})
        kind["properties"]["kind"].pop("default", None)
    new_names = {name: _short(name) for name in schemas if "__" in name}
    _mend(
        document, {_REF.format(model=old): _REF.format(model=new_names[old]) for old in new_names}
    )
    for old, new in new_names.items():
        schemas[new] = schemas.pop(old) | {"title": new}
    if set(_OF_AN_ACT) <= schemas.keys():
        schemas[_ACT_ANSWER] = {
            "title": _ACT_ANSWER,
            "description": "已办（Done），或者试办的结果（TriedAnswer，dry_run=true 时）",
            "anyOf": [{"$ref": _REF.format(model=each)} for each in _OF_AN_ACT],
        }
    return document


def _has_bodies_alone(operation: Mapping[str, Any]) -> bool:
    """Whether the body has two types, and no parameter may be left out."""
    types = operation.get("requestBody", {}).get("content", {})
    told = operation.get("parameters", ())
    return len(types) > 1 and all(each.get("required", False) for each in told)


def _told_apart(part: object) -> set[str]:
    """The schemas that a discriminator tells apart by ``kind``."""
    if isinstance(part, list):
        return set[str]().union(*map(_told_apart, part))
    if not isinstance(part, dict):
        return set()
    own = part.get("discriminator")
    mapped = own["mapping"].values() if isinstance(own, dict) and "mapping" in own else ()
    return set(mapped).union(*map(_told_apart, part.values()))


def _short(name: str) -> str:
    """``api__routes__feed__Change`` is ``FeedChange``: two classes have that name."""
    *_, module, own = name.split("__")
    return "".join(word.capitalize() for word in module.split("_")) + own


def _mend(part: Any, renamed: Mapping[str, str]) -> None:  # noqa: ANN401 - any JSON
    if isinstance(part, list):
        for each in part:
            _mend(each, renamed)
    if not isinstance(part, dict):
        return
    for key, each in part.items():
        if isinstance(each, str):
            part[key] = renamed.get(each, each)
        else:
            _mend(each, renamed)
    if isinstance(options := part.get("anyOf"), list):
        _mend_choice(part, options)


def _mend_choice(part: dict[str, Any], options: list[dict[str, Any]]) -> None:
    """Say a choice that generators cannot make a type of as one schema that means the same."""
    if [each.get("$ref") for each in options] == [_REF.format(model=each) for each in _OF_AN_ACT]:
        part.clear()  # one type for all acts, not one for each
        part["$ref"] = _REF.format(model=_ACT_ANSWER)
    elif options[-1].get("const") == "" and options[0].get("type") == "string":
        text = {key: each for key, each in options[0].items() if key != "minLength"}
        if "pattern" in text:
            text["pattern"] = f"^$|{text['pattern']}"
        del part["anyOf"]
        part |= text
    elif len(options) > 1 and {each.get("type") for each in options} <= _SCALARS:
        # Without a type, but with the bounds of each: a class that is made of the choice reads a
        # number as the text that it could be, too.
        kinds = "、".join(each["type"] for each in options)
        for each in options:
            part |= {key: value for key, value in each.items() if key != "type"}
        del part["anyOf"]
        part["description"] = f"{part.get('description', '')}（{kinds}）"
    elif any(each.get("type") == "array" for each in options) and len(options) > _OR_NULL:
        del part["anyOf"]  # any JSON; the types are told in words
        told = "、".join(each.get("type", "object") for each in options)
        part["description"] = f"{part.get('description', '')}（{told}）"


_OR_NULL = 2
_SCALARS = frozenset({"string", "integer", "boolean"})
