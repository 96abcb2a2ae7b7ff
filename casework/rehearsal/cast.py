"""Who acts in a step: a post, a code of the roster, or the first who may."""

from collections.abc import Mapping
from dataclasses import dataclass

from casework.domain.commands import VERBS
from casework.domain.facts import Actor
from casework.domain.matter import Post
from casework.domain.policy import Role
from casework.rehearsal.scenario import ScenarioError
from casework.roster import Roster

BACKUP = "/backup"
_APPLICANT_SIDE = {Role.APPLICANT: "applicant", Role.EMPLOYER: "employer"}
_SYSTEM = "superior-system"
# Of those who may, the one who does so in the usual course.
_USUAL = (
    Role.APPLICANT,
    Role.OFFICER,
    Role.REVIEWER,
    Role.HEAD,
    Role.SUPERIOR,
    Role.SUPERVISOR,
)


@dataclass(frozen=True, kw_only=True)
class Cast:
    """The people of one case."""

    district: str
    posts: Mapping[Role, Post]
    roster: Roster

    def actor(self, named: str | None, verb: str, *, signal: bool = False) -> Actor:
        """Who acts; raises ScenarioError for a name that nobody has."""
        if named is None:
            allowed = VERBS[verb].roles
            usual = Role.SYSTEM if signal else next(r for r in _USUAL if r in allowed)
            return self._holder(usual)
        return self._named(named)

    def orderers(
        self, proposer: str | None, approver: str | None, district: str
    ) -> tuple[Actor, Actor]:
        """Who proposes an order and who approves it, by default two of those who may.

        ``district``: where it bears; empty for a city or for everybody.
        """
        may = [self._holder(Role.SUPERIOR), self._holder(Role.SUPERIOR, backup=True)]
        if district == self.district:
            may.insert(0, self._holder(Role.SUPERVISOR))
        one = self._named(proposer) if proposer else may[0]
        other = next(actor for actor in may if actor.code != one.code)
        return one, self._named(approver) if approver else other

    def _named(self, named: str) -> Actor:
        if named in self.roster.people:
            return self.roster.people[named]
        role, slash, _ = named.partition(BACKUP)
        if role not in set(Role):
            raise ScenarioError(f"as: {named} 不是角色，也不是岗位表中的人员")
        return self._holder(Role(role), backup=bool(slash))

    def _holder(self, role: Role, *, backup: bool = False) -> Actor:
        if role in _APPLICANT_SIDE:
            return Actor(code=_APPLICANT_SIDE[role], role=role)
        if role is Role.SYSTEM:
            return Actor(code=_SYSTEM, role=role)
        post = self.posts[role]
        code = post.backup if backup else post.holder
        district = "" if role is Role.SUPERIOR else self.district
        return Actor(code=code, role=role, district=district)
