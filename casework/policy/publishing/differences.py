"""What a proposed catalogue changes, in the words of a clerk: item × district × day.

Compared is what would hold without it, from its first day on. A difference that lasts is told once,
with the days on which it holds.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from enum import Enum, StrEnum
from typing import Any

from casework.domain.authority import GENERAL, Matrix, actions_of, label_of
from casework.domain.kinds.application.guide import Office, service_guide, words
from casework.domain.kinds.application.guide_differences import GuideDifference, guide_differences
from casework.domain.kinds.registry import KINDS
from casework.domain.policy import Condition, Fact, Limit, LimitName, Policy, ServiceItem
from casework.domain.time.calendar import WorkingCalendar
from casework.domain.time.clock import NAMES
from casework.domain.time.explanation import UNIT_NAMES
from casework.policy.letters import letter_differences
from casework.policy.mail import mail_differences
from casework.policy.publishing.places import Place, places, policy_at, turning_days
from casework.policy.publishing.versions import HeldCatalogues, WholeCatalogue
from casework.policy.sharing import leavers_differences, sharing_differences


class Change(StrEnum):
    """How something differs; the values are part of the API."""

    OFFERED = "offered"
    WITHDRAWN = "withdrawn"
    LONGER = "longer"
    SHORTER = "shorter"
    LIMIT = "limit"  # a limit in another unit, a new one, or none any more
    ASKED = "asked"
    DROPPED = "dropped"
    DEFERRABLE = "deferrable"
    NOT_DEFERRABLE = "not_deferrable"
    CONDITION = "condition"
    OTHER = "other"
    WORDING = "wording"


@dataclass(frozen=True, kw_only=True)
class CatalogueDifference:
    """One difference; ``until`` is its last day, None: it stays.

    ``code`` and ``district`` are empty where it concerns the whole catalogue. ``text`` says it in
    one sentence.
    """

    code: str
    name: str
    district: str
    district_name: str
    first_on: date
    until: date | None
    how: Change
    text: str


Told = tuple[Change, str]
_ONE_DAY = timedelta(days=1)
_LIMITS = {
    LimitName.DECIDE_EXTENSION: "办理期限延长",
    LimitName.GREEN_REVIEW: "绿色通道审核环节期限",
    LimitName.GREEN_ESCALATION: "绿色通道提级督办",
    LimitName.AFTER_MEASURE: "临时措施结束后的期限",
    LimitName.HANDLE_EXTENSION: "服务事项办理期限延长",
    LimitName.RATE_COMPLEX: "复杂差评办结期限",
    LimitName.TICKET_COMPLEX: "疑难工单答复期限",
    LimitName.TICKET_EXTENSION: "工单答复期限延长",
    LimitName.APPOINTMENT_KEEP: "来访信息保存期限",
    LimitName.WAGE_REACH: "欠薪查处时效",
    LimitName.WAGE_EXTENSION: "欠薪调查期限延长",
    LimitName.WAGE_SETTLEMENT: "和解协议最长期限",
    LimitName.TAKE_BACK: "撤回办结期限",
}
_SAID_OTHERWISE = frozenset({"环节", "材料", "容缺"})
"""Parts of a guide whose differences are told here in more detail."""


def catalogue_differences(
    held: HeldCatalogues, proposed: WholeCatalogue, first_on: date
) -> tuple[CatalogueDifference, ...]:
    """What changes from ``first_on`` on, if that catalogue is published for that day.

    What concerns the whole catalogue comes first, then each item and service in each district.
    """
    later = [version.first_on for version in held.versions if version.first_on > first_on]
    before = {held.on(day).digest: held.on(day) for day in (first_on, *later)}
    found = [
        CatalogueDifference(
            code="",
            name="",
            district="",
            district_name="",
            first_on=first_on,
            until=None,
            how=how,
            text=text,
        )
        for how, text in _of_the_whole(held.on(first_on), proposed)
    ]
    for place in places(*before.values(), proposed):
        turns = turning_days(place, *before.values(), proposed)
        days = sorted(day for day in {first_on, *later, *turns} if day >= first_on)
        if turns:
            found += _of_a_place(held, proposed, place, days)
    return tuple(found)


def _of_a_place(
    held: HeldCatalogues, proposed: WholeCatalogue, place: Place, days: list[date]
) -> list[CatalogueDifference]:
    """The differences of a place, each with the stretches of days on which it holds."""
    begun: dict[Told, date] = {}
    found: list[CatalogueDifference] = []

    def end(told: Told, until: date | None) -> None:
        how, text = told
        found.append(
            CatalogueDifference(
                code=place.code or place.kind,
                name=place.name,
                district=place.district,
                district_name=place.district_name,
                first_on=begun.pop(told),
                until=until,
                how=how,
                text=text,
            )
        )

    for day in days:
        before, after = policy_at(held.on(day), place, day), policy_at(proposed, place, day)
        facts = {**held.on(day).catalogue.facts(), **proposed.catalogue.facts()}
        now = dict.fromkeys(policy_differences(before, after, facts))
        for told in [each for each in begun if each not in now]:
            end(told, day - _ONE_DAY)
        for told in now:
            begun.setdefault(told, day)
    for told in list(begun):
        end(told, None)
    return sorted(found, key=lambda each: (each.first_on, each.how, each.text))


def policy_differences(
    before: Policy | None, after: Policy | None, facts: Mapping[str, Fact]
) -> Iterator[Told]:
    """What ``after`` says otherwise than ``before`` for one item or service on one day.

    Policies of another digest differ in something, and so something is told of them.
    """
    if before is None and after is not None:
        yield Change.OFFERED, "新增办理"
    elif before is not None and after is None:
        yield Change.WITHDRAWN, "不再办理"
    if before is None or after is None or before.digest == after.digest:
        return
    told = [*_limits(before, after), *_names(before, after)]
    if isinstance(before, ServiceItem) and isinstance(after, ServiceItem):
        told += _of_an_item(before, after, facts)
    else:
        told += _of_a_service(before, after)
    yield from told or [(Change.WORDING, "依据或性质的表述改变")]


# --- limits --------------------------------------------------------------------------------


def _limits(before: Policy, after: Policy) -> Iterator[Told]:
    for name in dict.fromkeys((*before.limits, *after.limits)):
        old, new = before.limit(name), after.limit(name)
        if old != new:
            yield _limit(_LIMITS.get(name) or NAMES.get(name.value, name.value), old, new)


def _limit(title: str, old: Limit | None, new: Limit | None) -> Told:
    was, now = _amount(old), _amount(new)
    if old is None or new is None:
        return Change.LIMIT, f"“{title}”：由{was}改为{now}"
    if old.unit is not new.unit:
        return Change.LIMIT, f"“{title}”：由{was}改为{now}"
    if old.amount != new.amount:
        longer = new.amount > old.amount
        how, word = (Change.LONGER, "延长") if longer else (Change.SHORTER, "缩短")
        return how, f"“{title}”：由{was}{word}为{now}"
    if was != now:
        return Change.LIMIT, f"“{title}”：由{was}改为{now}"
    return Change.WORDING, f"“{title}”：依据由“{_origin(old)}”改为“{_origin(new)}”"


def _amount(limit: Limit | None) -> str:
    if limit is None:
        return "不设期限"
    rolls = "（最后一日为休息日的顺延）" if limit.rolls_forward else ""
    grace = "（宽限至次日上班前）" if limit.grace else ""
    letter = "（自告知书发出起算）" if limit.runs_from else ""
    return f"{limit.amount}{UNIT_NAMES[limit.unit]}{rolls}{grace}{letter}"


def _origin(value: Any) -> str:  # noqa: ANN401 - whatever says where it comes from
    return f"{value.reference}〔{value.mark.label}〕{getattr(value, 'since', '')}"


# --- an item -------------------------------------------------------------------------------


def _of_an_item(
    before: ServiceItem, after: ServiceItem, facts: Mapping[str, Fact]
) -> Iterator[Told]:
    yield from _materials(before, after, facts)
    yield from _checks(before, after, facts)
    yield from _values(
        before, after, ("legal_category", "needs_paper", "entitlement", "recipients")
    )
    # The same on both sides: what an office says of itself is told of the whole catalogue.
    office = Office(name="")
    guides = (service_guide(item, office, facts) for item in (before, after))
    for each in guide_differences(*guides):
        if each.part not in _SAID_OTHERWISE:
            yield _of_a_guide(each)
    if before.green.horizon_days != after.green.horizon_days:
        days = f"{before.green.horizon_days}日改为{after.green.horizon_days}日"
        yield Change.OTHER, f"绿色通道外部期限的范围：由{days}"
    yield from _conditions_of(before, after)


def _of_a_guide(difference: GuideDifference) -> Told:
    part, name = difference.part, difference.name
    is_condition = part == "条件"
    if not difference.first:
        how = Change.CONDITION if is_condition else Change.OTHER
        return how, f"{part}“{name}”：新增——{difference.second}"
    if not difference.second:
        how = Change.CONDITION if is_condition else Change.OTHER
        return how, f"{part}“{name}”：取消——{difference.first}"
    how = Change.CONDITION if is_condition else Change.OTHER
    return how, f"{part}“{name}”：由“{difference.first}”改为“{difference.second}”"


def _conditions_of(before: ServiceItem, after: ServiceItem) -> Iterator[Told]:
    """Conditions whose rule differs although the text that people read is the same."""
    old = {rule.code: rule for rule in before.preconditions}
    for new in after.preconditions:
        known = old.get(new.code)
        if known and known.text == new.text and known.condition != new.condition:
            yield Change.CONDITION, f"条件“{new.text}”：判断方法改变"


def _materials(
    before: ServiceItem, after: ServiceItem, facts: Mapping[str, Fact]
) -> Iterator[Told]:
    old = {rule.code: rule for rule in before.materials}
    new = {rule.code: rule for rule in after.materials}
    for code in dict.fromkeys((*old, *new)):
        was, now = old.get(code), new.get(code)
        if was is None and now is not None:
            yield Change.ASKED, f"材料“{now.name}”：新增，{_when(now.when, facts)}"
        elif was is not None and now is None:
            yield Change.DROPPED, f"材料“{was.name}”：不再要求"
        elif was is not None and now is not None and was != now:
            yield from _material(was, now, facts)


def _material(was: Any, now: Any, facts: Mapping[str, Fact]) -> Iterator[Told]:  # noqa: ANN401 - two rules
    title = f"材料“{was.name}”"
    if was.when != now.when:
        change = f"由“{_when(was.when, facts)}”改为“{_when(now.when, facts)}”"
        yield Change.CONDITION, f"{title}：{change}"
    if was.deferral is None and now.deferral is not None:
        yield Change.DEFERRABLE, f"{title}：可以容缺"
    elif was.deferral is not None and now.deferral is None:
        yield Change.NOT_DEFERRABLE, f"{title}：不再可以容缺"
    elif was.deferral != now.deferral:
        yield Change.OTHER, f"{title}：容缺的同意人、方式或依据改变"
    if was.main != now.main:
        kind = "主要材料" if now.main else "次要材料"
        yield Change.OTHER, f"{title}：改为{kind}"
    if was.form != now.form:
        yield Change.OTHER, f"{title}：形式由{was.form.value}改为{now.form.value}"
    if was.alternatives != now.alternatives:
        yield Change.OTHER, f"{title}：可以替代的材料改变"
    if (was.reference, was.mark) != (now.reference, now.mark):
        yield Change.WORDING, f"{title}：依据由“{_origin(was)}”改为“{_origin(now)}”"


def _when(conditions: Iterable[Condition], facts: Mapping[str, Fact]) -> str:
    said = "，且".join(words(condition, facts) for condition in conditions)
    return f"{said}时需要" if said else "所有申请人都需要"


def _checks(before: ServiceItem, after: ServiceItem, facts: Mapping[str, Fact]) -> Iterator[Told]:
    old = {check.kind: check for check in before.checks}
    new = {check.kind: check for check in after.checks}
    for kind in dict.fromkeys((*old, *new)):
        was, now = old.get(kind), new.get(kind)
        if was is None:
            yield Change.OTHER, f"核实“{kind.label}”：新增"
        elif now is None:
            yield Change.OTHER, f"核实“{kind.label}”：取消"
        elif was.when != now.when:
            change = f"由“{_when(was.when, facts)}”改为“{_when(now.when, facts)}”"
            yield Change.CONDITION, f"核实“{kind.label}”：{change}"
        elif was != now:
            yield Change.OTHER, f"核实“{kind.label}”：免除的情形或依据改变"


def _names(before: Policy, after: Policy) -> Iterator[Told]:
    if before.name != after.name:
        yield Change.WORDING, f"名称：由“{before.name}”改为“{after.name}”"
    if before.district_name != after.district_name:
        change = f"由“{before.district_name}”改为“{after.district_name}”"
        yield Change.WORDING, f"区的名称：{change}"
    old = getattr(before, "material_names", {})
    for code, name in getattr(after, "material_names", {}).items():
        if code in old and old[code] != name:
            yield Change.WORDING, f"材料名称：由“{old[code]}”改为“{name}”"


# --- a service, a cycle, a rating, a round -------------------------------------------------

_OF_EVERY_POLICY = frozenset(
    {"code", "name", "district", "district_name", "resolved_on", "digest", "limits"}
    | {"material_names"}
)


def _of_a_service(before: Policy, after: Policy) -> Iterator[Told]:
    names = [field.name for field in fields(after) if field.name not in _OF_EVERY_POLICY]
    yield from _values(before, after, names)


def _values(before: Policy, after: Policy, names: Iterable[str]) -> Iterator[Told]:
    for name in names:
        old, new = getattr(before, name, None), getattr(after, name, None)
        if old == new:
            continue
        how = Change.WORDING if name.endswith("reference") else Change.OTHER
        yield how, f"{name}：由“{_shown(old)}”改为“{_shown(new)}”"


def _shown(value: Any) -> str:  # noqa: ANN401 - any value of a policy
    if value is None or value in ("", ()):
        return "无"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple | list):
        return "、".join(_shown(each) for each in value)
    if isinstance(value, dict):
        return "、".join(f"{_shown(key)}：{_shown(each)}" for key, each in value.items())
    if hasattr(value, "__dataclass_fields__"):
        return _shown(asdict(value))
    return str(value)


# --- the whole catalogue -------------------------------------------------------------------


def _of_the_whole(before: WholeCatalogue, after: WholeCatalogue) -> Iterator[Told]:
    """What differs and is of no single item: texts of forms, offices, calendar, authority."""
    old, new = before.catalogue, after.catalogue
    for district in old.districts().keys() & new.districts().keys():
        if old.office(district) != new.office(district):
            change = f"由“{old.office(district)}”改为“{new.office(district)}”"
            yield Change.WORDING, f"机构名称（{district}）：{change}"
    facts, known = new.facts(), old.facts()
    for name in sorted(facts.keys() | known.keys()):
        if facts.get(name) != known.get(name):
            said = facts.get(name) or known.get(name)
            how = "新增" if name not in known else "取消" if name not in facts else "改变"
            yield Change.WORDING, f"申报事实“{said.name if said else name}”：{how}"
    yield from _measures(old.effects(), new.effects())
    yield from _calendars(before.calendar, after.calendar)
    names = {**new.items(), **after.services.services()}
    for district, item, role in sharing_differences(before.sharing, after.sharing):
        where, what = (
            f"（{district}）" if district else "",
            f"“{names[item]}”" if item in names else "",
        )
        yield Change.OTHER, f"分办方式{where}{what}{role.label}：改变"
    yield from _leavers(before, after)
    yield from _letters(before, after)
    yield from (
        (Change.OTHER, f"邮件收件（{district}）“{about}”：改变")
        for district, about in mail_differences(before.mail, after.mail)
    )
    yield from _authority(before.authority, after.authority)


def _measures(was: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Told]:
    for effect in sorted(was.keys() | now.keys()):
        if effect not in now:
            yield Change.OTHER, f"措施“{was[effect]}”：取消，不能再采取"
        elif effect not in was:
            yield Change.OTHER, f"措施“{now[effect]}”：新增"
        elif was[effect] != now[effect]:
            yield Change.WORDING, f"措施名称：由“{was[effect]}”改为“{now[effect]}”"


def _calendars(before: WorkingCalendar, after: WorkingCalendar) -> Iterator[Told]:
    had, has = ({year.year: year for year in each.years} for each in (before, after))
    for year in sorted(had.keys() | has.keys()):
        if had.get(year) != has.get(year):
            how = "新增" if year not in had else "取消" if year not in has else "改变"
            yield Change.OTHER, f"工作日历 {year} 年：{how}"


def _leavers(before: WholeCatalogue, after: WholeCatalogue) -> Iterator[Told]:
    for place in leavers_differences(before.sharing, after.sharing):
        where = f"（{place}）" if place else ""
        yield Change.OTHER, f"目录服务所报离岗是否须经批准{where}：改变"


def _letters(before: WholeCatalogue, after: WholeCatalogue) -> Iterator[Told]:
    for district, about, how in letter_differences(before.letters, after.letters):
        where = f"（{district}）" if district else ""
        yield Change.WORDING, f"文书{where}“{about}”：{how}"


def _authority(before: Matrix, after: Matrix) -> Iterator[Told]:
    tables = {"": (before.actions, after.actions)}
    for district in sorted(before.districts.keys() | after.districts.keys()):
        own = before.districts.get(district, {}), after.districts.get(district, {})
        tables[district] = own
    for district, (old, new) in tables.items():
        where = f"（{district}）" if district else ""
        for kind in (*(kind.value for kind in KINDS), GENERAL):
            for action in actions_of(kind):
                if old.get((kind, action)) != new.get((kind, action)):
                    yield Change.OTHER, f"权限{where}“{label_of(kind, action)}”：改变"
    if (before.by_office, before.municipal) != (after.by_office, after.municipal):
        yield Change.OTHER, "权限：窗口或市级平台的范围改变"
