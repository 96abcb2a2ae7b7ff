"""How a service request is opened: for whom, who coordinates and handles it, its first limits.

Sources: DB50/T 1733—2024 §6.1.2, 6.2.1, 6.3; domain.md §A, B.1.6.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from casework.domain.bounds import Essay, Few, Table
from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.opening import (
    Circumstances,
    Identity,
    Party,
    StartCase,
    require_channel,
    require_materials,
)
from casework.domain.case.state import Body, Post
from casework.domain.errors import DomainError
from casework.domain.kinds.request.events import RequestFiled
from casework.domain.kinds.request.state import Mode, Request, ServiceRule
from casework.domain.policy import Channel, LimitName, Role
from casework.domain.talent import Level, Standing, StandingStatus, TalentClass, may_serve
from casework.domain.time.calendar import local_date
from casework.domain.time.clock import Clock, start_clock
from casework.domain.time.dates import require_usable

YEARS_AHEAD = 6
"""So far the calendar of a new request reaches."""

CHANNELS = {Mode.ONLINE: Channel.ONLINE, Mode.ON_SITE: Channel.WINDOW}
_OVER = {StandingStatus.ENDED, StandingStatus.LEFT}


@dataclass(frozen=True, kw_only=True)
class RequestForm:
    """What a talent asks for."""

    identity: Identity
    mode: Mode
    need: str
    materials: tuple[ReceivedMaterial, ...]


@dataclass(frozen=True, kw_only=True)
class Served:
    """Who asks: how the talent stands, and how talent and employer are reached. Personal data."""

    standing: Standing
    talent: Party | None
    employer: Party | None


@dataclass(frozen=True, kw_only=True)
class StartRequest(StartCase):
    """Opens a service request: ``applicant`` is the talent, ``standing`` how the talent stands.

    ``bodies`` are all that may be named for it; ``specialists`` those of the two platforms.
    """

    item: ServiceRule
    resumed: Request | None = None
    mode: Mode
    need: Essay = ""
    standing: Standing
    bodies: Few[Body]
    specialists: Table[Level, Post]

    @property
    def kind(self) -> str:
        return "request"

    def first_event(self, at: datetime) -> RequestFiled:
        """The request as it is filed.

        No limit runs yet while the talent's cycle is being verified. Incomplete material does not
        keep anybody from filing: the one-time notice is for that.
        """
        received_at = self.received_at or at
        require_usable(received_at, "received_at")
        level = coordinating_level(self.item, self.standing.letter)
        specialist = self.specialists.get(level)
        notice, collect = None, None
        if self.standing.status is StandingStatus.ACTIVE:
            codes = [material.code for material in self.materials]
            notice, collect = first_clocks(self.item, self.mode, codes, local_date(received_at))
        posts = {Role.SUPERVISOR: self.posts[Role.SUPERVISOR]}
        if specialist is not None:
            posts[Role.SPECIALIST] = specialist
        return RequestFiled(
            **self._beginning(at) | {"posts": posts},
            standing=self.standing,
            mode=self.mode,
            need=self.need,
            bodies=self.bodies,
            specialists=self.specialists,
            level=level,
            materials=self.materials,
            notice=notice,
            collect=collect,
        )


def open_request(
    form: RequestForm,
    at: Circumstances[ServiceRule],
    served: Served,
    bodies: tuple[Body, ...],
    specialists: dict[Level, Post],
) -> StartRequest:
    """The start of the request; that the talent's cycle is on hold is no reason to refuse it.

    Raises:
        DomainError: ``NOT_SERVED``, ``CHANNEL_CLOSED``, ``UNKNOWN_MATERIAL``.
    """
    require_served(served.standing, at.today)
    channel = CHANNELS[form.mode]
    require_channel(channel, at.in_force, at.today, "mode")
    require_materials(form.materials, at.policy.material_names, "本服务")
    return StartRequest(
        **at.start(form.identity, served.talent, served.employer),
        channel=channel,
        materials=form.materials,
        mode=form.mode,
        need=form.need,
        standing=served.standing,
        bodies=bodies,
        specialists=specialists,
    )


def require_served(standing: Standing, today: date) -> None:
    """Refuse whoever is not served any more; a cycle on hold still is (the request waits).

    Raises:
        DomainError: ``NOT_SERVED``.
    """
    over = standing.served_until is not None and standing.served_until < today
    if standing.status in _OVER or over:
        until = f"（至 {standing.served_until}）" if standing.served_until else ""
        raise DomainError("NOT_SERVED", f"该人才的服务已终止{until}，不能提出新的服务申请")


def coordinating_level(rule: ServiceRule, letter: TalentClass | None) -> Level:
    """Whose specialist coordinates: the preferred owner that may serve the class, or the district.

    Which of several owners serves classes A to D is a proposal (domain.md §A); that E and F are
    served by the district is not (§6.1.2).
    """
    return next((level for level in rule.owners if may_serve(level, letter)), Level.DISTRICT)


def prescribed_body(
    rule: ServiceRule, bodies: Iterable[Body], letter: TalentClass | None
) -> Body | None:
    """The body that class and service prescribe; None where none of those known may serve."""
    known = {body.id: body for body in bodies}
    wanted = (f"{level}/{rule.bodies.get(level)}" for level in rule.owners)
    return next(
        (known[i] for i in wanted if i in known and may_serve(known[i].level, letter)), None
    )


def first_clocks(
    rule: ServiceRule, mode: Mode, materials: Iterable[str], on: date
) -> tuple[Clock | None, Clock | None]:
    """``notice`` or, where paper is still to be collected at the counter, ``collect``.

    One of the two; it counts from the day after ``on``.
    """
    asked = {rule.code for rule in rule.materials if not rule.when}
    if mode is Mode.ON_SITE and asked - set(materials):
        return None, start_clock(rule, LimitName.COLLECT, "collect", on)
    return start_clock(rule, LimitName.NOTICE, "request_notice", on), None
