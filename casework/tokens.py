"""Bearer tokens: who calls, in which role, for which district. Codes only, never a name.

The local stack issues its own (Ed25519, keys under ``home/keys``). With
``CASEWORK_TOKEN_PUBLIC_KEY_FILE`` the tokens of another issuer are taken instead; the algorithm
follows from the kind of that key and never from the token.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from casework.domain.facts import Actor
from casework.domain.policy import Role
from casework.keyfiles import key_file, replace_file
from casework.settings import Settings, SettingsError

LEEWAY = timedelta(seconds=30)
"""How far the clocks of issuer and API may differ."""

ACTOR_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DISTRICT = re.compile(r"(\d{6})?")
_REQUIRED = ["sub", "iss", "aud", "exp", "iat", "role"]

PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey
_ALGORITHMS: dict[type[PublicKey], str] = {
    Ed25519PublicKey: "EdDSA",
    EllipticCurvePublicKey: "ES256",
    RSAPublicKey: "RS256",
}


class TokenError(Exception):
    """The token is not one of ours, or no longer. The message says which, and never repeats it."""


@dataclass(frozen=True, kw_only=True)
class TokenIssuer:
    """The local stack's own issuer."""

    key: Ed25519PrivateKey
    issuer: str
    audience: str

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Take the key pair under ``home/keys``, made on first use by whoever comes first."""
        return cls(
            key=_own_key(settings.token_private_key_file),
            issuer=settings.token_issuer,
            audience=settings.token_audience,
        )

    def mint(self, actor: Actor, *, ttl: timedelta, at: datetime) -> str:
        """Return a token for this actor, from ``at`` (aware) on for ``ttl``."""
        claims = {
            "sub": actor.code,
            "role": actor.role.value,
            "district": actor.district,
            "iss": self.issuer,
            "aud": self.audience,
            "iat": at,
            "exp": at + ttl,
        }
        return jwt.encode(claims, self.key, algorithm="EdDSA")


@dataclass(frozen=True, kw_only=True)
class TokenVerifier:
    """Reads tokens by the public key of the issuer in force."""

    key: PublicKey
    algorithm: str
    issuer: str
    audience: str

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Take the issuer's public key; the local stack's own pair is made if it is not there.

        Raises:
            SettingsError: the key file cannot be used.
        """
        own = settings.home / "keys" / "issuer.public.pem"
        if settings.token_public_key_file == own:
            key: PublicKey = _own_key(settings.token_private_key_file).public_key()
            _write_public(own, key)
        else:
            key = _read_public(settings.token_public_key_file)
        return cls(
            key=key,
            algorithm=_algorithm(key),
            issuer=settings.token_issuer,
            audience=settings.token_audience,
        )

    def verify(self, token: str) -> Actor:
        """Return who the token speaks for.

        Raises:
            TokenError: forged, expired, for someone else, or without a usable claim.
        """
        try:
            claims = jwt.decode(
                token,
                self.key,
                algorithms=[self.algorithm],
                audience=self.audience,
                issuer=self.issuer,
                leeway=LEEWAY,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError:
            raise TokenError("令牌已过期，请重新获取") from None
        except (jwt.PyJWTError, ValueError):
            raise TokenError("令牌无效") from None
        return _actor(claims)


def _actor(claims: dict[str, Any]) -> Actor:
    code, role, district = claims["sub"], claims["role"], claims.get("district", "")
    if not ACTOR_CODE.fullmatch(code):
        raise TokenError("令牌中的人员编号（sub）无效")
    if not isinstance(role, str) or role not in set(Role):
        raise TokenError("令牌中的岗位（role）无效")
    if not isinstance(district, str) or not _DISTRICT.fullmatch(district):
        raise TokenError("令牌中的区划代码（district）须为六位数字或为空")
    return Actor(code=code, role=Role(role), district=district)


def _own_key(file: Path) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(key_file(file, make=_new_key), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{file} is no Ed25519 private key; remove it to have a new one made")
    return key


def _new_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write_public(file: Path, key: PublicKey) -> None:
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if not file.exists() or file.read_bytes() != pem:
        replace_file(file, pem)


def _read_public(file: Path) -> PublicKey:
    try:
        key = serialization.load_pem_public_key(file.read_bytes())
    except OSError:
        raise SettingsError(f"CASEWORK_TOKEN_PUBLIC_KEY_FILE: cannot read {file}") from None
    except (ValueError, UnsupportedAlgorithm):
        raise SettingsError(
            f"CASEWORK_TOKEN_PUBLIC_KEY_FILE: {file} is no PEM public key"
        ) from None
    if not isinstance(key, PublicKey):
        raise SettingsError(
            "CASEWORK_TOKEN_PUBLIC_KEY_FILE: the key must be Ed25519, EC P-256 or RSA"
        )
    return key


def _algorithm(key: PublicKey) -> str:
    return next(name for kind, name in _ALGORITHMS.items() if isinstance(key, kind))
