"""Orders (指令): what the authority decides for many cases at once, with four eyes.

One person proposes, another approves; only then is anything in force. An order opens, changes or
lifts a suspension, starts or changes a temporary measure, brings a new calendar, moves running
cases to newer policy, changes the staff, publishes a catalogue, or rebalances open work. Sources:
domain.md §A (permission matrix), C.6; issue of the suspension is never the work of one person.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from casework.domain.bounds import Few, Many, Phrase, Some, Text, Word
from casework.domain.case.facts import Actor
from casework.domain.errors import DomainError
from casework.domain.kinds.application.state import ApplicationStage
from casework.domain.policy import ONLINE, Mark, Role, city_of
from casework.domain.staff import ChangeStaff, StaffFault, post_faults
from casework.domain.time.calendar import CalendarYear
from casework.domain.time.clock import Stopped
from casework.domain.time.dates import Day


class Scope(StrEnum):
    """How far an order reaches; the values are stored."""

    CITY = "city"
    DISTRICT = "district"
    OFFICE = "office"
    CASE = "case"


@dataclass(frozen=True, kw_only=True)
class Reach:
    """The cases that an order bears on.

    ``key`` is the city's code (``310000``, ``150100``), the district's six-digit code, the office
    as ``<district>/<office>``, or the case's number.
    """

    scope: Scope
    key: Phrase


def office_key(district: str, office: str) -> str:
    """How an order names an office."""
    return f"{district}/{office}"


EVERYBODY = ""
"""The key of what concerns every case: the calendar."""


def keys_of(district: str, office: str, case_no: str) -> list[str]:
    """The keys by which orders reach a case: all, city, district, office, its own.

    They differ in form, so that one column holds them all.
    """
    return [EVERYBODY, city_of(district), district, office_key(district, office), case_no]


@dataclass(frozen=True, kw_only=True)
class OpenSuspension:
    """Clocks stand still from ``first_on`` until ``lifted_on`` (None: until it is lifted).

    Both days are left out of every count, as is each day that is covered for a part only.
    ``clocks``: the applicant's by default; the authority's only by explicit order.
    """

    kind: Literal["open_suspension"] = "open_suspension"
    reach: Reach
    first_on: Day
    lifted_on: Day | None = None
    reason: Text
    basis: Phrase
    clocks: Stopped = Stopped.APPLICANT
    channels: Few[Word] = ()
    outreach: Text = ""  # what the people concerned are to be told, one by one; empty: nothing


@dataclass(frozen=True, kw_only=True)
class ChangeSuspension:
    """Another content for a suspension that is not over; its reach stays."""

    kind: Literal["change_suspension"] = "change_suspension"
    suspension: Word
    first_on: Day
    lifted_on: Day | None = None
    reason: Text
    basis: Phrase
    clocks: Stopped
    channels: Few[Word] = ()


@dataclass(frozen=True, kw_only=True)
class LiftSuspension:
    """The obstacle ended on ``lifted_on``: that day is the last that does not count."""

    kind: Literal["lift_suspension"] = "lift_suspension"
    suspension: Word
    lifted_on: Day
    reason: Text


@dataclass(frozen=True, kw_only=True)
class StartMeasure:
    """A temporary measure for items of a district, as ``catalogue/measures`` describe it.

    ``channels``: how the cases were filed of which it speaks. Empty: online, by app and by e-mail
    where it speaks of online acceptance, else all.
    """

    kind: Literal["start_measure"] = "start_measure"
    effect: Word
    district: Word
    items: Few[Word]
    since: Day
    until: Day | None = None
    online_accepted_from: Day | None = None
    reason: Text
    reference: Phrase
    mark: Mark = Mark.SOURCE
    outreach: Text = ""  # as for a suspension
    channels: Few[Word] = ()


@dataclass(frozen=True, kw_only=True)
class EndMeasure:
    """Another last day for a measure: sooner, later, or (None) open again."""

    kind: Literal["end_measure"] = "end_measure"
    measure: Word
    until: Day | None
    reason: Text
    outreach: Text = ""  # as for a suspension


@dataclass(frozen=True, kw_only=True)
class ImportCalendar:
    """The calendar of a year by its notice; for a ``district``, its own days over it.

    ``district`` empty: for everybody. A district's days take the place of what the year says.
    """

    kind: Literal["import_calendar"] = "import_calendar"
    year: CalendarYear
    district: Word = ""
    reason: Text = ""


@dataclass(frozen=True, kw_only=True)
class ComputeCalendar:
    """Years without a notice, as a release computes them from the law; they stay provisional.

    Only a release orders this. A year whose notice is in force is left as it is.
    """

    kind: Literal["compute_calendar"] = "compute_calendar"
    years: Some[CalendarYear]
    reason: Text = ""


@dataclass(frozen=True, kw_only=True)
class MoveToPolicy:
    """Running applications of one item in one district go on under newer policy.

    Those of ``cases``, or all open ones (at ``stage``, if said). ``to``: the day for which the
    catalogue resolves the policy; None: the day of approval. ``head_consents``: promised dates may
    move to the applicant's harm, which only the head of the authority may approve.
    """

    kind: Literal["move_policy"] = "move_policy"
    district: Word
    item: Word
    stage: ApplicationStage | None = None
    cases: Many[Word] = ()
    to: Day | None = None
    head_consents: bool = False
    reason: Text


@dataclass(frozen=True, kw_only=True)
class PublishCatalogue:
    """A catalogue, kept under its ``digest``, holds for cases opened from ``first_on`` on.

    Running cases keep the policy that they have: only a ``MoveToPolicy`` touches them.
    """

    kind: Literal["publish_catalogue"] = "publish_catalogue"
    digest: Word
    first_on: Day
    reason: Text


@dataclass(frozen=True, kw_only=True)
class Rebalance:
    """Open work of one role in a district goes from who has more to who has less (负荷均衡).

    That of a ``person``, of a ``team``, or, if neither is said, of everybody in the role.
    ``begun``: also what its holder has begun.
    """

    kind: Literal["rebalance"] = "rebalance"
    district: Word
    role: Role
    person: Word = ""
    team: Word = ""
    begun: bool = False
    reason: Text


InForceContent = (
    OpenSuspension
    | ChangeSuspension
    | LiftSuspension
    | StartMeasure
    | EndMeasure
    | ImportCalendar
    | ComputeCalendar
)
"""What changes the rules in force for many cases at once; each case looks it up."""
Content = InForceContent | MoveToPolicy | ChangeStaff | PublishCatalogue | Rebalance

MOST_CASES = 500
"""So many cases a move of policy may name one by one."""

REBALANCED = (Role.OFFICER, Role.REVIEWER, Role.HEAD, Role.SPECIALIST)
"""The roles whose work is rebalanced; a liaison's belongs to their service body."""

_DIGEST = re.compile(r"[0-9a-f]{64}")

PROPOSERS = frozenset({Role.SUPERVISOR, Role.SUPERIOR})
APPROVERS = PROPOSERS


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order and who proposed it. ``no`` names it, its suspension and its workflow."""

    no: Word
    content: Content
    proposed_by: Actor


def check_proposal(  # noqa: C901 - a line for each kind
    content: Content, actor: Actor, district: str
) -> None:
    """Refuse what no second person should have to look at.

    ``district``: where the order bears; empty for a city or for everybody.

    Raises:
        DomainError: ``ROLE_NOT_ALLOWED``, ``OTHER_DISTRICT``, ``FIELD_REQUIRED``,
            ``LIFTED_BEFORE_FIRST``, ``UNTIL_BEFORE_SINCE``, ``CHANNEL_NOT_ONLINE``,
            ``TOO_MANY_CASES``, ``DIGEST_INVALID``, ``ROLE_NOT_REBALANCED``, ``PERSON_OR_TEAM``,
            those of a ``StaffFault``.
    """
    require_may_order(actor, district)
    if not content.reason.strip() and not isinstance(content, ImportCalendar):
        raise DomainError("FIELD_REQUIRED", "请填写理由", "reason")
    match content:
        case OpenSuspension() | ChangeSuspension():
            if not content.basis.strip():
                raise DomainError("FIELD_REQUIRED", "请填写依据（文件名称、文号或条款）", "basis")
            if content.lifted_on is not None and content.lifted_on < content.first_on:
                raise DomainError("LIFTED_BEFORE_FIRST", "解除日不得早于开始日", "lifted_on")
        case StartMeasure():
            _check_measure(content)
        case MoveToPolicy():
            _require_few(content.cases)
        case PublishCatalogue():
            _require_digest(content.digest)
        case ComputeCalendar():
            raise DomainError("ROLE_NOT_ALLOWED", "推算的年份随程序发布，不由人员提出", "kind")
        case ChangeStaff():
            _check_staff(content)
        case Rebalance():
            _check_rebalance(content)
        case _:
            pass


def _check_measure(content: StartMeasure) -> None:
    if not content.reference.strip():
        raise DomainError("FIELD_REQUIRED", "请填写依据", "reference")
    if not content.items:
        raise DomainError("FIELD_REQUIRED", "请列明适用的事项", "items")
    if content.until is not None and content.until < content.since:
        raise DomainError("UNTIL_BEFORE_SINCE", "截止日不得早于起始日", "until")
    if content.online_accepted_from and not set(content.channels) <= set(ONLINE):
        raise DomainError(
            "CHANNEL_NOT_ONLINE",
            f"以网上受理为条件的措施只能列网上渠道：{'、'.join(ONLINE)}",
            "channels",
        )


def _require_digest(digest: str) -> None:
    if not _DIGEST.fullmatch(digest):
        raise DomainError("DIGEST_INVALID", "目录摘要须为 64 位十六进制数", "digest")


def _require_few(cases: tuple[str, ...]) -> None:
    if len(cases) > MOST_CASES:
        raise DomainError("TOO_MANY_CASES", f"逐件列出的不得超过 {MOST_CASES} 件", "cases")


def _check_rebalance(content: Rebalance) -> None:
    if content.role not in REBALANCED:
        known = "、".join(role.label for role in REBALANCED)
        raise DomainError("ROLE_NOT_REBALANCED", f"只能均衡这些岗位的负荷：{known}", "role")
    if content.person and content.team:
        raise DomainError("PERSON_OR_TEAM", "人员和小组只能填一项", "team")


def _check_staff(content: ChangeStaff) -> None:
    if not content.city:
        raise DomainError("FIELD_REQUIRED", "请填写市的六位代码，例如 310000", "city")
    if content.district and city_of(content.district) != content.city:
        raise DomainError("OTHER_CITY", "此区不属所填的市", "district")
    if not (content.posts or content.ends or content.leave or content.contacts):
        raise DomainError("FIELD_REQUIRED", "请填写增加、终止的岗位或者离岗的人员", "posts")
    for fault in staff_faults(content):
        raise DomainError(fault.code, fault.message, f"posts.{fault.row}.{fault.field}")
    _require_once("ends.{}.post", [each.post for each in content.ends])
    _require_once("leave.{}.person", [each.person for each in content.leave])


def _require_once(field: str, named: list[str]) -> None:
    """Of two last days of one post or person, nobody could say which holds."""
    known = set[str]()
    for row, each in enumerate(named):
        if each in known:
            raise DomainError("POST_TWICE", f"{each} 写了两次", field.format(row))
        known.add(each)


def staff_faults(content: ChangeStaff) -> tuple[StaffFault, ...]:
    """All that is wrong with the posts that an order brings, in the order of rows."""
    strange = (
        StaffFault(row=row, field=name, code=code, message=message)
        for row, post in enumerate(content.posts)
        for name, code, message in (
            ("city", "OTHER_CITY", f"本指令只涉及 {content.city}"),
            ("district", "OTHER_DISTRICT", f"本指令只涉及 {content.district}"),
        )
        if getattr(content, name) and getattr(post, name) != getattr(content, name)
    )
    return tuple(sorted({*post_faults(content.posts), *strange}))


def check_policy_day(content: MoveToPolicy, today: Day) -> Day:
    """The day for which the policy is resolved.

    Raises:
        DomainError: ``DATE_IN_FUTURE``: what is not in force yet binds nobody.
    """
    if content.to is not None and content.to > today:
        raise DomainError("DATE_IN_FUTURE", "不得改用尚未施行的政策", "to")
    return content.to or today


def check_approval(order: Order, actor: Actor, district: str) -> None:
    """Refuse an approval by the one who proposed, or by one who may not.

    Raises:
        DomainError: ``FOUR_EYES``, ``ROLE_NOT_ALLOWED``, ``OTHER_DISTRICT``,
            ``HEAD_CONSENT_REQUIRED``.
    """
    _may_decide(order, actor, district)
    if isinstance(order.content, MoveToPolicy) and order.content.head_consents:
        _require_head(actor)


def check_rejection(order: Order, actor: Actor, district: str) -> None:
    """Refuse a rejection by one who may not decide; a system may take back what it has proposed.

    Raises:
        DomainError: ``FOUR_EYES``, ``ROLE_NOT_ALLOWED``, ``OTHER_DISTRICT``.
    """
    if actor.role is Role.SYSTEM and actor == order.proposed_by:
        return
    _may_decide(order, actor, district)


def _may_decide(order: Order, actor: Actor, district: str) -> None:
    if isinstance(order.content, MoveToPolicy) and actor.role is Role.HEAD:
        if actor.district != district:
            raise DomainError("OTHER_DISTRICT", "负责人只能批准本区的指令")
    else:
        require_may_order(actor, district)
    if actor.code == order.proposed_by.code:
        raise DomainError("FOUR_EYES", "提出指令的人不能自己批准")


def _require_head(actor: Actor) -> None:
    if actor.role is not Role.HEAD:
        raise DomainError("HEAD_CONSENT_REQUIRED", "对申请人不利的期限变动，须由本机关负责人批准")


def require_may_order(actor: Actor, district: str) -> None:
    """Refuse whoever orders nothing there, whatever it is; no ``district``: for more than one.

    Raises:
        DomainError: ``ROLE_NOT_ALLOWED``, ``OTHER_DISTRICT``.
    """
    if actor.role not in PROPOSERS:
        raise DomainError("ROLE_NOT_ALLOWED", "指令由监督员或上级提出、批准")
    if actor.role is Role.SUPERVISOR and actor.district and actor.district != district:
        raise DomainError("OTHER_DISTRICT", "监督员只能对本区提出或批准，全市的由上级办理")


# --- which district answers ----------------------------------------------------------------
# Which district answers for an order: who may propose and approve it follows from that.


def district_of(reach: Reach) -> str:
    """The district in which the cases are; empty for a city: the superior answers for it."""
    match reach.scope:
        case Scope.CITY:
            return ""
        case Scope.DISTRICT:
            return reach.key
        case Scope.OFFICE:
            return reach.key.partition("/")[0]
        case Scope.CASE:
            return reach.key.partition("-")[0]


def district_of_measure(measure: str) -> str:
    """The district in the id of a measure, ``<EFFECT>.<district>.<since>``.

    Raises:
        DomainError: ``MEASURE_UNKNOWN``, it is no such id.
    """
    _, dot, rest = measure.partition(".")
    district, second_dot, _ = rest.partition(".")
    if not (dot and second_dot and district):
        raise DomainError("MEASURE_UNKNOWN", "没有此临时措施", "measure")
    return district


def stated_district(content: Content) -> str | None:
    """The district as the order itself says it; None where that is the suspension's."""
    match content:
        case OpenSuspension():
            return district_of(content.reach)
        case StartMeasure() | ImportCalendar() | MoveToPolicy() | ChangeStaff() | Rebalance():
            return content.district
        case EndMeasure():
            return district_of_measure(content.measure)
        case ComputeCalendar() | PublishCatalogue():
            return ""
        case _:
            return None


def cities_of_order(
    content: Content, district: str, known: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """The cities in which an order bears; empty: in every city.

    ``known``: as it was found out when it was proposed, where the content does not say it.
    """
    if district:
        return (city_of(district),)
    match content:
        case OpenSuspension() if content.reach.scope is Scope.CITY:
            return (content.reach.key,)
        case ChangeStaff():
            return (content.city,)
        case _:
            return known


def founded_by(content: Content) -> str:
    """The city whose superiors an order names, if it does nothing else; else empty."""
    if not isinstance(content, ChangeStaff) or content.district or not content.posts:
        return ""
    others = content.ends or content.leave
    of_superiors = all(post.role is Role.SUPERIOR for post in content.posts)
    return content.city if of_superiors and not others else ""
