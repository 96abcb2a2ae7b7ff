"""Temporal's Web UI (流程界面): links to a case and to what a filter finds, and how it is set up.

Another site's settings cannot be written from here: columns and codec are told, step by step.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting
from casework.domain.kinds.registry import workflow_id
from casework.temporal import SEARCH_ATTRIBUTES, namespace

router = APIRouter(prefix=f"{PATH}/web-ui", include_in_schema=False)

ATTRIBUTES = {
    "CaseStage": "阶段",
    "CaseItem": "事项",
    "District": "区划",
    "Channel": "渠道",
    "Card": "牌",
    "Holder": "A角",
    "Team": "小组",
    "PolicyVersion": "政策版本",
    "GreenChannel": "绿色通道",
    "OpenDebts": "容缺欠件",
    "DueOn": "届满时间",
}
"""What a clerk calls each column of a case."""
EXAMPLES = {
    "CaseStage": ("在“审核”阶段", 'CaseStage="review"'),
    "CaseItem": ("居住证积分新办", 'CaseItem="PTS_NEW"'),
    "District": ("静安区的", 'District="310106"'),
    "Channel": ("从网上收到的", 'Channel="online"'),
    "Card": ("挂红牌的", 'Card="red"'),
    "Holder": ("某一位 A角 的", 'Holder="ja-o1"'),
    "Team": ("分给小组的", "Team IS NOT NULL"),
    "PolicyVersion": ("有政策版本的", "PolicyVersion IS NOT NULL"),
    "GreenChannel": ("走绿色通道的", "GreenChannel=true"),
    "OpenDebts": ("有欠件的", "OpenDebts>0"),
    "DueOn": ("某一时刻前届满的", 'DueOn<"2026-12-08T00:00:00+08:00"'),
}
"""A condition for each column, in words and as it is typed."""
_FILTERS = (
    ("在办", ""),
    ("红牌", 'Card="red"'),
    ("黄牌", 'Card="yellow"'),
    ("绿色通道", "GreenChannel=true"),
    ("有容缺欠件", "OpenDebts>0"),
    ("分给小组的", "Team IS NOT NULL"),
)


@router.get("")
def guide(visit: Visiting) -> Response:
    """How to set up columns and codec, and links that filter."""
    district = visit.actor.district
    found = [
        (title, condition, _filtered(visit, district, condition)) for title, condition in _FILTERS
    ]
    return visit.page(
        "web_ui.html",
        filters=found,
        attributes=[
            (each.name, ATTRIBUTES[each.name], *EXAMPLES[each.name]) for each in SEARCH_ATTRIBUTES
        ],
        codec=f"{visit.here.settings.api_public_url.rstrip('/')}/codec",
        ui=_place(visit, ""),
    )


def of_case(visit: Visit, case: Mapping[str, Any]) -> str:
    """The workflow of a case; empty where no Web UI is known (``CASEWORK_CARD_UI_URL``)."""
    return _place(visit, "/" + quote(workflow_id(case["kind"], case["case_no"]), safe=""))


def of_open_cases(visit: Visit, district: str) -> str:
    """What runs in a district, or everywhere; empty as above."""
    return _filtered(visit, district, "")


def _filtered(visit: Visit, district: str, condition: str) -> str:
    place = f'District="{district}"' if district else ""
    conditions = filter(None, ('ExecutionStatus="Running"', place, condition))
    return _place(visit, "?" + urlencode({"query": " AND ".join(conditions)}, quote_via=quote))


def _place(visit: Visit, rest: str) -> str:
    base = visit.here.settings.card_ui_url.rstrip("/")
    return f"{base}/namespaces/{quote(namespace(), safe='')}/workflows{rest}" if base else ""
