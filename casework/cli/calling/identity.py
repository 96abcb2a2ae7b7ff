"""Choose the person a command acts as: by settings, or the sample officer in charge of a case."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from casework.cli.terms.errors import UnusableError
from casework.domain.case.commands import Command
from casework.domain.case.facts import Actor
from casework.domain.case.state import Post
from casework.domain.errors import DomainError
from casework.domain.policy import Role, city_of

if TYPE_CHECKING:
    from casework.policy.roster import Roster
    from casework.policy.service_roster import ServiceRoster
    from casework.settings import Settings


TOKEN_LASTS = timedelta(hours=8)
BACKEND = "backend"  # the sample system that submits


def load_settings() -> "Settings":
    """Return the settings in force."""
    from casework.settings import Settings, SettingsError

    try:
        return Settings.load()
    except SettingsError as error:
        raise UnusableError(str(error)) from None


def require_home(settings: "Settings") -> None:
    """Refuse to make keys in a folder that nobody chose: a working folder without a stack."""
    if "home" not in settings.model_fields_set and not settings.home.exists():
        raise UnusableError(
            f"no {settings.home}: run this where the local stack runs, or set CASEWORK_HOME"
        )


def roster() -> "Roster":
    """Return the roster of the settings in force."""
    from casework.policy.roster import RosterError, load_roster

    try:
        return load_roster(load_settings().roster_file)
    except (RosterError, OSError) as error:
        raise UnusableError(f"roster: {error}") from None


def service_roster() -> "ServiceRoster":
    """Return the roster of talent service of the settings in force."""
    from casework.policy.roster import RosterError
    from casework.policy.service_roster import load_service_roster

    try:
        return load_service_roster(load_settings().service_roster_file, roster())
    except (RosterError, OSError) as error:
        raise UnusableError(f"roster of talent service: {error}") from None


def people() -> dict[str, Actor]:
    """Return everybody the local issuer vouches for, by code."""
    return roster().people | service_roster().people | outside()


def outside() -> dict[str, Actor]:
    """Return the sample people who hold no post."""
    from casework.local.issuer.people import OUTSIDE

    return {code: person.actor for code, person in OUTSIDE.items()}


def officer(code: str) -> Actor:
    """Return the sample officer of that code."""
    # One after the other: the roster of talent service is slow to read, and seldom asked.
    found = roster().people.get(code) or outside().get(code) or service_roster().people.get(code)
    if found:
        return found
    raise UnusableError(f"no sample officer {code}: `casework token` lists them")


def reader(place: str = "") -> Actor:
    """Return the officer of the superior by whom the command reads if nobody is named.

    ``place``: the district about which it asks, whose city has a superior of its own.
    """
    from casework.domain.policy import Role, city_of

    own = {code for code, city in roster().cities().items() if place and city == city_of(place)}
    superiors = [each for each in roster().people.values() if each.role is Role.SUPERIOR]
    return min(superiors, key=lambda actor: actor.code not in own)


def system_for(fact: str) -> Actor:
    """Return the first system of the roster that may report a fact about cases of some kind."""
    known = roster()
    for code, bound in known.systems.items():
        if any(told == fact for _, told in bound.may):
            return known.people[code]
    raise UnusableError(f"no system of the roster may report {fact}: bind one under `systems`")


def mint(actor: Actor, settings: "Settings", *, lasts: timedelta = TOKEN_LASTS) -> str:
    """Return a token of the local issuer for that actor, from now on."""
    from casework.local.issuer.people import OUTSIDE
    from casework.local.issuer.tokens import LocalIssuer
    from casework.settings import SettingsError

    require_home(settings)
    now = datetime.now(UTC)  # noqa: TID251 - the command is a composition root
    number = OUTSIDE[actor.code].number if actor.code in OUTSIDE else ""
    try:
        return LocalIssuer.open(settings).mint(actor, ttl=lasts, at=now, number=number)
    except (SettingsError, OSError) as error:
        raise UnusableError(f"cannot make a token: {error}") from None


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


def proposer_for(district: str, city: str = "") -> Actor:
    """Return the supervisor of the district; for a city and for everybody, one of the superior.

    ``city``: whose superior, if there are several.
    """
    role = Role.SUPERVISOR if district else Role.SUPERIOR
    return _first({role}, district, city=city)


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


def _first(roles: set[Role], district: str, other_than: str = "", city: str = "") -> Actor:
    """The first in such a role there; of superiors, first those of the city."""
    place = city or (city_of(district) if district else "")
    own = {code for code, served in roster().cities().items() if served == place}
    for actor in sorted(_people_of(district), key=lambda actor: actor.code not in own):
        if actor.role in roles and actor.code != other_than:
            return actor
    raise UnusableError("nobody in the roster may order that: say who by --as")


def _people_of(district: str) -> list[Actor]:
    """List the people of a district first, then those who answer for all districts."""
    known = list(roster().people.values())
    if _platform_posts(district):  # else the municipal platform, of another city, has no say
        known += service_roster().people.values()
    concerned = [actor for actor in known if actor.district in {"", district}]
    return sorted(concerned, key=lambda actor: actor.district != district)


def _able(district: str, verb: str) -> Iterator[Actor]:
    """Everybody who may act on a case of the district, in the order in which they are asked.

    A system is among them only if it is bound to the verb.
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
