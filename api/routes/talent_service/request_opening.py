"""From what a talent asks for to the start of a service request."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field, StringConstraints

from api.edge.problems import invalid
from api.routes.bodies import CaseNo, Code
from api.routes.filing import Filing
from api.routes.people import reachable, routes
from api.routes.talent_service.desk import Desk
from casework.domain.bounds import Few
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.facts import Actor
from casework.domain.case.in_force import InForce
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import CaseKind
from casework.domain.kinds.request.policy import ServiceRule
from casework.domain.kinds.request.state import Mode
from casework.domain.talent import Standing, StandingStatus
from casework.domain.time.calendar import local_date
from casework.domain.time.suspension import closed_channels
from casework.messages.cases import InForceQuestion, Party, StartRequest
from casework.policy.catalogue.sources import Channel

YEARS_AHEAD = 6
_CHANNELS = {Mode.ONLINE: Channel.ONLINE, Mode.ON_SITE: Channel.WINDOW}
_OVER = {StandingStatus.ENDED, StandingStatus.LEFT}

Need = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000)]


class RequestBody(Filing):
    """A service request; who asks is named by ``talent`` (case number) or by ``credential``."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "district": "500103",
                    "source": "talent-app",
                    "reference": "FW-2026-0001",
                    "service": "SVC_SCHOOL",
                    "talent": "500103-0000-0000-0000",
                    "mode": "online",
                    "need": "孩子九月入读小学一年级",
                    "materials": [],
                    "filed_by": "talent",
                }
            ]
        }
    )

    opens: ClassVar = CaseKind.REQUEST

    service: Code
    talent: CaseNo | None = Field(default=None, description="人才服务周期的编号")
    credential: Code | None = Field(default=None, description="人才卡号或人才码")
    mode: Mode
    need: Need = Field(default="", description="需求内容，不写姓名等个人信息")
    materials: Few[ReceivedMaterial] = ()
    filed_by: Literal["talent", "employer"] = "talent"


@dataclass(frozen=True, kw_only=True)
class Served:
    """Who asks: how the talent stands, and how talent and employer are reached. Personal data."""

    standing: Standing
    talent: Party | None
    employer: Party | None


@dataclass(frozen=True, kw_only=True)
class RequestOpener:
    """Makes a request's start, under the policy of the day on which it is filed."""

    desk: Desk

    def question(self, body: RequestBody, now: datetime) -> InForceQuestion:
        """What has to be known before the request is opened.

        Raises:
            DomainError: with the field that is wrong.
        """
        today = local_date(now)
        rule = self._rule(body, today)
        return self.desk.question(body.case_no, rule, today, today, YEARS_AHEAD)

    def start(
        self, body: RequestBody, served: Served, actor: Actor, now: datetime, in_force: InForce
    ) -> StartRequest:
        """The start of the request; on hold is no reason to refuse it.

        Raises:
            DomainError, ProblemError: ``NOT_SERVED``, or with the field that is wrong.
        """
        today = local_date(now)
        rule = self._rule(body, today)
        require_served(served.standing, today)
        _require_open(body.mode, in_force, today)
        _require_known(body.materials, rule)
        parties = {"applicant": served.talent, "employer": served.employer}
        return StartRequest(
            case_no=body.case_no,
            district=body.district,
            source=body.source,
            reference=body.reference,
            content=body.content,
            subject=self._subject(served.talent),
            employer_subject=self._subject(served.employer),
            item=rule,
            calendar=self.desk.calendar_of(in_force, today, YEARS_AHEAD),
            office=self.desk.services.office(body.district),
            channel=_CHANNELS[body.mode],
            posts=self.desk.platforms.posts(body.district),
            materials=body.materials,
            applicant=served.talent,
            employer=served.employer,
            routes=routes(parties),
            reachable=reachable(parties),
            submitted_by=actor,
            in_force=replace(in_force, calendar=None),
            by_date=True,
            mode=body.mode,
            need=body.need,
            standing=served.standing,
            bodies=self.desk.platforms.bodies(body.district, rule, self.desk.services),
            specialists=self.desk.platforms.specialists(body.district),
        )

    def _subject(self, party: Party | None) -> str:
        number = party.id_number if party else ""
        return self.desk.pseudonyms.of(number) if number else ""

    def _rule(self, body: RequestBody, on: date) -> ServiceRule:
        return self.desk.services.rule(body.service, body.district, on)


def require_served(standing: Standing, today: date) -> None:
    """Refuse whoever is not served any more; a cycle on hold still is (the request waits).

    Raises:
        DomainError: ``NOT_SERVED``.
    """
    over = standing.served_until is not None and standing.served_until < today
    if standing.status in _OVER or over:
        until = f"（至 {standing.served_until}）" if standing.served_until else ""
        raise DomainError("NOT_SERVED", f"该人才的服务已终止{until}，不能提出新的服务申请")


def _require_open(mode: Mode, in_force: InForce, today: date) -> None:
    if stop := closed_channels(in_force.suspensions, today).get(_CHANNELS[mode]):
        raise DomainError(
            "CHANNEL_CLOSED", f"此渠道自 {stop.first_on} 起暂停：{stop.reason}", "mode"
        )


def _require_known(materials: tuple[ReceivedMaterial, ...], rule: ServiceRule) -> None:
    for place, material in enumerate(materials):
        if material.code not in rule.material_names:
            known = "、".join(sorted(rule.material_names)) or "无"
            raise invalid(
                f"materials.{place}.code", f"本服务没有此材料，可用：{known}", "UNKNOWN_MATERIAL"
            )
