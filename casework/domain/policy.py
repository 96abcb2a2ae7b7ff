"""What the catalogue says about one service item, frozen for one case.

A ``ServiceItem`` is resolved once (item × district × date), travels with the case, and never
changes under it. Each limit carries the reference it comes from and a mark for its standing, so
that a proposal is never shown to a user as law.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol


class Mark(StrEnum):
    """How firm a value is. Only ``LAW`` and ``SOURCE`` may be shown as binding."""

    LAW = "law"
    SOURCE = "source"
    FOUND = "found"
    PROPOSAL = "proposal"
    UNCERTAIN = "uncertain"

    @property
    def label(self) -> str:
        """The word a clerk reads behind a limit."""
        return _MARKS[self]


_MARKS = {
    Mark.LAW: "法定",
    Mark.SOURCE: "公布",
    Mark.FOUND: "参考做法",
    Mark.PROPOSAL: "内部设定",
    Mark.UNCERTAIN: "待核实",
}


MUNICIPALITIES = frozenset({"11", "12", "31", "50"})


def city_of(district: str) -> str:
    """The city to which a district's code belongs: 310106 → 310000, 150102 → 150100."""
    if district[:2] in MUNICIPALITIES:
        return f"{district[:2]}0000"
    return f"{district[:4]}00"


def digits_of(city: str) -> str:
    """The digits with which the codes of a city's districts begin: 310000 → 31, 150100 → 1501."""
    return city[:2] if city[:2] in MUNICIPALITIES else city[:4]


class Role(StrEnum):
    """Who acts on a case; the words of domain.md §A."""

    APPLICANT = "applicant"
    EMPLOYER = "employer"
    OFFICER = "officer"
    REVIEWER = "reviewer"
    HEAD = "head"
    SUPERIOR = "superior"
    SUPERVISOR = "supervisor"
    SYSTEM = "system"
    TALENT = "talent"
    SPECIALIST = "specialist"  # 服务专员 of the municipal or the district platform
    LIAISON = "liaison"  # 联络员 of the handling body

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _ROLE_LABELS[self]


_ROLE_LABELS = {
    Role.APPLICANT: "申请人",
    Role.EMPLOYER: "用人单位",
    Role.OFFICER: "经办人员",
    Role.REVIEWER: "审核人员",
    Role.HEAD: "机关负责人",
    Role.SUPERIOR: "上级主管部门",
    Role.SUPERVISOR: "监督员",
    Role.SYSTEM: "对接系统",
    Role.TALENT: "人才",
    Role.SPECIALIST: "服务专员",
    Role.LIAISON: "联络员",
}


class Channel(StrEnum):
    """A way by which an application reaches the office."""

    ONLINE = "online"
    APP = "app"
    EMAIL = "email"
    POST = "post"
    WINDOW = "window"


class Recipient(StrEnum):
    """Who gets the letters of a case, if they can be reached."""

    APPLICANT = "applicant"
    EMPLOYER = "employer"  # the firm, by its personnel officer
    AGENT = "agent"  # who filed for the applicant, with an authorisation


class Told(StrEnum):
    """A way by which somebody is told, as they choose."""

    MAIL = "mail"
    SMS = "sms"
    DESK = "desk"  # they read it where they see their case, and nothing is sent


class FactKind(StrEnum):
    """What a form may state of one fact."""

    FLAG = "flag"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"


class Fact(Protocol):
    """One thing that a form may state, as the catalogue has it.

    ``past``, only for a date: it tells of what has happened, so that no later day makes sense.
    """

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> FactKind: ...
    @property
    def choices(self) -> Mapping[str, str]: ...
    @property
    def past(self) -> bool: ...


class Side(StrEnum):
    """Whose time a clock measures: what a suspension may stop (domain.md §C.6, C.16)."""

    APPLICANT = "applicant"
    AUTHORITY = "authority"


class Unit(StrEnum):
    """How a limit is counted."""

    WORKING_DAYS = "working_days"
    CALENDAR_DAYS = "calendar_days"
    MONTHS = "months"
    UNTIL = "until"
    WORKING_DAYS_BEFORE = "working_days_before"  # that many before the last one up to a date


class Grace(StrEnum):
    """How long after its last day an applicant's limit is still kept (domain.md §C.0)."""

    START_OF_BUSINESS = "start_of_business"


class RunsFrom(StrEnum):
    """From what a limit runs, if not from the act itself."""

    SENDING = "sending"  # of the letter: the day on which it went to one who is to be told


@dataclass(frozen=True, kw_only=True)
class Limit:
    """A length of time with its origin.

    ``rolls_forward``: a last day of rest moves to the next working day (民法典 §203), for limits
    laid on applicants. ``grace``: what comes before the next start of business is still in time;
    for the applicant's side only, none by default [proposal]. ``runs_from``: the letter that tells
    of it has to be sent before it runs; by default it runs from the act [proposal].
    """

    unit: Unit
    amount: int = 0
    rolls_forward: bool = False
    grace: Grace | None = None
    runs_from: RunsFrom | None = None
    reference: str
    mark: Mark
    since: date


class LimitName(StrEnum):
    """The clocks an item may set (domain.md §C.16)."""

    NOTICE = "notice"  # T_NOTICE: one-time notice, else deemed accepted
    PRE_REVIEW = "pre_review"  # T_PRE: step limit of the pre-review
    SUPPLEMENT = "supplement"  # T_SUPPLEMENT: the applicant completes the package
    PAPER = "paper"  # T_PAPER: paper after the pre-review has passed
    DECIDE = "decide"  # T_DECIDE: decision from acceptance
    DECIDE_EXTENSION = "decide_extension"  # by the head of the authority, once
    REVIEW = "review"  # T_STEP of the review
    GREEN_REVIEW = "green_review"  # T_STEP of the review in the green channel
    ARCHIVE = "archive"  # T_ARCHIVE: the holder sends the file
    DEFER = "defer"  # T_DEFER: a promised material
    RESCUE = "rescue"  # T_RESCUE: after a promise was not kept
    PUBLICITY = "publicity"  # T_PUBLIC
    DELIVER = "deliver"  # T_DELIVER
    GREEN_ESCALATION = "green_escalation"  # T_EXT: working days before the external date
    AFTER_MEASURE = "after_measure"  # what had no limit under a measure, once that has ended
    CONTACT = "contact"  # the first attempt to reach a person of an outreach
    COLLECT = "collect"  # the talent brings the paper of a request filed for the counter
    HANDLE = "handle"  # the liaison completes the service (规定时限)
    HANDLE_EXTENSION = "handle_extension"  # by the supervisor, once
    VERIFY = "verify"  # the agency decides on the next cycle
    OBJECTION = "objection"  # the talent objects to the verification
    OBJECTION_REVIEW = "objection_review"  # somebody else decides on the objection
    REN_OPEN = "ren_open"  # T_REN_OPEN: from the permit's renewal until the points may be confirmed
    RATE_CONTACT = "rate_contact"  # T_RATE_1
    RATE_SETTLE = "rate_settle"  # T_RATE_5
    RATE_COMPLEX = "rate_complex"  # T_RATE_15
    TICKET_CONTACT = "ticket_contact"  # T_12345: 1, 5 or 15 working days
    TICKET_ANSWER = "ticket_answer"
    TICKET_COMPLEX = "ticket_complex"
    TICKET_EXTENSION = "ticket_extension"  # by the supervisor, once
    TICKET_REVISIT = "ticket_revisit"  # the caller is asked what became of it
    MAIL_SORT = "mail_sort"  # somebody sorts a mail, or sees what its sender was told
    PARCEL_MATCH = "parcel_match"  # somebody says where the papers of a parcel belong
    APPOINTMENT_OFFER = "appointment_offer"  # the office offers another slot
    APPOINTMENT_KEEP = "appointment_keep"  # a visitor's data are kept
    WALK_FINDINGS = "walk_findings"  # what a walkthrough brought to light is noted and answered
    WAGE_FILING = "wage_filing"  # a wage complaint is filed, or refused in writing
    WAGE_REACH = "wage_reach"  # how long after the breach it may be pursued
    WAGE_SUPPLEMENT = "wage_supplement"  # the complainant says who the employer is
    WAGE_INVESTIGATION = "wage_investigation"
    WAGE_EXTENSION = "wage_extension"  # by the head of the authority
    WAGE_SETTLEMENT = "wage_settlement"  # how far ahead the last instalment may be
    WAGE_HEARING = "wage_hearing"  # the employer states its case
    WAGE_DECISION = "wage_decision"  # after the investigation
    WAGE_SERVICE = "wage_service"  # of the decision
    WAGE_FEEDBACK = "wage_feedback"  # the complainant is told the result
    WAGE_CONFIRM = "wage_confirm"  # and confirms it
    SILENCE = "silence"  # deemed accepted, if the office is silent after a complete supplement
    ASKED_OPINION = "asked_opinion"  # another office or an expert gives an opinion
    TAKE_BACK = "take_back"  # until a closing by mistake may be taken back


OF_TALENT_SERVICE = frozenset(
    {
        LimitName.COLLECT,
        LimitName.HANDLE,
        LimitName.HANDLE_EXTENSION,
        LimitName.VERIFY,
        LimitName.OBJECTION,
        LimitName.OBJECTION_REVIEW,
        LimitName.REN_OPEN,
        LimitName.RATE_CONTACT,
        LimitName.RATE_SETTLE,
        LimitName.RATE_COMPLEX,
        LimitName.TICKET_CONTACT,
        LimitName.TICKET_ANSWER,
        LimitName.TICKET_COMPLEX,
        LimitName.TICKET_EXTENSION,
        LimitName.TICKET_REVISIT,
        LimitName.MAIL_SORT,
        LimitName.PARCEL_MATCH,
        LimitName.APPOINTMENT_OFFER,
        LimitName.APPOINTMENT_KEEP,
        LimitName.WALK_FINDINGS,
        LimitName.WAGE_FILING,
        LimitName.WAGE_REACH,
        LimitName.WAGE_SUPPLEMENT,
        LimitName.WAGE_INVESTIGATION,
        LimitName.WAGE_EXTENSION,
        LimitName.WAGE_SETTLEMENT,
        LimitName.WAGE_HEARING,
        LimitName.WAGE_DECISION,
        LimitName.WAGE_SERVICE,
        LimitName.WAGE_FEEDBACK,
        LimitName.WAGE_CONFIRM,
    }
)
"""The limits that no item of an application sets."""


OF_A_LETTER = frozenset(
    {
        LimitName.SUPPLEMENT,
        LimitName.PAPER,
        LimitName.ARCHIVE,
        LimitName.DEFER,
        LimitName.RESCUE,
        LimitName.COLLECT,
        LimitName.OBJECTION,
    }
)
"""The limits of which a letter tells when they begin, so that they may run from it."""


class MaterialForm(StrEnum):
    ELECTRONIC = "electronic"
    PAPER = "paper"
    ORIGINAL = "original"
    ARCHIVE = "archive"  # the personnel file, sent by its holder


class DeferralMode(StrEnum):
    HOLD_RESULT = "hold_result"  # review goes on, the result waits for the material
    RESULT_FIRST = "result_first"  # 先办后补: only with the superior's consent


@dataclass(frozen=True, kw_only=True)
class DeferralRule:
    """Whether and how a material may be owed (容缺受理, domain.md §C.3, B.4)."""

    consent: tuple[Role, ...]  # any one of these may consent
    modes: tuple[DeferralMode, ...]
    reference: str
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Holds when the form's ``fact`` compares to ``value`` as ``op`` says.

    ``op`` is one of ``eq ne in ge le truthy falsy months_left_ge working_days_since_ge``; the last
    two compare a date fact (ISO) with the day of receipt. A missing fact never holds.
    """

    fact: str
    op: str
    value: str | int | bool | tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class MaterialRule:
    """One entry of the checklist.

    Required when every condition of ``when`` holds; one of the ``alternatives`` (codes) may stand
    in its place.
    """

    code: str
    name: str
    main: bool
    form: MaterialForm
    when: tuple[Condition, ...] = ()
    alternatives: tuple[str, ...] = ()
    deferral: DeferralRule | None = None
    reference: str
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class Precondition:
    """What must hold on the day of receipt; a breach is a fault in the one-time notice."""

    code: str
    text: str
    condition: Condition
    reference: str
    mark: Mark


class CheckKind(StrEnum):
    """What the review has checked (核实) before it passes."""

    EDUCATION = "education"
    ARCHIVE = "archive"
    OUTSIDE = "outside"

    @property
    def label(self) -> str:
        """What the check is called."""
        return _CHECKS[self]


_CHECKS = {
    CheckKind.EDUCATION: "教育背景核实",
    CheckKind.ARCHIVE: "核档",
    CheckKind.OUTSIDE: "外调",
}


@dataclass(frozen=True, kw_only=True)
class CheckRule:
    """A check of the review; skipped (and recorded as skipped) under ``skipped_by``."""

    kind: CheckKind
    when: tuple[Condition, ...] = ()
    skipped_by: str | None = None  # effect of a measure in force, e.g. NO_ARCHIVE_CALL
    reference: str
    mark: Mark


ONLINE = ("online", "app", "email")
"""The channels that are online where a measure speaks of online acceptance and names none."""


def channels_of(channels: tuple[str, ...], online_accepted_from: date | None) -> tuple[str, ...]:
    """The channels of which a measure speaks; empty: of all."""
    return channels or (ONLINE if online_accepted_from is not None else ())


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A temporary measure (临时措施) for an item in a district.

    ``until`` is its last day. With ``online_accepted_from`` it helps only a case accepted online
    on or after that day. ``channels`` are those that it speaks of (empty: ``ONLINE`` where it
    speaks of online acceptance, else all). ``id`` names it in the register; a case that was opened
    before there were such ids has none.
    """

    effect: str
    reference: str
    mark: Mark
    since: date
    until: date | None = None
    online_accepted_from: date | None = None
    id: str = ""
    name: str = ""
    channels: tuple[str, ...] = ()

    def covers(self, channel: str, accepted_on: date) -> bool:
        """Whether it speaks of a case filed by ``channel`` and accepted online on that day.

        "3月1日后" is read inclusively (domain.md §C.6, a proposal).
        """
        if self.online_accepted_from is not None and accepted_on < self.online_accepted_from:
            return False
        channels = channels_of(self.channels, self.online_accepted_from)
        return not channels or channel in channels

    def holds(self, day: date) -> bool:
        """Whether the measure is in force on ``day``."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, kw_only=True)
class GreenRule:
    """Who may ask for the green channel and whose consent opens it (domain.md §C.5)."""

    requesters: tuple[Role, ...]
    consent: tuple[Role, ...]
    evidence: tuple[str, ...]  # e.g. 加急申请, 情况说明
    horizon_days: int  # an external date counts when within this many calendar days
    reference: str
    mark: Mark


class DeliveryMethod(StrEnum):
    """How the result goes out. A new password goes to a registered contact, and nowhere else."""

    SELF_PRINT = "self_print"
    EMS = "ems"
    WINDOW = "window"
    PERSON_CONTACT = "person_contact"  # by the account system, to the contact of the person there
    UNIT_CONTACT = "unit_contact"  # the same for the account of a unit

    @property
    def is_outside(self) -> bool:
        """Whether somebody outside carries it, and reports that it has arrived."""
        return self in {
            DeliveryMethod.EMS,
            DeliveryMethod.PERSON_CONTACT,
            DeliveryMethod.UNIT_CONTACT,
        }

    @property
    def label(self) -> str:
        """The word that a guide and a refusal have for it."""
        return _DELIVERY_LABELS[self]


_DELIVERY_LABELS = {
    DeliveryMethod.SELF_PRINT: "自行打印",
    DeliveryMethod.EMS: "邮政特快专递（EMS）",
    DeliveryMethod.WINDOW: "窗口领取",
    DeliveryMethod.PERSON_CONTACT: "由申请系统发至本人登记的联系方式",
    DeliveryMethod.UNIT_CONTACT: "由申请系统发至单位登记的联系人",
}


class Decider(StrEnum):
    SUPERIOR = "superior"  # reported up, the superior system answers
    DISTRICT = "district"  # decided by the head of the district authority


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a plain value of the item comes from, how firm it is, and its first day of force."""

    reference: str
    mark: Mark
    since: date


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What the catalogue says about one kind of case in one place on one day, whatever it is.

    ``digest``: sha256 of the content, first 16 hex digits.
    """

    code: str
    name: str
    district: str  # six-digit division code
    district_name: str
    resolved_on: date
    digest: str
    limits: dict[LimitName, Limit]
    office_opens: str = "09:00"  # start of business, Asia/Shanghai [uncertain]
    office_closes: str = "17:00"

    def limit(self, name: LimitName) -> Limit | None:
        """The limit of that name, or None where none is set (``null`` from a date)."""
        return self.limits.get(name)


@dataclass(frozen=True, kw_only=True)
class ServiceItem(Policy):
    """The policy of one item for one district on one day, with the digest of its content.

    ``channels`` and ``delivery`` stand in order of preference. ``material_names`` names every
    material and every alternative. ``provenance`` has an entry for each value that carries no
    reference of its own: ``channels``, ``decider``, ``publicity`` …
    """

    legal_category: str
    channels: tuple[str, ...]
    needs_paper: bool
    materials: tuple[MaterialRule, ...]
    preconditions: tuple[Precondition, ...]
    checks: tuple[CheckRule, ...]
    decider: Decider
    publicity: bool
    delivery: tuple[DeliveryMethod, ...]
    green: GreenRule
    measures: tuple[Measure, ...] = ()
    right_authority: str = ""
    postal_address: str = ""  # where paper is sent; empty where no source names it
    material_names: dict[str, str] = field(default_factory=dict)
    provenance: dict[str, Provenance] = field(default_factory=dict)
    entitlement: str = ""  # the fact that tells the 待遇起始日, where the item has one
    recipients: tuple[Recipient, ...] = (Recipient.APPLICANT,)  # who gets the letters

    def measure(self, effect: str) -> Measure | None:
        """The measure with that effect, if one is in force for this case."""
        return next((m for m in self.measures if m.effect == effect), None)

    def material(self, code: str) -> MaterialRule | None:
        return next((m for m in self.materials if m.code == code), None)
