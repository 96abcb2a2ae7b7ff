"""Policy, calendar and officers, which rehearsals share with production, and who of them acts."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self

from casework.domain.authority import ITSELF
from casework.domain.case.facts import Actor
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.kinds.registry import KINDS
from casework.domain.policy import Role
from casework.domain.time.calendar import WorkingCalendar, local_date
from casework.filing.desk import Desk
from casework.policy.authority import load_authority
from casework.policy.calendars import load_calendar
from casework.policy.catalogue import Catalogue, load_catalogue
from casework.policy.letters import LetterPolicy, load_letters
from casework.policy.mail import MailPolicy, load_mail_policy
from casework.policy.roster import Roster, load_roster
from casework.policy.service_catalogue import ServiceCatalogue, load_service_catalogue
from casework.policy.service_roster import ServiceRoster, load_service_roster
from casework.rehearsal.faults import ScenarioError
from casework.rehearsal.given import Given, ServiceGiven
from casework.security.pseudonyms import Pseudonyms

BACKUP = "/backup"
_OUTSIDE = {
    Role.APPLICANT: "applicant",
    Role.EMPLOYER: "employer",
    Role.TALENT: "talent",
}
OF_A_CASE = frozenset({Role.APPLICANT, Role.EMPLOYER, Role.TALENT})
"""Those who come with a case of theirs."""
# Of those who may, the one who does so in the usual course.
_USUAL = (
    Role.APPLICANT,
    Role.TALENT,
    Role.EMPLOYER,
    Role.OFFICER,
    Role.SPECIALIST,
    Role.LIAISON,
    Role.REVIEWER,
    Role.HEAD,
    Role.SUPERIOR,
    Role.SUPERVISOR,
    Role.SYSTEM,
)


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The people of a scenario; ``posts`` are those of its district before any case is opened."""

    district: str
    posts: Mapping[Role, Post]
    people: Mapping[str, Actor]

    def actor(
        self,
        named: str | None,
        roles: Collection[Role],
        posts: Mapping[Role, Post],
        *,
        does: tuple[str, str],
        signal: bool = False,
    ) -> Actor:
        """Who acts on a case with these ``posts`` by a verb for these ``roles``.

        ``does``: (kind of case, verb), to which a system has to be bound. Raises ScenarioError for
        a name that nobody has, and where no system may.
        """
        if named == Role.SYSTEM or (named is None and signal):
            return self._system(does)
        if named is not None:
            return self._named(named, posts)
        there = (role for role in _USUAL if role in roles and (role in _OUTSIDE or role in posts))
        usual = next(there, next(r for r in _USUAL if r in roles))
        return self._system(does) if usual is Role.SYSTEM else self._holder(usual, posts)

    def _system(self, does: tuple[str, str]) -> Actor:
        for code, bound in {**load_authority().systems, **ITSELF}.items():
            if does in bound.may:
                return Actor(code=code, role=Role.SYSTEM)
        raise ScenarioError(f"as: 岗位表中没有系统可以办理 {does[1]}")

    def person(self, named: str, posts: Mapping[Role, Post]) -> Actor:
        """Somebody by code or role; raises ScenarioError for a name that nobody has."""
        return self._named(named, posts)

    def orderers(
        self, proposer: str | None, approver: str | None, district: str, *, everywhere: bool = False
    ) -> tuple[Actor, Actor]:
        """Who proposes an order and who approves it, by default two of those who may.

        ``district``: where it bears; empty for a city or for everybody. ``everywhere``: in every
        city, so that the superior of another one approves it.
        """
        posts = self.posts
        may = [self._holder(Role.SUPERIOR, posts), self._holder(Role.SUPERIOR, posts, backup=True)]
        if district == self.district:
            may.insert(0, self._holder(Role.SUPERVISOR, posts))
        one = self._named(proposer, posts) if proposer else may[0]
        if everywhere:
            may = [*self._superiors_elsewhere(), *may]
        other = next(actor for actor in may if actor.code != one.code)
        return one, self._named(approver, posts) if approver else other

    def _superiors_elsewhere(self) -> Iterator[Actor]:
        here = self.posts[Role.SUPERIOR]
        for actor in self.people.values():
            if actor.role is Role.SUPERIOR and actor.code not in {here.holder, here.backup}:
                yield actor

    def _named(self, named: str, posts: Mapping[Role, Post]) -> Actor:
        if named in self.people:
            return self.people[named]
        role, slash, _ = named.partition(BACKUP)
        if role not in set(Role):
            raise ScenarioError(f"as: {named} 不是角色，也不是岗位表中的人员")
        return self._holder(Role(role), posts, backup=bool(slash))

    def _holder(self, role: Role, posts: Mapping[Role, Post], *, backup: bool = False) -> Actor:
        if role in _OUTSIDE:
            return Actor(code=_OUTSIDE[role], role=role)
        if role not in posts:
            raise ScenarioError(f"as: 本件此时没有 {role} 的岗位")
        code = posts[role].backup if backup else posts[role].holder
        known = self.people.get(code)
        district = "" if role is Role.SUPERIOR else self.district
        return Actor(code=code, role=role, district=known.district if known else district)


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Of the district centres, and of the platforms of talent service."""

    catalogue: Catalogue
    calendar: WorkingCalendar
    roster: Roster
    services: ServiceCatalogue
    platforms: ServiceRoster
    letters: LetterPolicy = field(default_factory=load_letters)
    mail: MailPolicy = field(default_factory=load_mail_policy)

    @classmethod
    def load(cls) -> Self:
        """Read them all; raises CatalogueError."""
        return cls(
            catalogue=load_catalogue(),
            calendar=load_calendar(),
            roster=load_roster(),
            services=load_service_catalogue(),
            platforms=load_service_roster(),
        )

    def desk(self, key: str) -> Desk:
        """Where cases are opened; under another key the same person is somebody else.

        With a key for each rehearsal, what one has recorded does not bear on the next.
        """
        return Desk(
            catalogue=self.catalogue,
            services=self.services,
            platforms=self.platforms,
            centres=self.roster,
            calendar=self.calendar,
            pseudonyms=Pseudonyms(key=key.encode()),
        )

    def cast(self, given: Given | ServiceGiven) -> Cast:
        """Everybody who may act, and the posts of the district of what is given.

        Raises:
            NoPostsError: nobody works there.
        """
        district = given.district
        if isinstance(given, ServiceGiven) and _is_at_platform(given):
            posts = {**self.platforms.posts(district), **self._superior(district)}
        else:
            posts = self.roster.posts_for(district)
        if isinstance(given, Given):
            posts |= given.posts
        people = {**self.platforms.people, **self.roster.people}
        return Cast(district=district, posts=posts, people=people)

    def districts_of(self, given: ServiceGiven) -> Collection[str]:
        """Where such a case may be opened."""
        if _is_at_platform(given):
            return self.services.platforms()
        return self.catalogue.districts()

    def materials_of(self, item: str, district: str, at: datetime) -> frozenset[str]:
        """The codes of an item's materials; none if it is not handled there then."""
        try:
            rule = self.catalogue.resolve(item, district, local_date(at))
        except DomainError:
            return frozenset()
        return frozenset(rule.material_names)

    def _superior(self, district: str) -> dict[Role, Post]:
        """Orders for talent service, too, are approved by the superior of the city."""
        post = self.roster.superior(district)
        return {Role.SUPERIOR: post} if post is not None else {}


def _is_at_platform(given: ServiceGiven) -> bool:
    """Whether a platform of talent service deals with it, and not the centre of the district."""
    opens = KINDS[given.kind].opens
    return given.permit is None if opens is None else opens.at_platform
