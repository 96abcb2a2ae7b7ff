"""Who acts when nobody is named: the right officer of the case or order, in the local stack."""

from collections.abc import Iterator, Mapping
from typing import Any

from casework.cli.calling.identity import officer, outside, roster, service_roster
from casework.cli.terms.errors import UnusableError
from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.policy import Role

# Staff first: what an applicant may do, the officer at the window may do for them.
_ORDER = (
    Role.OFFICER,
    Role.SPECIALIST,
    Role.REVIEWER,
    Role.HEAD,
    Role.SUPERVISOR,
    Role.SUPERIOR,
)


def actor_for(verb: str, command: type[Command], case: Mapping[str, Any], task: str = "") -> Actor:
    """Return the holder of the open task for the verb, else the first post that may do it.

    A task that is named counts before the one of that very kind, and that one before any other
    whose holder may do the verb. What only people outside may do, one of them does.
    """
    tasks = [
        each
        for each in case["tasks"]
        if each.get("closed_at") is None and each["role"] in command.roles
    ]
    for each in sorted(tasks, key=lambda each: (each.get("task") != task, each["kind"] != verb)):
        return officer(each["holder"])
    for actor in _able(case["district"], verb):
        if actor.role in command.roles:
            return actor
    raise UnusableError(f"nobody in the roster may do {verb}: say who by --as")


def proposer_for(district: str) -> Actor:
    """Return the supervisor of the district; for a city and for everybody, one of the superior."""
    role = Role.SUPERVISOR if district else Role.SUPERIOR
    return _first({role}, district)


def decider_for(district: str, proposed_by: str, *, as_head: bool = False) -> Actor:
    """Return somebody who may decide an order and has not proposed it; the head, if asked for."""
    if as_head:
        return _first({Role.HEAD}, district, other_than=proposed_by)
    if district:
        try:
            return _first({Role.SUPERVISOR}, district, other_than=proposed_by)
        except UnusableError:
            pass  # the district has one supervisor only: the superior may as well
    return _first({Role.SUPERIOR}, district, other_than=proposed_by)


def _first(roles: set[Role], district: str, other_than: str = "") -> Actor:
    for actor in _people_of(district):
        if actor.role in roles and actor.code != other_than:
            return actor
    raise UnusableError("nobody in the roster may order that: say who by --as")


def _people_of(district: str) -> list[Actor]:
    """Who answers for a district: its own people, then those who answer for all."""
    known = list(roster().people.values())
    if _platform_posts(district):  # else the municipal platform, of another city, has no say
        known += service_roster().people.values()
    concerned = [actor for actor in known if actor.district in {"", district}]
    return sorted(concerned, key=lambda actor: actor.district != district)


def _able(district: str, verb: str) -> Iterator[Actor]:
    """Everybody who may act on a case of the district, in the order in which they are asked.

    Of the systems those that are bound to the verb.
    """
    posts = _platform_posts(district) or _centre_posts(district)
    for role in _ORDER:
        if role in posts:
            yield officer(posts[role].holder)
    known = roster()
    for code, bound in known.systems.items():
        if any(action == verb for _, action in bound.may):
            yield known.people[code]
    yield from outside().values()


def _platform_posts(district: str) -> Mapping[Role, Post]:
    """The posts of talent service; none where the district has no platform.

    No district of the sample rosters has both a platform and a centre.
    """
    try:
        return service_roster().posts(district)
    except DomainError:
        return {}


def _centre_posts(district: str) -> Mapping[Role, Post]:
    try:
        return roster().posts_for(district)
    except DomainError as error:
        raise UnusableError(f"{error.message} ({error.code})") from None
