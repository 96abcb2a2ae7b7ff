"""Load (负荷): what each person and each team has open, and what it weighs.

Pure rules: posts, tasks and days are arguments. A task weighs here what it weighs where work is
shared out (``casework.domain.sharing``), so that both agree on who has the most.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from casework.domain.policy import Role, city_of
from casework.domain.staff import WHOLE, StaffPost

HORIZON = 20
"""So many working days ahead a task counts as due soon."""


@dataclass(frozen=True, kw_only=True)
class Counted:
    """Open tasks of somebody; ``weight``: as sharing out weighs them, with what is to come.

    ``to_come``: cases shared out to them whose task has not been opened yet.
    """

    open_tasks: int = 0
    due_soon: int = 0
    overdue: int = 0
    to_come: int = 0
    weight: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(
            open_tasks=self.open_tasks + other.open_tasks,
            due_soon=self.due_soon + other.due_soon,
            overdue=self.overdue + other.overdue,
            to_come=self.to_come + other.to_come,
            weight=self.weight + other.weight,
        )

    def __sub__(self, other: "Counted") -> "Counted":
        return Counted(
            open_tasks=self.open_tasks - other.open_tasks,
            due_soon=self.due_soon - other.due_soon,
            overdue=self.overdue - other.overdue,
            to_come=self.to_come - other.to_come,
            weight=self.weight - other.weight,
        )


@dataclass(frozen=True, kw_only=True)
class Load:
    """The load of one person. ``share``: percent of a working day, 0 if they hold no post there.

    All their open tasks count, whatever the role and the district.
    """

    holder: str
    roles: tuple[Role, ...] = ()
    teams: tuple[str, ...] = ()
    share: int = 0
    absent: bool = False
    counted: Counted = Counted()

    @property
    def per_share(self) -> Fraction:
        """The weight for a whole working day: what is compared between people."""
        return Fraction(self.counted.weight * WHOLE, self.share or WHOLE)


@dataclass(frozen=True, kw_only=True)
class TeamLoad:
    """The load of a team: of everybody in it; ``unclaimed``: its tasks that nobody has yet.

    Who belongs to two teams counts in both.
    """

    team: str
    people: int
    absent: int
    share: int
    unclaimed: int = 0
    counted: Counted = Counted()

    @property
    def per_share(self) -> Fraction:
        """The weight for a whole working day of one person."""
        return Fraction(self.counted.weight * WHOLE, self.share or WHOLE)


def posts_at(
    posts: Iterable[StaffPost], district: str, *, role: Role | None = None, team: str = ""
) -> tuple[StaffPost, ...]:
    """Of the posts of a day, those of a district, or of a whole city if that is its code."""
    return tuple(
        post
        for post in posts
        if post.city == city_of(district)
        and (post.district or post.city) == district
        and role in {None, post.role}
        and team in {"", post.team}
    )


def loads(
    posts: Iterable[StaffPost], counted: Mapping[str, Counted], absent: Collection[str]
) -> tuple[Load, ...]:
    """The load of everybody who holds one of the posts, or has something counted, by code."""
    held: dict[str, list[StaffPost]] = defaultdict(list)
    for post in posts:
        held[post.person].append(post)
    return tuple(
        Load(
            holder=who,
            roles=tuple(sorted({post.role for post in held.get(who, ())})),
            teams=tuple(sorted({post.team for post in held.get(who, ())} - {""})),
            share=_share(held.get(who, ())),
            absent=who in absent,
            counted=counted.get(who, Counted()),
        )
        for who in sorted({*held, *counted})
    )


def _share(posts: Iterable[StaffPost]) -> int:
    """Of all posts together: nobody works more than whole days."""
    return min(WHOLE, sum(post.share for post in posts))


def team_loads(people: Iterable[Load], unclaimed: Mapping[str, int]) -> tuple[TeamLoad, ...]:
    """The load of each team of these people, by name; ``unclaimed``: tasks by team."""
    members: dict[str, list[Load]] = defaultdict(list)
    for each in people:
        for team in each.teams:
            members[team].append(each)
    return tuple(
        TeamLoad(
            team=team,
            people=len(those),
            absent=sum(each.absent for each in those),
            share=sum(each.share for each in those),
            unclaimed=unclaimed.get(team, 0),
            counted=sum((each.counted for each in those), Counted()),
        )
        for team, those in sorted(members.items())
    )


# --- what if people were away --------------------------------------------------------------
# Tasks go where the rules for absences send them: to B角, else to the supervisor; they come back
# when the absence is over. So it is a forecast of a stretch of days, and nothing is recorded.


@dataclass(frozen=True, kw_only=True)
class Held:
    """Open tasks that one person holds and the same person stands in for."""

    holder: str
    backup: str = ""
    counted: Counted = Counted()


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """How somebody would stand; ``then``: with the tasks of those away, ``taken_over`` of them."""

    load: Load
    away: bool
    then: Counted
    taken_over: int = 0

    @property
    def per_share(self) -> Fraction:
        """The weight for a whole working day, then."""
        return Fraction(self.then.weight * WHOLE, self.load.share or WHOLE)


def stands_in(held: Held, away: Collection[str], supervisor: str) -> str:
    """Who would have these tasks: B角, else the supervisor; if all are away, who has them now."""
    there = (who for who in (held.holder, held.backup, supervisor) if who and who not in away)
    return next(there, held.holder)


def forecast(
    people: Iterable[Load], work: Iterable[Held], away: Collection[str], supervisor: str = ""
) -> tuple[Forecast, ...]:
    """How everybody would stand if those were away, by code; no task is lost, none counted twice.

    ``work``: what those away hold and would hand on; the rest of what they have stays with them.
    """
    loads_now = {each.holder: each for each in people}
    then = {who: each.counted for who, each in loads_now.items()}
    taken: dict[str, int] = defaultdict(int)
    for held in work:
        to = stands_in(held, away, supervisor)
        if held.holder not in away or to == held.holder:
            continue
        then[held.holder] -= held.counted
        then[to] = then.get(to, Counted()) + held.counted
        taken[to] += held.counted.open_tasks
    return tuple(
        Forecast(
            load=loads_now.get(who, Load(holder=who)),
            away=who in away,
            then=counted,
            taken_over=taken[who],
        )
        for who, counted in sorted(then.items())
    )
