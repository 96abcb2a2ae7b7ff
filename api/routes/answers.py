"""The answers of routes that send something to a case: done, pending, or a problem."""

from http import HTTPStatus
from typing import Any

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from api.edge.problems import MEDIA_TYPE, ProblemError
from api.routes.once import asked_later
from casework.domain.kinds.registry import CaseKind, stage_label
from casework.messages.cases import Receipt

PROBLEM: dict[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemBody"}}}
"""The content of every problem in the description of the API."""

ANY_PROBLEM: dict[int | str, dict[str, Any]] = {
    "default": {"description": "问题（RFC 9457）", "content": PROBLEM}
}
"""The problems of every route: 408, 413, 414, 429, 431 and 5xx arise before or after it."""

_NOT_AUTHENTICATED, _FORBIDDEN = HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN


class Done(BaseModel):
    """What was asked is in the register, up to event ``seq``."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_no": "310106-0000-0000-0000",
                    "seq": 4,
                    "stage": "ready",
                    "stage_label": "待受理",
                    "at": "2026-09-17T09:30:00+08:00",
                }
            ]
        }
    )

    case_no: str
    seq: int
    stage: str
    stage_label: str = Field(description="办事人员所见的阶段名称")
    at: str


class Pending(BaseModel):
    """Accepted, not yet in the register: ask at ``ask``, it is never done twice."""

    status: str = "pending"
    case_no: str
    ask: str = Field(examples=["/v1/operations/310106-0000-0000-0000/key-1"])


def problem_responses(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """Return the problems that a route documents, including those of every route."""
    common = (_NOT_AUTHENTICATED, _FORBIDDEN, HTTPStatus.SERVICE_UNAVAILABLE)
    return {
        int(status): {"description": status.phrase, "content": PROBLEM}
        for status in (*statuses, *common)
    }


def done(receipt: Receipt) -> dict[str, Any]:
    """Make the answer from a receipt.

    Raises:
        ProblemError: 409, the attempt was recorded but not carried out.
    """
    if receipt.refused:
        raise ProblemError(status=HTTPStatus.CONFLICT, code=receipt.refused, detail=receipt.reason)
    return {
        "case_no": receipt.case_no,
        "seq": receipt.seq,
        "stage": receipt.stage,
        "stage_label": stage_label(receipt.stage),
        "at": receipt.at.isoformat(),
    }


def pending(case_no: str, key: str, kind: CaseKind = CaseKind.APPLICATION) -> Response:
    """Return a 202 with the address at which to ask for the answer."""
    place = f"/v1/operations/{case_no}/{key}"
    if kind is not CaseKind.APPLICATION:
        place += f"?kind={kind}"
    return asked_later(Pending(case_no=case_no, ask=place), place)
