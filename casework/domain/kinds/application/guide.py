"""The service guide (办事指南) of an item: what the policy of a day tells whoever wants to apply.

It says nothing that the catalogue does not say, so it has no numbers of copies, and what must stand
in a guide and is not in the catalogue is said to be unpublished. Only values that are law or
published (``Mark.LAW``, ``Mark.SOURCE``) come with their ``basis``; all others are worded as the
office's arrangement, and their reference is left out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypedDict

from casework.domain.policy import (
    Channel,
    CheckKind,
    Condition,
    Decider,
    DeferralMode,
    DeferralRule,
    Fact,
    FactKind,
    GreenRule,
    Limit,
    LimitName,
    Mark,
    MaterialForm,
    MaterialRule,
    Measure,
    Precondition,
    Provenance,
    Role,
    ServiceItem,
)
from casework.domain.time.clock import shown
from casework.domain.time.explanation import UNIT_NAMES

BINDING = frozenset({Mark.LAW, Mark.SOURCE})
ARRANGED = "本经办机构的安排，以实际为准"
"""How a value is worded that is neither law nor published."""
UNPUBLISHED, ASK = "尚未公布", "请向经办机构询问"
"""What is said, and how it stands, where the catalogue is silent."""
EVERYBODY = "所有申请人都需要"

_CHANNELS = {
    Channel.ONLINE: "网上",
    Channel.APP: "手机APP",
    Channel.EMAIL: "邮件",
    Channel.POST: "邮寄",
    Channel.WINDOW: "窗口",
}
_FORMS = {
    MaterialForm.ELECTRONIC: "电子文件",
    MaterialForm.PAPER: "书面材料",
    MaterialForm.ORIGINAL: "原件",
    MaterialForm.ARCHIVE: "人事档案，由保管单位寄送",
}
_MODES = {
    DeferralMode.HOLD_RESULT: "先审核、后补交，补齐后出具结果",
    DeferralMode.RESULT_FIRST: "先出具结果、后补交",
}
_OFFICE, _APPLICANT, _HOLDER = "经办机构", "申请人", "档案保管单位"
_STEPS = {
    LimitName.NOTICE: ("受理或一次性告知", "自收到申请起，受理或一次告知需补正的全部内容", _OFFICE),
    LimitName.SUPPLEMENT: ("补正", "自收到告知起，补齐材料", _APPLICANT),
    LimitName.PRE_REVIEW: ("预审", "审查提交的申请", _OFFICE),
    LimitName.PAPER: ("递交书面材料", "自预审通过起，递交书面材料", _APPLICANT),
    LimitName.DEFER: ("容缺补交", "自同意容缺起，补交所缺材料", _APPLICANT),
    LimitName.RESCUE: ("逾期补救", "未按时补交的，再次补交", _APPLICANT),
    LimitName.ARCHIVE: ("寄送人事档案", "自发出调档通知起，寄达人事档案", _HOLDER),
    LimitName.REVIEW: ("审核", "审核申请", _OFFICE),
    LimitName.GREEN_REVIEW: ("审核（绿色通道）", "绿色通道的申请，审核", _OFFICE),
    LimitName.DECIDE: ("作出决定", "自受理起，作出决定", _OFFICE),
    LimitName.DECIDE_EXTENSION: ("延长办理", "经负责人批准，可以延长一次，最多", _OFFICE),
    LimitName.PUBLICITY: ("公示", "公示拟通过的申请", _OFFICE),
    LimitName.DELIVER: ("送达", "自作出决定起，送达结果", _OFFICE),
}
"""The steps that concern an applicant, in their order: name, what is done, who has the time.

The other limits are the office's own, or a reading of the law that nobody has confirmed.
"""


@dataclass(frozen=True, kw_only=True)
class Said:
    """Something that an office says of itself, with where it comes from and how firm it is."""

    text: str
    reference: str
    mark: Mark


@dataclass(frozen=True, kw_only=True)
class Office:
    """What the office of a district says to everybody on a day; None: it says nothing.

    ``fees`` are those of the item; ``redress``: whom to ask and where to complain; ``remedies``:
    what may be done against a refusal.
    """

    name: str
    address: Said | None = None
    hours: Said | None = None
    phone: Said | None = None
    contact: Said | None = None
    fees: Said | None = None
    redress: Said | None = None
    remedies: Said | None = None


@dataclass(frozen=True, kw_only=True)
class GuideEntry:
    """One statement. ``basis`` is empty unless it is ``binding``; ``standing`` says so in words."""

    code: str
    name: str
    text: str
    binding: bool
    standing: str
    basis: str


@dataclass(frozen=True, kw_only=True)
class GuideWays(GuideEntry):
    """Ways in or out, as codes in order of preference."""

    ways: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class GuideMaterial(GuideEntry):
    """A material; needed when all of ``when`` hold, which ``needed`` says in words.

    ``alternatives``: code → name of what may stand in its place. ``deferral``: how it may be handed
    in later; None: it may not.
    """

    form: str
    main: bool
    needed: str
    when: tuple[Condition, ...]
    alternatives: dict[str, str]
    deferrable: bool
    deferral: GuideEntry | None


@dataclass(frozen=True, kw_only=True)
class GuideStep(GuideEntry):
    """A step with its limit; ``whose`` time it is."""

    what: str
    amount: int
    unit: str
    whose: str


@dataclass(frozen=True, kw_only=True)
class ServiceGuide:
    """The guide of one item in one district on one day.

    ``provisional``: at least one statement is neither law nor published. ``digest``: of the policy
    that it was made from.
    """

    item: str
    name: str
    district: str
    district_name: str
    office: str
    on: date
    digest: str
    provisional: bool
    channels: GuideWays
    address: GuideEntry
    office_hours: GuideEntry
    postal_address: GuideEntry | None
    phone: GuideEntry
    contact: GuideEntry
    right_authority: GuideEntry | None
    conditions: tuple[GuideEntry, ...]
    materials: tuple[GuideMaterial, ...]
    steps: tuple[GuideStep, ...]
    decider: GuideEntry
    publicity: GuideEntry
    delivery: GuideWays
    green: GuideEntry
    fees: GuideEntry
    redress: GuideEntry
    remedies: GuideEntry
    measures: tuple[GuideEntry, ...]

    def entries(self) -> Iterator[tuple[str, GuideEntry]]:
        """Every statement with the part of the guide, in Chinese, in which it stands."""
        for entry in (
            self.channels,
            self.address,
            self.office_hours,
            self.postal_address,
            self.phone,
            self.contact,
            self.right_authority,
            self.decider,
            self.publicity,
            self.delivery,
            self.green,
        ):
            if entry is not None:
                yield "概况", entry
        yield from (("条件", entry) for entry in self.conditions)
        for material in self.materials:
            yield "材料", material
            if material.deferral is not None:
                yield "容缺", material.deferral
        yield from (("环节", entry) for entry in self.steps)
        yield "费用", self.fees
        yield "咨询和救济", self.redress
        yield "咨询和救济", self.remedies
        yield from (("临时措施", entry) for entry in self.measures)


def service_guide(item: ServiceItem, office: Office, facts: Mapping[str, Fact]) -> ServiceGuide:
    """The guide of a resolved item; ``facts`` are those of the catalogue's vocabulary."""
    parts = _Parts(item, office, facts)
    guide = parts.guide(provisional=False)
    if all(entry.binding for _, entry in guide.entries()):
        return guide
    return parts.guide(provisional=True)


def words(condition: Condition, facts: Mapping[str, Fact]) -> str:
    """A condition in Chinese; raises ValueError for an unknown ``op``."""
    fact = facts[condition.fact]
    name, value = f"“{fact.name}”", condition.value
    is_flag = fact.kind is FactKind.FLAG
    match condition.op:
        case "truthy":
            return f"属于{name}" if is_flag else f"已填写{name}"
        case "falsy":
            return f"不属于{name}" if is_flag else f"未填写{name}"
        case "eq":
            return f"{name}为{_value(fact, value)}"
        case "ne":
            return f"{name}已填写且不为{_value(fact, value)}"
        case "in":
            values = value if isinstance(value, tuple | list) else ()
            return f"{name}为{'或'.join(_value(fact, each) for each in values)}"
        case "ge":
            return f"{name}不低于{value}"
        case "le":
            return f"{name}不高于{value}"
        case "months_left_ge":
            return f"{name}距收件之日不少于{value}个月"
        case "working_days_since_ge":
            return f"{name}至收件之日已满{value}个工作日"
        case unknown:
            raise ValueError(f"condition on {condition.fact}: unknown op {unknown!r}")


def _value(fact: Fact, value: object) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    return f"“{fact.choices.get(str(value), str(value))}”"


@dataclass(frozen=True)
class _Parts:
    item: ServiceItem
    office: Office
    facts: Mapping[str, Fact]

    def guide(self, *, provisional: bool) -> ServiceGuide:
        item, office = self.item, self.office
        return ServiceGuide(
            item=item.code,
            name=item.name,
            district=item.district,
            district_name=item.district_name,
            office=office.name,
            on=item.resolved_on,
            digest=item.digest,
            provisional=provisional,
            channels=self._ways(
                "channels",
                "申请方式",
                {way: _CHANNELS[Channel(way)] for way in item.channels},
                ("channels", "district_channels"),
            ),
            address=_said("address", "办公地址", office.address),
            office_hours=_said("office_hours", "办公时间", office.hours)
            if office.hours
            else self._plain(
                "office_hours",
                "办公时间",
                f"{item.office_opens}至{item.office_closes}",
                ("district_office_hours",),
            ),
            postal_address=self._plain(
                "postal_address", "邮寄地址", item.postal_address, ("district_postal_address",)
            )
            if item.postal_address
            else None,
            phone=_said("phone", "咨询电话", office.phone),
            contact=_said("contact", "联系人", office.contact),
            right_authority=self._plain(
                "right_authority", "受理机构", item.right_authority, ("right_authority",)
            )
            if item.right_authority
            else None,
            conditions=tuple(self._condition(rule) for rule in item.preconditions),
            materials=tuple(self._material(rule) for rule in item.materials),
            steps=tuple(self._steps()),
            decider=self._plain(
                "decider",
                "决定",
                f"由{_OFFICE}决定"
                if item.decider is Decider.DISTRICT
                else f"由{_OFFICE}审核后上报，{Role.SUPERIOR.label}决定",
                ("decider",),
            ),
            publicity=self._plain(
                "publicity", "公示", "需要公示" if item.publicity else "不公示", ("publicity",)
            ),
            delivery=self._ways(
                "delivery",
                "结果送达",
                {way.value: way.label for way in item.delivery},
                ("delivery",),
            ),
            green=_green(item.green),
            fees=_said("fees", "收费", office.fees),
            redress=_said("redress", "咨询和投诉", office.redress),
            remedies=_said("remedies", "对不予办理不服的", office.remedies),
            measures=tuple(_measure(measure) for measure in item.measures),
        )

    def _plain(self, code: str, name: str, text: str, fields: tuple[str, ...]) -> GuideEntry:
        return GuideEntry(code=code, name=name, text=text, **_standing(self._origins(fields)))

    def _ways(
        self, code: str, name: str, ways: Mapping[str, str], fields: tuple[str, ...]
    ) -> GuideWays:
        # A measure may have opened, closed or moved a way: a list is as firm as its weakest origin.
        origins: tuple[_Origin, ...] = (*self._origins(fields), *self.item.measures)
        return GuideWays(
            code=code,
            name=name,
            text="、".join(ways.values()),
            ways=tuple(ways),
            **_standing(origins),
        )

    def _origins(self, fields: Iterable[str]) -> tuple[Provenance, ...]:
        known = self.item.provenance
        return tuple(known[field] for field in fields if field in known)

    def _condition(self, rule: Precondition) -> GuideEntry:
        # The text of a precondition tells of its breach; that of an absence would not be a rule.
        absent = rule.condition.op == "falsy"
        return GuideEntry(
            code=rule.code,
            name=self.facts[rule.condition.fact].name,
            text=words(rule.condition, self.facts) if absent else rule.text,
            **_standing((rule,)),
        )

    def _material(self, rule: MaterialRule) -> GuideMaterial:
        item = self.item
        needed = "，且".join(words(condition, self.facts) for condition in rule.when)
        needed = f"{needed}时需要" if rule.when else EVERYBODY
        alternatives = {code: item.material_names[code] for code in rule.alternatives}
        said = [needed, _FORMS[rule.form]]
        if alternatives:
            said.append(f"也可以提交{'或'.join(f'“{name}”' for name in alternatives.values())}")
        return GuideMaterial(
            code=rule.code,
            name=rule.name,
            text="；".join(said),
            form=_FORMS[rule.form],
            main=rule.main,
            needed=needed,
            when=rule.when,
            alternatives=alternatives,
            deferrable=rule.deferral is not None,
            deferral=_deferral(rule, rule.deferral) if rule.deferral else None,
            **_standing((rule,)),
        )

    def _steps(self) -> Iterator[GuideStep]:
        for name, (title, what, whose) in _STEPS.items():
            limit = self.item.limit(name)
            if limit is not None and self._takes_place(name):
                yield self._step(name, limit, title, what, whose)

    def _takes_place(self, name: LimitName) -> bool:
        item = self.item
        match name:
            case LimitName.DEFER | LimitName.RESCUE:
                return any(rule.deferral for rule in item.materials)
            case LimitName.ARCHIVE:
                return any(
                    check.kind is CheckKind.ARCHIVE and not self._is_skipped(check.skipped_by)
                    for check in item.checks
                )
            case _:
                return True

    def _is_skipped(self, effect: str | None) -> bool:
        # A measure for cases accepted online from a day on does not help everybody.
        measure = self.item.measure(effect) if effect else None
        return measure is not None and all(
            measure.covers(way, self.item.resolved_on) for way in self.item.channels
        )

    def _step(self, name: LimitName, limit: Limit, title: str, what: str, whose: str) -> GuideStep:
        unit = UNIT_NAMES[limit.unit]
        if name in {LimitName.DECIDE, LimitName.DECIDE_EXTENSION}:
            superior = self.item.decider is Decider.SUPERIOR
            whose = f"{_OFFICE}和{Role.SUPERIOR.label}" if superior else _OFFICE
        rolls = "，最后一日为休息日的顺延" if limit.rolls_forward else ""
        return GuideStep(
            code=name.value,
            name=title,
            text=f"{limit.amount}{unit}{rolls}",
            what=what,
            amount=limit.amount,
            unit=unit,
            whose=whose,
            **_standing((limit,)),
        )


def _said(code: str, name: str, said: Said | None) -> GuideEntry:
    if said is None:
        text, standing = UNPUBLISHED, ASK
        return GuideEntry(
            code=code, name=name, text=text, binding=False, standing=standing, basis=""
        )
    return GuideEntry(code=code, name=name, text=said.text, **_standing((said,)))


def _deferral(rule: MaterialRule, deferral: DeferralRule) -> GuideEntry:
    return GuideEntry(
        code=rule.code,
        name=rule.name,
        text=f"经{_any_of(deferral.consent)}同意，可以"
        + "，或".join(_MODES[mode] for mode in deferral.modes),
        **_standing((deferral,)),
    )


def _green(rule: GreenRule) -> GuideEntry:
    evidence = f"，须提交{'、'.join(rule.evidence)}" if rule.evidence else ""
    return GuideEntry(
        code="green",
        name="绿色通道",
        text=f"有临近的外部期限等紧急情形的，由{_any_of(rule.requesters)}提出，"
        f"经{_any_of(rule.consent)}同意加急办理{evidence}",
        **_standing((rule,)),
    )


def _any_of(roles: tuple[Role, ...]) -> str:
    return "或".join(role.label for role in roles)


def _measure(measure: Measure) -> GuideEntry:
    until = f"至{measure.until}" if measure.until else ""
    online = (
        f"，适用于{measure.online_accepted_from}起网上受理的"
        if measure.online_accepted_from
        else ""
    )
    return GuideEntry(
        code=measure.id or measure.effect,
        name=measure.name or measure.effect,
        text=f"自{measure.since}起{until}{online}",
        **_standing((measure,)),
    )


class _Origin(Protocol):
    @property
    def reference(self) -> str: ...
    @property
    def mark(self) -> Mark: ...


class _Standing(TypedDict):
    binding: bool
    standing: str
    basis: str


def _standing(origins: Iterable[_Origin]) -> _Standing:
    """How firm a statement is: as its weakest origin; without any origin nothing binds."""
    known = tuple(origins)
    if not known or any(origin.mark not in BINDING for origin in known):
        return {"binding": False, "standing": ARRANGED, "basis": ""}
    marks = dict.fromkeys(origin.mark.label for origin in known)
    references = dict.fromkeys(_for_readers(origin.reference) for origin in known)
    basis = "；".join(filter(None, references)) or "公开的办事信息"
    return {"binding": True, "standing": "、".join(marks), "basis": basis}


_SOURCE = re.compile(r"（source \d+\s*([^“”（）]*)[^（）]*）|source \d+\s*(\S+)")
_OUR_NOTES = re.compile(
    r"（F\d+(?:、F\d+)*）|（[^（）]*(?:待核|domain\.md)[^（）]*）|，按[^，；]*理解"
)
_DEFAULT = ("（作默认值；事项自身时限待核）", "（事项另有规定的，从其规定）")
_OUR_OWN = ("配置建议", "推知", "待核", "domain.md")


def _for_readers(reference: str) -> str:
    """A reference without our numbers of sources, and without what is our own reading."""

    def named(found: re.Match[str]) -> str:
        place = (found[1] or found[2] or "").strip()
        if not place:
            return ""
        return f"（{place}公告）" if found[0].startswith("（") else f"{place}公告"

    said = _OUR_NOTES.sub("", _SOURCE.sub(named, shown(reference).replace(*_DEFAULT)))
    parts = (part.strip() for part in said.split("；"))
    return "；".join(
        dict.fromkeys(part for part in parts if part and not any(own in part for own in _OUR_OWN))
    )
