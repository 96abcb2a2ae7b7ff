"""What a scenario says that cannot be, beyond the form of its values: all of it, by place.

It is faulty data that is looked at, so that one mistake hides no other.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from casework.domain.kinds.rating.opening import RATED_KINDS
from casework.domain.kinds.registry import KINDS, CaseKind
from casework.domain.time.calendar import ZONE
from casework.domain.time.clock import NAMES, kind_of
from casework.rehearsal import raw
from casework.rehearsal.check_given import given_problems, opened_problems
from casework.rehearsal.check_step import person_problem, step_problems, verb_problems
from casework.rehearsal.faults import MISSING, Place, Problem, one_of
from casework.rehearsal.given import KIND_OF, Given, ServiceGiven
from casework.rehearsal.registry import Registry


def order_problems(
    step: Mapping[str, Any], place: Place, registry: Registry, people: Collection[str]
) -> Iterator[Problem]:
    """Names that nobody has; what the step expects to be refused may be anything."""
    absent = raw.mapping(step.get("absent"))
    yield from person_problem(absent.get("officer"), (*place, "absent", "officer"), people)
    first_on, last_on = raw.day(absent.get("first_on")), raw.day(absent.get("last_on"))
    if first_on and last_on and last_on < first_on:
        at = (*place, "absent", "last_on")
        yield Problem(place=at, what="早于 first_on", right=f"不早于 {first_on}")
    order, at = raw.mapping(step.get("order")), (*place, "order")
    if step.get("refused"):
        return
    yield from person_problem(order.get("approved_by"), (*at, "approved_by"), people)
    effect, effects = raw.text(order.get("effect")), registry.catalogue.effects()
    if effect and effect not in effects:
        yield Problem(
            place=(*at, "effect"), what=f"没有措施 {effect}", right=one_of(effect, effects)
        )
    items = {*registry.catalogue.items(), *registry.services.services()}
    for item_place, item in raw.entries(order.get("items"), (*at, "items")):
        if isinstance(item, str) and item not in items:
            yield Problem(place=item_place, what=f"没有事项 {item}", right=one_of(item, items))


_ONLY = {
    "cycle": {CaseKind.TALENT_CYCLE, CaseKind.PERMIT_CYCLE},
    "request": {CaseKind.REQUEST},
    "visits": {CaseKind.VISITS},
    "debts": {CaseKind.APPLICATION},
    "checks": {CaseKind.APPLICATION},
    "contacts": {CaseKind.APPLICATION},
    "decision": {CaseKind.APPLICATION},
    "delivery": {CaseKind.APPLICATION},
    "entitled_on": {CaseKind.APPLICATION},
    "deemed_accepted": {CaseKind.APPLICATION, CaseKind.REQUEST},
}
"""What only these kinds of cases have."""

_DATES = ("accepted_on", "decided_on")
_OF_A_MATERIAL = {"defer", "rescue"}


@dataclass(frozen=True, kw_only=True)
class Looked:
    """What is looked at: a case of a ``kind``, on a day; ``materials`` and ``people`` by code."""

    kind: CaseKind
    on: date | None
    materials: frozenset[str]
    people: frozenset[str]
    after_an_order: bool


def expected_problems(
    expected: Mapping[str, Any], place: Place, looked: Looked
) -> Iterator[Problem]:
    """Everything that could not be; values of a wrong form are not looked at."""
    yield from _of_its_kind(expected, place, looked)
    yield from _names(expected, place, looked)
    yield from _clocks(expected, place, looked)
    yield from _not_in_the_future(expected, place, looked)
    both = {*_texts(expected.get("events_include"))} & {*_texts(expected.get("never"))}
    for event in sorted(both):
        what = f"{event} 同时在 events_include 和 never 中"
        yield Problem(place=(*place, "never"), what=what, right="其中之一")
    roused = expected.get("roused")
    if isinstance(roused, int) and roused and not looked.after_an_order:
        at = (*place, "roused")
        yield Problem(place=at, what="此前没有指令", right="order 之后的步骤")


def _texts(value: object) -> Iterator[str]:
    return (each for _, each in raw.entries(value, ()) if isinstance(each, str))


def _of_its_kind(expected: Mapping[str, Any], place: Place, looked: Looked) -> Iterator[Problem]:
    label = looked.kind.label
    for name, kinds in _ONLY.items():
        if expected.get(name) not in (None, {}) and looked.kind not in kinds:
            whose = "、".join(sorted({kind.label for kind in kinds}))
            yield Problem(place=(*place, name), what=f"{label}没有此项", right=f"{whose}才有的项")
    stage, stages = (
        raw.text(expected.get("stage")),
        [str(s.value) for s in KINDS[looked.kind].stages],
    )
    elsewhere = {str(s.value) for kind in KINDS.values() for s in kind.stages}
    if stage in elsewhere and stage not in stages:
        what = f"{label}没有阶段 {stage}"
        yield Problem(place=(*place, "stage"), what=what, right=one_of(stage, stages))


def _names(expected: Mapping[str, Any], place: Place, looked: Looked) -> Iterator[Problem]:
    holder = raw.text(expected.get("holder"))
    if holder and holder not in looked.people:
        what = f"岗位表中没有 {holder}"
        yield Problem(place=(*place, "holder"), what=what, right=one_of(holder, looked.people))
    for code in raw.mapping(expected.get("debts")):
        yield from _material(code, (*place, "debts", code), looked)


def _material(code: str, place: Place, looked: Looked) -> Iterator[Problem]:
    if looked.materials and code not in looked.materials:
        yield Problem(place=place, what=f"没有材料 {code}", right=one_of(code, looked.materials))


def _clocks(expected: Mapping[str, Any], place: Place, looked: Looked) -> Iterator[Problem]:
    named: list[tuple[Place, str]] = [
        ((*place, "clocks", name), name) for name in raw.mapping(expected.get("clocks"))
    ]
    named += [
        ((*at, "clock"), raw.text(raw.mapping(card).get("clock")))
        for at, card in raw.entries(expected.get("cards"), (*place, "cards"))
    ]
    for at, name in named:
        kind = kind_of(name)
        if name and kind not in NAMES:
            yield Problem(place=at, what=f"没有期限 {name}", right=one_of(kind, NAMES))
        elif kind in _OF_A_MATERIAL and ":" in name:
            yield from _material(name.partition("#")[0].partition(":")[2], at, looked)


def _not_in_the_future(
    expected: Mapping[str, Any], place: Place, looked: Looked
) -> Iterator[Problem]:
    for at, day in _days(expected, place):
        if looked.on and day > looked.on:
            right = f"不晚于查看的那天 {looked.on}"
            yield Problem(place=at, what=f"{day} 还没有到", right=right)


def _days(expected: Mapping[str, Any], place: Place) -> Iterator[tuple[Place, date]]:
    """The days on which something is said to have happened."""
    found: list[tuple[Place, object]] = [((*place, name), expected.get(name)) for name in _DATES]
    for name, fields in (("cards", ("given_on", "cleared_on")), ("notices", ("dated",))):
        for at, each in raw.entries(expected.get(name), (*place, name)):
            found += [((*at, field), raw.mapping(each).get(field)) for field in fields]
    for name, clock in raw.mapping(expected.get("clocks")).items():
        ended_on = raw.mapping(clock).get("ended_on")
        found.append(((*place, "clocks", name, "ended_on"), ended_on))
    for at, value in found:
        day = raw.day(value)
        if day is not None:
            yield at, day


@dataclass(frozen=True, kw_only=True)
class _Case:
    """``opened_at``: when the case is there; None: its beginning cannot be read."""

    kind: CaseKind
    opened_at: datetime | None
    given: Given | ServiceGiven | None


@dataclass(kw_only=True)
class _Course:
    """How far the scenario has been followed. ``opened``: when its own cases come in."""

    registry: Registry
    cases: dict[str, _Case] = field(default_factory=dict)
    first: str = ""
    now: datetime | None = None
    opened: list[datetime] = field(default_factory=list)
    has_orders: bool = False

    @property
    def people(self) -> frozenset[str]:
        """The codes of everybody who may hold a post."""
        codes = {*self.registry.roster.people, *self.registry.platforms.people}
        for case in self.cases.values():
            if isinstance(case.given, Given):
                codes |= {
                    c for post in case.given.posts.values() for c in (post.holder, post.backup)
                }
        return frozenset(codes - {""})


def problems(data: Mapping[str, Any], registry: Registry) -> Iterator[Problem]:
    """Everything that is wrong with a scenario's data; some of it may be told twice."""
    course = _Course(registry=registry)
    yield from _cases(data, course)
    yield from _before(data, course)
    course.now = min(course.opened, default=None)
    for place, step in raw.entries(data.get("steps"), ("steps",)):
        yield from _step(raw.mapping(step), place, course)
    for name, case in raw.mapping(data.get("cases")).items():
        final = raw.mapping(case).get("final")
        yield from _look(final, ("cases", name, "final"), course.cases.get(name), course)
    yield from _look(data.get("final"), ("final",), course.cases.get(course.first), course)


def _cases(data: Mapping[str, Any], course: _Course) -> Iterator[Problem]:
    several = data.get("cases")
    if data.get("given") is not None and several:
        yield Problem(place=("cases",), what="与 given 同时出现", right="given 和 cases 之一")
    if data.get("given") is not None:
        yield from _given(data["given"], ("given",), raw.called(data["given"]), course)
    elif raw.mapping(several):
        for name, case in raw.mapping(several).items():
            inner = raw.mapping(case).get("given")
            yield from _given(inner, ("cases", name, "given"), name, course)
    elif several is None or several == {}:
        yield Problem(place=(), what="没有收件", right="given（一件）或 cases（几件）")
    course.first = next(iter(course.cases), "")


def _given(written: object, place: Place, name: str, course: _Course) -> Iterator[Problem]:
    read = raw.given(written)
    kind = KIND_OF[raw.called(written)]
    opened_at = None
    if read is not None:
        wrong = list(_beginning(read, place))
        yield from wrong
        opened_at = None if wrong else read.opened_at
    if opened_at:
        course.opened.append(opened_at)
    if isinstance(read, ServiceGiven) and read.talent_first:
        talent = read.talent_first
        # By itself it is called what it is; among several, after the case that it comes with.
        course.cases[name] = _Case(kind=kind, opened_at=opened_at, given=read)
        course.cases[talent_name(name, several=place[0] == "cases")] = _Case(
            kind=CaseKind.TALENT_CYCLE, opened_at=talent.received_at, given=read
        )
    course.cases.setdefault(name, _Case(kind=kind, opened_at=opened_at, given=read))
    yield from given_problems(written, read, place, course.registry)


def talent_name(name: str, *, several: bool) -> str:
    """What the talent of a request is called, whose cycle is opened before it."""
    return f"{name}/talent" if several else "talent"


def _beginning(given: Given | ServiceGiven, place: Place) -> Iterator[Problem]:
    """Whether it says when it begins, and in order."""
    if isinstance(given, Given):
        if given.entered_at and given.entered_at < given.received_at:
            right = f"不早于收件时刻 {_told(given.received_at)}"
            yield Problem(place=(*place, "entered_at"), what="早于 received_at", right=right)
        return
    for name in ("request", "rating"):
        content = getattr(given, name)
        needed = "talent" if name == "request" else "district"
        for field_name in (needed, "received_at"):
            if content is not None and getattr(content, field_name) is None:
                right = "时刻，如 2026-09-17" if field_name == "received_at" else "开始时就要写明"
                yield Problem(place=(*place, name, field_name), what=MISSING, right=right)
    talent, request = given.talent_first, given.request
    if talent and request and request.received_at and request.received_at < talent.received_at:
        yield Problem(
            place=(*place, "request", "received_at"),
            what="早于 talent.received_at",
            right=f"不早于 {_told(talent.received_at)}",
        )


def _before(data: Mapping[str, Any], course: _Course) -> Iterator[Problem]:
    begins = [case.opened_at for case in course.cases.values() if case.opened_at]
    latest, now = min(begins, default=None), None
    for place, written in raw.entries(data.get("before"), ("before",)):
        step = raw.mapping(written)
        at = raw.moment(step.get("at"))
        for name, right in (("at", "时刻，如 2026-09-17"), ("order", "一个指令")):
            if step.get(name) is None:
                yield Problem(place=(*place, name), what=MISSING, right=right)
        for name in step.keys() - {"at", "order", "as", "refused"}:
            yield Problem(
                place=(*place, name), what="收件之前只有指令", right="at、order、as、refused"
            )
        if at and now and at < now:
            yield _too_early(place, now)
        elif at and latest and at > latest:
            right = f"不晚于 {_told(latest)}"
            yield Problem(place=(*place, "at"), what="晚于收件", right=right)
        now = max(filter(None, (at, now)), default=None)
        yield from order_problems(step, place, course.registry, course.people)
        course.has_orders = True


def _too_early(place: Place, now: datetime) -> Problem:
    return Problem(place=(*place, "at"), what="早于前一步", right=f"不早于 {_told(now)}")


def _step(step: Mapping[str, Any], place: Place, course: _Course) -> Iterator[Problem]:
    at = raw.moment(step.get("at"))
    if at and course.now and at < course.now:
        yield _too_early(place, course.now)
    course.now = max(filter(None, (at, course.now)), default=None)
    yield from step_problems(step, place)
    yield from person_problem(step.get("as"), (*place, "as"), course.people)
    name = raw.text(step.get("case")) or course.first
    case = course.cases.get(name)
    if "case" in step:
        yield from _known_case(name, case, (*place, "case"), course)
    yield from _opened(step, place, course)
    if case is not None:
        yield from verb_problems(step, place, case.kind, _materials(case, course))
    yield from order_problems(step, place, course.registry, course.people)
    course.has_orders = course.has_orders or step.get("order") is not None
    opened = raw.mapping(step.get("open"))
    looked_at = case
    if opened and "case" not in step:
        looked_at = course.cases.get(raw.text(step.get("name")) or raw.called(opened))
    yield from _look(step.get("expect"), (*place, "expect"), looked_at, course)


def _known_case(name: str, case: _Case | None, place: Place, course: _Course) -> Iterator[Problem]:
    if case is None:
        known = "、".join(sorted(course.cases))
        what = f"没有“{name}”，此时有：{known}"
        yield Problem(place=place, what=what, right=one_of(name, course.cases))
    elif case.opened_at and course.now and case.opened_at > course.now:
        what = f"“{name}”此时尚未收件"
        yield Problem(place=place, what=what, right=f"{_told(case.opened_at)} 之后的步骤")


def _opened(step: Mapping[str, Any], place: Place, course: _Course) -> Iterator[Problem]:
    written = raw.mapping(step.get("open"))
    if not written or step.get("refused"):
        return
    name = raw.text(step.get("name")) or raw.called(written)
    if name in course.cases:
        yield Problem(place=(*place, "name"), what=f"已有“{name}”", right="另一个名字")
        return
    kind = KIND_OF[raw.called(written)]
    content = raw.mapping(written.get(raw.called(written)))
    yield from _of(kind, content, (*place, "open", raw.called(written)), course)
    read = raw.given({raw.called(written): content})
    yield from opened_problems(read, (*place, "open"), course.registry)
    course.cases[name] = _Case(kind=kind, opened_at=course.now, given=read)


def _of(
    kind: CaseKind, content: Mapping[str, Any], place: Place, course: _Course
) -> Iterator[Problem]:
    """Whose request it is, or what is rated, must be there."""
    wanted = {
        CaseKind.REQUEST: {CaseKind.TALENT_CYCLE},
        CaseKind.RATING: {CaseKind(each) for each in RATED_KINDS},
    }
    if kind not in wanted or content.get("district") is not None:
        return
    there = {name for name, case in course.cases.items() if case.kind in wanted[kind]}
    named = raw.text(content.get("of"))
    if named not in there if named else not there:
        what = f"没有“{named}”" if named else "此时没有可以办理的一件"
        words = "、".join(sorted(each.label for each in wanted[kind]))
        yield Problem(place=(*place, "of"), what=what, right=one_of(named, there) or words)


def _materials(case: _Case, course: _Course) -> frozenset[str]:
    """The codes that there are for the case; none: they cannot be known."""
    given = case.given
    if case.kind is CaseKind.APPLICATION and isinstance(given, Given):
        return course.registry.materials_of(given.item, given.district, given.received_at)
    return frozenset()


def _look(written: object, place: Place, case: _Case | None, course: _Course) -> Iterator[Problem]:
    if not raw.mapping(written) or case is None:
        return
    looked = Looked(
        kind=case.kind,
        on=course.now.astimezone(ZONE).date() if course.now else None,
        materials=_materials(case, course),
        people=course.people,
        after_an_order=course.has_orders,
    )
    yield from expected_problems(raw.mapping(written), place, looked)


def _told(at: datetime) -> str:
    return f"{at.astimezone(ZONE):%Y-%m-%d %H:%M}"
