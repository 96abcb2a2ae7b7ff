"""Who does a verb when nobody is named: the right officer of the case, in the local stack."""

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


def _posts(district: str) -> Iterator[Actor]:
    try:
        posts = roster().posts_for(district)
    except DomainError as error:
        raise UnusableError(f"{error.message} ({error.code})") from None
    for role in _ORDER:
        if role in posts:
            yield officer(posts[role].holder)
    yield from (actor for actor in roster().people.values() if actor.role is Role.SYSTEM)
