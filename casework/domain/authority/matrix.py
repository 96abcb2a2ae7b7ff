"""The table of authority: what can be done, by whom, with which cases. Policy, not law."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType

from casework.domain.case.commands import COLLEAGUES, Command
from casework.domain.case.facts import Actor
from casework.domain.case.guards import asked, assigned_to, barred
from casework.domain.case.kind import KNOWN, kind_of_case
from casework.domain.case.state import Case
from casework.domain.errors import DomainError
from casework.domain.kinds.application.commands import POST_ROOM
from casework.domain.kinds.registry import CaseKind
from casework.domain.policy import Role, city_of
from casework.domain.staff import POST_ROLES
from casework.domain.talent import TalentClass

# --- what can be done ----------------------------------------------------------------------
# The verbs of each kind of case, and what is no verb.


GENERAL = "general"
"""The kind of what concerns no single case."""


class Action(StrEnum):
    """What is done with a case without changing it, or before there is one."""

    OPEN = "open"
    READ = "read"
    DISCLOSE = "disclose"  # personal data in clear, with a reason, logged
    DECODE = "decode"  # payloads in the Web UI
    ERASE = "erase"
    RATE = "rate"
    READ_NOTES = "read_notes"  # what colleagues have left for each other
    FILE = "file"  # a service request of that talent
    TAKE_LETTERS = "take_letters"  # by a system: the documents, which name people


class GeneralAction(StrEnum):
    """What concerns no single case."""

    READ = "read"  # orders, measures, absences, outreaches: of one's district
    UPLOAD = "upload"
    REPORT_BACK = "report_back"
    REPAIR_CREDIT = "repair_credit"
    BEGIN_OUTREACH = "begin_outreach"
    RECORD_ABSENCE = "record_absence"  # of somebody else
    DECLARE_RELATION = "declare_relation"  # of one's own
    FIND_PERSON = "find_person"  # the cases of a person by their number, logged
    READ_ACCESSES = "read_accesses"
    READ_TRANSFERS = "read_transfers"
    REASSIGN = "reassign"  # of one officer, in many cases
    READ_AUDIT = "read_audit"
    READ_CARD_DIGESTS = "read_card_digests"
    READ_STAFF = "read_staff"
    READ_HANDOVER = "read_handover"  # of somebody else
    READ_LOADS = "read_loads"  # of everybody; one's own is always one's own
    READ_REPORTS = "read_reports"
    KEEP_PHRASES = "keep_phrases"  # of an office; one's own are always one's own
    SEND_CATALOGUE = "send_catalogue"  # to be published; the order itself has its own rules
    SUBSCRIBE = "subscribe"  # a system, to what happens in the cases that it reads
    APPROVE_WEBHOOK = "approve_webhook"  # where nobody may, none is needed
    LOG_CONSULTATION = "log_consultation"
    READ_CONSULTATIONS = "read_consultations"  # the log, its counts, and who can serve whom
    KEEP_UNITS = "keep_units"  # register, confirm, end; nobody confirms their own
    READ_UNITS = "read_units"


_LABELS = {
    Action.OPEN: "提交或登记",
    Action.READ: "查阅",
    Action.DISCLOSE: "查看未遮盖的个人信息",
    Action.DECODE: "在流程界面查看内容",
    Action.ERASE: "依法删除个人信息",
    Action.RATE: "评价",
    Action.READ_NOTES: "查阅内部备注",
    Action.FILE: "为该人才提出服务申请",
    Action.TAKE_LETTERS: "取得文书（对接系统）",
}
_GENERAL = {
    GeneralAction.READ: "查阅指令、措施、缺岗和主动告知",
    GeneralAction.UPLOAD: "上传材料",
    GeneralAction.REPORT_BACK: "回传外部系统的结果",
    GeneralAction.REPAIR_CREDIT: "修复失信记录",
    GeneralAction.BEGIN_OUTREACH: "开始主动告知",
    GeneralAction.RECORD_ABSENCE: "为他人登记缺岗",
    GeneralAction.DECLARE_RELATION: "申报本人的回避",
    GeneralAction.FIND_PERSON: "按证件号码查找办件",
    GeneralAction.READ_ACCESSES: "查阅个人信息的查看记录",
    GeneralAction.READ_TRANSFERS: "查阅管辖移送记录",
    GeneralAction.REASSIGN: "批量改派",
    GeneralAction.READ_AUDIT: "查阅审计摘要",
    GeneralAction.READ_CARD_DIGESTS: "查阅督办提醒的发送记录",
    GeneralAction.READ_STAFF: "查阅人员和岗位",
    GeneralAction.READ_HANDOVER: "查阅他人的交接清单",
    GeneralAction.READ_LOADS: "查阅各人和各小组的负荷",
    GeneralAction.READ_REPORTS: "查阅统计报表",
    GeneralAction.KEEP_PHRASES: "维护本区的常用语",
    GeneralAction.SEND_CATALOGUE: "上传拟发布的事项目录",
    GeneralAction.SUBSCRIBE: "订阅办件变化（对接系统）",
    GeneralAction.APPROVE_WEBHOOK: "批准办件变化的订阅",
    GeneralAction.LOG_CONSULTATION: "登记咨询",
    GeneralAction.READ_CONSULTATIONS: "查阅咨询登记和统计",
    GeneralAction.KEEP_UNITS: "登记、复核、停用单位及其邮箱",
    GeneralAction.READ_UNITS: "查阅单位登记",
}
_EVERY = (
    Action.OPEN,
    Action.READ,
    Action.DISCLOSE,
    Action.DECODE,
    Action.ERASE,
    Action.RATE,
    Action.READ_NOTES,
    Action.TAKE_LETTERS,
)
INSIDE = COLLEAGUES | {Role.SUPERIOR}
"""Who may read notes at most: no table of authority widens it."""


def extra_of(kind: str) -> tuple[Action, ...]:
    """What can be done with a case of a kind beside its verbs."""
    return (*_EVERY, *map(Action, KNOWN[kind].acts))


def actions_of(kind: str) -> dict[str, str]:
    """Every action with cases of a kind, in the order of the table, with the words of a clerk."""
    if kind == GENERAL:
        return {action.value: label for action, label in _GENERAL.items()}
    extra = {action.value: _LABELS[action] for action in extra_of(kind)}
    return extra | {verb: command.label for verb, command in KNOWN[kind].verbs.items()}


def label_of(kind: str, action: str) -> str:
    """The words of a clerk for an action; the action itself where nobody has any."""
    return actions_of(kind).get(action, action)


def verb_of(kind: str, command: Command) -> str:
    """By which verb of a kind a command comes; raises LookupError if by none."""
    for verb, each in KNOWN[kind].verbs.items():
        if isinstance(command, each):
            return verb
    raise LookupError(type(command).__name__)


_FOR_THE_ASKED = frozenset({Action.READ.value, "accept_passing", "decline_passing", "give_opinion"})


# --- what the case is ----------------------------------------------------------------------
# What a decision on authority has to know of a case.


@dataclass(frozen=True, kw_only=True)
class Concern:
    """``letter``: the class by which the talent is served; None where the kind knows no class.

    ``subjects``: the pseudonyms of the people whose case it is, applicant and employer.
    ``assigned``: A角 and B角 of its posts and of its open tasks. ``asked``: of whom a colleague
    wants an answer, from whichever district. ``barred``: whom four eyes exclude
    from which verb. ``source``: under which the case was filed.
    """

    kind: str
    district: str
    office: str = ""
    letter: TalentClass | None = None
    subjects: frozenset[str] = frozenset()
    opened_by: str = ""
    assigned: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    barred: Mapping[str, frozenset[str]] = field(default_factory=dict)
    source: str = ""

    def with_assigned(self, code: str) -> "Concern":
        """The concern if that officer were assigned too."""
        return replace(self, assigned=self.assigned | {code})

    def wants(self, actor: Actor, action: str) -> bool:
        """Whether a colleague has asked for just that: then neither district nor post matters."""
        return actor.code in self.asked and actor.role in INSIDE and action in _FOR_THE_ASKED

    def is_own(self, actor: Actor) -> bool:
        """Whether it is this person's case: about them, or opened by them."""
        return bool(actor.subject and actor.subject in self.subjects) or (
            bool(self.opened_by) and actor.code == self.opened_by
        )


def concern_of(
    case: Case, *, subject: str = "", employer: str = "", opened_by: str = "", source: str = ""
) -> Concern:
    """The concern of a case; whose it is stands in no state, and has to be said.

    ``subject`` and ``employer`` are pseudonyms, ``opened_by`` is a code, ``source`` as filed.
    """
    return Concern(
        kind=kind_of_case(case).name,
        district=case.district,
        office=case.office,
        letter=kind_of_case(case).serving_class(case),
        subjects=frozenset(filter(None, (subject, employer))),
        opened_by=opened_by,
        assigned=assigned_to(case),
        asked=asked(case),
        barred=barred(case),
        source=source,
    )


# --- systems -------------------------------------------------------------------------------
# Which system may say what: a code is bound to its sources, districts and actions.
#
# The table of authority says what systems may do at all; the roster says which system does it. One
# that stands in no roster may do nothing.


GIVEN_SOURCES = MappingProxyType({kind.name: kind.source for kind in KNOWN.values() if kind.source})
"""Kinds of case whose source is the same for everybody: their reference follows from the case."""


MAIL = GIVEN_SOURCES[CaseKind.INCOMING_MAIL]
"""Who opens mails, and the cases that come by them: under this source, and no other."""
BOOKING = "booking-form"
"""Who books an appointment by the public form: under this source, and no other."""
POST = GIVEN_SOURCES[CaseKind.PARCEL]
"""Under which parcels are registered; who opens the cases that come by them."""
REOPENING = "reopening"
"""It starts cases again from the register, after Temporal was lost; it has a key of its own."""
MAIL_PAPERS = "mail-papers"
"""Who brings the files of a mail to a running case, whatever its source."""


@dataclass(frozen=True, kw_only=True)
class System:
    """What one system is bound to.

    ``sources``: under which it files, and whose cases it deals with; None: it files none, and deals
    with cases of every source. ``districts``: None: every district. ``may``: (kind, action).
    """

    name: str = ""
    sources: tuple[str, ...] | None = None
    districts: frozenset[str] | None = None
    may: frozenset[tuple[str, str]] = frozenset()


ITSELF: Mapping[str, System] = MappingProxyType(
    {
        "clock": System(),
        "casework": System(),
        "catalogue": System(),
        REOPENING: System(),
        "orders": System(
            may=frozenset(
                {
                    (CaseKind.APPLICATION, "move_policy"),
                    *((kind, "reassign") for kind in KNOWN if "reassign" in KNOWN[kind].verbs),
                }
            )
        ),
        "outreach": System(
            may=frozenset(
                {
                    (CaseKind.APPLICATION, "request_contact"),
                    (CaseKind.APPLICATION, "share_contact"),
                    (GENERAL, GeneralAction.BEGIN_OUTREACH),
                }
            )
        ),
        "cycle": System(may=frozenset({(CaseKind.REQUEST, "note_standing")})),
        MAIL: System(
            sources=(MAIL,),
            may=frozenset(
                {(CaseKind.INCOMING_MAIL, Action.OPEN), (CaseKind.APPLICATION, Action.OPEN)}
            ),
        ),
        MAIL_PAPERS: System(
            may=frozenset(
                {
                    (CaseKind.APPLICATION, "supplement"),
                    (CaseKind.APPLICATION, "materials_received"),
                }
            )
        ),
        POST: System(
            sources=(POST,),
            may=frozenset({(CaseKind.PARCEL, Action.OPEN), (CaseKind.APPLICATION, Action.OPEN)}),
        ),
        POST_ROOM: System(
            may=frozenset(
                {
                    (CaseKind.APPLICATION, "supplement"),
                    (CaseKind.APPLICATION, "materials_received"),
                }
            )
        ),
        BOOKING: System(sources=(BOOKING,), may=frozenset({(CaseKind.APPOINTMENT, Action.OPEN)})),
        GIVEN_SOURCES[CaseKind.VISITS]: System(may=frozenset({(CaseKind.VISITS, Action.OPEN)})),
    }
)
"""The codes by which Casework itself speaks to cases. No roster has them, and no token counts."""


def unknown_system() -> DomainError:
    """The refusal of a system that stands in no roster."""
    return DomainError("SYSTEM_UNKNOWN", "岗位表中没有登记此系统，不能办理任何事项")


def system_refusal(
    systems: Mapping[str, System], actor: Actor, action: str, concern: Concern
) -> DomainError | None:
    """Why a system may not do that; None: it may.

    ``SYSTEM_UNKNOWN``, ``SYSTEM_NOT_BOUND``, ``OTHER_DISTRICT``, ``OTHER_SOURCE``: the first that
    applies, in this order.
    """
    bound = ITSELF.get(actor.code) or systems.get(actor.code)
    if bound is None:
        return unknown_system()
    if (concern.kind, action) not in bound.may:
        what = label_of(concern.kind, action)
        return DomainError("SYSTEM_NOT_BOUND", f"此系统未登记“{what}”，不能办理")
    if not _is_of_the_districts(bound, concern):
        return DomainError("OTHER_DISTRICT", "此系统未登记该区，不能查阅、办理该区的件")
    if not _is_of_the_sources(bound, actor, action, concern):
        if action == Action.OPEN:
            return DomainError("OTHER_SOURCE", "来源不是本系统登记的，不能以此来源提交", "source")
        return DomainError("OTHER_SOURCE", "此件不属于本系统登记的来源，不能查阅、办理")
    return None


def _is_of_the_districts(bound: System, concern: Concern) -> bool:
    if bound.districts is None or concern.district in bound.districts:
        return True
    return concern.kind == GENERAL and not concern.district


def _is_of_the_sources(bound: System, actor: Actor, action: str, concern: Concern) -> bool:
    if concern.kind == GENERAL:
        return True
    if action == Action.OPEN:
        given = KNOWN[concern.kind].source
        return concern.source == given if given else concern.source in (bound.sources or ())
    if bound.sources is None or concern.source in bound.sources:
        return True
    return bool(concern.opened_by) and concern.opened_by == actor.code


# --- the table -----------------------------------------------------------------------------
# Action × role → with which cases [proposal].


class Extent(StrEnum):
    """With which cases somebody may do something, from few to all."""

    OWN = "own"  # the person whose case it is, or who opened it
    ASSIGNED = "assigned"  # of one's district, as A角 or B角 of a post or of an open task
    DISTRICT = "district"  # of one's district; of every district for somebody who has none
    EVERYWHERE = "everywhere"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _EXTENTS[self]


_EXTENTS = {
    Extent.OWN: "本人的件",
    Extent.ASSIGNED: "本区经办的件",
    Extent.DISTRICT: "本区的件",
    Extent.EVERYWHERE: "各区的件",
}


@dataclass(frozen=True, kw_only=True)
class Municipal:
    """What the people of a municipal platform deal with (DB50/T 1733—2024 §6.1.2, 6.3.1).

    They are those of these roles who have no district.
    """

    roles: frozenset[Role] = frozenset()
    kinds: frozenset[str] = frozenset()
    classes: frozenset[TalentClass] = frozenset()


Actions = Mapping[tuple[str, str], Mapping[Role, Extent]]
"""(kind of case, action) → role → extent; a role that is not there may not."""


NO_SUPERIOR = "该市没有登记上级主管部门，其他市的不能代办，请先在岗位表登记"


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """The whole table.

    ``districts``: what is otherwise in one district, action by action. ``by_office``: who deals
    with the cases of their own office only, if they belong to one. ``systems``: what each system of
    the rosters is bound to, by code; ``staff``: whoever holds a post, by code, once for each role
    and place. ``superiors``: those named for each city, by code; nobody else is the superior there.
    ``homes``: the cities in which somebody serves a whole one, by code and role. ``cities``: all
    where anybody holds a post.
    """

    actions: Actions
    districts: Mapping[str, Actions] = field(default_factory=dict)
    by_office: frozenset[Role] = frozenset()
    municipal: Municipal = Municipal()
    systems: Mapping[str, System] = field(default_factory=dict)
    staff: Mapping[str, tuple[Actor, ...]] = field(default_factory=dict)
    superiors: Mapping[str, frozenset[str]] = field(default_factory=dict)
    homes: Mapping[tuple[str, Role], frozenset[str]] = field(default_factory=dict)
    cities: frozenset[str] = frozenset()

    def extent(self, kind: str, action: str, role: Role, district: str = "") -> Extent | None:
        """With which cases of a kind in a district a role may do it; None: with none."""
        own = self.districts.get(district, {}).get((kind, action))
        return (self.actions.get((kind, action), {}) if own is None else own).get(role)

    def is_municipal(self, role: Role, district: str) -> bool:
        """Whether somebody belongs to a municipal platform."""
        return not district and role in self.municipal.roles

    def cities_of(self, actor: Actor, *, local: bool = False) -> frozenset[str] | None:
        """The cities in which somebody reads or acts, and no others; None: no city bounds them.

        A superior: those for which they are named. Anybody else of the staff: the city in which
        they serve, also where the table says ``everywhere``. ``local``, what they want is not for
        every place: who has a district is bound by that alone.
        """
        if actor.role is Role.SUPERIOR:
            named = (city for city, codes in self.superiors.items() if actor.code in codes)
            return frozenset(named)
        if actor.district:
            is_bound = actor.role in POST_ROLES and not local
            return frozenset({city_of(actor.district)}) if is_bound else None
        return self.homes.get((actor.code, actor.role))

    def other_city(self, actor: Actor, city: str, *, local: bool = False) -> DomainError | None:
        """Refuse somebody in a city that is none of theirs: ``OTHER_DISTRICT``; see `cities_of`."""
        own = self.cities_of(actor, local=local)
        if own is None or city in own:
            return None
        if actor.role is not Role.SUPERIOR and not actor.district and city not in self.cities:
            return None  # nobody else's either
        if actor.role is not Role.SUPERIOR:
            return DomainError("OTHER_DISTRICT", "不能查阅、办理其他市的件")
        if city not in self.superiors:
            return DomainError("OTHER_DISTRICT", f"{city}：{NO_SUPERIOR}")
        return DomainError("OTHER_DISTRICT", "该市有自己的上级主管部门，由其办理")
