"""Sharing out (分办): who gets a case, as A角 and as B角, of those who hold the posts.

Pure rules: the posts, loads and turns are arguments, and the same arguments give the same answer.
Which way an office takes is its own policy; no source prescribes one, so every value here is a
[proposal] and never shown as law. Whatever the way: nobody who has taken a case in reviews it,
nobody gets the case of a relation (回避) or their own, and nothing is left without anybody.
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from fractions import Fraction

from casework.domain.bounds import Few, Number, Phrase, Word
from casework.domain.policy import Mark, Role
from casework.domain.staff import WHOLE, StaffPost


class Way(StrEnum):
    """How work is shared out; the values are stored for ever."""

    FIXED = "fixed"
    IN_TURN = "in_turn"
    LEAST_LOADED = "least_loaded"
    BY_SKILL = "by_skill"
    SAME_EMPLOYER = "same_employer"
    POOL = "pool"
    BY_HAND = "by_hand"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _LABELS[self]


_LABELS = {
    Way.FIXED: "岗位指定",
    Way.IN_TURN: "轮流",
    Way.LEAST_LOADED: "负荷最低",
    Way.BY_SKILL: "按专长",
    Way.SAME_EMPLOYER: "同一单位同一经办",
    Way.POOL: "小组认领",
    Way.BY_HAND: "人工分办",
}

ON_THEIR_OWN = (Way.FIXED, Way.IN_TURN, Way.LEAST_LOADED, Way.BY_HAND)
"""The ways to which another may fall back: they always lead to somebody."""


class Bar(StrEnum):
    """Why somebody did not come into question; the values are stored for ever."""

    OWN_CASE = "own_case"
    RELATED = "related"
    FOUR_EYES = "four_eyes"
    ABSENT = "absent"
    OTHER_WORK = "other_work"
    OTHER_TEAM = "other_team"
    NO_SKILL = "no_skill"
    FULL = "full"

    @property
    def label(self) -> str:
        """The word a clerk uses."""
        return _BARS[self]


_BARS = {
    Bar.OWN_CASE: "本人的件",
    Bar.RELATED: "回避",
    Bar.FOUR_EYES: "已在本件其他岗位",
    Bar.ABSENT: "缺岗",
    Bar.OTHER_WORK: "不办此事项",
    Bar.OTHER_TEAM: "不属此小组",
    Bar.NO_SKILL: "无此专长",
    Bar.FULL: "已达上限",
}

NEVER = frozenset({Bar.OWN_CASE, Bar.RELATED})
"""Who must keep away for good, in whatever role, also as B角."""


@dataclass(frozen=True, kw_only=True)
class SharingRule:
    """How the cases of an item are shared out among the people of a role of a district.

    ``otherwise``: where ``by_skill``, ``same_employer`` or ``pool`` find nobody. ``cap``: open
    tasks of one person, 0 for none. ``claim_within``: working days within which one of ``team``
    claims. ``skills``: what ``by_skill`` asks for, by default the item itself.
    """

    way: Way = Way.FIXED
    otherwise: Way = Way.LEAST_LOADED
    cap: Number = 0
    claim_within: Number = 2
    team: Word = ""
    skills: Few[Word] = ()
    reference: Phrase = ""
    mark: Mark = Mark.PROPOSAL


AS_POSTED = SharingRule()
"""As long as an office has set nothing: by rank."""

WEIGHTS = ((5, 4), (10, 3), (20, 2))
"""An open task that is due within so many working days weighs so much; any other weighs one."""
NEW_CASE = 1
"""What a case weighs that was shared out, and whose task is not open yet."""


def weight(days_left: int | None) -> int:
    """What an open task weighs; ``days_left``: working days, None where no date is known."""
    if days_left is None:
        return NEW_CASE
    return next((heavy for days, heavy in WEIGHTS if days_left <= days), NEW_CASE)


def weight_on(due: date | None, weighed_by: Sequence[date]) -> int:
    """The same by date; ``weighed_by``: the last days on which it weighs as ``WEIGHTS`` says."""
    if due is None:
        return NEW_CASE
    steps = zip(weighed_by, WEIGHTS, strict=False)
    return next((heavy for day, (_, heavy) in steps if due <= day), NEW_CASE)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Somebody who holds a post of the role on the day.

    ``load``: the weights of the open tasks, ``open_tasks`` their number. ``turns``: the cases got
    in turn so far; None: not in the turn yet. ``bars``: why they may not, as far as that does not
    depend on the other roles of the case.
    """

    post: StaffPost
    load: int = 0
    open_tasks: int = 0
    turns: int | None = None
    bars: frozenset[Bar] = frozenset()

    @property
    def person(self) -> str:
        """The code."""
        return self.post.person

    @property
    def share(self) -> int:
        """Percent of a working day; a post without any counts as the least there is."""
        return max(self.post.share, 1)


@dataclass(frozen=True, kw_only=True)
class Sought:
    """The case for which somebody is sought, and the role.

    ``taken``: who holds another role of the case, ``standing_by``: who is the B角 of another.
    ``before``: who had the last case of the same employer in this role.
    """

    role: Role
    item: str
    office: str = ""
    taken: frozenset[str] = frozenset()
    standing_by: frozenset[str] = frozenset()
    before: str = ""


@dataclass(frozen=True, kw_only=True)
class Passed:
    """Somebody who was looked at and did not come into question, and why."""

    person: Word
    bar: Bar


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Who has the role in the case, and why.

    Without a holder: it is the ``team``'s until somebody claims it, within ``claim_within`` working
    days; without a team: the supervisor names somebody. ``considered``: how many came into
    question. ``remark``: what the supervisor should know.
    """

    holder: Word = ""
    backup: Word = ""
    team: Word = ""
    claim_within: Number = 0
    way: Way
    reason: Phrase
    considered: Number = 0
    passed: Few[Passed] = ()
    remark: Phrase = ""


_Order = Callable[[Candidate], tuple[object, ...]]


def share_out(
    rule: SharingRule, sought: Sought, candidates: Iterable[Candidate], *, unclaimed: bool = False
) -> Choice:
    """Choose for one role. ``unclaimed``: nobody of the team has claimed it in time.

    The holder may do it: is there, is nobody's relation, has no other role of the case. If all
    have as much as the cap allows, the least loaded of them gets it, with a remark. If nobody may,
    the supervisor names somebody.
    """
    everybody = _each_once(candidates)
    barred = {each.person: bar for each in everybody if (bar := _bar(rule, sought, each))}
    able = [each for each in everybody if each.person not in barred]
    field = _Field(everybody, able, barred, after_pool=unclaimed)
    apart = field.without(Bar.FOUR_EYES, lambda each: each.person not in sought.standing_by)
    way = rule.otherwise if unclaimed else rule.way
    return _chosen(rule, sought, apart if apart.able else field, way)


@dataclass(frozen=True)
class _Field:
    """Everybody, those who may, and why the others may not."""

    everybody: list[Candidate]
    able: list[Candidate]
    barred: dict[str, Bar]
    after_pool: bool = False

    def without(self, bar: Bar, keep: Callable[[Candidate], bool]) -> "_Field":
        able = [each for each in self.able if keep(each)]
        gone = {each.person: bar for each in self.able if not keep(each)}
        return replace(self, able=able, barred=self.barred | gone)


def _each_once(candidates: Iterable[Candidate]) -> list[Candidate]:
    first: dict[str, Candidate] = {}
    for each in sorted(candidates, key=_by_rank):
        first.setdefault(each.person, each)
    return list(first.values())


def _bar(rule: SharingRule, sought: Sought, who: Candidate) -> Bar | None:
    for bar in (Bar.OWN_CASE, Bar.RELATED):
        if bar in who.bars:
            return bar
    if who.person in sought.taken:
        return Bar.FOUR_EYES
    if not who.post.covers(item=sought.item, office=sought.office):
        return Bar.OTHER_WORK
    # Posts that are fixed keep their holder: what an absent holder leaves undone goes to B角 by
    # itself, and comes back.
    if Bar.ABSENT in who.bars and rule.way is not Way.FIXED:
        return Bar.ABSENT
    return None


def _chosen(rule: SharingRule, sought: Sought, field: _Field, way: Way) -> Choice:
    match way:
        case Way.BY_HAND:
            return _answer(field, way, "由监督员指定经办人员")
        case Way.POOL:
            return _to_team(rule, sought, field)
        case Way.BY_SKILL:
            return _by_skill(rule, sought, field)
        case Way.SAME_EMPLOYER:
            return _as_before(rule, sought, field)
    return _of_those_able(rule, sought, field, way)


def _to_team(rule: SharingRule, sought: Sought, field: _Field) -> Choice:
    team = rule.team or min((each.post.team for each in field.able if each.post.team), default="")
    ours = field.without(Bar.OTHER_TEAM, lambda each: bool(team) and each.post.team == team)
    if not ours.able:
        return _chosen(rule, sought, field, rule.otherwise)
    return replace(
        _answer(ours, Way.POOL, f"分给小组 {team}，限 {rule.claim_within} 个工作日内认领"),
        team=team,
        claim_within=rule.claim_within,
    )


def _by_skill(rule: SharingRule, sought: Sought, field: _Field) -> Choice:
    wanted = rule.skills or (sought.item,)
    skilled = field.without(Bar.NO_SKILL, lambda each: has_one_of(wanted, each.post.skills))
    if not skilled.able:
        return _chosen(rule, sought, field, rule.otherwise)
    named = "、".join(sorted(set(wanted)))
    return _of_those_able(rule, sought, skilled, Way.BY_SKILL, f"有此专长（{named}），")


def has_one_of(wanted: Iterable[str], skills: Iterable[str]) -> bool:
    """Whether one of the skills is among the wanted ones, however they are spelt.

    Neither capital letters nor full width nor spaces make another skill.
    """
    return not {_spelt(each) for each in wanted}.isdisjoint(map(_spelt, skills))


def _spelt(skill: str) -> str:
    return "".join(unicodedata.normalize("NFKC", skill).casefold().split())


def _as_before(rule: SharingRule, sought: Sought, field: _Field) -> Choice:
    known = [each for each in field.able if each.person == sought.before]
    if not known or _is_full(rule, known[0]):
        return _chosen(rule, sought, field, rule.otherwise)
    return _with(field, known[0], Way.SAME_EMPLOYER, "同一单位的上一件由其经办", _by_load, sought)


def _of_those_able(
    rule: SharingRule, sought: Sought, field: _Field, way: Way, because: str = ""
) -> Choice:
    if not field.able:
        return _answer(field, Way.BY_HAND, "没有可以经办的人员，由监督员指定")
    order: _Order = {Way.FIXED: _by_rank, Way.IN_TURN: _in_turn(field.able)}.get(way, _by_load)
    free = field if way is Way.FIXED else field.without(Bar.FULL, lambda e: not _is_full(rule, e))
    if not free.able:
        holder = min(field.able, key=_by_load)
        full = f"均已达上限（{rule.cap} 件），分给其中负荷最低的"
        choice = _with(field, holder, way, full, _by_load, sought)
        return replace(choice, remark=full)
    holder = min(free.able, key=order)
    return _with(free, holder, way, because + _said(way, holder, free), order, sought)


def _is_full(rule: SharingRule, who: Candidate) -> bool:
    return 0 < rule.cap <= who.open_tasks


def _said(way: Way, who: Candidate, field: _Field) -> str:
    number = len(field.able)
    if way is Way.FIXED:
        return f"岗位表所列，排序 {who.post.rank}"
    if way is Way.IN_TURN:
        return f"轮到，此前已轮到 {who.turns or 0} 件，{number} 人轮流"
    return f"在办 {who.open_tasks} 项、折算 {_shown(who)}，{number} 人中最低"


def _shown(who: Candidate) -> str:
    return f"{float(Fraction(who.load * WHOLE, who.share)):g}"


def _with(  # noqa: PLR0913, PLR0917 - a choice, whole
    field: _Field, holder: Candidate, way: Way, reason: str, order: _Order, sought: Sought
) -> Choice:
    if field.after_pool:
        reason = f"逾期无人认领，{way.label}：{reason}"
    return replace(
        _answer(field, way, reason),
        holder=holder.person,
        backup=_backup(field, holder, order, sought),
    )


def _backup(field: _Field, holder: Candidate, order: _Order, sought: Sought) -> str:
    """The B角: who stands in for the holder or the team, else the next in order; empty: nobody.

    One who is full may stand by; one who has any part in the case only if there is nobody else.
    """
    others = [
        each
        for each in field.everybody
        if each.person != holder.person
        and field.barred.get(each.person) in {None, Bar.FULL, Bar.NO_SKILL, Bar.OTHER_TEAM}
    ]
    named = {holder.person, holder.post.team} - {""}

    def nearest(each: Candidate) -> tuple[object, ...]:
        involved = each.person in sought.standing_by
        return involved, each.post.stands_in_for not in named, *order(each)

    return min(others, key=nearest).person if others else ""


def _answer(field: _Field, way: Way, reason: str) -> Choice:
    passed = tuple(Passed(person=who, bar=bar) for who, bar in sorted(field.barred.items()))
    return Choice(way=way, reason=reason, considered=len(field.able), passed=passed[:_MOST_PASSED])


_MOST_PASSED = 50


# --- in which order ------------------------------------------------------------------------


def _by_rank(who: Candidate) -> tuple[object, ...]:
    """Who only stands in for somebody comes last, whatever the way."""
    return bool(who.post.stands_in_for), who.post.rank, who.person, who.post.id


def _by_load(who: Candidate) -> tuple[object, ...]:
    """Least loaded once it has the case too; a half post counts twice."""
    after = Fraction(who.load + NEW_CASE, who.share)
    return bool(who.post.stands_in_for), after, who.open_tasks, *_by_rank(who)


def _in_turn(able: Sequence[Candidate]) -> _Order:
    """Who has had the least for their share of time; who is new begins where the last stands."""
    begins = _least(able)

    def order(who: Candidate) -> tuple[object, ...]:
        had = Fraction(2 * _turns(who, begins) + 1, who.share)
        return bool(who.post.stands_in_for), had, *_by_rank(who)

    return order


def _least(candidates: Iterable[Candidate]) -> Fraction:
    known = (Fraction(each.turns, each.share) for each in candidates if each.turns is not None)
    return min(known, default=Fraction())


def _turns(who: Candidate, begins: Fraction) -> int:
    return int(begins * who.share) if who.turns is None else who.turns


def turns_after(candidates: Iterable[Candidate], choice: Choice) -> Mapping[str, int]:
    """The turn, by code, once the choice has been made.

    Who was absent or is new takes up the turn where the others stand: leave is not made up for.
    Who only had to keep away from this case gets the next one.
    """
    everybody = _each_once(candidates)
    there = [each for each in everybody if Bar.ABSENT not in each.bars]
    begins = _least(there)
    turns = {each.person: _turns(each, begins) for each in everybody}
    for each in everybody:
        if each not in there:
            turns[each.person] = max(turns[each.person], int(begins * each.share))
    if choice.way is Way.IN_TURN:
        turns[choice.holder] += 1
    return turns


# --- a whole case --------------------------------------------------------------------------

ORDER = (
    Role.OFFICER,
    Role.SPECIALIST,
    Role.REVIEWER,
    Role.HEAD,
    Role.LIAISON,
    Role.SUPERVISOR,
    Role.SUPERIOR,
)
"""In which order the roles of a case are shared out: each knows who has those before it."""
_ABOVE = (Role.HEAD, Role.SUPERIOR)
"""Who watches a case of which every supervisor must keep away."""


def share_case(
    rules: Mapping[Role, SharingRule],
    candidates: Mapping[Role, Sequence[Candidate]],
    sought: Sought,
    before: Mapping[Role, str] | None = None,
) -> dict[Role, Choice]:
    """Choose for each role that has candidates: nobody holds two of them.

    ``before``: by role, who had the last case of the same employer. ``sought`` says the rest;
    ``taken`` there holds for each of the roles.
    """
    choices: dict[Role, Choice] = {}
    for role in (each for each in ORDER if each in candidates):
        held = frozenset(c.holder for c in choices.values() if c.holder) | sought.taken
        stood = frozenset(c.backup for c in choices.values() if c.backup) | sought.standing_by
        own = replace(
            sought,
            role=role,
            taken=held,
            standing_by=stood,
            before=(before or {}).get(role, ""),
        )
        choice = share_out(rules.get(role, AS_POSTED), own, candidates[role])
        if role is Role.SUPERVISOR and not choice.holder:
            choice = _watched_from_above(candidates, own, choice)
        choices[role] = choice
    return choices


def _watched_from_above(
    candidates: Mapping[Role, Sequence[Candidate]], sought: Sought, choice: Choice
) -> Choice:
    above = [_as_posted(each) for role in _ABOVE for each in candidates.get(role, ())]
    instead = share_out(AS_POSTED, sought, above)
    if not instead.holder:
        return choice
    return replace(instead, reason="监督员均须回避，由上级监督", passed=choice.passed)


def _as_posted(who: Candidate) -> Candidate:
    return replace(who, post=replace(who.post, items=(), office=""))


def involved(choices: Mapping[Role, Choice]) -> Iterator[str]:
    """Everybody who has got a part in a case."""
    for choice in choices.values():
        yield from filter(None, (choice.holder, choice.backup))
