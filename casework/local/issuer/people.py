"""Whom the local issuer vouches for: people of the rosters, four without a post, and systems."""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from casework.domain.case.facts import Actor
from casework.domain.policy import Role
from casework.policy.roster import load_roster
from casework.security.keyfiles import own_secret
from casework.settings import Settings, client_secret_file


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


CODE = "authorization_code"
CREDENTIALS = "client_credentials"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
REFRESH = "refresh_token"
SCOPE = "openid"


@dataclass(frozen=True, kw_only=True)
class IssuerClient:
    """A client, as Authlib asks for one; without a secret a public one: a command."""

    client_id: str
    secret: str = field(repr=False)
    grants: tuple[str, ...]
    redirect_uris: tuple[str, ...] = ()

    def get_client_id(self) -> str:
        return self.client_id

    def get_default_redirect_uri(self) -> str:
        return self.redirect_uris[0]

    def get_allowed_scope(self, scope: str) -> str:
        return SCOPE if SCOPE in (scope or "").split() else ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        return secrets.compare_digest(self.secret.encode(), client_secret.encode())

    def check_endpoint_auth_method(self, method: str, _endpoint: str) -> bool:
        if not self.secret:
            return method == "none"
        return method in {"client_secret_basic", "client_secret_post"}

    def check_response_type(self, response_type: str) -> bool:
        return CODE in self.grants and response_type == "code"

    def check_grant_type(self, grant_type: str) -> bool:
        return grant_type in self.grants


def registered(settings: Settings, people: Iterable[Person]) -> dict[str, IssuerClient]:
    """The clients by id; their secrets are made on first use.

    Raises:
        SettingsError: a secret can be neither read nor made.
    """
    callbacks = [
        f"{url}/login/callback" for url in (settings.api_public_url, settings.api_local_url)
    ]
    api = IssuerClient(
        client_id=settings.oidc_client_id,
        secret=own_secret(settings, settings.oidc_client_secret_file),
        grants=(CODE,),
        redirect_uris=tuple(dict.fromkeys(callbacks)),
    )
    command = IssuerClient(
        client_id=settings.oidc_command_client_id, secret="", grants=(DEVICE, REFRESH)
    )
    systems = [
        IssuerClient(
            client_id=person.actor.code,
            secret=own_secret(settings, client_secret_file(settings.home, person.actor.code)),
            grants=(CREDENTIALS,),
        )
        for person in people
        if person.actor.role is Role.SYSTEM
    ]
    return {client.client_id: client for client in (api, command, *systems)}
