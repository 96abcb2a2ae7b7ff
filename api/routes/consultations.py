"""Consultations (咨询登记): one line once, by hand or by a file of lines; the log and its counts.

Many at once go by ``POST /v1/submissions?to=consultations``, a thousand lines a request.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from typing import Annotated

from fastapi import Header, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.access.guard import Caller, require
from api.edge.problems import ProblemError, invalid
from api.parts import Here, Parts
from api.routes.answers import problem_responses
from api.routes.board import MOST_PERIOD
from api.routes.export import exported
from api.routes.lists import Listing, PageQuery, readable
from api.routes.routers import with_token
from casework.domain.authority import GeneralAction, own_source
from casework.domain.bounds import Few
from casework.domain.case.facts import Actor
from casework.domain.consultations import (
    Accessibility,
    Consultation,
    ConsultationChannel,
    ConsultationTopic,
    agent_of,
    agents_for,
)
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role
from casework.domain.time.calendar import ONE_DAY, ZONE, local_date
from casework.domain.time.dates import WRITTEN_INSTANT, Day
from casework.filing.bodies import KEY, Body, CaseNo, Code, District, ShortText, digest
from casework.policy.authority import load_authority
from casework.policy.staffing import staff
from casework.store.consultations import (
    ConsultationFilter,
    Counted,
    consultations,
    count,
    log_once,
)
from casework.store.queries import kind_of
from casework.store.register.absences import absent_officers

router = with_token(
    "/consultations",
    tags=["consultations"],
    responses=problem_responses(HTTPStatus.CONFLICT, HTTPStatus.UNPROCESSABLE_ENTITY),
)

AHEAD = timedelta(minutes=5)
"""So much may the clock of another system be ahead of ours."""

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key", pattern=KEY, description="没有 reference 时，相同的键只登记一次"
    ),
]


class ConsultationBody(Body):
    """A question that somebody asked, without anything about the person.

    ``answered`` at once, or the number of the ``ticket`` that was opened for it.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "district": "310106",
                    "channel": "phone",
                    "topic": "points",
                    "answered": True,
                }
            ]
        }
    )

    district: District | None = Field(default=None, description="缺省为登记人所在区")
    channel: ConsultationChannel
    topic: ConsultationTopic
    answered: bool = Field(default=True, description="是否当场答复；否则先立工单")
    ticket: CaseNo | None = Field(default=None, description="未当场答复的，所立工单的编号")
    needs: Few[Accessibility] = Field(default=(), description="无障碍需求：手语、老年人、代办")
    asked_at: Annotated[AwareDatetime, WRITTEN_INSTANT] | None = Field(
        default=None, description="缺省为登记的时刻"
    )
    source: Annotated[Code | None, Field(description="缺省为登记人自己的来源")] = None
    reference: ShortText | None = Field(
        default=None, description="对接系统中的编号，相同的只登记一次；缺省用 Idempotency-Key"
    )


@dataclass(frozen=True, kw_only=True)
class ConsultationItem:
    """One line of the log; ``at``: when somebody asked.

    ``agents``: who can serve these ``needs`` today, only in the answer to who logs it.
    """

    district: str
    source: str
    reference: str
    channel: ConsultationChannel
    channel_label: str
    topic: ConsultationTopic
    topic_label: str
    needs: tuple[Accessibility, ...]
    needs_label: str
    answered: bool
    ticket: str
    agent: str
    at: datetime
    logged_at: datetime
    logged_by: str
    agents: tuple[str, ...] = ()


class ConsultationQuery(PageQuery):
    """A field that is left out does not restrict; the district is by default the caller's own."""

    district: District | None = None
    channel: ConsultationChannel | None = None
    topic: ConsultationTopic | None = None
    need: Accessibility | None = None
    answered: bool | None = None
    first_on: Day | None = None
    last_on: Day | None = None


class CountQuery(BaseModel):
    """The days counted, both included; by default this month's. The district: the caller's own."""

    model_config = ConfigDict(extra="forbid")

    district: District | None = None
    first_on: Day | None = None
    last_on: Day | None = None


@dataclass(frozen=True, kw_only=True)
class CountItem:
    """``answered`` at once of those ``asked``; the others became tickets. ``cases``: the lines."""

    channel: str
    channel_label: str
    topic: str
    topic_label: str
    asked: int
    answered: int
    with_needs: int
    cases: str


@dataclass(frozen=True, kw_only=True)
class Counts:
    """As of ``at``: all, by channel, and by channel and topic; ``topic`` empty: of all."""

    at: datetime
    first_on: date
    last_on: date
    district: str
    definition: str
    total: CountItem
    channels: tuple[CountItem, ...]
    topics: tuple[CountItem, ...]


@dataclass(frozen=True, kw_only=True)
class Agents:
    """Who can serve these needs in a district today, the first to be asked first."""

    district: str
    on: date
    needs: tuple[Accessibility, ...]
    agents: tuple[str, ...]


DEFINITION = "按提问日期计；当场答复的为“已答复”，其余均已立工单（内部设定，来源未规定）"


@router.post("", summary="登记咨询", status_code=HTTPStatus.CREATED)
async def log_consultation(  # noqa: PLR0913 - what a request is made of
    body: ConsultationBody,
    actor: Caller,
    here: Here,
    response: Response,
    *,
    key: Key = None,
    dry_run: Annotated[bool, Query(description="只核对，不登记")] = False,
) -> ConsultationItem:
    """Log one line; the same again is the same line (200), another one under its key a 409.

    ``dry_run``: the line that would be logged, or why it would be refused; nothing is.
    """
    district = place_of(actor, body.district, GeneralAction.LOG_CONSULTATION)
    source = _source(actor, body.source)
    now = here.now()
    if body.asked_at is not None and body.asked_at > now + AHEAD:
        raise invalid("asked_at", "提问时刻不能在现在之后", "DATE_IN_FUTURE")
    await _require_kept(body, district, here)
    able = await _able(body.needs, district, here)
    said = body.model_dump(mode="json", exclude={"district", "source", "reference"})
    line = Consultation(
        district=district,
        source=source,
        reference=body.reference or key or secrets.token_urlsafe(16),
        content=digest(said),
        channel=body.channel,
        topic=body.topic,
        needs=tuple(sorted(set(body.needs))),
        answered=body.answered,
        ticket=body.ticket or "",
        agent=agent_of(able, actor.code),
        asked_at=body.asked_at or now,
        logged_at=now,
        logged_by=actor.code,
    )
    if dry_run:
        response.status_code = HTTPStatus.OK
        return _item(line, able)
    async with here.register.writing() as session:
        logged, is_new = await log_once(session, line)
    if logged.content != line.content:
        raise ProblemError(
            status=HTTPStatus.CONFLICT,
            code="CONTENT_DIFFERS",
            detail="同一外部编号已用于内容不同的申请",
        )
    if not is_new:
        response.status_code = HTTPStatus.OK
    return _item(logged, able)


@router.get("", summary="查询咨询登记")
@exported("咨询登记")
async def list_consultations(
    asked: Annotated[ConsultationQuery, Query()], actor: Caller, here: Here
) -> Listing[ConsultationItem]:
    """The lines of a district, the newest first."""
    district = place_of(actor, asked.district, GeneralAction.READ_CONSULTATIONS)
    wanted = ConsultationFilter(
        district=district,
        channel=asked.channel or "",
        topic=asked.topic or "",
        need=asked.need or "",
        answered=asked.answered,
        since=_midnight(asked.first_on) if asked.first_on else None,
        before=_midnight(asked.last_on + ONE_DAY) if asked.last_on else None,
    )
    with readable(asked.cursor):
        async with here.register.reading() as session:
            page = await consultations(session, wanted, after=asked.cursor, size=asked.size)
    return Listing(items=[_item(each) for each in page.rows], next_cursor=page.next or None)


@router.get("/counts", summary="咨询统计")
async def count_consultations(
    asked: Annotated[CountQuery, Query()], actor: Caller, here: Here
) -> Counts:
    """How many were asked and answered at once in a period, by channel and topic."""
    at = here.now()
    today = local_date(at)
    district = place_of(actor, asked.district, GeneralAction.READ_CONSULTATIONS)
    first = asked.first_on or (asked.last_on or today).replace(day=1)
    last = asked.last_on or max(first, today)
    if last < first or last - first > MOST_PERIOD:
        raise invalid("last_on", "须不早于起始日，且相距不超过一年", "DATE_OUT_OF_RANGE")
    wanted = ConsultationFilter(
        district=district, since=_midnight(first), before=_midnight(last + ONE_DAY)
    )
    async with here.register.reading() as session:
        counted = await count(session, wanted)
    period = f"district={district}&first_on={first}&last_on={last}"
    channels = dict.fromkeys(each.channel for each in counted)
    return Counts(
        at=at,
        first_on=first,
        last_on=last,
        district=district,
        definition=DEFINITION,
        total=_sum(counted, "", "", period),
        channels=tuple(
            _sum([each for each in counted if each.channel == channel], channel, "", period)
            for channel in channels
        ),
        topics=tuple(_sum([each], each.channel, each.topic, period) for each in counted),
    )


@router.get("/agents", summary="能为其服务的人员（手语、老年人、代办）")
async def find_agents(
    actor: Caller,
    here: Here,
    needs: Annotated[list[Accessibility], Query(min_length=1, max_length=3)],
    district: District | None = None,
) -> Agents:
    """Who has the skills for these needs in a district, and is not absent today."""
    place = place_of(actor, district, GeneralAction.READ_CONSULTATIONS)
    able = await _able(needs, place, here)
    return Agents(district=place, on=local_date(here.now()), needs=tuple(needs), agents=able)


def place_of(actor: Actor, asked: str | None, action: GeneralAction) -> str:
    """The district that is meant: the one asked for, else the caller's own.

    Raises:
        DomainError: ``ROLE_NOT_ALLOWED``, ``OTHER_DISTRICT``. ProblemError: ``FIELD_REQUIRED``.
    """
    district = asked or actor.district
    if not district:
        require(actor, action)
        raise invalid("district", "请填写所在区", "FIELD_REQUIRED")
    require(actor, action, district)
    return district


def _source(actor: Actor, stated: str | None) -> str:
    own = own_source(load_authority(), actor, stated or "")
    bound = load_authority().systems.get(actor.code) if actor.role is Role.SYSTEM else None
    allowed = set(bound.sources or ()) if bound else {own_source(load_authority(), actor, "")}
    if own not in allowed:
        raise DomainError("OTHER_SOURCE", "来源不是本系统登记的，不能以此来源提交", "source")
    return own


async def _require_kept(body: ConsultationBody, district: str, here: Parts) -> None:
    """Nobody's question is lost: answered at once, or a ticket of that district."""
    if body.answered:
        if body.ticket is not None:
            raise invalid("ticket", "已当场答复的，不填工单编号", "ANSWERED_AT_ONCE")
        return
    if body.ticket is None:
        raise invalid("ticket", "未当场答复的，先立工单，并填写工单编号", "FIELD_REQUIRED")
    async with here.register.reading() as session:
        kind = await kind_of(session, body.ticket)
    if kind != CaseKind.TICKET or not body.ticket.startswith(district):
        raise invalid("ticket", "须是本区工单的编号", "TICKET_UNKNOWN")


async def _able(
    needs: Few[Accessibility] | list[Accessibility], district: str, here: Parts
) -> tuple[str, ...]:
    if not needs:
        return ()
    today = local_date(here.now())
    async with here.register.reading() as session:
        absent = await absent_officers(session, today)
    posts = staff().on(today).posts
    return agents_for(needs, posts, district=district, on=today, absent=absent)


def _item(line: Consultation, agents: tuple[str, ...] = ()) -> ConsultationItem:
    said = asdict(line)
    del said["content"]
    said["at"] = said.pop("asked_at")
    return ConsultationItem(
        **said,
        channel_label=line.channel.label,
        topic_label=line.topic.label,
        needs_label="、".join(need.label for need in line.needs),
        agents=agents,
    )


def _sum(rows: Sequence[Counted], channel: str, topic: str, period: str) -> CountItem:
    narrowed = [f"channel={channel}"] if channel else []
    narrowed += [f"topic={topic}"] if topic else []
    return CountItem(
        channel=channel,
        channel_label=ConsultationChannel(channel).label if channel else "合计",
        topic=topic,
        topic_label=ConsultationTopic(topic).label if topic else "合计",
        asked=sum(each.asked for each in rows),
        answered=sum(each.answered for each in rows),
        with_needs=sum(each.with_needs for each in rows),
        cases="&".join([f"/v1/consultations?{period}", *narrowed]),
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), ZONE)
