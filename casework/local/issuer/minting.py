"""Tokens of the local issuer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self

from casework.domain.case.facts import Actor
from casework.local.issuer.keys import ALGORITHM, SigningKeys
from casework.security.jose import signed
from casework.settings import Settings, SettingsError


@dataclass(frozen=True, kw_only=True)
class LocalIssuer:
    """Vouches for whomever it is told to."""

    keys: SigningKeys
    url: str
    audience: str

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Take keys and address of the settings.

        Raises:
            SettingsError: another issuer is in force, or this is production.
        """
        if settings.environment == "production":
            raise SettingsError("the local issuer is for the local stack only")
        if settings.oidc_issuer != settings.local_issuer:
            raise SettingsError(f"tokens come from {settings.oidc_issuer}: get one there")
        return cls(
            keys=SigningKeys.open(settings),
            url=settings.local_issuer,
            audience=settings.oidc_audience,
        )

    def mint(self, actor: Actor, *, ttl: timedelta, at: datetime, number: str = "") -> str:
        """Return an access token from ``at`` (aware) on for ``ttl``.

        ``number`` is that of a person outside, or a firm's credit code.
        """
        begins, ends = int(at.timestamp()), int((at + ttl).timestamp())
        return self.sign(
            claims_of(actor, number)
            | {"iss": self.url, "aud": self.audience, "iat": begins, "exp": ends}
        )

    def sign(self, claims: dict[str, Any]) -> str:
        """Return these claims as a token, signed by the key of the moment."""
        key = self.keys.signing
        return signed(claims, key, ALGORITHM, str(key.kid))


def claims_of(actor: Actor, number: str = "") -> dict[str, Any]:
    """What a token says about a person or a system."""
    claims = {"sub": actor.code, "role": actor.role.value, "district": actor.district}
    claims |= {"office": actor.office} if actor.office else {}
    return claims | ({"id_number": number} if number else {})
