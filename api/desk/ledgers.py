"""Lists that need no page of their own: each is one list of the API with filters and columns.

A line in ``LISTS`` is a page: its rows lead to the cases, its sheet holds all that was filtered.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Path
from fastapi.responses import Response
from pydantic import BaseModel

from api.access.guard import require
from api.desk.deeds import Deed, opened, taken
from api.desk.forms import fields_of_body, wrong_fields
from api.desk.lists import answered, found
from api.desk.names import Names
from api.desk.navigation import PATH
from api.desk.visit import Visit, Visiting
from api.desk.words import CARDS, moment, short_day
from api.edge.problems import ProblemError
from api.routes.headings import heading, word
from api.routes.outreach import OutreachBody
from api.routes.webhooks import AgainBody, SetAsideBody
from casework import words
from casework.domain.authority import GeneralAction
from casework.domain.case.state import Stage
from casework.domain.consultations import (
    Accessibility,
    ConsultationChannel,
    ConsultationTopic,
)
from casework.domain.kinds.application.state import ContactState
from casework.domain.kinds.cycle.state import CycleStage
from casework.domain.kinds.request.state import RequestStage
from casework.domain.kinds.round.state import RoundStage
from casework.domain.reports import LedgerFigure
from casework.domain.talent import TalentClass
from casework.domain.units import UnitStatus
from casework.messages.webhooks import WebhookStatus

router = APIRouter(prefix=f"{PATH}/lists", include_in_schema=False)

About = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
Options = tuple[tuple[str, str], ...]


def _stages(stages: type[Stage] | type[ContactState]) -> Options:
    return tuple((each.value, each.label) for each in stages)


@dataclass(frozen=True, kw_only=True)
class Leading:
    """What can be done about a row whose ``member`` is one of ``values``; ``way`` names members."""

    word: str
    way: str
    member: str
    values: tuple[str, ...]

    def cell(self, row: Mapping[str, Any]) -> tuple[str, str]:
        """The word and where it leads; nothing where it cannot be done."""
        if row[self.member] not in self.values:
            return "", ""
        return self.word, self.way.format(**{k: quote(str(v), safe="") for k, v in row.items()})


_OF_WEBHOOK = f"{PATH}/lists/webhooks"
_LASTING = (WebhookStatus.PROPOSED, WebhookStatus.ACTIVE, WebhookStatus.PAUSED)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A list of the API as a page.

    ``path`` may hold ``{about}``: what the page's address says last. ``filters``: parameter and
    what may be chosen of it; nothing: it is typed. ``lead`` says what is meant by a row.
    """

    title: str
    path: str
    columns: tuple[str, ...]
    filters: Mapping[str, Options]
    lead: str = ""
    title_of_about: str = ""
    leads: tuple[Leading, ...] = ()


_CASE = ("case_no", "district", "stage_label")
LISTS: Mapping[str, Listed] = {
    "talents": Listed(
        title="人才",
        path="/v1/talents",
        columns=(
            *_CASE,
            *("letter", "number", "status_label", "starts_on", "ends_on", "renewal_opens_on"),
            *("holder", "due_on", "card"),
        ),
        filters={
            "district": (),
            "letter": tuple((each.value, f"{each.value}类") for each in TalentClass),
            "stage": _stages(CycleStage),
            "employer": (),
            "credential": (),
            "ends_before": (),
        },
        lead="每位人才一行，是其现在的服务周期；“编号”是第几个周期。",
    ),
    "visitors": Listed(
        title="预约",
        path="/v1/visitors",
        columns=(
            *("at", "until", "visitor", "business_name", "stage_label", "walk_in", "arrived_at"),
            *("served_at", "answers", "case_no", "district"),
        ),
        filters={"district": (), "day": ()},
        lead="当日到窗口的来访，按时段排列；改日期可看其他日子。"
        "来访人自行预约的网页是本站的 /book/加区划代码，可以张贴的二维码在其后加 /qr.svg；"
        "到访、接待、改约、取消在各件的办理页。",
    ),
    "walk-entries": Listed(
        title="走流程台账",
        path="/v1/walk-entries",
        columns=(
            *("day", "figure_label", "case_no", "code", "owner", "status_label", "district"),
            "stage_label",
        ),
        filters={
            "figure": tuple((each.value, each.label) for each in LedgerFigure),
            "district": (),
            "since": (),
            "before": (),
            "item": (),
            "office": (),
            "channel": (),
        },
        lead="走流程的人次、问题、需求、措施和销号各是一行，按日期排列；内容在各件的页面。"
        "报表“走流程”各数打开的就是这里。登记在“登记走流程”页。",
    ),
    "requests": Listed(
        title="服务申请",
        path="/v1/requests",
        columns=(
            *_CASE,
            *("item_name", "letter", "level_label", "body", "holder", "received_at", "due_on"),
            *("card", "result", "talent"),
        ),
        filters={
            "district": (),
            "stage": _stages(RequestStage),
            "letter": tuple((each.value, f"{each.value}类") for each in TalentClass),
            "service": (),
            "holder": (),
            "talent": (),
        },
    ),
    "rounds": Listed(
        title="抽样回访",
        path="/v1/rounds",
        columns=(*_CASE, "reference", "holder", "received_at", "due_on", "card", "closed_at"),
        filters={"district": (), "stage": _stages(RoundStage)},
        lead="每个平台每季度一次；“外部编号”是季度。",
    ),
    "outreaches": Listed(
        title="主动告知",
        path="/v1/outreaches",
        columns=("id", "about", "text", "started_by", "started_at", "last_round_at", "ended_at"),
        filters={},
        lead="因临时措施或者暂停，逐人告知。",
    ),
    "contacts": Listed(
        title="主动告知的名单",
        path="/v1/outreaches/{about}/contacts",
        columns=(
            *("case_no", "district", "state_label", "through", "attempts", "last_attempt_on"),
            *("reached_at", "settled_at", "escalated_at"),
        ),
        filters={"state": _stages(ContactState), "district": ()},
        title_of_about="主动告知编号",
    ),
    "handover": Listed(
        title="交接清单",
        path="/v1/officers/{about}/handover",
        columns=(
            *("case_no", "case_kind_label", "item_name", "stage_label", "what_label", "about"),
            *("other", "since", "due_on", "overdue", "text"),
        ),
        filters={"on": ()},
        lead="此人名下的一切：待办、牌、承诺、备注、待接办的和等候答复的意见。“当日”是计算逾期的日子。",
        title_of_about="人员编号",
    ),
    "opinions": Listed(
        title="征求的意见",
        path="/v1/cases/{about}/opinions",
        columns=(
            *("asked", "asked_as", "asked_by", "asked_at", "question", "due_on", "given_at"),
            *("late", "text", "withdrawn_at"),
        ),
        filters={},
        title_of_about="办件编号",
    ),
    "moved-cases": Listed(
        title="改用新政策的办件",
        path="/v1/orders/{about}/cases",
        columns=("case_no", "outcome_label", "policy", "at"),
        filters={},
        title_of_about="指令编号",
    ),
    "handings": Listed(
        title="负荷均衡转交的办件",
        path="/v1/orders/{about}/handings",
        columns=(
            *("case_no", "role", "holder", "receiver", "tasks", "weight", "why"),
            *("outcome_label", "at"),
        ),
        filters={},
        title_of_about="指令编号",
    ),
    "measures": Listed(
        title="临时措施",
        path="/v1/measures",
        columns=("id", "name", "district", "items", "since", "until", "channels", "reference"),
        filters={"district": (), "on": ()},
    ),
    "transfers": Listed(
        title="管辖移送",
        path="/v1/transfers",
        columns=("case_no", "at", "actor", "from_district", "to_district", "to_office", "reason"),
        filters={"district": (), "case_no": ()},
    ),
    "credit-records": Listed(
        title="失信记录",
        path="/v1/credit-records",
        columns=(
            *("case_no", "material", "recorded_at", "reason", "repaired_at", "repaired_by"),
            "repair_reason",
        ),
        filters={"case_no": (), "unrepaired": (("true", "是"),)},
    ),
    "consultations": Listed(
        title="咨询登记",
        path="/v1/consultations",
        columns=(
            *("at", "district", "channel_label", "topic_label", "needs_label"),
            *("answered", "ticket", "agent", "logged_by"),
        ),
        filters={
            "district": (),
            "channel": tuple((each.value, each.label) for each in ConsultationChannel),
            "topic": tuple((each.value, each.label) for each in ConsultationTopic),
            "need": tuple((each.value, each.label) for each in Accessibility),
            "answered": (("true", "是"), ("false", "否")),
            "first_on": (),
            "last_on": (),
        },
        lead="每次提问一行，不含任何个人信息；未当场答复的，另有工单。在“登记咨询”页登记。",
    ),
    "units": Listed(
        title="单位",
        path="/v1/units",
        columns=(
            *("id", "name", "credit_code", "mailbox", "contact", "status_label", "case_no"),
            *("proposed_by", "proposed_at", "decided_by", "decided_at"),
        ),
        filters={
            "district": (),
            "status": tuple((each.value, each.label) for each in UnitStatus),
            "credit_code": (),
            "name": (),
        },
        lead="每份登记一行：一个单位在一个区只有一个固定邮箱，登记和变更由另一人复核。"
        "在“登记单位”页登记。",
        leads=tuple(
            Leading(
                word=word_,
                way=f"{PATH}/units/{{id}}/{deed}",
                member="status",
                values=(status,),
            )
            for word_, deed, status in (
                ("复核通过", "approve", UnitStatus.PROPOSED),
                ("不通过", "reject", UnitStatus.PROPOSED),
                ("变更", "change", UnitStatus.IN_FORCE),
                ("停用", "end", UnitStatus.IN_FORCE),
            )
        ),
    ),
    "accesses": Listed(
        title="个人信息查看记录",
        path="/v1/accesses",
        columns=("at", "actor", "role", "district", "what_label", "case_no", "reason"),
        filters={"case_no": (), "actor": ()},
    ),
    "card-digests": Listed(
        title="督办提醒的发送记录",
        path="/v1/card-digests",
        columns=(
            *("day", "officer", "district", "channel", "status_label", "red", "yellow", "older"),
            "sent_at",
        ),
        filters={"district": (), "officer": (), "day": ()},
    ),
    "webhooks": Listed(
        title="办件变化的订阅",
        path="/v1/webhooks",
        columns=(
            *("id", "system", "url", "status_label", "made_at", "approved_by", "caught_up_at"),
            *("failing_since", "problem_label", "refused"),
        ),
        filters={},
        lead="对接系统请我们把办件变化推送到其地址；须经批准。接收方三天不收的，暂停推送。",
        leads=(
            Leading(
                word="批准",
                way=f"{_OF_WEBHOOK}/{{id}}/approve",
                member="status",
                values=(WebhookStatus.PROPOSED,),
            ),
            Leading(
                word="恢复推送",
                way=f"{_OF_WEBHOOK}/{{id}}/resume",
                member="status",
                values=(WebhookStatus.PAUSED,),
            ),
            Leading(word="取消", way=f"{_OF_WEBHOOK}/{{id}}/end", member="status", values=_LASTING),
        ),
    ),
    "undelivered": Listed(
        title="未送达的变化",
        path="/v1/undelivered-events",
        columns=(
            *("case_no", "seq", "title", "system", "webhook_status_label", "problem_label"),
            *("opened_at", "behind", "again", "outcome_label", "closed_at", "closed_by", "reason"),
        ),
        filters={"open": (("true", "是"), ("false", "否")), "webhook": (), "case_no": ()},
        lead="接收方拒收的变化，和暂停推送时未送达的变化，各是一项待办：请对方更正后重新推送或者"
        "恢复推送，或者说明理由不再推送。同一办件其后的变化在此之前都等着。",
        leads=(
            Leading(
                word="恢复推送",
                way=f"{_OF_WEBHOOK}/{{webhook}}/resume",
                member="webhook_status",
                values=(WebhookStatus.PAUSED,),
            ),
            Leading(
                word="重新推送",
                way=f"{_OF_WEBHOOK}/{{webhook}}/redelivery?case_no={{case_no}}",
                member="outcome",
                values=("",),
            ),
            Leading(
                word="不再推送",
                way=f"{_OF_WEBHOOK}/{{webhook}}/set-aside?case_no={{case_no}}&seq={{seq}}",
                member="outcome",
                values=("",),
            ),
        ),
    ),
}
"""By the last part of their address."""


@router.get("")
def every(visit: Visiting) -> Response:
    """All lists that need nothing more to be known."""
    found = {slug: each for slug, each in LISTS.items() if not each.title_of_about}
    return visit.page("ledgers.html", lists=found)


@router.get("/outreaches/new")
def telling(visit: Visiting) -> Response:
    """The form by which an outreach begins."""
    return opened(visit, _outreach(visit))


@router.post("/outreaches/new")
async def told(visit: Visiting) -> Response:
    """Check it, or begin."""
    return await taken(visit, _outreach(visit))


def _outreach(visit: Visit) -> Deed:
    require(visit.actor, GeneralAction.BEGIN_OUTREACH)
    place = f"{PATH}/lists/outreaches"
    return Deed(
        title="开始主动告知",
        lead="因一项临时措施或者暂停，把这段话逐人告知所涉及的当事人。重复提交不会再次开始。",
        fields=fields_of_body("outreach", OutreachBody, {}),
        path="/v1/outreaches",
        back=place,
        effect="开始逐人告知",
        done=lambda _: place,
    )


@dataclass(frozen=True, kw_only=True)
class _OfWebhook:
    """A deed about a webhook, named as the last part of its address in the API."""

    title: str
    lead: str
    effect: str
    body: type[BaseModel] | None = None
    back: str = "webhooks"


_DEEDS: Mapping[str, _OfWebhook] = {
    "approve": _OfWebhook(
        title="批准订阅",
        lead="批准后即开始向该地址推送此系统可以查阅的办件的变化。",
        effect="批准订阅",
    ),
    "resume": _OfWebhook(
        title="恢复推送", lead="从暂停之处接着推送，一项不漏。", effect="恢复推送"
    ),
    "end": _OfWebhook(
        title="取消订阅",
        lead="不再推送；未送达的变化一并了结。该系统可以重新订阅。",
        effect="取消订阅",
    ),
    "redelivery": _OfWebhook(
        title="重新推送",
        lead="请对方更正之后再推送。不写办件编号的，拒收的全部重新推送；各件按先后次序。",
        effect="重新推送",
        body=AgainBody,
        back="undelivered",
    ),
    "set-aside": _OfWebhook(
        title="不再推送一项变化",
        lead="此项变化不再推送给该系统，同一办件其后的变化照常推送。对方仍可在变化清单中读到。",
        effect="不再推送",
        body=SetAsideBody,
        back="undelivered",
    ),
}


@router.get("/webhooks/{about}/{deed}")
def about_webhook(about: About, deed: str, visit: Visiting) -> Response:
    """The form of a deed about a webhook."""
    return opened(visit, _about_webhook(visit, about, deed))


@router.post("/webhooks/{about}/{deed}")
async def done_about_webhook(about: About, deed: str, visit: Visiting) -> Response:
    """Check it, or do it."""
    await visit.form()  # whether it is one of ours is asked before who sent it
    return await taken(visit, _about_webhook(visit, about, deed))


def _about_webhook(visit: Visit, about: str, deed: str) -> Deed:
    require(visit.actor, GeneralAction.APPROVE_WEBHOOK, "")
    meant = _DEEDS.get(deed)
    if meant is None:
        raise _NO_PAGE
    place = f"{PATH}/lists/{meant.back}"
    return Deed(
        title=f"{meant.title}（{about}）",
        lead=meant.lead,
        fields=fields_of_body(deed, meant.body, {}) if meant.body else (),
        path=f"/v1/webhooks/{about}/{deed}",
        back=place,
        effect=meant.effect,
        done=lambda _: place,
    )


@router.get("/ratings")
async def ratings(visit: Visiting) -> Response:
    """How many ratings of each grade; by default of this year."""
    given = visit.request.query_params
    year = visit.today.year
    asked = {
        "from": given.get("from", "").strip() or f"{year}-01-01",
        "before": given.get("before", "").strip() or f"{year + 1}-01-01",
        "district": given.get("district", "").strip(),
    }
    told, problem = await answered(visit, "/v1/ratings", asked)
    return visit.page(
        "ratings.html",
        problem.status if problem else HTTPStatus.OK,
        told=told,
        asked=asked,
        problem=problem,
        wrong=wrong_fields(problem),
    )


@router.get("/{slug}")
async def one(slug: str, visit: Visiting) -> Response:
    """A list by its filters."""
    return await _page(visit, slug, "")


@router.get("/{slug}/{about}")
async def one_about(slug: str, about: About, visit: Visiting) -> Response:
    """A list that belongs to somebody or something."""
    return await _page(visit, slug, about)


_NO_PAGE = ProblemError(
    status=HTTPStatus.NOT_FOUND, code="NO_SUCH_ADDRESS", detail="没有此页面，请核对地址"
)


async def _page(visit: Visit, slug: str, about: str) -> Response:
    meant = LISTS.get(slug)
    if meant is None or bool(about) != bool(meant.title_of_about):
        raise _NO_PAGE
    asked = dict(_asked(visit, (*meant.filters, "cursor")))
    path = meant.path.format(about=quote(about, safe=""))
    listing = await found(visit, path, asked)
    kept = {name: text for name, text in asked.items() if name != "cursor"}
    cursor = listing.shown["cursor"]
    place = visit.request.url.path
    return visit.page(
        "list.html",
        listing.status,
        problem=listing.problem,
        wrong=listing.shown["wrong"],
        meant=meant,
        about=about,
        asked=kept,
        filters=[(name, heading(name), options) for name, options in meant.filters.items()],
        headings=[*map(heading, meant.columns), *("" for _ in meant.leads)],
        wraps=[*(name in _LONG for name in meant.columns), *(False for _ in meant.leads)],
        rows=[
            [
                *(cell(row, name, visit.names) for name in meant.columns),
                *(lead.cell(row) for lead in meant.leads),
            ]
            for row in listing.shown["rows"]
        ],
        sheet=f"{path}?{urlencode({**kept, 'format': 'xlsx'})}",
        following=f"{place}?{urlencode({**kept, 'cursor': cursor})}" if cursor else "",
    )


_LONG = frozenset(
    {"text", "url", "title", "reason", "repair_reason", "question", "why", "need", "result"}
)
"""Columns whose text goes over several lines."""


def _asked(visit: Visit, names: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for name in names:
        if text := visit.request.query_params.get(name, "").strip():
            yield name, text


_HOUR = re.compile(r"\d\d:\d\d")


def cell(row: Mapping[str, Any], name: str, names: Names) -> tuple[str, str]:
    """The text of a cell, and where it leads."""
    value = row[name]
    match value:
        case None | "":
            return "", ""
        case bool():
            return "是" if value else "否", ""
        case list():
            return "、".join(_titled(each, name, names) for each in value), ""
        case str() if _HOUR.fullmatch(value):  # of a slot, within its day
            return value, ""
    if name.endswith("_at") or name in {"at", "failing_since"}:
        return moment(value), ""
    if name in {"since", "until", "day"} or name.endswith("_on"):
        return short_day(value), ""
    if name in {"case_no", "talent"}:
        return str(value), f"{PATH}/cases/{value}"
    if name == "id" and "started_by" in row:
        return str(value), f"{PATH}/lists/contacts/{quote(value, safe='')}"
    if name == "card":
        return CARDS.get(value, ""), ""
    return _titled(word(name, value), name, names), ""


def _titled(value: object, name: str, names: Names) -> str:
    """A code by its title, in the column of this name."""
    text = str(value)
    match name:
        case "channels":
            return words.word(words.FILED_BY, text)
        case "channel":
            return words.word(words.SENT_BY, text)
        case "body":
            return names.body(text)
        case "source":
            return names.source(text)
        case "actor" | "system" | "by" | "started_by" | "logged_by" | "closed_by" | "approved_by":
            return names.who(text)
    return names.said(text)
