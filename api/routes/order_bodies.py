"""Bodies of orders: one for each kind, made from the content of the order; and their checks."""

from dataclasses import MISSING, fields
from functools import reduce
from operator import or_
from typing import Annotated, Any, Literal, get_args, get_type_hints

from pydantic import ConfigDict, Field, create_model

from casework.domain.errors import DomainError
from casework.domain.orders import (
    ComputeCalendar,
    Content,
    ImportCalendar,
    MoveToPolicy,
    StartMeasure,
)
from casework.domain.policy import Channel
from casework.domain.staff import ChangeStaff
from casework.filing.bodies import Body, ShortText
from casework.policy.catalogue import Catalogue
from casework.policy.catalogue.loader import UnknownDistrictError

NO = r"^ZL(-[0-9A-HJKMNP-TV-Z]{4}){3}$"

EXAMPLES: dict[str, dict[str, Any]] = {
    "open_suspension": {
        "kind": "open_suspension",
        "reach": {"scope": "district", "key": "310106"},
        "first_on": "2022-04-01",
        "reason": "封控管理，窗口暂停接待",
        "basis": "区防控办 2022-03-31 通告",
        "clocks": "applicant",
        "channels": ["window"],
    },
    "change_suspension": {
        "kind": "change_suspension",
        "suspension": "ZL-0000-0000-0001",
        "first_on": "2022-04-01",
        "lifted_on": "2022-06-01",
        "reason": "延长封控",
        "basis": "区防控办 2022-04-30 通告",
        "clocks": "applicant",
    },
    "lift_suspension": {
        "kind": "lift_suspension",
        "suspension": "ZL-0000-0000-0001",
        "lifted_on": "2022-06-01",
        "reason": "恢复正常办公",
    },
    "start_measure": {
        "kind": "start_measure",
        "effect": "PAPER_DEFERRED",
        "district": "310106",
        "items": ["PTS_NEW"],
        "since": "2022-03-01",
        "reason": "减少人员到场",
        "reference": "静安区人才服务中心 2022-03-01 公告",
    },
    "end_measure": {
        "kind": "end_measure",
        "measure": "PAPER_DEFERRED.310106.20220301",
        "until": "2022-06-30",
        "reason": "恢复正常办公",
    },
    "import_calendar": {
        "kind": "import_calendar",
        "year": {
            "year": 2027,
            "off": ["2027-01-01"],
            "make_up": [],
            "notice": "国办发明电〔2026〕0号（示例）",
        },
        "approve": True,
    },
    "publish_catalogue": {
        "kind": "publish_catalogue",
        "digest": "0123456789abcdef" * 4,
        "first_on": "2027-01-01",
        "reason": "新办法自1月1日起施行",
    },
    "move_policy": {
        "kind": "move_policy",
        "district": "310106",
        "item": "PTS_NEW",
        "cases": ["310106-0000-0000-0001"],
        "to": "2022-07-01",
        "reason": "新办法自7月1日起施行",
    },
    "rebalance": {
        "kind": "rebalance",
        "district": "310106",
        "role": "officer",
        "person": "ja-o1",
        "reason": "积压过多",
    },
    "change_staff": {
        "kind": "change_staff",
        "city": "310000",
        "district": "310106",
        "posts": [
            {
                "person": "ja-o3",
                "role": "officer",
                "city": "310000",
                "district": "310106",
                "team": "window-1",
                "rank": 3,
                "since": "2027-01-04",
            }
        ],
        "leave": [{"person": "ja-o2", "last_on": "2026-12-31"}],
        "reason": "窗口人员轮换",
    },
}
# Only an import may bring contacts: lists show orders, and would show the addresses.
_NOT_IN_A_BODY = {"contacts", "source"}


def _body_of(content: type) -> Any:  # noqa: ANN401 - a model made here
    hints = get_type_hints(content, include_extras=True)
    members: dict[str, Any] = {
        member.name: (hints[member.name], ... if member.default is MISSING else member.default)
        for member in fields(content)
        if member.name not in _NOT_IN_A_BODY
    }
    if content is ImportCalendar:
        description = "公开发布的放假安排不需第二人批准"
        members["approve"] = (bool, Field(default=False, description=description))
    model = create_model(
        f"{content.__name__}Body", __base__=Body, __doc__=content.__doc__, **members
    )
    kind = members["kind"][1]
    model.model_config["json_schema_extra"] = {"examples": [EXAMPLES[kind]]}
    model.model_rebuild(force=True)
    return model


# Only a release computes a calendar; nobody may propose that.
_CONTENTS = {
    _body_of(content): content for content in get_args(Content) if content is not ComputeCalendar
}
ORDER_BODY: Any = Annotated[reduce(or_, _CONTENTS), Field(discriminator="kind")]
"""The body of an order; ``kind`` says which one."""


class ApprovalBody(Body):
    """Why it is approved, if there is something to say."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "情况属实"}]})

    reason: ShortText | Literal[""] = ""


class RejectionBody(Body):
    """Why it is rejected."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "依据不足"}]})

    reason: ShortText


def content_of(body: Body) -> Content:
    """Return the content of the order in a body.

    Raises:
        DomainError: ``FIELD_REQUIRED``, a calendar without its notice.
    """
    given = {name: getattr(body, name) for name in type(body).model_fields if name != "approve"}
    content: Content = _CONTENTS[type(body)](**given)
    if isinstance(content, ImportCalendar) and not content.year.notice.strip():
        raise DomainError("FIELD_REQUIRED", "请写明通知的名称、文号和日期", "year.notice")
    return content


def require_known(content: Content, catalogue: Catalogue) -> None:
    """Refuse a content whose district, item or effect is not in the catalogue.

    Raises:
        DomainError: with the field that is wrong.
    """
    if isinstance(content, ChangeStaff):
        return  # a platform may be where no centre is: ``staff_known`` asks both
    district = getattr(content, "district", "")
    if district and district not in catalogue.districts():
        raise UnknownDistrictError
    if isinstance(content, MoveToPolicy):
        _require_item(content.item, "item", catalogue)
    if not isinstance(content, StartMeasure):
        return
    for number, item in enumerate(content.items):
        _require_item(item, f"items.{number}", catalogue)
    for number, channel in enumerate(content.channels):
        if channel not in set(Channel):
            known = "、".join(Channel)
            raise DomainError("UNKNOWN_CHANNEL", f"没有此渠道，可用：{known}", f"channels.{number}")
    if content.effect not in catalogue.effects():
        known = "、".join(sorted(catalogue.effects()))
        raise DomainError("UNKNOWN_EFFECT", f"没有此措施，可用：{known}", "effect")


def _require_item(item: str, field: str, catalogue: Catalogue) -> None:
    if item not in catalogue.items():
        known = "、".join(sorted(catalogue.items()))
        raise DomainError("UNKNOWN_ITEM", f"没有此事项，可用：{known}", field)
