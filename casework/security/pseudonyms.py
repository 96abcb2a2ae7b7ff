"""A person's pseudonym: the same for the same number, and of no use without the key.

Cases, credit records and workflows know the applicant by it alone.
"""

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import Self

from casework.security.keyfiles import own_key
from casework.settings import Settings

_KEY_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Pseudonyms:
    """Pseudonyms under one key; every API process of an authority must use the same."""

    key: bytes = field(repr=False)

    @classmethod
    def open(cls, settings: Settings) -> Self:
        """Take the key under ``home/keys``, in the local stack made on first use.

        Raises:
            SettingsError: there is none in production, or it cannot be used.
        """
        made = own_key(
            settings, settings.pseudonyms_key_file, make=lambda: secrets.token_bytes(_KEY_BYTES)
        )
        return cls(key=made)

    def of(self, number: str) -> str:
        """Return the pseudonym of an identity number, 32 hex digits of its HMAC-SHA256.

        Blanks, width and case do not matter; bring an old number to its 18 digits before.
        """
        plain = "".join(unicodedata.normalize("NFKC", number).split()).upper()
        return hmac.new(self.key, plain.encode(), hashlib.sha256).hexdigest()[:32]

    def of_mailbox(self, address: str) -> str:
        """Return the pseudonym of a mailbox, by which the register finds whose it is."""
        return self.of(f"mailbox:{address}")
