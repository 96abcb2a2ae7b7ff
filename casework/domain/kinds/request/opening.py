"""How a service request begins: who coordinates it, who may handle it, what limits it at first.

Sources: DB50/T 1733—2024 §6.1.2, 6.2.1, 6.3; domain.md §A, B.1.6.
"""

from collections.abc import Iterable
from datetime import date, datetime

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.state import Body, Post
from casework.domain.kinds.request.events import RequestFiled
from casework.domain.kinds.request.policy import ServiceRule
from casework.domain.kinds.request.state import Mode
from casework.domain.policy import LimitName, Role
from casework.domain.talent import Level, Standing, StandingStatus, TalentClass, may_serve
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.domain.time.clock import Clock
from casework.domain.time.dates import require_usable
from casework.domain.time.limits import start_clock


def filed(  # noqa: PLR0913 - one request, whole
    *,
    case_no: str,
    rule: ServiceRule,
    calendar: WorkingCalendar,
    office: str,
    channel: str,
    mode: Mode,
    need: str,
    materials: tuple[ReceivedMaterial, ...],
    standing: Standing,
    bodies: tuple[Body, ...],
    specialists: dict[Level, Post],
    supervisor: Post,
    received_at: datetime,
) -> RequestFiled:
    """The first event of a request.

    ``bodies`` are all that may be named for it; ``specialists`` those of the two platforms. No
    limit runs yet while the talent's cycle is being verified. Incomplete material does not keep
    anybody from filing: the one-time notice is for that. ``received_at`` is aware.
    """
    require_usable(received_at, "received_at")
    level = coordinating_level(rule, standing.letter)
    specialist = specialists.get(level)
    notice, collect = None, None
    if standing.status is StandingStatus.ACTIVE:
        codes = [material.code for material in materials]
        notice, collect = first_clocks(rule, mode, codes, local_date(received_at))
    return RequestFiled(
        case_no=case_no,
        district=rule.district,
        item=rule.code,
        item_name=rule.name,
        office=office,
        channel=channel,
        policy=rule.digest,
        received_at=received_at,
        posts={Role.SUPERVISOR: supervisor}
        | ({Role.SPECIALIST: specialist} if specialist is not None else {}),
        standing=standing,
        mode=mode,
        need=need,
        bodies=bodies,
        specialists=specialists,
        level=level,
        materials=materials,
        notice=notice,
        collect=collect,
    )


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
