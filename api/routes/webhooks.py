"""Webhooks: a system has itself told what happens in its cases."""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import Path, Query, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from api.access.guard import Caller, require, sight_of
from api.edge.problems import ProblemError, invalid
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.export import exported
from api.routes.lists import Code as Written
from api.routes.lists import Listing, PageQuery, readable
from api.routes.routers import open_to_all, with_token
from casework.domain.authority import GENERAL, GeneralAction
from casework.domain.case.events import INTERNAL, TITLES
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.policy import Role
from casework.filing.bodies import Body, CaseNo, Code, District, ShortText, digest
from casework.messages.webhooks import StartWebhook, WebhookStatus
from casework.outside import Receivers
from casework.policy.authority import load_authority
from casework.security.webhook_keys import WebhookKeys
from casework.store import webhooks as register
from casework.store.queries.feed import BEGINNING, feed_end
from casework.store.webhooks import (
    BEHIND_ONE_REFUSED,
    TOO_MANY_REFUSED,
    RefusedEvent,
    UndeliveredEvent,
    UndeliveredFilter,
    Webhook,
)

_LASTING = frozenset({WebhookStatus.PROPOSED, WebhookStatus.ACTIVE, WebhookStatus.PAUSED})
_RUNNING = frozenset({WebhookStatus.ACTIVE, WebhookStatus.PAUSED})
_REFUSALS = problem_responses(
    HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY
)
_URL_PROBLEMS = {
    "URL_INVALID": "地址无法识别，或者带有用户名、# 号",
    "URL_NOT_HTTPS": "须是 https 地址",
    "URL_NOT_ALLOWED": "不是许可的主机，请联系运维人员登记（CASEWORK_WEBHOOK_HOSTS）",
}

router = with_token(prefix="/webhooks", tags=["webhooks"], responses=_REFUSALS)
undelivered_router = with_token(
    prefix="/undelivered-events",
    tags=["webhooks"],
    responses=problem_responses(HTTPStatus.UNPROCESSABLE_ENTITY),
)
public_router = open_to_all(tags=["webhooks"])

Id = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$")]


class WebhookBody(Body):
    """Where a system wants to be told, and of what; an empty list restricts nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://portal.example.gov.cn/casework",
                    "events": ["accepted"],
                    "districts": ["310106"],
                    "item_codes": ["PTS_NEW"],
                }
            ]
        }
    )

    url: Annotated[str, Field(min_length=1, max_length=500, description="https 地址，收 POST")]
    events: Annotated[
        tuple[Code, ...], Field(max_length=50, description="经过的种类，即变化清单中的 event")
    ] = ()
    districts: Annotated[tuple[District, ...], Field(max_length=50)] = ()
    item_codes: Annotated[tuple[Code, ...], Field(max_length=50)] = ()
    from_beginning: Annotated[
        bool, Field(description="从最早的变化推送起；缺省只推送以后的变化")
    ] = False


class AgainBody(Body):
    """Of which case; without it, of all."""

    case_no: CaseNo | None = None


class AgainAnswer(BaseModel):
    """How many events are sent again."""

    events: int


@dataclass(frozen=True, kw_only=True)
class WebhookItem(Webhook):
    """A webhook; ``refused`` counts what its receiver did not take and what waits behind that."""

    status_label: str
    problem_label: str


class WebhookItems(Listing[WebhookItem]):
    """Webhooks; a system may have twenty that last."""


class RefusedItems(BaseModel):
    """What was refused: a hundred events, beyond which the webhook pauses."""

    items: list[RefusedEvent]


class UndeliveredQuery(PageQuery):
    """A field that is left out does not restrict the list."""

    webhook: Annotated[Written, Field(description="订阅编号")] = ""
    case_no: CaseNo | None = None
    open: Annotated[bool | None, Field(description="待处理的，或已了结的")] = None


@dataclass(frozen=True, kw_only=True)
class UndeliveredItem(UndeliveredEvent):
    """An event that was not taken as a task; the labels are what a clerk reads."""

    webhook_status_label: str
    problem_label: str
    outcome_label: str


class SetAsideBody(Body):
    """Which event is not sent any more, and why; ``behind``: nor what waits behind it by now."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "case_no": "310106-4A2J-5S06-9FJ0",
                    "seq": 4,
                    "reason": "对方系统已停用此类通知",
                }
            ]
        }
    )

    case_no: CaseNo
    seq: Annotated[int, Field(ge=1, le=10**9)]
    reason: ShortText
    behind: bool = False


class JsonWebKeySet(BaseModel):
    """RFC 7517: the keys by which a receiver verifies; look in again when a ``kid`` is unknown."""

    keys: list[dict[str, Any]] = Field(examples=[[{"kty": "EC", "crv": "P-256", "kid": "k"}]])


@router.post(
    "",
    summary="订阅办件变化",
    status_code=HTTPStatus.CREATED,
    responses={200: {"model": WebhookItem, "description": "先前已订阅，内容相同"}},
)
async def subscribe(
    body: WebhookBody, actor: Caller, here: Here, response: Response
) -> WebhookItem:
    """Have what happens in the cases that the caller reads told to an address.

    The same again is the same webhook. Where the table of authority says who approves webhooks, it
    begins when somebody has; it begins where the feed ends now, or at the beginning.
    """
    require(actor, GeneralAction.SUBSCRIBE, "")
    code = Receivers.of(here.settings).problem(body.url).upper()
    if code:
        raise invalid("url", _URL_PROBLEMS[code], code)
    if unknown := sorted({*body.events} - (TITLES.keys() - INTERNAL)):
        raise invalid("events", f"没有此种经过：{'、'.join(unknown)}")
    chosen = (body.events, body.districts, body.item_codes)
    number = f"wh-{digest([actor.code, body.url, *map(sorted, chosen)])[:16]}"
    async with here.register.reading() as session:
        known = await register.webhook(session, number)
        is_new = known is None or known.status is WebhookStatus.ENDED
        if is_new and await register.has_too_many(session, actor.code):
            raise DomainError("TOO_MANY_WEBHOOKS", "订阅已满，请先取消不用的")
        end = BEGINNING if body.from_beginning else await feed_end(session)
    if is_new:
        async with here.register.writing() as session:
            await register.make(session, _new(number, body, actor, str(end), here.now()))
    else:
        response.status_code = HTTPStatus.OK
    return await _gone_on(number, actor, here)


def _new(number: str, body: WebhookBody, actor: Actor, after: str, now: datetime) -> Webhook:
    """A webhook as it begins."""
    needs_approval = any(
        load_authority().extent(GENERAL, GeneralAction.APPROVE_WEBHOOK, role) for role in Role
    )
    return Webhook(
        id=number,
        system=actor.code,
        url=body.url,
        events=tuple(sorted(body.events)),
        districts=tuple(sorted(body.districts)),
        item_codes=tuple(sorted(body.item_codes)),
        status=WebhookStatus.PROPOSED if needs_approval else WebhookStatus.ACTIVE,
        after=after,
        made_at=now,
        approved_by="",
        caught_up_at=None,
        failing_since=None,
        problem="",
        ping_asked_at=None,
        ping_sent_at=None,
        ping_problem="",
    )


@router.get("", summary="办件变化的订阅")
@exported("办件变化的订阅")
async def webhooks(asked: Annotated[PageQuery, Query()], actor: Caller, here: Here) -> WebhookItems:
    """The webhooks of the calling system, or all for who approves them, the newest first."""
    system = _system(actor)
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await register.webhooks_of(session, system, after=asked.cursor, size=asked.size)
    return WebhookItems(items=[_item(row) for row in page.rows], next_cursor=page.next or None)


@undelivered_router.get("", summary="未送达的变化")
@exported("未送达的变化")
async def undelivered(
    asked: Annotated[UndeliveredQuery, Query()], actor: Caller, here: Here
) -> Listing[UndeliveredItem]:
    """The events that receivers do not take, each a task until taken or set aside, newest first.

    An event is one that was refused, or the one at which a webhook paused, which is sent first when
    that is resumed. Who approves webhooks has them in their work list (``/v1/tasks``); a system
    sees its own.
    """
    wanted = UndeliveredFilter(
        system=_system(actor),
        webhook=asked.webhook,
        case_no=asked.case_no or "",
        open=asked.open,
        sight=sight_of(actor),
    )
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await register.undelivered(session, wanted, after=asked.cursor, size=asked.size)
    items = [
        UndeliveredItem(
            **vars(row),
            webhook_status_label=row.webhook_status.label,
            problem_label=problem_label(row.problem),
            outcome_label=row.outcome.label,
        )
        for row in page.rows
    ]
    return Listing(items=items, next_cursor=page.next or None)


@router.get("/{number}", summary="一项订阅")
async def webhook(number: Id, actor: Caller, here: Here) -> WebhookItem:
    """What is wanted, how far it has been told, and what is wrong with the receiver."""
    async with here.register.reading() as session:
        return _item(await _known(session, number, actor))


@router.get("/{number}/refused", summary="接收方拒收的变化")
async def refused(number: Id, actor: Caller, here: Here) -> RefusedItems:
    """The events that the receiver did not take, and those that wait behind one of their case."""
    async with here.register.reading() as session:
        await _known(session, number, actor)
        found = await register.refused_of(session, number)
    return RefusedItems(items=list(found))


@router.post("/{number}/approve", summary="批准订阅")
async def approve(number: Id, actor: Caller, here: Here) -> WebhookItem:
    """Let a webhook begin; a repeat changes nothing."""
    return await _changed(
        number, WebhookStatus.ACTIVE, {WebhookStatus.PROPOSED}, actor, here, approved_by=actor.code
    )


@router.post("/{number}/resume", summary="恢复推送")
async def resume(number: Id, actor: Caller, here: Here) -> WebhookItem:
    """Go on where it was paused, or try a receiver that has failed at once."""
    return await _changed(number, WebhookStatus.ACTIVE, _RUNNING, actor, here)


@router.post("/{number}/end", summary="取消订阅")
async def end(number: Id, actor: Caller, here: Here) -> WebhookItem:
    """Tell no more, and forget what was refused; a repeat changes nothing."""
    return await _changed(number, WebhookStatus.ENDED, _LASTING, actor, here)


@router.post("/{number}/ping", summary="试推送", status_code=HTTPStatus.ACCEPTED)
async def ping(number: Id, actor: Caller, here: Here) -> WebhookItem:
    """Send a test now; the webhook then shows under ``ping_sent_at`` how it was answered."""
    async with here.register.writing() as session:
        known = await _known(session, number, actor)
        _require(known, _RUNNING)
        await register.ask_ping(session, number, here.now())
    return await _gone_on(number, actor, here)


@router.post("/{number}/redelivery", summary="重新推送", status_code=HTTPStatus.ACCEPTED)
async def redelivery(number: Id, body: AgainBody, actor: Caller, here: Here) -> AgainAnswer:
    """Send what was refused again, each case in its order."""
    async with here.register.writing() as session:
        known = await _known(session, number, actor)
        _require(known, _RUNNING)
        events = await register.send_again(session, number, body.case_no or "")
    await _gone_on(number, actor, here)
    return AgainAnswer(events=events)


@router.post("/{number}/set-aside", summary="不再推送一项变化")
async def set_aside(number: Id, body: SetAsideBody, actor: Caller, here: Here) -> AgainAnswer:
    """Never send a refused event, with a reason; what waits behind it in its case goes on.

    The feed has it all the same. ``events``: how many are set aside.
    """
    async with here.register.writing() as session:
        await _known(session, number, actor)
        events = await register.set_aside(
            session,
            number,
            body.case_no,
            body.seq,
            behind=body.behind,
            reason=body.reason,
            by=actor.code,
            at=here.now(),
        )
    if not events:
        raise DomainError("EVENT_NOT_REFUSED", "接收方没有拒收此项变化，请刷新后再看", "seq")
    await _gone_on(number, actor, here)
    return AgainAnswer(events=events)


@public_router.get("/webhook-keys", summary="推送签名的公钥", response_model=JsonWebKeySet)
async def keys(here: Here) -> Response:
    """The public keys that sign webhooks: the present, the next and the last one."""
    published = WebhookKeys.open(here.settings).published()
    return JSONResponse(published, headers={"Cache-Control": "public, max-age=3600"})


async def _changed(  # noqa: PLR0913, PLR0917 - which one, from where to where, by whom
    number: str,
    status: WebhookStatus,
    among: Collection[WebhookStatus],
    actor: Actor,
    here: Parts,
    approved_by: str | None = None,
) -> WebhookItem:
    async with here.register.writing() as session:
        known = await _known(session, number, actor)
        if approved_by is not None:
            require(actor, GeneralAction.APPROVE_WEBHOOK, "")
        if known.status is not status:
            _require(known, among)
        await register.set_status(
            session,
            number,
            status,
            among=among,
            at=here.now(),
            by=actor.code,
            approved_by=approved_by,
        )
    return await _gone_on(number, actor, here)


async def _gone_on(number: str, actor: Actor, here: Parts) -> WebhookItem:
    """Have its workflow look at the register, if it is to run; return the webhook."""
    async with here.register.reading() as session:
        known = await _known(session, number, actor)
    if known.status in _RUNNING or known.status is WebhookStatus.ENDED:
        await here.engine.run_webhook(StartWebhook(id=number, by=actor))
    return _item(known)


def _system(actor: Actor) -> str:
    """Whose webhooks the caller sees; empty: of every system. Raises DomainError."""
    if actor.role is Role.SYSTEM:
        require(actor, GeneralAction.SUBSCRIBE, "")
        return actor.code
    require(actor, GeneralAction.APPROVE_WEBHOOK, "")
    return ""


async def _known(session: AsyncSession, number: str, actor: Actor) -> Webhook:
    system = _system(actor)
    found = await register.webhook(session, number)
    if found is None or system not in {"", found.system}:
        raise ProblemError(
            status=HTTPStatus.NOT_FOUND, code="WEBHOOK_NOT_FOUND", detail="没有此订阅，请核对"
        )
    return found


def _require(known: Webhook, among: Collection[WebhookStatus]) -> None:
    if known.status not in among:
        raise DomainError("WEBHOOK_STATUS", f"此订阅{known.status.label}，不能如此办理")


_PROBLEMS = {
    "": "",
    BEHIND_ONE_REFUSED: "排在一项拒收的变化之后",
    TOO_MANY_REFUSED: "接收方拒收的变化太多",
    "no_answer": "接收方未在时限内应答",
    "host_unknown": "找不到接收方的主机",
    "address_not_allowed": "接收方的网络地址不在许可之内",
    "http_400": "接收方答：请求有误（400）",
    "http_410": "接收方答：不再接收（410）",
    "http_413": "接收方答：内容过大（413）",
    "http_415": "接收方答：格式不支持（415）",
    "http_422": "接收方答：不能处理（422）",
    **{code.lower(): words for code, words in _URL_PROBLEMS.items()},
}


def problem_label(problem: str) -> str:
    """The words for why a receiver did not take an event."""
    status = problem.removeprefix("http_")
    if status != problem:
        return _PROBLEMS.get(problem, f"接收方答：{status}")
    return _PROBLEMS.get(problem, f"连接不上接收方（{problem}）")


def _item(known: Webhook) -> WebhookItem:
    told = {each.name: getattr(known, each.name) for each in fields(Webhook)}
    return WebhookItem(
        **told, status_label=known.status.label, problem_label=problem_label(known.problem)
    )
