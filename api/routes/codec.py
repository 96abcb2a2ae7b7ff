"""The codec server of the Temporal Web UI: decrypts payloads for those who may read their case.

The Web UI sends the payloads that it is about to show, a few at a time, and shows the answer. So a
payload that cannot be shown is replaced by a text that says why. If the answer were an error, the
page would show only this and the encrypted bytes, and would lose its list of queries.
The page names no workflow; each payload does (see ``casework.security.keys.codec``).
"""

import base64
import binascii
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from temporalio.api.common.v1 import Payload

from api.access.caller import Credentials, identified, paced
from api.access.guard import forbidden
from api.edge.openapi import operation_id
from api.edge.problems import AwayError, ProblemError, invalid
from api.parts import Here, Parts
from api.routes.answers import ANY_PROBLEM, problem_responses
from api.routes.decoding import Decoder, said
from casework.domain.case.facts import Actor
from casework.security.keys.codec import is_encrypted
from casework.settings import Settings

PREFIX = "/codec"
MOST_PAYLOADS = 1000
SENT_BY_PAGES = ("Authorization", "Authorization-Extras", "Content-Type", "X-Namespace")
"""The headers of the Web UI's requests; the first two if it passes on its own login's tokens."""
TOO_OFTEN, AWAY = "查看过于频繁，请稍后刷新", "暂时不能解读，请稍后刷新"

router = APIRouter(
    prefix=PREFIX,
    tags=["web-ui"],
    responses=ANY_PROBLEM | problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
    generate_unique_id_function=operation_id,
)


class PayloadBody(BaseModel):
    """One payload in the JSON form of Temporal's API: bytes in base64."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "IuWKnuS7tiI="}]
        }
    )

    metadata: Annotated[dict[str, str], Field(max_length=20)] | None = None
    data: Annotated[str, Field(max_length=4 * 1024 * 1024)] | None = None


class PayloadList(BaseModel):
    """What the Web UI asks for, and what it gets: as many, in the same order."""

    payloads: list[PayloadBody] = Field(default=[], max_length=MOST_PAYLOADS)


async def reader(request: Request, credentials: Credentials, here: Here) -> Actor | str:
    """Return who reads; or a text that the Web UI shows in the place of every payload.

    Raises:
        ProblemError: 401 and 429 for programs, 403 for pages that are none of ours.
        AwayError: for programs, the issuer does not answer.
    """
    origins = origins_of(here.settings)
    is_page = request.headers.get("origin") in origins
    try:
        actor = await identified(request, credentials, origins)
        await paced(request, actor)
    except ProblemError as problem:
        if is_page and problem.status is HTTPStatus.UNAUTHORIZED:
            return _log_in(here.settings)
        if is_page and problem.status is HTTPStatus.TOO_MANY_REQUESTS:
            return TOO_OFTEN
        raise
    except AwayError:
        if is_page:
            return AWAY
        raise
    return actor


Reader = Annotated[Actor | str, Depends(reader)]


@router.post("/decode", summary="解读流程界面中的内容")
async def decode(request: Request, body: PayloadList, actor: Reader, here: Here) -> PayloadList:
    """Decrypt payloads for those who may read their case; each access is recorded.

    A text replaces a payload that cannot be shown: 「无权查阅」「已依法删除」「请先登录」.
    """
    sent = [_payload(each, place) for place, each in enumerate(body.payloads)]
    shown = await _shown(request, actor, sent, here)
    return PayloadList(payloads=[_body(payload) for payload in shown])


async def _shown(
    request: Request, actor: Actor | str, sent: list[Payload], here: Parts
) -> list[Payload]:
    words = AWAY
    if isinstance(actor, str):
        words = actor
    else:
        try:
            decoder: Decoder = request.app.state.decoder
            return await decoder.shown(actor, sent)
        except AwayError:
            if request.headers.get("origin") not in origins_of(here.settings):
                raise
    return [said(words, payload) if is_encrypted(payload) else payload for payload in sent]


@router.post("/encode", summary="（不提供）")
async def encode(actor: Reader) -> PayloadList:
    """403 ``DECODES_ONLY``: nothing is decided in the Web UI."""
    del actor
    raise forbidden("DECODES_ONLY", "此处只供查阅；办理请用办件系统或 casework 命令")


class CodecOrigins:
    """ASGI middleware: pages of the Web UI may call the codec server, and no other route."""

    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...]) -> None:
        self._app = app
        self._open = CORSMiddleware(
            app,
            allow_origins=origins,
            allow_methods=("POST",),
            allow_headers=SENT_BY_PAGES,
            allow_credentials=True,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_codec = scope["type"] == "http" and scope["path"].startswith(f"{PREFIX}/")
        await (self._open if is_codec else self._app)(scope, receive, send)


def origins_of(settings: Settings) -> tuple[str, ...]:
    """Return the origins of the Web UIs whose pages may call the codec server."""
    return tuple(each.strip() for each in settings.codec_origins.split(",") if each.strip())


def _log_in(settings: Settings) -> str:
    address = settings.api_public_url.rstrip("/")
    return (
        f"请先登录：{address}/login 。已登录仍见此句时，请点本页右上角眼镜图标（Codec Server），选"
        f"“Use my browser setting”，填 `{address}{PREFIX}`，打开“Include cross-origin credentials”"
    )


def _payload(body: PayloadBody, place: int) -> Payload:
    try:
        return Payload(
            metadata={name: _bytes(value) for name, value in (body.metadata or {}).items()},
            data=_bytes(body.data or ""),
        )
    except (binascii.Error, ValueError):
        raise invalid(f"payloads.{place}", "须为 Temporal 载荷的 JSON 形式（base64）") from None


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _body(payload: Payload) -> PayloadBody:
    return PayloadBody(
        metadata={
            name: base64.b64encode(value).decode() for name, value in payload.metadata.items()
        },
        data=base64.b64encode(payload.data).decode(),
    )
