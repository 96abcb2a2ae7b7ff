"""Whom the local issuer vouches for: the people of the rosters, and four who hold no post."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.policy.roster import load_roster
from casework.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Person:
    """Someone to log in as; ``number`` is that of their document, or of their firm."""

    actor: Actor
    number: str = field(default="", repr=False)


_NUMBERS = {
    # Made up, and those of the samples under examples/.
    Role.APPLICANT: "310101199003071230",
    Role.TALENT: "310101199003071230",
    Role.EMPLOYER: "91310106MA1FY7XX05",
}
OUTSIDE: Mapping[str, Person] = {
    role.value: Person(actor=Actor(code=role.value, role=role), number=number)
    for role, number in _NUMBERS.items()
} | {
    # Files for others; to the issuer a person like any applicant.
    "agent": Person(actor=Actor(code="agent", role=Role.APPLICANT), number="310106198802153723")
}
"""Sample people who hold no post: each bears the word for what they are as code."""


def sample_people(settings: Settings) -> dict[str, Person]:
    """Everybody the local issuer vouches for, by code, systems included; raises RosterError."""
    # Slow to import, and of no use to a command that only makes a token.
    from casework.policy.service_roster import load_service_roster  # noqa: PLC0415

    roster = load_roster(settings.roster_file)
    service = load_service_roster(settings.service_roster_file, roster)
    posts = roster.people | service.people
    return {code: Person(actor=actor) for code, actor in posts.items()} | dict(OUTSIDE)
