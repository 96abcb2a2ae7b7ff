"""Tokens of the local issuer, and the keys that it signs them with."""

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Self

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from casework.domain.case.facts import Actor
from casework.security.jose import ES256, signed
from casework.security.keyfiles import key_file, replace_file
from casework.settings import Settings, SettingsError

ALGORITHM = ES256
_KEPT_OLD = 2


@dataclass(frozen=True, kw_only=True)
class SigningKeys:
    """Private keys in a file (JWK set, 0600); read anew each time, so a rotation needs no restart.

    The first signs. The second will sign after the next rotation: whoever caches the keys knows it
    by then. Those that follow have signed before.
    """

    file: Path

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Take the keys under ``home/keys``, made on first use by whoever comes first.

        Raises:
            SettingsError: the file cannot be used.
        """
        keys = cls(file=settings.issuer_keys_file)
        _ = keys.signing
        return keys

    @property
    def signing(self) -> ECKey:
        """The private key that signs now; raise `SettingsError`."""
        return _usable(self.signing_jwk, self.file)

    @property
    def signing_jwk(self) -> dict[str, Any]:
        """The same as a JWK, private part included."""
        return self._read()[0]

    @property
    def published(self) -> dict[str, Any]:
        """The public keys, as a JWK set."""
        return {"keys": [{k: v for k, v in key.items() if k != "d"} for key in self._read()]}

    def rotate(self) -> str:
        """Let the next key sign from now on, and return its id; the last two still verify."""
        signing, following, *old = self._read()
        keys = [following, _new_key(), signing, *old[: _KEPT_OLD - 1]]
        replace_file(self.file, _written(keys))
        return str(following["kid"])

    def _read(self) -> list[dict[str, Any]]:
        content = key_file(self.file, make=lambda: _written([_new_key(), _new_key()]))
        try:
            signing, following, *old = json.loads(content)["keys"]
        except (ValueError, LookupError, TypeError):
            raise _unusable(self.file) from None
        return [signing, following, *old]


def _new_key() -> dict[str, Any]:
    about = {"kid": secrets.token_hex(8), "alg": ALGORITHM, "use": "sig"}
    return ECKey.generate_key("P-256").as_dict(private=True, **about)


def _written(keys: list[dict[str, Any]]) -> bytes:
    return json.dumps({"keys": keys}, indent=1).encode()


def _usable(key: dict[str, Any], file: Path) -> ECKey:
    try:
        return ECKey.import_key(key)
    except (JoseError, ValueError, LookupError, TypeError):
        raise _unusable(file) from None


def _unusable(file: Path) -> SettingsError:
    return SettingsError(f"{file} holds no keys of an issuer; remove it to have new ones made")


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
