"""What seals and opens for one case: AES-256-GCM, or SM4-GCM (GB/T 32907, GB/T 36624)."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher as BlockCipher
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casework.security.keys.errors import ERASED, AlteredError
from casework.security.keys.ring import KeyRing

_TAG_BYTES = 16


class Algorithm(StrEnum):
    """Written beside all that is sealed; stored for ever."""

    A256GCM = "A256GCM"
    SM4GCM = "SM4GCM"


_KEY_BYTES = {Algorithm.A256GCM: 32, Algorithm.SM4GCM: 16}


class Aead(Protocol):
    """Seals with a tag over the content and what is bound to it."""

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        """Raise `AlteredError` unless all three are what was sealed."""


def aead(algorithm: Algorithm, material: bytes, *, info: bytes) -> Aead:
    """Derive a data key (HKDF with SHA-256, RFC 5869) and return what seals with it."""
    derivation = HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES[algorithm], salt=None, info=info)
    key = derivation.derive(material)
    return AesGcm(key) if algorithm is Algorithm.A256GCM else Sm4Gcm(key)


class AesGcm:
    """AES in GCM, by the length of its key."""

    def __init__(self, key: bytes) -> None:
        self._gcm = AESGCM(key)

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        return self._gcm.encrypt(nonce, data, bound)

    def decrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        try:
            return self._gcm.decrypt(nonce, data, bound)
        except (InvalidTag, ValueError):
            raise AlteredError from None


class Sm4Gcm:
    """SM4 in GCM; the tag stands at the end, as with `AesGcm`."""

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        encryptor = BlockCipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        body, tag = data[:-_TAG_BYTES], data[-_TAG_BYTES:]
        try:
            decryptor = BlockCipher(self._key, modes.GCM(nonce, tag)).decryptor()
            decryptor.authenticate_additional_data(bound)
            return decryptor.update(body) + decryptor.finalize()
        except (InvalidTag, ValueError):
            raise AlteredError from None


_MARK = "sealed:"
_NONCE_BYTES = 12


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """Something sealed: under which master key, by which algorithm, and the nonce with it."""

    key_id: str
    cipher: str
    data: bytes


class Cipher(Protocol):
    """Seals and opens for one scope; ``about`` names the place and must be the same again."""

    def seal(self, plain: bytes, *, about: bytes = b"") -> Sealed:
        """Seal bytes under the key that writes now."""

    def open(self, sealed: Sealed, *, about: bytes = b"") -> bytes:
        """Open what was sealed for this scope and place.

        Raises:
            AlteredError, UnknownKeyError: it cannot be opened.
        """

    def seal_text(self, text: str, about: str) -> str:
        """Return ``sealed:<key id>:<cipher>:<base64url>``; an empty text stays empty."""

    def open_text(self, stored: str, about: str) -> str:
        """Open a text; what is not sealed passes unchanged (rows of before)."""


class KeyedCipher:
    """A `Cipher` by the master keys and the secret of its scope."""

    def __init__(self, ring: KeyRing, scope: str, secret: bytes, algorithm: Algorithm) -> None:
        self._ring = ring
        self._scope = scope
        self._secret = secret
        self._algorithm = algorithm
        self._derived: dict[tuple[str, str], Aead] = {}

    def seal(self, plain: bytes, *, about: bytes = b"") -> Sealed:
        key_id, nonce = self._ring.active, secrets.token_bytes(_NONCE_BYTES)
        bound = self._bound(key_id, self._algorithm, about)
        data = nonce + self._aead(key_id, self._algorithm).encrypt(nonce, plain, bound)
        return Sealed(key_id=key_id, cipher=self._algorithm, data=data)

    def open(self, sealed: Sealed, *, about: bytes = b"") -> bytes:
        nonce, rest = sealed.data[:_NONCE_BYTES], sealed.data[_NONCE_BYTES:]
        try:
            algorithm = Algorithm(sealed.cipher)
        except ValueError:
            raise AlteredError from None
        bound = self._bound(sealed.key_id, algorithm, about)
        return self._aead(sealed.key_id, algorithm).decrypt(nonce, rest, bound)

    def seal_text(self, text: str, about: str) -> str:
        if not text:
            return ""
        sealed = self.seal(text.encode(), about=about.encode())
        body = base64.urlsafe_b64encode(sealed.data).decode()
        return f"{_MARK}{sealed.key_id}:{sealed.cipher}:{body}"

    def open_text(self, stored: str, about: str) -> str:
        if not is_sealed(stored):
            return stored
        return self.open(_parsed(stored), about=about.encode()).decode()

    def _aead(self, key_id: str, algorithm: Algorithm) -> Aead:
        known = self._derived.get((key_id, algorithm))
        if known is None:
            material = self._ring.key(key_id) + self._secret
            known = aead(algorithm, material, info=f"{self._scope}|{algorithm}".encode())
            self._derived[key_id, algorithm] = known
        return known

    def _bound(self, key_id: str, algorithm: Algorithm, about: bytes) -> bytes:
        # None of the first three can have a line break in it.
        return f"{self._scope}\n{key_id}\n{algorithm}\n".encode() + about


class PlainCipher:
    """Seals nothing."""

    def seal(self, plain: bytes, *, about: bytes = b"") -> Sealed:
        del about
        return Sealed(key_id="", cipher="", data=plain)

    def open(self, sealed: Sealed, *, about: bytes = b"") -> bytes:
        del about
        return sealed.data

    def seal_text(self, text: str, about: str) -> str:
        del about
        return text

    def open_text(self, stored: str, about: str) -> str:
        del about
        return stored


def is_sealed(stored: str) -> bool:
    """Whether a stored text was sealed."""
    return stored.startswith(_MARK)


def readable(cipher: Cipher | None, stored: str, about: str) -> str:
    """The text as its reader sees it; `ERASED` where it is sealed and no secret is left."""
    if not is_sealed(stored):
        return stored
    return ERASED if cipher is None else cipher.open_text(stored, about)


def _parsed(stored: str) -> Sealed:
    try:
        key_id, cipher, body = stored.removeprefix(_MARK).split(":")
        data = base64.b64decode(body, altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise AlteredError from None
    return Sealed(key_id=key_id, cipher=cipher, data=data)
