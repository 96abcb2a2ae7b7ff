"""What a scenario says that cannot be, beyond the form of its values: all of it, by place.

It is faulty data that is looked at, so that one mistake hides no other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from casework.domain.kinds.rating.opening import RATED_KINDS
from casework.domain.kinds.registry import CaseKind
from casework.domain.time.calendar import ZONE
from casework.rehearsal import raw
from casework.rehearsal.check_expected import Looked, expected_problems
from casework.rehearsal.check_given import given_problems, opened_problems
from casework.rehearsal.check_orders import order_problems
from casework.rehearsal.check_step import person_problem, step_problems, verb_problems
from casework.rehearsal.faults import MISSING, Place, Problem, one_of
from casework.rehearsal.given import KIND_OF, Given, ServiceGiven
from casework.rehearsal.registry import Registry


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
