"""Rebalancing (负荷均衡): open work goes from who has more to who has less, by the way of sharing.

Pure rules: what is held, by whom, and the loads are arguments. Who may have a case, and who of them
has the least, says ``casework.domain.sharing``, as when the case was opened: four eyes, relations
(回避), absences, teams, skills and the cap hold here, too. Nothing is moved that helps nobody, no
case twice, and nothing to somebody who must not have it. The whole is a [proposal].
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import lcm

from casework.domain.policy import Role
from casework.domain.sharing import (
    AS_POSTED,
    NEW_CASE,
    Bar,
    Candidate,
    SharingRule,
    Sought,
    Way,
    share_out,
)
from casework.domain.staff import WHOLE


@dataclass(frozen=True, kw_only=True)
class Holding:
    """The open work of one role of a case, which one person holds.

    ``weight``: as sharing out weighs its ``tasks``. ``taken``: who has another part in the case, or
    may not have this one. ``apart``: who must keep away, and why.
    """

    case_no: str
    kind: str
    item: str
    office: str = ""
    holder: str
    tasks: int = 1
    weight: int = 1
    taken: frozenset[str] = frozenset()
    apart: Mapping[str, Bar] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Handing:
    """A holding goes to ``to``; ``why`` says so in words, ``cap`` is the one that was kept."""

    holding: Holding
    to: str
    why: str
    cap: int = 0


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The work of one person in the role before and after."""

    person: str
    share: int = WHOLE
    open_tasks: int
    weight: int
    open_after: int
    weight_after: int


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What is handed to whom, in the order in which it was found, and how everybody stands then."""

    handings: tuple[Handing, ...]
    standings: tuple[Standing, ...]


def rebalance(
    role: Role,
    holdings: Iterable[Holding],
    people: Sequence[Candidate],
    rules: Mapping[str, SharingRule],
    *,
    most: int | None = None,
) -> Plan:
    """Hand on holdings, at most ``most`` if given, until no further one would help.

    Who has the most for their share of time gives first, and the lightest first, to who has the
    least of those who may have it, if they then still have less. Who is absent, or has no post of
    the role any more, gives all. ``rules``: by item.
    """
    hall = _Hall(role, people, rules)
    left = _by_holder(holdings)
    handed: list[Handing] = []
    found = True
    while found and (most is None or len(handed) < most):
        before = len(handed)
        left = _once(hall, left, handed, most)
        found = len(handed) > before
    return Plan(handings=tuple(handed), standings=hall.standings())


def _by_holder(holdings: Iterable[Holding]) -> dict[str, list[Holding]]:
    queues: dict[str, list[Holding]] = {}
    for each in sorted(holdings, key=lambda each: (each.weight, each.case_no)):
        queues.setdefault(each.holder, []).append(each)
    return queues


def _once(
    hall: "_Hall", queues: Mapping[str, list[Holding]], handed: list[Handing], most: int | None
) -> dict[str, list[Holding]]:
    """Look at every holding once, those of the most loaded first; return what has stayed."""
    stayed: dict[str, list[Holding]] = {holder: [] for holder in queues}
    waiting = {holder: iter(queue) for holder, queue in queues.items()}
    while waiting:
        giver = max(sorted(waiting), key=hall.burden)
        holding = next(waiting[giver], None)
        if holding is None:
            del waiting[giver]
            continue
        handing = hall.better(holding) if most is None or len(handed) < most else None
        if handing is None:
            stayed[giver].append(holding)
        else:
            hall.hand(handing)
            handed.append(handing)
    return stayed


_MOST = 10**18


class _Hall:
    """Everybody in the role, with what they have as things are handed on."""

    def __init__(
        self, role: Role, people: Sequence[Candidate], rules: Mapping[str, SharingRule]
    ) -> None:
        ranked = sorted(people, key=_by_rank, reverse=True)
        self._role, self._people, self._rules = role, people, rules
        self._first = {each.person: each for each in ranked}
        self._load = {each.person: each.load for each in people}
        self._tasks = {each.person: each.open_tasks for each in people}
        # Loads by share of time, in whole numbers: of a city's people they are compared very often.
        whole = lcm(*(each.share for each in self._first.values()))
        self._times = {who: whole // each.share for who, each in self._first.items()}
        self._burdens = {who: self._load[who] * self._times[who] for who in self._first}
        self._lightest = min(self._times.values(), default=1)

    def burden(self, person: str) -> int:
        """What is compared; who must give all comes before everybody."""
        known = self._first.get(person)
        if known is None or Bar.ABSENT in known.bars:
            return _MOST
        return self._burdens[person]

    def better(self, holding: Holding) -> Handing | None:
        """To whom a holding would better go; None: it is where it belongs."""
        giver = self._first.get(holding.holder)
        must_go = giver is None or Bar.ABSENT in giver.bars or holding.holder in holding.apart
        if not must_go and not self._may_help(holding):
            return None
        rule = _by_load(self._rules.get(holding.item, AS_POSTED))
        sought = Sought(
            role=self._role,
            item=holding.item,
            office=holding.office,
            taken=holding.taken,
            before=holding.holder,
        )
        there = [self._asked(holding, each) for each in self._people]
        choice = share_out(rule, sought, _of_the_team(rule, giver, there))
        if choice.holder in {"", holding.holder} or choice.remark:
            return None
        if not must_go and not self._helps(holding, self._first[choice.holder]):
            return None
        return Handing(
            holding=holding,
            to=choice.holder,
            why=self._said(holding, choice.holder, choice.considered),
            cap=rule.cap,
        )

    def _may_help(self, holding: Holding) -> bool:
        least = min(self._burdens.values()) + holding.weight * self._lightest
        if least >= self._burdens[holding.holder]:
            return False
        return any(self._helps(holding, each) for each in self._first.values())

    def _helps(self, holding: Holding, to: Candidate) -> bool:
        after = self._burdens[to.person] + holding.weight * self._times[to.person]
        return after < self._burdens[holding.holder]

    def _asked(self, holding: Holding, who: Candidate) -> Candidate:
        """Somebody as if nobody had the holding yet, and it weighed as much as a new case."""
        own = who.person == holding.holder
        bars = {holding.apart[who.person]} if who.person in holding.apart else set()
        return replace(
            who,
            load=self._load[who.person] + (0 if own else holding.weight) - NEW_CASE,
            open_tasks=self._tasks[who.person] + (0 if own else holding.tasks) - 1,
            bars=who.bars | bars,
        )

    def _said(self, holding: Holding, to: str, considered: int) -> str:
        there = self._burden_shown(holding.holder)
        return (
            f"负荷均衡：由 {holding.holder}（{there}）转给 {to}"
            f"（{self._burden_shown(to)}），{considered} 人中最低"
        )

    def _burden_shown(self, person: str) -> str:
        known = self._first.get(person)
        if known is None:
            return "已不在岗"
        load = float(Fraction(self._load[person] * WHOLE, known.share))
        return f"{'缺岗，' if Bar.ABSENT in known.bars else ''}折算 {load:g}"

    def hand(self, handing: Handing) -> None:
        """Count it with the receiver from now on."""
        holding = handing.holding
        for person, sign in ((holding.holder, -1), (handing.to, 1)):
            if person in self._load:
                self._load[person] += sign * holding.weight
                self._tasks[person] += sign * holding.tasks
                self._burdens[person] = self._load[person] * self._times[person]

    def standings(self) -> tuple[Standing, ...]:
        """Everybody by code."""
        return tuple(
            Standing(
                person=person,
                share=each.share,
                open_tasks=each.open_tasks,
                weight=each.load,
                open_after=self._tasks[person],
                weight_after=self._load[person],
            )
            for person, each in sorted(self._first.items())
        )


def _by_rank(who: Candidate) -> tuple[object, ...]:
    return bool(who.post.stands_in_for), who.post.rank, who.post.id


_KEPT = frozenset({Way.BY_SKILL, Way.SAME_EMPLOYER})


def _by_load(rule: SharingRule) -> SharingRule:
    """Of those who may by the office's way, the least loaded; who has an employer's cases stays."""
    way = rule.way if rule.way in _KEPT else Way.LEAST_LOADED
    return replace(rule, way=way, otherwise=Way.LEAST_LOADED, team=_team(rule))


def _team(rule: SharingRule) -> str:
    return (rule.team or _OWN) if rule.way is Way.POOL else ""


_OWN = "*"
"""Stands for the team of who has the case; no team is called so."""


def _of_the_team(
    rule: SharingRule, giver: Candidate | None, there: list[Candidate]
) -> list[Candidate]:
    """Where work belongs to a team, those of it, as long as there is somebody."""
    team = rule.team if rule.team != _OWN else (giver.post.team if giver else "")
    if not team:
        return there
    return [each for each in there if each.post.team == team] or there
