"""Bearer tokens: verified by the keys that the issuer publishes."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import Key
from joserfc.jwt import JWTClaimsRegistry

from casework.domain.case.facts import Actor
from casework.security.identity.claims import Claims, TokenError, actor_of
from casework.security.identity.published import ALGORITHMS, PublishedKeys
from casework.security.jose import BadTokenError, unverified_header, verified
from casework.security.pseudonyms import Pseudonyms
from casework.settings import Settings

LEEWAY = timedelta(seconds=30)
"""How far the clocks of issuer and API may differ."""

_INVALID = "令牌无效"


@dataclass(frozen=True, kw_only=True)
class TokenVerifier:
    """Reads the access tokens of one issuer, meant for one audience."""

    keys: PublishedKeys
    issuer: str
    audience: str
    names: Claims
    pseudonyms: Pseudonyms

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Take issuer, audience and claims of the settings; the issuer need not answer yet.

        Raises:
            SettingsError: the key of the pseudonyms cannot be used.
        """
        return cls(
            keys=PublishedKeys(settings.oidc_issuer),
            issuer=settings.oidc_issuer,
            audience=settings.oidc_audience,
            names=Claims.of(settings),
            pseudonyms=Pseudonyms.open(settings),
        )

    async def verify(self, token: str) -> Actor:
        """Return who the token speaks for; a key that is known already costs no waiting.

        Raises:
            TokenError: forged, expired, for someone else, or without a usable claim.
            IssuerAwayError: the key is not known, and the issuer cannot be asked.
        """
        return actor_of(self._claims(token, await self._key(token)), self.names, self.pseudonyms)

    async def _key(self, token: str) -> Key:
        try:
            header = unverified_header(token)
        except BadTokenError:
            raise TokenError(_INVALID) from None
        kid = header.get("kid")
        if header.get("alg") not in ALGORITHMS or not isinstance(kid, str):
            raise TokenError(_INVALID)  # before anybody is asked about its key
        key = self.keys.held(kid) or await asyncio.to_thread(self.keys.fetched, kid)
        if key is None:
            raise TokenError(_INVALID)
        return key

    def _claims(self, token: str, key: Key) -> dict[str, Any]:
        rules = JWTClaimsRegistry(
            leeway=int(LEEWAY.total_seconds()),
            sub={"essential": True},
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.audience},
            exp={"essential": True},
            iat={"essential": True},
        )
        try:
            # The key says which algorithm it is for; the token has no say in it.
            claims = verified(token, key, str(key.alg))
            rules.validate(claims)
        except ExpiredTokenError:
            raise TokenError("令牌已过期，请重新获取") from None
        except InvalidClaimError as error:
            is_early = error.claim in {"nbf", "iat"}
            raise TokenError("令牌尚未生效，请核对本机时间" if is_early else _INVALID) from None
        except (BadTokenError, JoseError):
            raise TokenError(_INVALID) from None
        return claims
