"""Who acts when nobody is named: the right officer of the case or order, in the local stack."""

from collections.abc import Iterator, Mapping
from typing import Any

from casework.cli.errors import UnusableError
from casework.cli.identity import officer, roster
from casework.domain.commands import VERBS
from casework.domain.errors import DomainError
from casework.domain.facts import Actor
from casework.domain.policy import Role

# Staff first: what an applicant may do, the officer at the window may do for them.
_ORDER = (
    Role.OFFICER,
    Role.REVIEWER,
    Role.HEAD,
    Role.SUPERVISOR,
    Role.SUPERIOR,
    Role.SYSTEM,
)


def actor_for(verb: str, case: Mapping[str, Any]) -> Actor:
    """Return the holder of the open task for the verb, else the first post that may do it.

    The task of that very kind counts before any other task whose holder may do the verb.
    """
    roles = VERBS[verb].roles
    tasks = [
        task for task in case["tasks"] if task.get("closed_at") is None and task["role"] in roles
    ]
    for task in sorted(tasks, key=lambda task: bool(task["kind"] != verb)):
        return officer(task["holder"])
    for actor in _posts(case["district"]):
        if actor.role in roles:
            return actor
    raise UnusableError(f"nobody in the roster may do {verb}: say who by --as")


def proposer_for(district: str) -> Actor:
    """Return the supervisor of the district; for a city and for everybody, one of the superior."""
    role = Role.SUPERVISOR if district else Role.SUPERIOR
    return _first({role}, district)


def decider_for(district: str, proposed_by: str) -> Actor:
    """Return somebody who may decide an order and has not proposed it."""
    if district:
        try:
            return _first({Role.SUPERVISOR}, district, other_than=proposed_by)
        except UnusableError:
            pass  # the district has one supervisor only: the superior may as well
    return _first({Role.SUPERIOR}, district, other_than=proposed_by)


def _first(roles: set[Role], district: str, other_than: str = "") -> Actor:
    for actor in roster().people.values():
        everywhere = actor.district in {"", district}
        if actor.role in roles and everywhere and actor.code != other_than:
            return actor
    raise UnusableError("nobody in the roster may order that: say who by --as")


def _posts(district: str) -> Iterator[Actor]:
    try:
        posts = roster().posts_for(district)
    except DomainError as error:
        raise UnusableError(f"{error.message} ({error.code})") from None
    for role in _ORDER:
        if role in posts:
            yield officer(posts[role].holder)
    yield from (actor for actor in roster().people.values() if actor.role is Role.SYSTEM)
