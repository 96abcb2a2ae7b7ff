"""The people of an office and their posts, as dated data of the register.

A post is what one person does in one role from one day on. Which cases are given to whom follows
from posts, absences and the office's way of sharing out; nothing here names a person, only codes.
Days are those of Shanghai. Source: DB50/T 1733—2024 §6.6.2b asks for A角 and B角 and no gap in
service; everything else here is the office's own [proposal].
"""

from collections.abc import Iterable
from dataclasses import dataclass

from casework.domain.bounds import Few, Phrase, Word
from casework.domain.policy import Role
from casework.domain.talent import TalentClass
from casework.domain.time.dates import Day

WHOLE = 100
"""The share of somebody whose whole working time belongs to the post, in percent."""


@dataclass(frozen=True, kw_only=True)
class StaffPost:
    """One post of one person. Empty lists do not restrict; ``id`` is given by the register.

    ``district``: empty for those who serve a whole ``city`` (its superior, its platform).
    ``rank``: among the people of a role the lowest is A角 where work is not shared out, the next
    is B角. ``share``: percent of a whole working day. ``stands_in_for``: the code of a person, or
    of a team, whose B角 this person is. ``until``: the last day; None: until it is ended.
    """

    id: Word = ""
    person: Word
    role: Role
    city: Word
    district: Word = ""
    office: Phrase = ""
    items: Few[Word] = ()
    bodies: Few[Word] = ()
    classes: Few[TalentClass] = ()
    team: Word = ""
    share: int = WHOLE
    stands_in_for: Word = ""
    skills: Few[Word] = ()
    rank: int = 1
    since: Day
    until: Day | None = None

    def holds_on(self, day: Day) -> bool:
        """Whether it is held on that day."""
        return self.since <= day and (self.until is None or day <= self.until)

    def covers(self, *, item: str = "", office: str = "") -> bool:
        """Whether cases of this item and this office are among its work."""
        return (not self.items or item in self.items) and self.office in {"", office}


def held_on(posts: Iterable[StaffPost], day: Day) -> tuple[StaffPost, ...]:
    """The posts that are held on that day, in the order of rank, then of code."""
    held = (post for post in posts if post.holds_on(day))
    return tuple(sorted(held, key=lambda post: (post.rank, post.person, post.id)))
