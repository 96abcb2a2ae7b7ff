"""Links to Temporal's Web UI (流程界面): to one case, and to what a filter finds there."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from api.desk.visit import Visit
from casework.domain.kinds.registry import workflow_id
from casework.temporal import namespace


def of_case(visit: Visit, case: Mapping[str, Any]) -> str:
    """The workflow of a case; empty where no Web UI is known (``CASEWORK_CARD_UI_URL``)."""
    return _place(visit, "/" + quote(workflow_id(case["kind"], case["case_no"]), safe=""))


def of_open_cases(visit: Visit, district: str) -> str:
    """What runs in a district, or everywhere; empty as above."""
    conditions = ['ExecutionStatus="Running"']
    if district:
        conditions.append(f'District="{district}"')
    return _place(visit, "?" + urlencode({"query": " AND ".join(conditions)}, quote_via=quote))


def _place(visit: Visit, rest: str) -> str:
    base = visit.here.settings.card_ui_url.rstrip("/")
    return f"{base}/namespaces/{quote(namespace(), safe='')}/workflows{rest}" if base else ""
