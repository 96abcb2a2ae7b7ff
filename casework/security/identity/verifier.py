"""Bearer tokens: what they say of their bearer, verified by the keys that the issuer publishes."""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError
from joserfc.jwk import Key
from joserfc.jwt import JWTClaimsRegistry

from casework.domain.case.facts import Actor
from casework.domain.identifiers import IdentifierError, check_citizen_id
from casework.domain.policy import Role
from casework.domain.time.calendar import local_date
from casework.security.identity.published import ALGORITHMS, PublishedKeys
from casework.security.jose import BadTokenError, unverified_header, verified
from casework.security.pseudonyms import Pseudonyms
from casework.settings import Settings

ACTOR_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DISTRICT = re.compile(r"(\d{6})?", re.ASCII)
_OFFICE = re.compile(r"[\w./-]{0,64}")
_LONGEST_NUMBER = 64

OUTSIDE = frozenset({Role.APPLICANT, Role.TALENT, Role.EMPLOYER})
"""Those who are known by a number of their own instead of a post."""


class TokenError(Exception):
    """The token is not one of ours, or no longer. The message says which, and never repeats it."""


@dataclass(frozen=True, kw_only=True)
class Claims:
    """The names under which the issuer writes what we have to know."""

    code: str = "sub"
    role: str = "role"
    district: str = "district"
    office: str = "office"
    number: str = "id_number"

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The names of the settings."""
        return cls(
            code=settings.oidc_code_claim,
            role=settings.oidc_role_claim,
            district=settings.oidc_district_claim,
            office=settings.oidc_office_claim,
            number=settings.oidc_number_claim,
        )


def actor_of(claims: Mapping[str, Any], names: Claims, pseudonyms: Pseudonyms) -> Actor:
    """Return whom verified claims speak for.

    The number of a person outside becomes the pseudonym by which their own cases are known; the
    number itself is dropped. Of officers and systems none is taken.

    Raises:
        TokenError: a claim is missing or cannot be used.
    """
    code, role = claims.get(names.code), claims.get(names.role)
    district, office = claims.get(names.district, ""), claims.get(names.office, "")
    if not isinstance(code, str) or not ACTOR_CODE.fullmatch(code):
        raise TokenError(f"令牌中的人员编号（{names.code}）无效")
    if not isinstance(role, str) or role not in set(Role):
        raise TokenError(f"令牌中的岗位（{names.role}）无效")
    if not isinstance(district, str) or not _DISTRICT.fullmatch(district):
        raise TokenError(f"令牌中的区划代码（{names.district}）须为六位数字或为空")
    if not isinstance(office, str) or not _OFFICE.fullmatch(office):
        raise TokenError(f"令牌中的单位（{names.office}）无效")
    subject = ""
    if role in OUTSIDE and (number := claims.get(names.number)):
        if not isinstance(number, str) or len(number) > _LONGEST_NUMBER:
            raise TokenError(f"令牌中的证件号码（{names.number}）无效")
        subject = pseudonyms.of(_comparable(number, claims["iat"]))
    return Actor(code=code, role=Role(role), district=district, office=office, subject=subject)


def _comparable(number: str, at: float) -> str:
    """The form in which cases compare it; what is no citizen's number is taken as it is."""
    try:
        return check_citizen_id(number, local_date(datetime.fromtimestamp(at, UTC))).number
    except IdentifierError:
        return number


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
