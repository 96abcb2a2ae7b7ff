"""Who the command acts as: settings, sample officers, and tokens of the local stack's issuer."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from casework.cli.terms.errors import UnusableError
from casework.domain.case.facts import Actor

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


def reader() -> Actor:
    """Return the officer of the superior by whom the command reads if nobody is named."""
    from casework.domain.policy import Role

    superiors = (each for each in roster().people.values() if each.role is Role.SUPERIOR)
    return next(superiors)


def system_for(fact: str) -> Actor:
    """Return the first system of the roster that may report a fact about applications."""
    from casework.domain.kinds.registry import CaseKind

    known = roster()
    for code, bound in known.systems.items():
        if (CaseKind.APPLICATION.value, fact) in bound.may:
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
