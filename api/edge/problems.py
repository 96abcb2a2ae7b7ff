"""Every error of the API as a problem (RFC 9457): one shape, in Chinese, with a stable code.

``errors`` names each field that is wrong and says what would be right. A problem never contains
values that were sent, or internals of the program.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from casework.domain.errors import DomainError
from casework.store.faults import Fault

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5
_LONGEST_FIELD = 100
_LONGEST_INSTANCE = 1000

_TITLES = {
    HTTPStatus.BAD_REQUEST: "请求无法读取",
    HTTPStatus.UNAUTHORIZED: "未登录或令牌无效",
    HTTPStatus.FORBIDDEN: "无权办理",
    HTTPStatus.NOT_FOUND: "没有找到",
    HTTPStatus.METHOD_NOT_ALLOWED: "此地址不支持该方法",
    HTTPStatus.REQUEST_TIMEOUT: "请求超时",
    HTTPStatus.CONFLICT: "与当前状态冲突",
    HTTPStatus.GONE: "已删除",
    HTTPStatus.PRECONDITION_FAILED: "查看之后已有变化",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "内容过大",
    HTTPStatus.REQUEST_URI_TOO_LONG: "地址过长",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "格式不支持",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "所请求的范围超出文件",
    HTTPStatus.UNPROCESSABLE_ENTITY: "填写有误",
    HTTPStatus.TOO_MANY_REQUESTS: "请求过于频繁",
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "请求头过大",
    HTTPStatus.INTERNAL_SERVER_ERROR: "内部错误",
    HTTPStatus.SERVICE_UNAVAILABLE: "服务暂时不可用",
}

_FORBIDDEN = frozenset(
    {
        "ROLE_NOT_ALLOWED",
        "OTHER_DISTRICT",
        "OTHER_OFFICE",
        "OTHER_CLASS",
        "NOT_ASSIGNED",
        "FOUR_EYES",
        "CITY_CONSENT_REQUIRED",
        "HEAD_CONSENT_REQUIRED",
        "NO_POST_TODAY",
        "SYSTEM_UNKNOWN",
        "SYSTEM_NOT_BOUND",
        "OTHER_SOURCE",
        "NUMBER_NOT_VOUCHED",
        "NOT_THE_APPLICANT",
        "NOT_THE_EMPLOYER",
    }
)
_INVALID = frozenset({"CALENDAR_YEAR_MISSING"})
_NOT_FOUND = frozenset(
    {
        "ABSENCE_NOT_FOUND",
        "CASE_NOT_FOUND",
        "CREDIT_RECORD_NOT_FOUND",
        "OPERATION_NOT_FOUND",
        "ORDER_NOT_FOUND",
        "RELATION_NOT_FOUND",
        "UNIT_NOT_FOUND",
    }
)


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """One field that is wrong; ``detail`` says what would be right."""

    field: str
    detail: str


@dataclass(kw_only=True)
class ProblemError(Exception):
    """Raised anywhere below a route; answered as a problem.

    ``more``: members beside those of every problem, as JSON.
    """

    status: HTTPStatus
    code: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)


class ProblemBody(BaseModel):
    """The JSON of a problem."""

    type: str = Field(examples=["urn:casework:problem:wrong-stage"])
    title: str = Field(examples=["与当前状态冲突"])
    status: int = Field(examples=[409])
    code: str = Field(examples=["WRONG_STAGE"], description="stable; programs go by it")
    detail: str = Field(examples=["本件目前处于“预审”，此操作须在“待受理”阶段办理"])
    instance: str = Field(examples=["/v1/applications/310106-0000-0000-0000/accept"])
    errors: list[FieldError] = Field(default=[], description="each field that is wrong")


_PARTIES = {
    "temporal": "流程引擎",
    "register": "登记库",
    "materials": "材料库",
    "catalogue": "事项目录",
    "issuer": "身份认证服务",
    "signing": "签名密钥",
    "seal": "电子印章系统",
}


_SAYINGS = {
    Fault.AWAY: "暂时不可用",
    Fault.BUSY: "正忙，未能在时限内处理",
    Fault.READ_ONLY: "暂时只能查阅，不能写入",
    Fault.FULL: "存储空间已满，暂不能写入，请告知管理员",
    Fault.CHANGED: "的结构刚刚更新",
    Fault.UNFIT: "与本系统的版本或设置不符，请告知管理员",
}
_AGAIN = "请稍后以相同内容（相同 Idempotency-Key）重试，不会重复办理"


class AwayError(Exception):
    """A part that the API needs cannot serve now; ``party`` is a key of ``_PARTIES``.

    ``again``: a read may be repeated at once, because a new connection will work.
    """

    def __init__(self, party: str, fault: Fault = Fault.AWAY, *, again: bool = False) -> None:
        super().__init__(party)
        self.party = party
        self.fault = fault
        self.again = again

    @property
    def reason(self) -> FieldError:
        """Return the reason, with the code of the problem."""
        return FieldError(field=self.party, detail=f"{self._said}（{self._code}）")

    @property
    def problem(self) -> ProblemError:
        """Return a problem 503; each fault of each party has its own code."""
        return ProblemError(
            status=HTTPStatus.SERVICE_UNAVAILABLE,
            code=self._code,
            detail=f"{self._said}，{_AGAIN}",
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )

    @property
    def _code(self) -> str:
        return f"{self.party}_{self.fault}".upper()

    @property
    def _said(self) -> str:
        return _PARTIES[self.party] + _SAYINGS[self.fault]


def invalid(field_name: str, detail: str, code: str = "INVALID_REQUEST") -> ProblemError:
    """One field is wrong."""
    return ProblemError(
        status=HTTPStatus.UNPROCESSABLE_ENTITY,
        code=code,
        detail=detail,
        errors=(FieldError(field=field_name, detail=detail),),
    )


def no_case() -> ProblemError:
    """404, there is no such case."""
    return ProblemError(
        status=HTTPStatus.NOT_FOUND, code="CASE_NOT_FOUND", detail="没有此办件编号，请核对"
    )


def of_refusal(error: DomainError) -> ProblemError:
    """Make the problem of a rule's refusal: 403 about who acts, 422 about a field, 404, or 409."""
    if error.code in _FORBIDDEN or error.code.startswith("NOT_YOUR_"):
        status = HTTPStatus.FORBIDDEN
    elif error.code in _NOT_FOUND:
        status = HTTPStatus.NOT_FOUND
    elif error.code == "CASE_MOVED_ON":
        status = HTTPStatus.PRECONDITION_FAILED
    elif error.code == "INTERNAL":
        status = HTTPStatus.INTERNAL_SERVER_ERROR
    elif error.field or error.code in _INVALID:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    else:
        status = HTTPStatus.CONFLICT
    errors = (FieldError(field=error.field, detail=error.message),) if error.field else ()
    return ProblemError(status=status, code=error.code, detail=error.message, errors=errors)


Page = Callable[[ProblemError, Request], Response]
"""Shows a problem to somebody who looks at a page."""


def answer(problem: ProblemError, request: Request) -> Response:
    """The problem as the answer to this request.

    Below a path in ``problem_pages`` of the application's state it is a page; so it is wherever a
    browser goes itself, which asks for HTML first: by a link to a file, or to log in.
    """
    if (page := _page_of(request)) is not None:
        return page(problem, request)
    slug = problem.code.lower().replace("_", "-")
    body: dict[str, Any] = {
        "type": f"urn:casework:problem:{slug}",
        "title": title_of(problem.status),
        "status": int(problem.status),
        "code": problem.code,
        "detail": problem.detail,
        "instance": request.url.path[:_LONGEST_INSTANCE],
        "errors": [
            {"field": error.field[:_LONGEST_FIELD], "detail": error.detail}
            for error in problem.errors
        ],
        **problem.more,
    }
    # Names of fields come from the request: half of a surrogate pair must not break the answer.
    content = json.dumps(body, ensure_ascii=False).encode(errors="replace")
    return Response(content, problem.status, dict(problem.headers), MEDIA_TYPE)


def title_of(status: HTTPStatus) -> str:
    """The heading of a problem, in Chinese."""
    return _TITLES.get(status, status.phrase)


def _page_of(request: Request) -> Page | None:
    app = request.scope.get("app")
    pages: Mapping[str, Page] = getattr(app.state, "problem_pages", {}) if app else {}
    first = "/" + request.url.path.split("/")[1]
    if first not in pages and request.method in {"GET", "HEAD"} and _is_looked_at(request):
        return getattr(app.state, "problem_seen", None) if app else None
    return pages.get(first)


def _is_looked_at(request: Request) -> bool:
    return request.headers.get("accept", "").startswith("text/html")
