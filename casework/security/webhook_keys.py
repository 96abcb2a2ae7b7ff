"""The keys that sign webhooks: a JSON Web Key Set of which the first key signs.

The second is published, and signs after the next rotation, so that a receiver that asks for the
keys once a day always has the one in use. Those after it have signed before.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from casework.security.jose import ES256, raw_algorithm
from casework.security.keyfiles import own_key, replace_file
from casework.settings import Settings, SettingsError

KEPT = 3
"""The key that signs, the next one, and the one before."""


@dataclass(frozen=True)
class WebhookKeys:
    """What the file holds now. A process that only publishes may have the public halves alone."""

    keys: tuple[ECKey, ...] = field(repr=False)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Read ``webhook_keys_file``; the local stack makes it on first use.

        Raises:
            SettingsError: there is none, or it is no set of P-256 keys.
        """
        file = settings.webhook_keys_file
        return cls._read(own_key(settings, file, make=lambda: _written(_new(), _new())), file)

    @classmethod
    def rotate(cls, settings: Settings) -> Self:
        """Let the next key sign from now on, and make another next one; raise `SettingsError`."""
        known = cls.open(settings).keys
        signs = known[1] if len(known) > 1 else _new()
        rotated = (signs, _new(), known[0], *known[2:])[:KEPT]
        try:
            replace_file(settings.webhook_keys_file, _written(*rotated))
        except OSError as error:
            file = settings.webhook_keys_file
            raise SettingsError(f"cannot write {file}: {error.strerror}") from None
        return cls(rotated)

    @classmethod
    def _read(cls, content: bytes, file: Path) -> Self:
        try:
            keys = tuple(ECKey.import_key(each) for each in json.loads(content)["keys"])
            fit = bool(keys) and all(key.curve_name == "P-256" for key in keys)
        except (JoseError, ValueError, TypeError, LookupError):
            fit = False
        if not fit:
            raise SettingsError(f"{file} holds no set of P-256 keys")
        return cls(keys)

    @property
    def kid(self) -> str:
        """The id of the key that signs: its thumbprint (RFC 7638)."""
        return self.keys[0].thumbprint()

    def sign(self, body: bytes) -> str:
        """Return a JWS of the body in compact form without the body (RFC 7515, appendix F)."""
        key = self.keys[0]
        head = _encoded(json.dumps({"alg": ES256, "kid": self.kid}).encode())
        signature = raw_algorithm(ES256).sign(f"{head}.{_encoded(body)}".encode(), key)
        return f"{head}..{_encoded(signature)}"

    def published(self) -> Mapping[str, Any]:
        """The public halves, as a JSON Web Key Set."""
        return {
            "keys": [
                key.as_dict(private=False) | {"kid": key.thumbprint(), "use": "sig", "alg": ES256}
                for key in self.keys
            ]
        }


def _new() -> ECKey:
    return ECKey.generate_key("P-256")


def _written(*keys: ECKey) -> bytes:
    return json.dumps({"keys": [key.as_dict(private=True) for key in keys]}).encode()


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
